"""`equipoise design`: rehearse a whole planned trial, many times."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from equipoise import __version__, protocol, report
from equipoise.cli.rehearsed_table import comparison_lines, look_line, table_lines
from equipoise.cli.workers import Progress, duration, processors, workers_of
from equipoise.design import refused
from equipoise.design.blocks import code_version, work_of
from equipoise.design.cache import Cache, write_whole
from equipoise.design.comparison import compare
from equipoise.design.engine import Engine
from equipoise.design.findings import Findings, Inquiry, find
from equipoise.design.prospect import Prospect, find_prospect
from equipoise.design.rehearsal import Amount, rehearse
from equipoise.design.search import Found, smallest_n
from equipoise.design.sizing import counts_of
from equipoise.errors import Problem, ProtocolError
from equipoise.protocol import Resolved
from equipoise.protocol.grid import Cell, expand
from equipoise.protocol.scenarios import Grid

EXAMPLE = "Example: equipoise design protocols/frontline.yaml --replicates 1000 --out rehearsal"
DEFAULT_PRECISION = 0.005
LONG_SECONDS = 600
"""A run longer than this is asked about first."""
PROBED_TRIALS = 256
CHARACTERISTICS = "operating_characteristics.json"
REHEARSAL = "rehearsal.json"
SEQUENTIAL = "sequential.json"
MOST_TRIED = 256
"""Cells of grids tried before a rehearsal begins, so that all that are impossible are named together."""


@click.command(name="design", epilog=EXAMPLE)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replicates", type=click.IntRange(min=1), help="Trials of each scenario.")
@click.option(
    "--precision",
    type=click.FloatRange(min=0, max=0.5, min_open=True),
    help="Trials until every power tested has this Monte Carlo standard error.  [default: 0.005]",
)
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="ID", help="Only these; repeat it for several."
)
@click.option("--grid", "grids", multiple=True, metavar="ID", help="Rehearse a grid of FILE as well.")
@click.option("--only", multiple=True, metavar="ESTIMAND", help="Only these; repeat it for several.")
@click.option(
    "--n",
    "participants",
    type=click.IntRange(min=2),
    multiple=True,
    metavar="N",
    help="Participants instead of FILE's; several are compared.",
)
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Compare with another design of the same scenarios.",
)
@click.option(
    "--find-n",
    "target",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="POWER",
    help="Search the smallest number of participants with this power.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of all draws; FILE's own when left out.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes; as many as processors when left out.")
@click.option("--cluster", metavar="ADDRESS", help="Scheduler of a dask cluster, or its scheduler file.")
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where finished work is kept; DIR/cache of --out when left out.",
)
@click.option(
    "--curves/--no-curves", default=True, help="Draw power over other sizes and effects.", show_default=True
)
@click.option("--yes", is_flag=True, help="Begin without asking, however long it takes.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR")
def command(
    *,
    file: Path,
    replicates: int | None,
    precision: float | None,
    scenarios: tuple[str, ...],
    grids: tuple[str, ...],
    only: tuple[str, ...],
    participants: tuple[int, ...],
    against: tuple[Path, ...],
    target: float | None,
    seed: int | None,
    workers: int | None,
    cluster: str | None,
    cache: Path | None,
    curves: bool,
    yes: bool,
    out: Path,
) -> None:
    """Rehearse the trial of FILE in every scenario, with its planned analysis, and write what came of it.

    Leaves DIR/design.html, the report, and what it is made of: DIR/operating_characteristics.json (power,
    type I error, bias, coverage, ... of each estimand, with Monte Carlo standard errors), DIR/rehearsal.json
    (enrollment, assurance, formulas, curves, comparisons, search) and, where looks are planned,
    DIR/sequential.json. Finished work is kept: the same command goes on where it was stopped, and a change
    recomputes only what it touches.
    """
    if replicates is not None and precision is not None:
        raise click.UsageError("give --replicates or --precision, not both")
    resolved = _resolved(file)
    if participants and any("participants" in one.vary for one in _wanted_grids(resolved, grids)):
        raise click.UsageError("--n and a grid over participants contradict each other; give one of them")
    amount = Amount(replicates, None if replicates is not None else precision or DEFAULT_PRECISION)
    inquiry = Inquiry(
        resolved=resolved,
        cells=cells_of(resolved, scenarios, grids),
        amount=amount,
        seed=_seed(resolved) if seed is None else seed,
        only=_known(resolved, only),
    )
    out.mkdir(parents=True, exist_ok=True)
    engine = Engine(
        workers_of(workers, cluster),
        Cache(cache or out / "cache", warn=_warn),
        listen=Progress("Rehearsing"),
        warn=_warn,
    )
    designs = [(f"n = {n}", replace(inquiry, participants=n)) for n in participants] or [("planned", inquiry)]
    with engine:
        if not yes:
            _ask_before_long(inquiry, designs=len(designs) + len(against), processors=processors(workers))
        _refuse_impossible(inquiry)
        found = [(name, find(one, engine)) for name, one in designs]
        tables: dict[str, Any] = {"comparisons": _compared(engine, designs, against), "search": []}
        if target is not None:
            tables["search"] = _searched(engine, inquiry, target)
        prospect = find_prospect(designs, engine, curves=curves)
    written = _write(out, inquiry, found, prospect, tables)
    _show(found, prospect, tables)
    click.echo(f"Written: {', '.join(str(path) for path in written)}")
    click.echo(f"Report: {report.write_design(out)}")


def _resolved(file: Path) -> Resolved:
    return protocol.resolve(protocol.load(file.read_bytes(), name=str(file)))


def _seed(resolved: Resolved) -> int:
    simulation = resolved.protocol.simulation
    return simulation.seed if simulation is not None else 0


def _wanted_grids(resolved: Resolved, grids: Sequence[str]) -> list[Grid]:
    simulation = resolved.protocol.simulation
    return [one for one in simulation.grid if one.id in grids] if simulation is not None else []


def _refuse_impossible(inquiry: Inquiry) -> None:
    """Raises  ProtocolError with every cell of a grid that cannot be simulated, as far as they are tried"""
    problems = refused(inquiry.resolved, inquiry.cells[:MOST_TRIED])
    if problems:
        raise ProtocolError("these cells of grids cannot be rehearsed", problems)


def _known(resolved: Resolved, only: tuple[str, ...]) -> tuple[str, ...]:
    ids = [one.id for one in resolved.protocol.estimands]
    hint = f"there are {', '.join(ids)}"
    problems = [
        Problem(f"there is no estimand `{name}`", hint, "estimands") for name in only if name not in ids
    ]
    if problems:
        raise ProtocolError("unknown estimands", problems)
    return only


def cells_of(resolved: Resolved, scenarios: Sequence[str], grids: Sequence[str]) -> Sequence[Cell]:
    """Return the scenarios wanted, all when none is named, and every cell of the grids named.

    Raises  ProtocolError when there is no such scenario or grid, or a grid cannot be spread out
    """
    simulation = resolved.protocol.simulation
    if simulation is None or not simulation.scenarios:
        hint = "add a section `simulation` with a seed and at least one scenario"
        raise ProtocolError(
            "nothing to rehearse", [Problem("the protocol has no scenario", hint, "simulation")]
        )
    known = {one.id for one in simulation.scenarios}, {one.id for one in simulation.grid}
    problems = [
        Problem(f"there is no {kind} `{name}`", f"there are {', '.join(sorted(ids))}", f"simulation.{kind}s")
        for kind, names, ids in (("scenario", scenarios, known[0]), ("grid", grids, known[1]))
        for name in names
        if name not in ids
    ]
    if problems:
        raise ProtocolError("unknown scenarios or grids", problems)
    chosen = tuple(one for one in simulation.scenarios if not scenarios or one.id in scenarios)
    wanted = tuple(one for one in simulation.grid if one.id in grids)
    if wanted and not scenarios:
        chosen = ()
    cells = expand(simulation.model_copy(update={"grid": wanted}))
    plain = [cell for cell in cells[: len(simulation.scenarios)] if cell.scenario in chosen]
    return plain if not wanted else _Chosen(plain, cells, skipped=len(simulation.scenarios))


class _Chosen(Sequence[Cell]):
    """Some scenarios, then every cell of some grids, none made before it is asked for."""

    def __init__(self, plain: Sequence[Cell], cells: Sequence[Cell], *, skipped: int) -> None:
        self._plain, self._cells, self._skipped = plain, cells, skipped

    def __len__(self) -> int:
        return len(self._plain) + len(self._cells) - self._skipped

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError("there are not so many cells")
        if place < len(self._plain):
            return self._plain[place]
        return self._cells[self._skipped + place - len(self._plain)]


def _ask_before_long(inquiry: Inquiry, *, designs: int, processors: int) -> None:
    """Time one block, and ask where the whole takes longer than a few minutes.

    Raises  click.UsageError where nobody can be asked
    """
    cells = len(inquiry.cells) * designs
    trials = inquiry.amount.replicates or round(0.25 / (inquiry.amount.precision or DEFAULT_PRECISION) ** 2)
    if cells * trials <= 1_000_000 and cells <= 1_000:
        return
    probe = replace(inquiry, cells=inquiry.cells[:1], amount=Amount(PROBED_TRIALS), truth_draws=1)
    cold = Engine()
    find(probe, cold)
    began = time.monotonic()
    find(replace(probe, seed=probe.seed + 1), cold)
    seconds = (time.monotonic() - began) / processors
    expected = seconds * cells * max(trials / PROBED_TRIALS, 1)
    if expected < LONG_SECONDS:
        return
    message = f"{cells:,} cells x {trials:,} trials would take about {duration(expected)}"
    if not sys.stdin.isatty():
        raise click.UsageError(f"{message}; take fewer, or say --yes")
    click.confirm(f"{message}. Begin?", abort=True)


def _compared(
    engine: Engine, designs: Sequence[tuple[str, Inquiry]], against: Sequence[Path]
) -> list[dict[str, Any]]:
    """Return what each design gains over the first in each scenario, replicate by replicate."""
    first = designs[0][1]
    others = [(str(path.name), _like(first, _resolved(path))) for path in against]
    everyone = [*designs, *others]
    if len(everyone) == 1:
        return []
    amount = Amount(
        first.amount.replicates or round(0.25 / (first.amount.precision or DEFAULT_PRECISION) ** 2)
    )
    rows = []
    for cell in first.cells:
        sides = [(name, *_series(engine, one, cell, amount)) for name, one in everyone]
        rows += [{"scenario": cell.id, **one.row()} for one in compare(sides)]
    return rows


def _like(inquiry: Inquiry, resolved: Resolved) -> Inquiry:
    return replace(inquiry, resolved=resolved, only=())


def _series(engine: Engine, inquiry: Inquiry, cell: Cell, amount: Amount) -> tuple[Any, str]:
    """Return a design's replicates in a scenario, its own of the same name where it has one, and its
    primary."""
    simulation = inquiry.resolved.protocol.simulation
    own = {one.id: one for one in simulation.scenarios} if simulation is not None else {}
    primary = inquiry.resolved.protocol.primary.id
    work = work_of(
        inquiry.resolved,
        own.get(cell.id, cell.scenario),
        estimands=[primary],
        seed=inquiry.seed,
        participants=inquiry.participants,
    )
    (series,) = rehearse(engine, [work], resolved=inquiry.resolved, amount=amount)
    return series, primary


def _searched(engine: Engine, inquiry: Inquiry, target: float) -> list[dict[str, Any]]:
    """Return the smallest number of participants of each scenario, for the first estimand asked for."""
    estimand = inquiry.only[0] if inquiry.only else inquiry.resolved.protocol.primary.id
    plan = inquiry.resolved.protocol.multiplicity
    gated = [estimand] if plan is None or estimand not in plan.order else list(plan.order)
    unit = sum(inquiry.resolved.protocol.allocation.ratio.values())
    rows = []
    for cell in inquiry.cells:
        start = (
            inquiry.participants or cell.scenario.participants or inquiry.resolved.protocol.planned_n or unit
        )
        work = work_of(inquiry.resolved, cell.scenario, estimands=gated, seed=inquiry.seed)
        count = counts_of(engine, work, resolved=inquiry.resolved, estimand=estimand)
        found = smallest_n(count, target=target, start=start, unit=unit)
        rows.append({"scenario": cell.id, "estimand": estimand, "summary": found.summary(), **_plain(found)})
    return rows


def _plain(found: Found) -> dict[str, Any]:
    return asdict(found)


def _write(
    out: Path,
    inquiry: Inquiry,
    found: Sequence[tuple[str, Findings]],
    prospect: Prospect,
    tables: dict[str, Any],
) -> list[Path]:
    """Write the files of a rehearsal; a table of looks that an earlier plan left is removed."""
    rows = [{**row, "design": name} for name, one in found for row in one.rows]
    trial = inquiry.resolved.protocol.trial
    rehearsal = {
        "format": "equipoise-rehearsal-1",
        "simulated": True,
        "trial": {"id": trial.id, "title": trial.title},
        "protocol": inquiry.resolved.hashes,
        "code": code_version(),
        "version": __version__,
        "seed": inquiry.seed,
        "precision": inquiry.amount.precision,
        "cells": [{**cell, "design": name} for name, one in found for cell in one.cells],
        "notes": _notes(found, prospect),
        **prospect.tables,
        **tables,
    }
    contents: dict[str, Any] = {CHARACTERISTICS: rows, REHEARSAL: rehearsal}
    if prospect.sequential is not None:
        contents[SEQUENTIAL] = prospect.sequential
    else:
        (out / SEQUENTIAL).unlink(missing_ok=True)
    for name, content in contents.items():
        text = json.dumps(content, indent=1, allow_nan=False, default=str) + "\n"
        write_whole(out / name, text.encode())
    return [out / name for name in contents]


def _notes(found: Sequence[tuple[str, Findings]], prospect: Prospect) -> list[str]:
    return list(dict.fromkeys([*(note for _, one in found for note in one.notes), *prospect.notes]))


def _show(found: Sequence[tuple[str, Findings]], prospect: Prospect, tables: dict[str, Any]) -> None:
    for name, one in found:
        if len(found) > 1:
            click.echo(f"\nDesign: {name}")
        for line in table_lines(one):
            click.echo(line)
    for line in comparison_lines(tables):
        click.echo(line)
    for row in prospect.sequential or ():
        click.echo(look_line(row))
    for note in _notes(found, prospect):
        click.echo(f"Note: {note}")
    click.echo("Simulated data: no person took part.")


def _warn(text: str) -> None:
    click.echo(f"Warning: {text}", err=True)
