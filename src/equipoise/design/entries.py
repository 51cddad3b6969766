"""The answers of a simulated trial, gathered block by block and written out as one table.

Holds the growing table of values. Refuses to know forms: whoever adds a block says what it holds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

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
    """Consecutive rows of one occasion: (k,) arrays, or one value for all of them."""

    occasion: Occasion
    people: Whole
    minutes: Whole
    items: Texts
    row: Whole | int
    number: Floats | None = None
    words: dict[str, Texts] = field(default_factory=dict)
    unit: Texts | str | None = None
    missing_reason: str | None = None


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
        units: Sequence[str | None] | None = None,
        row: Whole | int = 1,
    ) -> None:
        """Add (m, k) numbers, a column an item; NaN is no answer and leaves no row.

        units  (k,) unit of each item
        row    row within a log or a repeated form, one for all or (m,)
        """
        given = ~np.isnan(values)
        who, which = np.nonzero(given)
        self.blocks.append(
            _Block(
                occasion=occasion,
                people=occasion.people[who],
                minutes=occasion.minutes[who],
                items=objects(items)[which],
                row=row if isinstance(row, int) else row[who],
                number=values[given],
                unit=objects(units)[which] if units is not None else None,
            )
        )

    def add_words(
        self, occasion: Occasion, item: str, kind: str, words: Texts, *, row: Whole | int = 1
    ) -> None:
        """Add (m,) texts, codes or dates, as `kind` says; None is no answer and leaves no row."""
        given = np.array([word is not None for word in words.tolist()], dtype=bool)
        self.blocks.append(
            _Block(
                occasion=occasion,
                people=occasion.people[given],
                minutes=occasion.minutes[given],
                items=np.full(int(given.sum()), item, dtype=object),
                row=row if isinstance(row, int) else row[given],
                words={kind: words[given]},
            )
        )

    def add_missing(self, occasion: Occasion, items: Sequence[str]) -> None:
        """Add a row a person and item that says that the form was not filled."""
        people, minutes = (np.repeat(one, len(items)) for one in (occasion.people, occasion.minutes))
        names = np.tile(objects(items), occasion.people.size)
        self.blocks.append(_Block(occasion, people, minutes, names, 1, missing_reason=NOT_DONE))

    def frame(self, participants: Texts, *, version: str | None) -> pd.DataFrame:
        """Return the table of values: by participant, then in the order in which blocks were added.

        participants  (N,) ids, at the positions that occasions name
        version       of the protocol
        """
        blocks = [block for block in self.blocks if block.people.size]
        if not blocks:
            return records.table("values")
        people = np.concatenate([block.people for block in blocks])
        columns: dict[str, NDArray[Any]] = {
            "participant": participants[people],
            "visit": _column(blocks, object, None, lambda block: block.occasion.visit),
            "repeat": _column(blocks, np.int64, 1, lambda block: block.occasion.repeat),
            "form": _column(blocks, object, None, lambda block: block.occasion.form),
            "item": np.concatenate([block.items for block in blocks]),
            "row": _column(blocks, np.int64, 1, lambda block: block.row),
            "number": _column(blocks, np.float64, np.nan, lambda block: block.number),
            "text": _column(blocks, object, None, lambda block: block.words.get("text")),
            "code": _column(blocks, object, None, lambda block: block.words.get("code")),
            "date": _column(blocks, object, None, lambda block: block.words.get("date")),
            "unit": _column(blocks, object, None, lambda block: block.unit),
            "missing_reason": _column(blocks, object, None, lambda block: block.missing_reason),
            "evaluator": _column(blocks, object, None, lambda block: block.occasion.evaluator),
            "collected_at": iso_instants(np.concatenate([block.minutes for block in blocks])),
        }
        order = np.argsort(people, kind="stable")
        ordered = {name: cells[order] for name, cells in columns.items()}
        return records.table("values", {**ordered, "origin": ORIGIN, "protocol_version": version})


def objects(values: Iterable[object]) -> Texts:
    """Return values as an array of objects, whatever they are."""
    listed = list(values)
    found = np.empty(len(listed), dtype=object)
    found[:] = listed
    return found


def _column(
    blocks: Sequence[_Block], kind: Any, empty: object, cells: Callable[[_Block], object]
) -> NDArray[Any]:
    """Return a column of all blocks, `empty` where a block says None."""
    found = np.full(sum(block.people.size for block in blocks), empty, dtype=kind)
    start = 0
    for block in blocks:
        part, end = cells(block), start + block.people.size
        if part is not None:
            found[start:end] = part
        start = end
    return found
