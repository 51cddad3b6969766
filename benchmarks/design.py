"""The bars of rehearsing a whole trial, on the flagship and on a trial of a usual size.

Prints each figure with its bar and its ratio to it, the load of the machine beside them. Exits with 1 when a
bar is missed. `--scaling` adds the comparison of one process with two, which needs a machine with nothing
else to do.

    python benchmarks/design.py [--scaling]
"""

import json
import os
import resource
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from equipoise import protocol
from equipoise.cli.workers import one_thread
from equipoise.design.blocks import Work, work_of
from equipoise.design.comparison import compare
from equipoise.design.engine import Engine
from equipoise.design.executors import processes
from equipoise.design.findings import Inquiry, find
from equipoise.design.rehearsal import Amount, rehearse
from equipoise.protocol import Resolved
from equipoise.protocol.grid import expand
from equipoise.protocol.scenarios import Simulation

ROOT = Path(__file__).parents[1]
TRIALS = 10_000
PROCESSES = 2
MEGABYTE = 1024
Figure = tuple[str, float, float, str]

ARMS = ("drug", "placebo")
WEEKS = (1, 2, 4, 6, 8, 12)


def usual_trial(*, missed_forms: float) -> Resolved:
    """Return a trial of 240 participants with six visits after baseline, a fifth of whom leave."""
    visits = [{"id": "BASE", "epoch": "treatment", "anchor": "start", "day": 0, "baseline": True}]
    visits += [{"id": f"W{week}", "epoch": "treatment", "anchor": "start", "day": 7 * week} for week in WEEKS]
    content: dict[str, Any] = {
        "equipoise": 1,
        "trial": {"id": "USUAL", "title": "A trial of a usual size"},
        "interventions": [
            {"id": arm, "label": arm, "substance": arm, "dose_mg": 1, "route": "oral"} for arm in ARMS
        ],
        "epochs": ["treatment"],
        "arms": [
            {"id": arm, "role": role, "elements": {"treatment": arm}}
            for arm, role in zip(ARMS, ("experimental", "control"), strict=True)
        ],
        "anchors": {"start": {"event": "randomization"}},
        "allocation": {
            "method": "permuted_blocks",
            "ratio": dict.fromkeys(ARMS, 1),
            "strata": [],
            "block_sizes": [4],
        },
        "visits": [{**visit, "forms": ["madrs"]} for visit in visits],
        "forms": [{"id": "madrs", "instrument": "madrs", "filled_by": "rater"}],
        "eligibility": [],
        "analysis_sets": [
            {"id": "everybody", "text": "Everybody", "participants": "randomized", "arm": "as_randomized"}
        ],
        "estimands": [
            {
                "id": "primary",
                "role": "primary",
                "population": "everybody",
                "treatment": {"experimental": "drug", "reference": "placebo"},
                "variable": {"score": "madrs.total", "type": "change", "baseline": "BASE", "visit": "W12"},
                "summary": "difference_in_means",
                "estimator": {"name": "mmrm", "covariates": ["madrs.total@BASE"]},
                "missing": "missing_at_random",
            }
        ],
        "sample_size": {"n": 240, "justification": None},
        "simulation": {
            "seed": 1,
            "scenarios": [
                {
                    "id": "effect",
                    "label": "Three points and a half",
                    "accrual": {"start_date": "2027-01-01", "per_month": 20},
                    "outcomes": {
                        "madrs.total": {
                            "baseline": {"mean": 32, "sd": 5.5},
                            "response": {"W1": -4, "W12": -10},
                            "effect": {"drug": {"W1": -2, "W12": -3.5}},
                            "sd": 10,
                            "correlation": {"baseline": 0.4, "visits": 0.7},
                        }
                    },
                    "dropout": {
                        "per_28_days": 0.07,
                        "mechanism": "mar",
                        "score": "madrs.total",
                        "odds_ratio_per_point": 1.03,
                    },
                    "missed_forms": missed_forms,
                }
            ],
        },
    }
    return protocol.resolve(protocol.load(json.dumps(content), name="usual"))


def flagship() -> Resolved:
    """Return the flagship's protocol."""
    return protocol.resolve(
        protocol.load((ROOT / "protocols" / "frontline.yaml").read_bytes(), name="flagship")
    )


def simulation_of(resolved: Resolved) -> Simulation:
    """Return a protocol's simulation, which every protocol here has."""
    if resolved.protocol.simulation is None:
        raise SystemExit("nothing to simulate")
    return resolved.protocol.simulation


def tested_in(resolved: Resolved) -> tuple[str, ...]:
    """Return the estimands of the testing procedure."""
    plan = resolved.protocol.multiplicity
    return tuple(plan.order) if plan is not None else (resolved.protocol.primary.id,)


