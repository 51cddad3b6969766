"""Remarks: what an import could not carry over, or carried over changed.

Holds the noun and its words. Refuses to decide: each format's reader does.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from equipoise.exchange.spreadsheet import Cell

Grade = Literal["field", "part", "changed", "layout"]
GRADES: dict[Grade, str] = {
    "field": "left out",
    "part": "carried without a part of it",
    "changed": "carried, to be looked at",
    "layout": "layout only",
}
"""How much was lost, worst first, in words."""
COLUMNS = ("row", "field", "column", "outcome", "what it said", "why", "what to do")
SHOWN = 200
"""Characters of a cell that a remark repeats."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is not in the draft as it was in the source.

    grade    "field": nothing of it is there; "part": the item is there without this; "changed": it is there
             in another way; "layout": only where it stood on the page
    row      row of the source as a spreadsheet counts, the header being 1
    field    the field's name in the source; empty for the whole source
    column   the source's column that said it
    said     what it said
    reason   why it was not carried over
    hint     what to do about it
    """

    grade: Grade
    row: int
    field: str
    column: str
    said: str
    reason: str
    hint: str = ""

    def cells(self) -> tuple[Cell, ...]:
        """Return the remark as a row under `COLUMNS`."""
        return (self.row, self.field, self.column, GRADES[self.grade], self.said, self.reason, self.hint)

    def line(self, source: str) -> str:
        """Return the remark as the command line prints it: `file:row: field: outcome: why (what to do)`."""
        said = " ".join(self.said.split())
        said = f" `{said[:SHOWN]}{'...' if len(said) > SHOWN else ''}`" if said else ""
        hint = f" ({self.hint})" if self.hint else ""
        field = f"{self.field}: " if self.field else ""
        return f"{source}:{self.row}: {field}{GRADES[self.grade]}: {self.column}{said}: {self.reason}{hint}"


def counts(remarks: Iterable[Remark]) -> list[tuple[str, str, int]]:
    """Return (outcome, reason, how often), worst first, then most often."""
    order = list(GRADES)
    found = Counter((order.index(one.grade), one.reason) for one in remarks)
    ordered = sorted(found.items(), key=lambda entry: (entry[0][0], -entry[1], entry[0][1]))
    return [(GRADES[order[place]], reason, number) for (place, reason), number in ordered]
