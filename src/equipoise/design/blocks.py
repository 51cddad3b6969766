"""Replicates in blocks of fixed size: the unit of work that is sent, computed, kept and found again.

Holds what a block of one cell needs, as text, so that it may cross to another process or machine, and its
computation. A block depends on nothing but its work and number, so that results are the same to the bit with
one worker or sixteen. Refuses to know workers, disks and summaries.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from equipoise.analysis.answers import Answers
from equipoise.analysis.batched import estimate_batch, without_path
from equipoise.analysis.estimates import estimate
from equipoise.analysis.evidence import gather
from equipoise.analysis.question import Question
from equipoise.design.batch import Batch, draw
from equipoise.design.priors import prior_draws
from equipoise.design.rehearsed import Rehearsed
from equipoise.design.simulate import simulate
from equipoise.design.streams import FORMAT as STREAMS
from equipoise.design.truth import Truth, truth_of
from equipoise.protocol import Resolved, canonical_json, resolve
from equipoise.protocol.estimator_options import visits_used
from equipoise.protocol.model import Protocol
from equipoise.protocol.plan import Estimand
from equipoise.protocol.scenarios import Scenario

Floats = NDArray[np.float64]

FORMAT = "equipoise-blocks-1"
SIZE = 256
"""Replicates of a block."""
SLOW_SIZE = 16
"""Replicates of a block where an estimand is analyzed from records, which takes a thousand times as long."""
MOST_CELLS = 4_000_000
"""Numbers of one array (replicates x participants x visits) that are drawn at once: 32 MB."""
FEWEST_TOGETHER = 4
PROBED = 2
NUMBERS = ("estimate", "std_error", "df", "p_value", "ci_low", "ci_high", "n")
"""What a block says of each estimand in each replicate, in the order of its first axis."""
NO_EFFECT = "none"
COMPUTING = (
    "allocation",
    "analysis",
    "design",
    "expressions",
    "instruments",
    "protocol",
    "records",
    "statistics",
)
"""Packages whose code decides what a block holds."""
MATTERING = (
    "equipoise", "interventions", "epochs", "arms", "anchors", "events", "sessions", "eligibility",
    "allocation", "visits", "logs", "forms", "baseline_rule", "analysis_windows", "analysis_sets",
    "intercurrent_events",
)  # fmt: skip
"""Sections of a protocol that decide what a block holds, beside its estimands."""
WORDS = frozenset({"label", "note", "source", "assumption"})


@dataclass(frozen=True)
class Work:
    """One cell to rehearse, as text.

    protocol      JSON of the whole protocol
    scenario      JSON of the truth
    participants  instead of the scenario's number
    estimands     ids, in the order of results
    effect        "" as the scenario states it; "none": what it would be without the drug's effect; else the
                  id of an assurance, whose prior each replicate's effect is drawn from
    size          replicates of a block
    """

    protocol: str
    scenario: str
    participants: int | None
    seed: int
    estimands: tuple[str, ...]
    effect: str = ""
    size: int = SIZE

    def blocks(self, replicates: int) -> int:
        """Return how many blocks hold so many replicates."""
        return -(-replicates // self.size)


def work_of(
    resolved: Resolved,
    scenario: Scenario,
    *,
    estimands: Sequence[str],
    seed: int,
    participants: int | None = None,
    effect: str = "",
    size: int = SIZE,
) -> Work:
    """Return one cell's work."""
    protocol = resolved.protocol.model_dump_json(by_alias=True)
    return Work(protocol, scenario.model_dump_json(), participants, seed, tuple(estimands), effect, size)


def key_of(work: Work) -> str:
    """Return the SHA-256 of everything that decides what a cell's blocks hold, words of no consequence left
    out."""
    protocol = json.loads(work.protocol)
    estimands = {one["id"]: one for one in protocol["estimands"]}
    primary: dict[str, Any] = next((one for one in protocol["estimands"] if one.get("role") == "primary"), {})
    plan = protocol.get("multiplicity") or {}
    simulation = protocol.get("simulation") or {}
    parts = {
        "format": [FORMAT, STREAMS, code_version()],
        "protocol": {name: protocol.get(name) for name in MATTERING},
        "estimands": [estimands[name] for name in work.estimands],
        "primary visit": primary.get("variable", {}).get("visit"),
        "alpha": plan.get("alpha"),
        "scenario": json.loads(work.scenario),
        "participants": work.participants,
        "planned": (protocol.get("sample_size") or {}).get("n"),
        "seed": work.seed,
        "effect": work.effect,
        "priors": [simulation.get("priors"), simulation.get("assurance")]
        if work.effect not in ("", NO_EFFECT)
        else None,
        "size": work.size,
    }
    return hashlib.sha256(canonical_json(_wordless(parts))).hexdigest()


def _wordless(value: Any) -> Any:
    """Return JSON data without the words that decide nothing."""
    if isinstance(value, dict):
        return {name: _wordless(one) for name, one in value.items() if name not in WORDS}
    return [_wordless(one) for one in value] if isinstance(value, list) else value


