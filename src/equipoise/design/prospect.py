"""What stands beside operating characteristics in a report of a design: the plan in words, formulas, curves,
looks and one trial to look at.

Holds the order in which these are found. Refuses to print and to write files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.design.blocks import work_of
from equipoise.design.curves import Course, find_curves
from equipoise.design.engine import Engine
from equipoise.design.findings import Inquiry
from equipoise.design.particulars import formulas, plan_of, priors_used, scenarios_of
from equipoise.design.pictured import picture_of
from equipoise.design.rehearsal import MOST as MOST_REPLICATES
from equipoise.design.rehearsal import chosen_estimands
from equipoise.design.stops import find_stops
from equipoise.design.truth import truth_of
from equipoise.protocol.grid import Cell
from equipoise.protocol.plan import Estimand

Json = dict[str, Any]

MOST_CELLS = 64
"""Cells of grids looked at in words; every one of them is rehearsed."""


@dataclass(frozen=True)
class Prospect:
    """What was found.

    tables      for `rehearsal.json`
    sequential  for `sequential.json`; None where no look is planned
    notes       what was left out, and why
    """

    tables: Json
    sequential: list[Json] | None
    notes: tuple[str, ...]


def find_prospect(designs: Sequence[tuple[str, Inquiry]], engine: Engine, *, curves: bool) -> Prospect:
    """Return what stands beside the operating characteristics of some designs of one protocol.

    designs  a name and what is asked of it; they differ in the number of participants alone
    curves   whether power is rehearsed at other sizes and effects as well
    Raises   as `Engine.ask`; ProtocolError when boundaries of looks do not exist
    """
    first = designs[0][1]
    resolved, cells = first.resolved, first.cells[:MOST_CELLS]
    plain = [cell for cell in cells if cell.grid is None]
    asked = chosen_estimands(resolved, first.only)
    sequential, notes = _stops(designs, plain, engine)
    tables = {
        "plan": plan_of(resolved),
        "scenarios": scenarios_of(resolved, cells),
        "priors": priors_used(resolved, cells),
        "analytic": [
            {**row, "design": name}
            for name, one in designs
            for row in formulas(
                resolved, cells, participants=one.participants, estimands=[estimand.id for estimand in asked]
            )
        ],
        "curves": _curves(first, plain, asked[0], engine) if curves and asked else [],
        "picture": _picture(first, plain or cells, asked[0]) if asked else None,
    }
    return Prospect(tables, sequential if resolved.protocol.interims else None, tuple(notes))


def _stops(
    designs: Sequence[tuple[str, Inquiry]], cells: Sequence[Cell], engine: Engine
) -> tuple[list[Json], list[str]]:
    rows, notes = list[Json](), list[str]()
    for name, one in designs:
        works = [
            work_of(one.resolved, cell.scenario, estimands=(), seed=one.seed, participants=one.participants)
            for cell in cells
        ]
        found, reasons = find_stops(
            engine, works, resolved=one.resolved, replicates=one.amount.replicates or MOST_REPLICATES
        )
        rows += [{**row, "design": name} for row in found]
        notes += [reason for reason in reasons if reason not in notes]
    return rows, notes


def _curves(inquiry: Inquiry, cells: Sequence[Cell], estimand: Estimand, engine: Engine) -> list[Json]:
    course = Course(
        resolved=inquiry.resolved,
        scenarios=[cell.scenario for cell in cells],
        estimand=estimand,
        gated=_gated(inquiry, estimand),
        seed=inquiry.seed,
        participants=inquiry.participants,
    )
    return find_curves(engine, course, replicates=inquiry.amount.replicates or MOST_REPLICATES)


def _gated(inquiry: Inquiry, estimand: Estimand) -> tuple[str, ...]:
    """Return the estimands that a test may wait for: in a sequence those before it, else all tested."""
    plan = inquiry.resolved.protocol.multiplicity
    if plan is None or estimand.id not in plan.order:
        return (estimand.id,)
    last = plan.order.index(estimand.id) + 1 if plan.method == "fixed_sequence" else len(plan.order)
    return plan.order[:last]


def _picture(inquiry: Inquiry, cells: Sequence[Cell], estimand: Estimand) -> Json | None:
    """Return the first trial of the first cell that has the estimand's score."""
    for cell in cells:
        truth = truth_of(inquiry.resolved, cell.scenario, participants=inquiry.participants)
        found = picture_of(truth, estimand, seed=inquiry.seed)
        if found is not None:
            return found
    return None