def first_cell(resolved: Resolved, *, estimands: tuple[str, ...]) -> Work:
    """Return the work of a protocol's first scenario."""
    simulation = simulation_of(resolved)
    return work_of(resolved, simulation.scenarios[0], estimands=estimands, seed=simulation.seed)


def seconds_of(engine: Engine, work: Work, trials: int) -> float:
    """Return how long an engine with workers that are already there takes for some trials."""
    warm = replace(work, seed=work.seed + 1)
    engine.collect([(warm, PROCESSES * warm.size)])
    began = perf_counter()
    engine.collect([(work, trials)])
    return perf_counter() - began


def speeds() -> list[Figure]:
    """Time the flagship and a trial of a usual size on two processes."""
    own = flagship()
    tested = tested_in(own)
    jobs = [
        ("10,000 flagship trials, n = 30, primary and what it gates", own, tested, 10.0),
        (
            "10,000 trials, 240 x 6, mixed model, Kenward-Roger",
            usual_trial(missed_forms=0.01),
            ("primary",),
            10.0,
        ),
        ("  the same without a form missed: monotone", usual_trial(missed_forms=0.0), ("primary",), 10.0),
    ]
    figures: list[Figure] = []
    with Engine(processes(PROCESSES, around=one_thread)) as engine:
        for title, resolved, estimands, bar in jobs:
            took = seconds_of(engine, first_cell(resolved, estimands=tuple(estimands)), TRIALS)
            figures.append((title, took, bar, f"s, {TRIALS / took:,.0f} a second"))
    return figures


def eight_scenarios() -> list[Figure]:
    """Time everything that a rehearsal says of eight scenarios, true values included, and its memory."""
    resolved = flagship()
    simulation = simulation_of(resolved)
    cells = expand(simulation.model_copy(update={"grid": ()}))[:]
    inquiries = [
        Inquiry(
            resolved,
            (cells * 2)[:4],
            Amount(TRIALS),
            simulation.seed,
            only=tested_in(resolved),
            participants=n,
        )
        for n in (30, 40)
    ]
    began = perf_counter()
    with Engine(processes(PROCESSES, around=one_thread)) as engine:
        for inquiry in inquiries:
            find(inquiry, engine)
    took = perf_counter() - began
    parts = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    memory = (parts[0] + PROCESSES * parts[1]) / MEGABYTE
    return [
        ("8 scenarios x 10,000 flagship trials, all that is said of them", took, 120.0, "s"),
        ("  memory of all processes, at most", memory, 1000.0, "MB"),
    ]


def sharper() -> list[Figure]:
    """Measure how much sharper shared random numbers make comparisons: of errors, smaller bars are easier."""
    resolved = flagship()
    scenario = resolved.protocol.scenario("phase-3")
    engine = Engine()
    estimands = ("primary", "primary_ancova", "primary_mmrm")

    def series(n: int) -> Any:
        work = work_of(resolved, scenario, estimands=estimands, seed=1, participants=n)
        return rehearse(engine, [work], resolved=resolved, amount=Amount(5120))[0]

    at = {n: series(n) for n in (60, 66)}
    pairs = [
        ("t test against ANCOVA", (at[60], "primary"), (at[60], "primary_ancova")),
        ("ANCOVA against mixed model", (at[60], "primary_ancova"), (at[60], "primary_mmrm")),
        ("60 against 66 participants", (at[60], "primary"), (at[66], "primary")),
    ]
    figures = []
    for title, one, other in pairs:
        found = compare([("a", *one), ("b", *other)])[1]
        figures.append((f"errors without sharing over with: {title}", found.sharper or 0.0, 0.0, "times"))
    return figures


def scaling() -> list[Figure]:
    """Compare one process with two on a run of more than 20 seconds."""
    resolved = usual_trial(missed_forms=0.01)
    work = first_cell(resolved, estimands=("primary",))
    times = []
    for count in (1, PROCESSES):
        with Engine(processes(count, around=one_thread)) as engine:
            times.append(seconds_of(engine, work, 3 * TRIALS))
    return [
        ("30,000 trials, 240 x 6: one process", times[0], 0.0, "s"),
        ("  two processes, times as fast (at least 1.8)", times[0] / times[1], 0.0, "times"),
    ]


def main() -> None:
    """Print every figure."""
    print(f"load of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    figures = [*speeds(), *eight_scenarios(), *sharper()]
    if "--scaling" in sys.argv:
        figures += scaling()
    missed = 0
    for title, figure, bar, unit in figures:
        verdict = f"bar {bar:g}, {figure / bar:.2f} of it" if bar else ""
        missed += bool(bar) and figure > bar
        print(f"{title:68} {figure:9.2f} {unit}   {verdict}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
