"""The rehearsal as sections look at it: scenarios in order, the rows of each, names of what was asked.

Holds look-ups. Refuses markup and sentences.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from equipoise.report import numerals
from equipoise.report.folder import Row
from equipoise.report.rehearsal.folder import Rehearsed

USUAL_TARGET = 0.8
"""Power compared with where the protocol aims at none."""
SIZE = "participants"
RATIO, SHARE = "odds_ratio", "risk_difference"


@dataclass(frozen=True)
class Question:
    """One estimand in words."""

    row: Row

    def text(self, name: str) -> str:
        """Return a text of it; empty where there is none."""
        return str(self.row.get(name) or "")

    @property
    def summary(self) -> str:
        """What is compared: means, proportions, odds."""
        return self.text("summary") or "difference_in_means"

    @property
    def measure(self) -> str:
        """What an effect is called."""
        return "odds ratio" if self.summary == RATIO else "difference"

    @property
    def decimals(self) -> int:
        """Digits after the point of an effect in sentences."""
        return numerals.decimals_for(self.row.get("low"), self.row.get("high"))

    @property
    def unit(self) -> str:
        """The unit of an effect as it follows a number."""
        if self.summary == RATIO:
            return ""
        if self.summary == SHARE:
            return "percentage points"
        return "%" if self.text("type") == "percent_change" else self.text("unit") or "points"

    def effect(self, value: float | None, *, signed: bool = False) -> str:
        """Return a true value or an estimate in print, without its unit."""
        if self.summary == SHARE:
            return numerals.decimal(None if value is None else 100 * value, 1, signed=signed)
        return numerals.decimal(value, 2 if self.summary == RATIO else self.decimals, signed=signed)

    def spread(self, value: float | None) -> str:
        """Return an error, a bias or a width in print: of shares in percentage points."""
        if self.summary == SHARE:
            return numerals.decimal(None if value is None else 100 * value, 1)
        return numerals.decimal(value, 2)


@dataclass(frozen=True)
class Cell:
    """One truth and design that was rehearsed, with its rows, the primary first."""

    row: Row
    rows: tuple[Row, ...]
    place: int

    @property
    def id(self) -> str:
        """The scenario's id."""
        return str(self.row.get("scenario"))

    @property
    def label(self) -> str:
        """The truth in words, of a grid's cell with what was varied."""
        told = str(self.row.get("label") or self.id)
        varied = ", ".join(f"{spoken(path)} {value}" for path, value in self.coordinates.items())
        return f"{told}: {varied}" if varied else told

    @property
    def design(self) -> str:
        """The design's name."""
        return str(self.row.get("design") or "planned")

    @property
    def grid(self) -> str:
        """The grid it is a cell of; empty for a scenario of the file."""
        return str(self.row.get("grid") or "")

    @property
    def coordinates(self) -> dict[str, Any]:
        """What a grid varied, and its value here; the number of participants is the one rehearsed."""
        told = dict(self.row.get("coordinates") or {})
        return told | ({SIZE: self.row.get("n")} if SIZE in told else {})

    @property
    def enrollment(self) -> Row:
        """How enrollment goes; empty where nobody wrote it."""
        return dict(self.row.get("enrollment") or {})

    @property
    def first(self) -> Row:
        """The row that its power is read from; empty without rows."""
        return self.rows[0] if self.rows else {}

    @property
    def null(self) -> bool:
        """Whether the first estimand's true value is no effect."""
        return self.first.get("type_1_error") is not None

    @property
    def believed(self) -> bool:
        """Whether belief moves what is measured."""
        return self.first.get("unblinding_alone") is not None


