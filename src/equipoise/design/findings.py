"""What a rehearsal found: the rows of `operating_characteristics.json`, and each cell's enrollment and
assurance.

Holds the order of steps for cells one after another in small groups, so that a large grid needs no more
memory than a small one. Refuses to print, to write files and to read a clock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from equipoise.analysis.batched import BATCHED
from equipoise.design import characteristics
from equipoise.design.blocks import NO_EFFECT, SIZE, SLOW_SIZE, Work, reason_for_records, work_of
from equipoise.design.characteristics import NOTHING, share
from equipoise.design.engine import Engine
from equipoise.design.enrollment import enrollment_of
from equipoise.design.rehearsal import Amount, Series, chosen_estimands, rehearse
from equipoise.design.true_value import PARTICIPANTS, TrueValue
from equipoise.design.truth import Truth, truth_of
from equipoise.design.truths import find_truths
from equipoise.errors import Problem, ProtocolError
from equipoise.protocol import Resolved
from equipoise.protocol.grid import Cell
from equipoise.protocol.plan import Estimand
from equipoise.protocol.scenarios import Assurance

Json = dict[str, Any]

GROUP = 16
"""Cells whose replicates are held in memory at once."""


@dataclass(frozen=True)
class Inquiry:
    """What is asked of a protocol.

    cells         truths
    amount        how many replicates
    seed          of all draws
    only          estimands; empty asks for every one that arrays can answer
    participants  instead of the scenarios' numbers
    truth_draws   participants simulated in each arm for true values
    """

    resolved: Resolved
    cells: Sequence[Cell]
    amount: Amount
    seed: int
    only: tuple[str, ...] = ()
    participants: int | None = None
    truth_draws: int = PARTICIPANTS


@dataclass(frozen=True)
class Findings:
    """What came of an inquiry, JSON data.

    rows   one a cell and estimand, the primary first in each cell
    cells  one a cell: enrollment, assurance
    notes  what was not asked, and why
    """

    rows: tuple[Json, ...]
    cells: tuple[Json, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Asked:
    """One cell and the estimands asked of it: those arrays answer, those that need records, and why not
    others."""

    cell: Cell
    truth: Truth
    quick: tuple[Estimand, ...]
    slow: tuple[Estimand, ...]
    notes: tuple[str, ...] = field(default=())


def find(inquiry: Inquiry, engine: Engine) -> Findings:
    """Rehearse every cell.

    Raises  ProtocolError with every reason why a cell cannot be simulated, or an estimand is in no scenario;
            as `Engine.ask`
    """
    rows, cells, notes = list[Json](), list[Json](), list[str]()
    for start in range(0, len(inquiry.cells), GROUP):
        asked = _ask(inquiry, inquiry.cells[start : start + GROUP])
        notes += [note for one in asked for note in one.notes if note not in notes]
        series = _rehearsed(inquiry, engine, asked)
        works = [(_work(inquiry, one, one.quick or one.slow), one.truth) for one in asked]
        truths = find_truths(engine, works, participants=inquiry.truth_draws)
        unblinded = _unblinded(inquiry, engine, asked, series)
        assured = list(_assured(inquiry, engine, asked, series))
        for one, found, values, alone in zip(asked, series, truths, unblinded, strict=True):
            rows += _rows(inquiry, one, found, values, alone)
            cells.append(_cell(inquiry, one, [row for row in assured if row["scenario"] == one.cell.id]))
    _require_asked(inquiry, rows)
    return Findings(tuple(rows), tuple(cells), tuple(notes))


def _require_asked(inquiry: Inquiry, rows: Sequence[Json]) -> None:
    wanted = inquiry.only or (inquiry.resolved.protocol.primary.id,)
    missing = [name for name in wanted if not any(row["estimand"] == name for row in rows)]
    if missing:
        hint = "add its score to `outcomes` of a scenario"
        problems = [
            Problem(f"no scenario has the outcome of `{name}`", hint, "estimands") for name in missing
        ]
        raise ProtocolError("some estimands cannot be rehearsed", problems)


def _ask(inquiry: Inquiry, cells: Sequence[Cell]) -> list[_Asked]:
    """Sort the estimands of each cell; what cannot be simulated is told at once for all of them."""
    problems, asked = list[Problem](), list[_Asked]()
    known: dict[str, tuple[str, ...]] = {}
    for cell in cells:
        try:
            truth = truth_of(inquiry.resolved, cell.scenario, participants=inquiry.participants)
        except ProtocolError as error:
            problems += [
                Problem(f"{cell.id}: {one.message}", one.hint, one.path) for one in error.problems or ()
            ]
            continue
        asked.append(_sorted(inquiry, cell, truth, known))
    if problems:
        raise ProtocolError("these scenarios cannot be rehearsed", problems)
    return asked


def _sorted(inquiry: Inquiry, cell: Cell, truth: Truth, known: dict[str, tuple[str, ...]]) -> _Asked:
    """Sort one cell's estimands; cells of one scenario are alike in this."""
    quick, slow, notes = list[Estimand](), list[Estimand](), list[str]()
    for one in chosen_estimands(inquiry.resolved, inquiry.only):
        form, value = inquiry.resolved.locate(one.variable.score)
        if f"{form}.{value}" not in truth.courses:
            notes.append(
                f"{one.id}: {cell.base} has no course of {form}.{value}, so it is not rehearsed there"
            )
            continue
        key = f"{cell.base} {one.id}"
        if key not in known:
            known[key] = (_reason(truth, one),)
        (reason,) = known[key]
        if not reason:
            quick.append(one)
        elif one.id in inquiry.only:
            slow.append(one)
            notes.append(f"{one.id}: analyzed from records, replicate by replicate, which is slow: {reason}")
        else:
            notes.append(f"{one.id}: left out, since {reason}; --only {one.id} rehearses it, slowly")
    return _Asked(cell, truth, tuple(quick), tuple(slow), tuple(notes))


