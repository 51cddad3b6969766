"""What `design` left in a folder, read and trusted only after a look at its shape.

Holds plain JSON values. Refuses to import the rehearsal: a report is made from files.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from equipoise.errors import Problem, RecordError
from equipoise.report import shape
from equipoise.report.folder import Row, content_of, parsed
from equipoise.report.shape import Node

CHARACTERISTICS, REHEARSAL, SEQUENTIAL = "operating_characteristics", "rehearsal", "sequential"

LIST, FREE = Node("list"), Node("free")
ROWS = Node("rows")


def _rows(**inside: Node) -> Node:
    return Node("rows", inside)


def _mapping(**inside: Node) -> Node:
    return Node("mapping", inside)


SHAPES = {
    CHARACTERISTICS: _rows(coordinates=FREE),
    REHEARSAL: _mapping(
        trial=_mapping(),
        protocol=FREE,
        cells=_rows(
            coordinates=FREE,
            enrollment=_mapping(fan=_mapping(participants=LIST, quantiles=LIST, months=LIST)),
            assurance=ROWS,
        ),
        notes=LIST,
        plan=_mapping(
            arms=ROWS, ratio=FREE, estimands=ROWS, testing=_mapping(order=LIST), looks=_rows(looks=ROWS)
        ),
        scenarios=_rows(dropout=FREE, right=FREE, bias=FREE, sources=ROWS, assumptions=LIST),
        priors=ROWS,
        analytic=_rows(assumes=LIST, ignores=LIST),
        curves=_rows(points=ROWS),
        picture=_mapping(arms=_rows(courses=LIST, mean=LIST)),
        comparisons=ROWS,
        search=_rows(points=ROWS),
    ),
    SEQUENTIAL: _rows(looks=ROWS),
}
"""The files of a rehearsal and what each holds."""
OPTIONAL = frozenset({SEQUENTIAL})

_NUMBERS = """
n replicates power power_mcse power_alone power_alone_mcse type_1_error type_1_error_mcse bias bias_mcse rmse
rmse_mcse coverage coverage_mcse wrong_sign wrong_sign_mcse significantly_wrong significantly_wrong_mcse
converged mean_width n_analyzed true_value true_value_mcse pharmacological unblinding_alone
unblinding_alone_mcse assurance assurance_mcse screened screened_low screened_high enrollment_months
duration_months duration_months_low duration_months_high formula value mean sd low high difference
difference_mcse independent_mcse sharper width_ratio alpha planned_n planned_power target root estimate ci_low
ci_high p_value left unblinding_day power_without power_by_formula expected_n expected_days days_without
participants fraction nominal success success_mcse harm futility futility_mcse day per_month screening_failure
"""
NUMBERS = frozenset(_NUMBERS.split())
"""Keys of numbers on whatever the outline names."""


@dataclass(frozen=True)
class Rehearsed:
    """The files of a rehearsal; `sequential` is empty where no look was planned."""

    rows: tuple[Row, ...]
    tables: Row
    sequential: tuple[Row, ...] = ()


def holds_rehearsal(folder: Path) -> bool:
    """Return whether `design` has left something in a folder."""
    return (folder / f"{REHEARSAL}.json").is_file()


def read(folder: Path) -> Rehearsed:
    """Return what `design` left in the folder.

    Raises  RecordError with every problem found: a file missing, no JSON, or of another shape
    """
    problems: list[Problem] = []
    wanted = [part for part in SHAPES if part not in OPTIONAL or (folder / f"{part}.json").is_file()]
    contents = {part: content_of(folder / f"{part}.json", problems, writer="design") for part in wanted}
    values: dict[str, Any] = {
        part: parsed(part, content, problems) for part, content in contents.items() if content is not None
    }
    if not problems:
        problems = [
            problem
            for part, value in values.items()
            for problem in shape.problems(value, SHAPES[part], numbers=NUMBERS, source=f"{part}.json")
        ]
    if problems:
        raise RecordError(f"{folder} is not a complete rehearsal; run `equipoise design` again", problems)
    return Rehearsed(
        rows=tuple(values[CHARACTERISTICS] or ()),
        tables=values[REHEARSAL] or {},
        sequential=tuple(values.get(SEQUENTIAL) or ()),
    )
