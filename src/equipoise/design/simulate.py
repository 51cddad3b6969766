"""The door of simulation: one replicate of a scenario as records and, apart from them, an allocation.

Holds the assembly. Refuses to read a clock or a generator of its own: everything follows from protocol,
scenario, seed and replicate.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from equipoise.allocation import Allocation, Slot, check_arms, from_slots
from equipoise.design import ledger
from equipoise.design.batch import Batch, draw
from equipoise.design.dates import iso_instants, opening
from equipoise.design.disposition import dispositions
from equipoise.design.forms import entries_of
from equipoise.design.trial import Trial, trial_of
from equipoise.design.truth import Truth, truth_of
from equipoise.errors import Problem, ProtocolError, RecordError
from equipoise.protocol.grid import Cells
from equipoise.protocol.resolve import Resolved
from equipoise.protocol.scenarios import Scenario
from equipoise.records import Records, manifest_of

Texts = NDArray[np.object_]

UNBLINDING_MINUTES = 120
"""A participant is told the arm this long after the visit begins, when forms are complete (assumption)."""


@dataclass(frozen=True)
class Simulated:
    """One invented trial.

    records     what would have been observed
    allocation  who had which arm
    scenario    id of the truth
    seed        of all draws
    replicate   which repetition
    """

    records: Records
    allocation: Allocation
    scenario: str
    seed: int
    replicate: int = 0


def simulate(
    resolved: Resolved,
    *,
    scenario: str | None = None,
    seed: int | None = None,
    replicate: int = 0,
    allocation: Allocation | None = None,
    participants: int | None = None,
) -> Simulated:
    """Invent the data of one trial.

    scenario      id of one of the protocol's scenarios or of a grid's cell; the first when left out
    seed          of all draws; the protocol's own when left out
    replicate     which repetition, from 0; the same whether drawn alone or in a batch
    allocation    arms already drawn, in order of randomization; drawn from a list when left out
    participants  how many to randomize, instead of the scenario's number; the first stay the same
    Raises        ProtocolError when the protocol has no such scenario, or no such data can exist;
                  RecordError when the allocation has arms the protocol does not have
    Source        docs/methods/simulation.md
    """
    chosen = _scenario(resolved, scenario)
    seed = seed if seed is not None else _own_seed(resolved)
    if allocation is not None:
        _require_known_arms(resolved, allocation)
        participants = len(allocation)
    truth = _ready(_Known(resolved), chosen.id, participants)
    arms = _arms(truth, allocation)
    batch = draw(truth, [replicate], seed=seed, arms=arms)
    slots, given = _slots(batch) if allocation is None else ([], _kits_of(allocation))
    ids = None if allocation is None else np.array(allocation.participants, dtype=object)
    trial = trial_of(batch, ids=ids, kits=given)
    return Simulated(
        records=_records(trial, seed=seed, replicate=replicate),
        allocation=_allocation(trial, slots) if allocation is None else allocation,
        scenario=chosen.id,
        seed=seed,
        replicate=replicate,
    )


class _Known:
    """A resolved protocol that is equal to any other with the same hashes."""

    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self._hashes = tuple(sorted(resolved.hashes.items()))

    def __hash__(self) -> int:
        return hash(self._hashes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self._hashes == other._hashes


@lru_cache(maxsize=8)
def _ready(known: _Known, scenario: str, participants: int | None) -> Truth:
    """Return a scenario made ready, once for all replicates: nothing in it depends on chance."""
    return truth_of(known.resolved, _scenario(known.resolved, scenario), participants=participants)


def _scenario(resolved: Resolved, wanted: str | None) -> Scenario:
    simulation = resolved.protocol.simulation
    if simulation is None or not simulation.scenarios:
        hint = "add a section `simulation` with a seed and at least one scenario"
        raise ProtocolError(
            "nothing to simulate", [Problem("the protocol has no scenario", hint, "simulation")]
        )
    if wanted is None:
        return simulation.scenarios[0]
    try:
        return Cells(simulation).named(wanted).scenario
    except KeyError:
        grids = [f"{one.id}.1 and so on" for one in simulation.grid]
        hint = "there are " + ", ".join([*(one.id for one in simulation.scenarios), *grids])
        problem = Problem(f"there is no scenario `{wanted}`", hint, "simulation.scenarios")
        raise ProtocolError("unknown scenario", [problem]) from None


def _own_seed(resolved: Resolved) -> int:
    return resolved.protocol.simulation.seed if resolved.protocol.simulation is not None else 0


def _require_known_arms(resolved: Resolved, allocation: Allocation) -> None:
    problems = check_arms(allocation, [arm.id for arm in resolved.protocol.arms])
    if problems:
        raise RecordError("the allocation does not belong to this protocol", problems)


def _arms(truth: Truth, allocation: Allocation | None) -> NDArray[np.int64] | None:
    if allocation is None:
        return None
    places = {arm.id: place for place, arm in enumerate(truth.arms)}
    return np.array([[places[arm] for arm in allocation.table["arm"]]], dtype=np.int64)


def _slots(batch: Batch) -> tuple[list[Slot], Texts]:
    """Return each participant's slot, and the number of the kit that was given: by an error, another one."""
    assignment, strata = batch.truth.assignment, batch.stratum[0]
    wrong = np.flatnonzero(batch.received[0] != batch.arm[0])
    drawn = assignment.draw_list(batch.streams, strata, spare=wrong.size)
    slots = assignment.slots(drawn, strata)
    kits = np.array([slot.kit for slot in slots], dtype=object)
    used = {slot.place for slot in slots}
    free = [slot for slot in drawn if slot.place not in used]
    for row in wrong:
        arm = assignment.arms[batch.received[0, row]]
        taken = next((slot for slot in free if slot.arm == arm), None)
        if taken is not None:
            free.remove(taken)
            kits[row] = taken.kit
    return slots, kits