@dataclass(frozen=True)
class Design:
    """One rehearsal, read for a report."""

    written: Rehearsed

    @property
    def tables(self) -> Row:
        """The file `rehearsal.json`."""
        return self.written.tables

    def mapping(self, name: str) -> Row:
        """Return a table that is a mapping; empty when it is missing."""
        return dict(self.tables.get(name) or {})

    def rows(self, name: str) -> list[Row]:
        """Return a table's rows; none when it is missing."""
        return list(self.tables.get(name) or [])

    @cached_property
    def plan(self) -> Row:
        """What was planned."""
        return self.mapping("plan")

    @property
    def name(self) -> str:
        """The trial's short name."""
        return str(self.mapping("trial").get("id") or "Trial")

    @property
    def title(self) -> str:
        """The trial's title."""
        return str(self.mapping("trial").get("title") or self.name)

    @cached_property
    def every_cell(self) -> tuple[Cell, ...]:
        """Every cell in the order rehearsed."""
        by_cell: dict[tuple[str, str], list[Row]] = {}
        for row in self.written.rows:
            by_cell.setdefault((str(row.get("scenario")), str(row.get("design") or "planned")), []).append(
                row
            )
        found = []
        for place, row in enumerate(self.rows("cells"), start=1):
            key = (str(row.get("scenario")), str(row.get("design") or "planned"))
            found.append(Cell(row, tuple(by_cell.get(key, ())), place))
        return tuple(one for one in found if one.rows)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The scenarios of the first design, the file's own before a grid's."""
        first = self.every_cell[0].design if self.every_cell else ""
        own = [one for one in self.every_cell if one.design == first]
        return tuple([one for one in own if not one.grid] or own[:1])

    @cached_property
    def gridded(self) -> tuple[Cell, ...]:
        """The cells of grids, of the first design."""
        first = self.every_cell[0].design if self.every_cell else ""
        return tuple(one for one in self.every_cell if one.grid and one.design == first)

    @cached_property
    def designs(self) -> tuple[str, ...]:
        """The designs' names."""
        return tuple(dict.fromkeys(one.design for one in self.every_cell))

    @cached_property
    def questions(self) -> dict[str, Question]:
        """Estimand to what it asks."""
        return {str(row.get("id")): Question(row) for row in self.plan.get("estimands") or []}

    def question(self, estimand: Any) -> Question:
        """Return what an estimand asks; one that knows nothing where it is unknown."""
        return self.questions.get(str(estimand)) or Question({"id": estimand, "name": estimand})

    @cached_property
    def first(self) -> Question:
        """The question whose power the first page tells: the first estimand asked for."""
        return self.question(self.cells[0].first.get("estimand") if self.cells else None)

    @property
    def n(self) -> int:
        """Participants of the first cell."""
        return int(self.cells[0].row.get("n") or 0) if self.cells else 0

    @property
    def target(self) -> float:
        """The power aimed at."""
        return float(self.plan.get("planned_power") or USUAL_TARGET)

    @property
    def target_source(self) -> str:
        """Where that comes from."""
        return "the protocol's" if self.plan.get("planned_power") else "the usual"

    @property
    def alpha(self) -> float:
        """The two-sided level."""
        return float((self.plan.get("testing") or {}).get("alpha") or 0.05)

    @property
    def with_effect(self) -> tuple[Cell, ...]:
        """The scenarios in which the drug itself has an effect on the first estimand."""
        return tuple(one for one in self.cells if not one.null and not _only_belief(one))

    def compared(self, cell: Cell) -> float:
        """Return how many participants of a cell are in the two arms that the first question compares."""
        ids = {str(arm.get("label")): str(arm.get("id")) for arm in self.plan.get("arms") or []}
        told = (self.plan.get("ratio") or {}).items()
        ratio = {str(arm): float(share) for arm, share in told if isinstance(share, int | float)}
        sides = [ratio.get(ids.get(self.first.text(side), ""), 0.0) for side in ("arm", "reference")]
        n = float(cell.row.get("n") or 0)
        return n * sum(sides) / sum(ratio.values()) if all(sides) else n

    def scenario(self, cell: Cell) -> Row:
        """Return what a cell's scenario rests on."""
        wanted = str(cell.row.get("base") or cell.id)
        return next((row for row in self.rows("scenarios") if str(row.get("id")) == wanted), {})

    def formula(self, cell: Cell, estimand: Any) -> Row:
        """Return the power by formula of an estimand in a cell; empty where there is none."""
        asked = (cell.id, cell.design, str(estimand))
        rows: Iterable[Row] = self.rows("analytic")
        return next(
            (
                row
                for row in rows
                if (str(row.get("scenario")), str(row.get("design")), str(row.get("estimand"))) == asked
            ),
            {},
        )


def spoken(path: str) -> str:
    """Return the last part of a path in words: "effect scale"."""
    return path.rpartition(".")[2].replace("_", " ")


def _only_belief(cell: Cell) -> bool:
    """Return whether an effect is there and none of it is the drug's own."""
    pharmacological, mcse = cell.first.get("pharmacological"), cell.first.get("pharmacological_mcse")
    null = 1.0 if cell.first.get("scale") == "log" else 0.0
    if not cell.believed or pharmacological is None:
        return False
    return bool(abs(pharmacological - null) <= 4 * (mcse or 0.0))