def _reason(truth: Truth, estimand: Estimand) -> str:
    if estimand.estimator.name not in BATCHED:
        return f"`{estimand.estimator.name}` works on one trial at a time"
    return reason_for_records(truth, estimand)


def _work(inquiry: Inquiry, asked: _Asked, estimands: Sequence[Estimand], *, effect: str = "") -> Work:
    slow = any(one in asked.slow for one in estimands)
    return work_of(
        inquiry.resolved,
        asked.cell.scenario,
        estimands=[one.id for one in estimands],
        seed=inquiry.seed,
        participants=inquiry.participants,
        effect=effect,
        size=SLOW_SIZE if slow else SIZE,
    )


def _rehearsed(inquiry: Inquiry, engine: Engine, asked: Sequence[_Asked]) -> list[Series]:
    """Return each cell's replicates; estimands that need records have blocks of their own."""
    parts = [(one, [part for part in (one.quick, one.slow) if part]) for one in asked]
    works = [_work(inquiry, one, part) for one, found in parts for part in found]
    series = iter(rehearse(engine, works, resolved=inquiry.resolved, amount=inquiry.amount))
    return [_joined([next(series) for _ in found]) for _, found in parts]


def _joined(parts: Sequence[Series]) -> Series:
    def every(name: str) -> dict[str, Any]:
        return {key: value for part in parts for key, value in getattr(part, name).items()}

    return Series(every("answers"), every("rejected"), every("alone"))


def _unblinded(
    inquiry: Inquiry, engine: Engine, asked: Sequence[_Asked], series: Sequence[Series]
) -> list[Series | None]:
    """Return what cells where belief moves a score would show without any effect of the drug."""
    works = {
        at: _work(inquiry, one, one.quick, effect=NO_EFFECT)
        for at, one in enumerate(asked)
        if one.quick and believing(one.truth)
    }
    amounts = [Amount(series[at].replicates) for at in works]
    found = [
        rehearse(engine, [work], resolved=inquiry.resolved, amount=amount)[0]
        for work, amount in zip(works.values(), amounts, strict=True)
    ]
    known = dict(zip(works, found, strict=True))
    return [known.get(at) for at in range(len(asked))]


def believing(truth: Truth) -> bool:
    """Return whether what participants believe moves a score."""
    expectancy = truth.scenario.expectancy
    if expectancy is None:
        return False
    moved = [*expectancy.bias.values(), *expectancy.bias_sd.values()]
    return any(value != 0 for value in moved) or bool(getattr(expectancy, "disappointment", None))


def _assured(
    inquiry: Inquiry, engine: Engine, asked: Sequence[_Asked], series: Sequence[Series]
) -> Iterator[Json]:
    """Yield the assurance of each estimand over each prior planned for a cell's scenario."""
    for one, found in zip(asked, series, strict=True):
        for assurance in _planned(inquiry, one):
            work = _work(inquiry, one, one.quick, effect=assurance.id)
            amount = Amount(found.replicates)
            (drawn,) = rehearse(engine, [work], resolved=inquiry.resolved, amount=amount)
            for estimand in one.quick:
                counted = share(drawn.rejected[estimand.id])
                yield {
                    "scenario": one.cell.id,
                    "assurance_id": assurance.id,
                    "prior": assurance.prior,
                    "estimand": estimand.id,
                    "assurance": counted.value,
                    "assurance_mcse": counted.mcse,
                    "replicates": drawn.replicates,
                }


def _planned(inquiry: Inquiry, asked: _Asked) -> tuple[Assurance, ...]:
    simulation = inquiry.resolved.protocol.simulation
    if simulation is None or asked.cell.grid is not None or not asked.quick:
        return ()
    return tuple(one for one in simulation.assurance if one.scenario == asked.cell.id)


def _rows(
    inquiry: Inquiry, asked: _Asked, series: Series, truths: dict[str, TrueValue], alone: Series | None
) -> Iterator[Json]:
    for estimand in (*asked.quick, *asked.slow):
        name = estimand.id
        row = characteristics.row(
            estimand,
            series.answers[name],
            rejected=series.rejected[name],
            alone=series.alone[name],
            truth=truths.get(name),
        )
        blind = share(alone.alone[name]) if alone is not None and name in alone.alone else NOTHING
        yield {
            "scenario": asked.cell.id,
            "estimand": row.pop("estimand"),
            "role": row.pop("role"),
            "n": asked.truth.participants,
            **row,
            "unblinding_alone": blind.value,
            "unblinding_alone_mcse": blind.mcse,
            "path": "records" if estimand in asked.slow else "arrays",
            "seed": inquiry.seed,
            "base": asked.cell.base,
            "grid": asked.cell.grid,
            "coordinates": dict(asked.cell.coordinates),
        }


def _cell(inquiry: Inquiry, asked: _Asked, assured: Sequence[Json]) -> Json:
    return {
        "scenario": asked.cell.id,
        "label": asked.cell.scenario.label,
        "base": asked.cell.base,
        "grid": asked.cell.grid,
        "coordinates": dict(asked.cell.coordinates),
        "n": asked.truth.participants,
        "enrollment": enrollment_of(asked.truth, seed=inquiry.seed),
        "assurance": list(assured),
    }
