"""The answers of a simulated trial, gathered block by block and written out as one table.

Holds the growing table of values. Refuses to know forms: whoever adds a block says what it holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise import records
from equipoise.design.dates import iso_instants

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Texts = NDArray[np.object_]

ORIGIN = "simulated"
NOT_DONE = "not_done"
KINDS = ("text", "code", "date")


@dataclass(frozen=True)
class Occasion:
    """Who answers what, where and when.

    people      (m,) positions in the table of participants
    visit       visit id, or "log"
    minutes     (m,) when, in minutes since 1970
    evaluator   who enters it; None for the participant
    """

    people: Whole
    visit: str
    repeat: int
    form: str
    minutes: Whole
    evaluator: str | None

    def of(self, kept: NDArray[np.bool_]) -> "Occasion":
        """Return the occasion of some of the people."""
        return Occasion(
            self.people[kept], self.visit, self.repeat, self.form, self.minutes[kept], self.evaluator
        )


@dataclass(frozen=True)
class _Block:
    """Consecutive rows: (m,) arrays, or one value for all of them."""

    occasion: Occasion
    people: Whole
    minutes: Whole
    items: Texts
    row: Whole | int
    number: Floats | None = None
    words: dict[str, Texts] = field(default_factory=dict)
    unit: str | None = None
    missing: bool = False


@dataclass
class Entries:
    """Answers gathered so far."""

    blocks: list[_Block] = field(default_factory=list)

    def add_numbers(
        self,
        occasion: Occasion,
        items: Sequence[str],
        values: Floats,
        *,
        unit: str | None = None,
        row: int = 1,
    ) -> None:
        """Add (m, k) numbers, a column an item; NaN is no answer and leaves no row."""
        given = ~np.isnan(values)
        who, which = np.nonzero(given)
        names = np.array(items, dtype=object)[which]
        self.blocks.append(
            _Block(
                occasion, occasion.people[who], occasion.minutes[who], names, row, values[given], unit=unit
            )
        )

    def add_number(
        self, occasion: Occasion, item: str, values: Floats, *, unit: str | None, row: Whole
    ) -> None:
        """Add (m,) numbers of one item, each in a row of its own."""
        names = np.full(values.size, item, dtype=object)
        self.blocks.append(_Block(occasion, occasion.people, occasion.minutes, names, row, values, unit=unit))

    def add_words(
        self, occasion: Occasion, item: str, kind: str, words: Texts, *, row: Whole | int = 1
    ) -> None:
        """Add (m,) texts, codes or dates, as `kind` says; None is no answer and leaves no row."""
        given = np.array([word is not None for word in words.tolist()], dtype=bool)
        rows = row if isinstance(row, int) else row[given]
        names = np.full(int(given.sum()), item, dtype=object)
        self.blocks.append(
            _Block(
                occasion,
                occasion.people[given],
                occasion.minutes[given],
                names,
                rows,
                words={kind: words[given]},
            )
        )

    def add_missing(self, occasion: Occasion, items: Sequence[str]) -> None:
        """Add a row a person and item that says that the form was not filled."""
        people, minutes = (np.repeat(one, len(items)) for one in (occasion.people, occasion.minutes))
        names = np.array(list(items) * occasion.people.size, dtype=object)
        self.blocks.append(_Block(occasion, people, minutes, names, 1, missing=True))

    def frame(self, participants: Texts, *, version: str | None) -> pd.DataFrame:
        """Return the table of values: by participant, then in the order in which blocks were added.

        participants  (N,) ids, at the positions that occasions name
        version       of the protocol
        """
        blocks = [block for block in self.blocks if block.people.size]
        if not blocks:
            return records.table("values")
        sizes = np.array([block.people.size for block in blocks])
        order = np.argsort(np.concatenate([block.people for block in blocks]), kind="stable")

        def spread(values: Sequence[object]) -> Texts:
            listed = np.empty(len(values), dtype=object)
            listed[:] = values
            return np.repeat(listed, sizes)[order]

        def joined(parts: Sequence[Floats | Whole | Texts]) -> NDArray[np.generic]:
            return np.concatenate(parts)[order]

        rows = [np.broadcast_to(np.asarray(block.row), block.people.shape) for block in blocks]
        numbers = [
            np.full(block.people.size, np.nan) if block.number is None else block.number for block in blocks
        ]
        words = {kind: joined([_words(block, kind) for block in blocks]) for kind in KINDS}
        return records.table(
            "values",
            {
                "participant": participants[joined([block.people for block in blocks])],
                "visit": spread([block.occasion.visit for block in blocks]),
                "repeat": np.repeat([block.occasion.repeat for block in blocks], sizes)[order],
                "form": spread([block.occasion.form for block in blocks]),
                "item": joined([block.items for block in blocks]),
                "row": joined(rows),
                "number": joined(numbers),
                **words,
                "unit": spread([block.unit for block in blocks]),
                "missing_reason": spread([NOT_DONE if block.missing else None for block in blocks]),
                "origin": ORIGIN,
                "evaluator": spread([block.occasion.evaluator for block in blocks]),
                "collected_at": iso_instants(np.concatenate([block.minutes for block in blocks]))[order],
                "protocol_version": version,
            },
        )


def _words(block: _Block, kind: str) -> Texts:
    return block.words[kind] if kind in block.words else np.full(block.people.size, None, dtype=object)
