"""Arms for simulated participants: strata they belong to, and slots of a list drawn for the replicate.

Holds the plan of a protocol's allocation section and the walk down its list. Refuses to draw arms itself: the
procedures are those of `equipoise.allocation`, seeded from the simulation's own streams.
"""

from dataclasses import dataclass, replace
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray

from equipoise.allocation import AllocationList, Plan, Slot, draw, minimization, plan_of
from equipoise.allocation.list import STRATUM
from equipoise.allocation.plan import KIT_ROOM, MINIMIZATION
from equipoise.allocation.procedure import sequence
from equipoise.allocation.stream import Stream
from equipoise.design.people import People
from equipoise.design.streams import Streams
from equipoise.protocol.model import Protocol

Whole = NDArray[np.int64]

SITE = "site"
PURPOSE = "allocation"
SPARE_SLOTS = 8
"""Slots beyond those needed for each kit given by mistake, so that one of the right arm is among them."""


@dataclass(frozen=True)
class Assignment:
    """How arms are drawn for a scenario.

    plan       the allocation's plan
    canonical  canonical bytes of the protocol's arms and allocation sections, which identify the list
    arms       every arm id, in the protocol's order
    sites      site ids
    """

    plan: Plan
    canonical: bytes
    arms: tuple[str, ...]
    sites: tuple[str, ...]

    def strata(self, people: People, streams: Streams, *, sites: Whole) -> Whole:
        """Return (replicates, participants) positions in the plan's strata.

        sites  (replicates, participants) positions in `sites`
        """
        found = np.zeros(sites.shape, dtype=np.int64)
        for stratum in people.resolved.protocol.allocation.strata or ():
            levels = sites
            if stratum.item is not None:
                name, _, visit = stratum.item.partition("@")
                values = people.values(
                    (name, visit or None), lambda purpose: streams.uniform(purpose, sites.shape[1])
                )
                levels = np.zeros(sites.shape, dtype=np.int64)
                for place, level in enumerate(stratum.levels):
                    levels[values == level] = place
            found = found * len(stratum.levels) + levels
        return found

    def draw_arms(self, streams: Streams, strata: Whole) -> Whole:
        """Return (replicates, participants) positions in `arms`, each replicate from a list of its own."""
        places = {arm: place for place, arm in enumerate(self.arms)}
        names = self.plan.stratum_names
        arms = np.empty(strata.shape, dtype=np.int64)
        for row, replicate in enumerate(streams.replicates):
            seed = streams.seed_of(PURPOSE, replicate)
            if self.plan.method == MINIMIZATION:
                arms[row] = [places[one.arm] for one in self._minimized(seed, strata[row])]
                continue
            for stratum in np.unique(strata[row]):
                members = np.flatnonzero(strata[row] == stratum)
                stream = Stream(seed, canonical=self.canonical, name=STRATUM + names[stratum])
                drawn = islice(sequence(self.plan, stream.below), members.size)
                arms[row, members] = [places[arm] for arm in drawn]
        return arms

    def draw_list(self, streams: Streams, strata: Whole, *, spare: int = 0) -> AllocationList:
        """Return the list, kits included, of the first replicate, long enough for its participants.

        strata  (participants,) positions in the plan's strata
        spare   kits that are taken from the list's end by mistake
        """
        plan = self.plan
        seed = streams.seed_of(PURPOSE, streams.replicates[0])
        if plan.method == MINIMIZATION:
            # Kits given by mistake come from whoever would have been drawn next.
            longer = np.concatenate([strata, np.resize(strata, spare * SPARE_SLOTS)])
            drawn = self._minimized(seed, longer)
            digits = max(plan.kit_digits, len(str(KIT_ROOM * longer.size)))
            return minimization.as_list(
                replace(plan, kit_digits=digits), drawn, seed=seed, canonical=self.canonical
            )
        length = int(np.bincount(strata).max()) + spare * SPARE_SLOTS
        slots = length * len(plan.stratum_names)
        digits = max(plan.kit_digits, len(str(KIT_ROOM * slots)))
        return draw(replace(plan, kit_digits=digits), seed=seed, canonical=self.canonical, length=length)

    def _minimized(self, seed: bytes, strata: Whole) -> tuple[minimization.Draw, ...]:
        """Draw participants in order; a stratum's position says each factor's level."""
        ids = [factor.id for factor in self.plan.strata]
        levels = [
            dict(zip(ids, combined, strict=True))
            for combined in product(*(factor.levels for factor in self.plan.strata))
        ]
        people = (levels[stratum] for stratum in strata.tolist())
        return minimization.draw_all(self.plan, people=people, seed=seed, canonical=self.canonical)

    def slots(self, allocation_list: AllocationList, strata: Whole) -> list[Slot]:
        """Return the slot of each participant, in order of randomization."""
        names = self.plan.stratum_names
        waiting = {place: iter(allocation_list.in_stratum(names[place])) for place in np.unique(strata)}
        return [next(waiting[stratum]) for stratum in strata]


def assignment_of(protocol: Protocol, canonical: bytes, *, sites: int) -> Assignment:
    """Return how a protocol's arms are drawn.

    canonical  canonical bytes of its arms and allocation sections
    sites      how many sites take part, where no stratum names them
    """
    named = next((factor.levels for factor in protocol.allocation.strata or () if factor.item is None), None)
    return Assignment(
        plan=plan_of(protocol),
        canonical=canonical,
        arms=tuple(arm.id for arm in protocol.arms),
        sites=named or tuple(f"site{number + 1:02d}" for number in range(sites)),
    )