def _kits_of(allocation: Allocation) -> Texts:
    return np.array(allocation.table["kit"].tolist(), dtype=object)


def _records(trial: Trial, *, seed: int, replicate: int) -> Records:
    truth = trial.truth
    version = truth.resolved.protocol.trial.version
    began = f"{truth.scenario.accrual.start_date.isoformat()}T00:00:00Z"
    return Records(
        manifest=manifest_of(
            truth.resolved,
            simulated=True,
            fixed_at=began,
            seed=seed,
            scenario=truth.scenario.id,
            replicate=replicate,
        ),
        participants=ledger.participants(trial),
        visits=ledger.visits(trial),
        values=entries_of(trial).frame(trial.roster.ids, version=version),
        adverse_events=ledger.adverse_events(trial),
        medications=ledger.medications(trial),
        exposures=ledger.exposures(trial),
        sessions=ledger.sessions(trial),
        deviations=ledger.deviations(trial),
        intercurrent_events=ledger.intercurrent_events(trial),
        dispositions=dispositions(trial),
    )


def _allocation(trial: Trial, slots: list[Slot]) -> Allocation:
    ids = trial.roster.ids[trial.roster.randomized].tolist()
    return from_slots(
        dict(zip(ids, slots, strict=True)),
        interventions=dict(zip(ids, _given(trial), strict=True)),
        unblinded=dict(zip(ids, _told(trial), strict=True)),
    )


def _given(trial: Trial) -> list[str | None]:
    """Return what each participant's first dose was; None for those who took none."""
    truth, doses = trial.truth, trial.truth.timeline.doses
    epoch = truth.timeline.places[doses[0]].visit.epoch if doses else None
    first = [
        next(iter(arm.doses(epoch) if epoch else ()), None) or _any_dose(arm.elements) for arm in truth.arms
    ]
    dosed = trial.batch.held[0, :, doses[0]] if doses else np.ones(truth.participants, dtype=bool)
    return [first[arm] if took else None for arm, took in zip(trial.batch.received[0], dosed, strict=True)]


def _any_dose(elements: dict[str, str | tuple[str, ...]]) -> str | None:
    found = next(iter(elements.values()), None)
    return found if isinstance(found, str) or found is None else next(iter(found), None)


def _told(trial: Trial) -> list[str | None]:
    """Return when each participant was told the arm as planned; None for those who left before."""
    place = trial.truth.timeline.unblinded
    if place is None:
        return [None] * trial.truth.participants
    instants = iso_instants(opening(trial.dates.visit[:, place]) + UNBLINDING_MINUTES).tolist()
    return [one if held else None for one, held in zip(instants, trial.batch.held[0, :, place], strict=True)]
