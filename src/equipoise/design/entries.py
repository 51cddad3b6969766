"""The answers of a simulated trial, gathered block by block and written out as one table.

Holds the growing table of values. Refuses to know forms: whoever adds a block says what it holds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise import records
from equipoise.design.dates import iso_instants

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Texts = NDArray[np.object_]

Kind = Literal["text", "code", "date"]

ORIGIN = "simulated"
NOT_DONE = "not_done"


@dataclass(frozen=True)
class _Block:
    """Consecutive rows of one page: (k,) arrays, or one value for all of them."""

    page: "Page"
    people: Whole
    minutes: Whole
    items: Texts
    row: Whole | int
    number: Floats | None = None
    words: dict[str, Texts] = field(default_factory=dict)
    unit: Texts | str | None = None
    missing_reason: str | None = None


@dataclass(frozen=True)
class Page:
    """One form before some people at one visit, and the entries their answers go into.

    people      (m,) positions in the table of participants
    visit       visit id, or "log"
    minutes     (m,) when, in minutes since 1970
    evaluator   who enters it; None for the participant
    """

    entries: "Entries"
    people: Whole
    visit: str
    repeat: int
    form: str
    minutes: Whole
    evaluator: str | None

    def of(self, kept: NDArray[np.bool_]) -> "Page":
        """Return the page of some of the people."""
        return replace(self, people=self.people[kept], minutes=self.minutes[kept])

    def add_numbers(
        self,
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
        self.entries.blocks.append(
            _Block(
                page=self,
                people=self.people[who],
                minutes=self.minutes[who],
                items=objects(items)[which],
                row=row if isinstance(row, int) else row[who],
                number=values[given],
                unit=objects(units)[which] if units is not None else None,
            )
        )

    def add_words(self, item: str, words: Texts, *, kind: Kind, row: Whole | int = 1) -> None:
        """Add (m,) texts, codes or dates; None is no answer and leaves no row."""
        given = np.array([word is not None for word in words.tolist()], dtype=bool)
        self.entries.blocks.append(
            _Block(
                page=self,
                people=self.people[given],
                minutes=self.minutes[given],
                items=np.full(int(given.sum()), item, dtype=object),
                row=row if isinstance(row, int) else row[given],
                words={kind: words[given]},
            )
        )

    def add_word(self, item: str, word: str | None, *, kind: Kind, row: Whole | int = 1) -> None:
        """Add one and the same text, code or date for everybody."""
        self.add_words(item, np.full(self.people.size, word, dtype=object), kind=kind, row=row)

    def add_missing(self, items: Sequence[str]) -> None:
        """Add a row a person and item that says that the form was not filled."""
        people, minutes = (np.repeat(one, len(items)) for one in (self.people, self.minutes))
        names = np.tile(objects(items), self.people.size)
        self.entries.blocks.append(_Block(self, people, minutes, names, 1, missing_reason=NOT_DONE))


@dataclass
class Entries:
    """Answers gathered so far."""

    blocks: list[_Block] = field(default_factory=list)

    def frame(self, participants: Texts, *, version: str | None) -> pd.DataFrame:
        """Return the table of values: by participant, then in the order in which blocks were added.

        participants  (N,) ids, at the positions that pages name
        version       of the protocol
        """
        blocks = [block for block in self.blocks if block.people.size]
        if not blocks:
            return records.table("values")
        sizes = [block.people.size for block in blocks]
        people = np.concatenate([block.people for block in blocks])
        columns: dict[str, NDArray[Any]] = {
            "participant": participants[people],
            "visit": np.repeat(objects(block.page.visit for block in blocks), sizes),
            "repeat": np.repeat([block.page.repeat for block in blocks], sizes),
            "form": np.repeat(objects(block.page.form for block in blocks), sizes),
            "item": np.concatenate([block.items for block in blocks]),
            "row": _column(blocks, lambda block: block.row, empty=1),
            "number": _column(blocks, lambda block: block.number, empty=np.nan),
            "text": _column(blocks, lambda block: block.words.get("text")),
            "code": _column(blocks, lambda block: block.words.get("code")),
            "date": _column(blocks, lambda block: block.words.get("date")),
            "unit": _column(blocks, lambda block: block.unit),
            "missing_reason": np.repeat(objects(block.missing_reason for block in blocks), sizes),
            "evaluator": np.repeat(objects(block.page.evaluator for block in blocks), sizes),
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
    blocks: Sequence[_Block], cells: Callable[[_Block], object], *, empty: float | None = None
) -> NDArray[Any]:
    """Return a column of all blocks, `empty` where a block says None; its type is that of `empty`."""
    rows = sum(block.people.size for block in blocks)
    found = np.full(rows, empty, dtype=object if empty is None else type(empty))
    start = 0
    for block in blocks:
        part, end = cells(block), start + block.people.size
        if part is not None:
            found[start:end] = part
        start = end
    return found