@lru_cache(maxsize=1)
def code_version() -> str:
    """Return the SHA-256 of the code that computes blocks, with the versions of what it rests on."""
    digest = hashlib.sha256(f"numpy {np.__version__}, scipy {scipy.__version__}".encode())
    root = resources.files("equipoise")
    for package in COMPUTING:
        for path, content in _files(root / package, package):
            digest.update(f"{path} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _files(folder: Any, path: str) -> Iterator[tuple[str, bytes]]:
    for one in sorted(folder.iterdir(), key=lambda entry: str(entry.name)):
        name = f"{path}/{one.name}"
        if one.is_dir() and one.name != "__pycache__":
            yield from _files(one, name)
        elif one.name.endswith((".py", ".yaml")):
            yield name, one.read_bytes()


@dataclass(frozen=True)
class Ready:
    """A cell's work, unpacked once in each process.

    truth  cut to what the estimands read
    whole  uncut, for what is written out as records
    quick  estimands with a batch path
    slow   the others
    """

    work: Work
    truth: Truth
    whole: Truth
    quick: tuple[Estimand, ...]
    slow: tuple[Estimand, ...]


@lru_cache(maxsize=8)
def ready(work: Work) -> Ready:
    """Unpack a cell's work.

    Raises  ProtocolError when the scenario cannot be simulated
    """
    scenario = Scenario.model_validate_json(work.scenario)
    resolved = resolve(_alone(Protocol.model_validate_json(work.protocol), scenario))
    whole = truth_of(resolved, scenario, participants=work.participants)
    wanted = [next(one for one in resolved.protocol.estimands if one.id == name) for name in work.estimands]
    slow = tuple(one for one in wanted if reason_for_records(whole, one))
    quick = tuple(one for one in wanted if one not in slow)
    return Ready(work, _cut(whole, quick), whole, quick, slow)


def _alone(protocol: Protocol, scenario: Scenario) -> Protocol:
    """Return a protocol with one scenario, which a grid may have made."""
    simulation = protocol.simulation
    if simulation is None:
        return protocol
    return protocol.model_copy(
        update={"simulation": simulation.model_copy(update={"scenarios": (scenario,)})}
    )


def reason_for_records(truth: Truth, estimand: Estimand) -> str:
    """Return why an estimand is analyzed from records, replicate by replicate; empty when it need not be."""
    return without_path(Rehearsed(draw(truth, range(PROBED), seed=0)), estimand)


def _cut(truth: Truth, estimands: Sequence[Estimand]) -> Truth:
    """Return a truth with no more visits and scores than some estimands read; whole where windows move
    values."""
    protocol = truth.resolved.protocol
    if protocol.analysis_windows or not estimands:
        return truth
    events = {event.id: event.detect.visit for event in protocol.intercurrent_events}
    visits, scores = set[str](), set[str]()
    for one in estimands:
        form, value = truth.resolved.locate(one.variable.score)
        scores.add(f"{form}.{value}")
        visits |= {one.variable.visit, *visits_used(protocol, one, form=form)}
        named = [name.partition("@") for name in one.estimator.covariates]
        scores |= {".".join(truth.resolved.locate(name)) for name, _, _ in named}
        visits |= {visit for _, _, visit in named if visit}
        visits |= {events[handled.event] or "" for handled in one.intercurrent_events}
    # A rule of an analysis set may read any score.
    ruled = any(protocol.analysis_set(one.population).rule is not None for one in estimands)
    return truth.until(visits - {""}, None if ruled else scores & set(truth.courses))


def compute(work: Work, number: int) -> Floats:
    """Return what a block holds: (numbers, estimands, looks, replicates), NaN where nothing could be
    estimated.

    number  of the block, from 0; a fixed design has one look
    Raises  ProtocolError when the scenario cannot be simulated
    """
    one = ready(work)
    first = number * work.size
    found = np.full((len(NUMBERS), len(work.estimands), 1, work.size), np.nan)
    step = together(one.truth, work.size)
    for start in range(0, work.size, step):
        stop = min(start + step, work.size)
        batch = _draw(one.truth, work, range(first + start, first + stop))
        for name, answers in estimate_batch(Rehearsed(batch), one.quick).items():
            found[:, work.estimands.index(name), 0, start:stop] = _numbers(answers)
    for at in range(work.size) if one.slow else ():
        for name, numbers in _from_records(one, first + at).items():
            found[:, work.estimands.index(name), 0, at] = numbers
    return found


def together(truth: Truth, size: int) -> int:
    """Return how many replicates are drawn at once: as many as memory and the processor's caches like."""
    visits = max(len(truth.timeline), 1)
    fitting = max(MOST_CELLS // (truth.participants * visits), FEWEST_TOGETHER)
    return int(min(2 ** int(np.log2(fitting)), size))


def _draw(truth: Truth, work: Work, replicates: Sequence[int]) -> Batch:
    scale = None
    if work.effect == NO_EFFECT:
        scale = np.zeros(len(replicates))
    elif work.effect:
        simulation = truth.resolved.protocol.simulation
        planned = simulation.assurance if simulation is not None else ()
        assurance = next(one for one in planned if one.id == work.effect)
        scale = prior_draws(truth, assurance, replicates, seed=work.seed).scale
    return draw(truth, replicates, seed=work.seed, effect_scale=scale)


def _numbers(answers: Answers) -> Floats:
    return np.stack([getattr(answers, name) for name in NUMBERS])


def _from_records(one: Ready, replicate: int) -> dict[str, list[float | None]]:
    """Return what the ordinary analysis says of one replicate written out as records."""
    resolved, work = one.whole.resolved, one.work
    written = simulate(
        resolved,
        scenario=one.whole.scenario.id,
        seed=work.seed,
        replicate=replicate,
        participants=work.participants,
    )
    evidence = gather(resolved, written.records, written.allocation)
    results = {estimand.id: estimate(Question(evidence, estimand)) for estimand in one.slow}
    return {
        name: [getattr(result, number) if result.estimate is not None else None for number in NUMBERS]
        for name, result in results.items()
    }
