"""A participant's randomization as blinded people may know it, and who waits for theirs."""

from dataclasses import dataclass
from datetime import datetime

from django.db import Error

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.capture import access
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.reads.whereabouts import participants_at
from equipoise.conduct.enrollment.models import Randomization, RandomizationRequest
from equipoise.conduct.enrollment.services import gates, randomizing
from equipoise.conduct.enrollment.services.randomizing import Randomized
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem
from equipoise.protocol import Resolved


@dataclass(frozen=True)
class Standing:
    """How a participant's randomization stands.

    done       kit number and day; None while it is not done
    begun      whether it was asked for and is not finished
    missing    everything that must be so first; None where the viewer may not know it
    may        whether the viewer may randomize them
    away       whether the allocation store does not answer
    """

    participant: str
    site: str
    done: Randomized | None
    begun: bool
    missing: tuple[Problem, ...] | None
    may: bool
    away: bool = False

    @property
    def ready(self) -> bool:
        """Whether the viewer may randomize them now."""
        return self.may and self.done is None and not self.away and (self.begun or self.missing == ())


def standing(participant: str, *, viewer: Viewer, at: datetime) -> Standing:
    """Return how a participant's randomization stands.

    Raises  Http404 when there is no such participant for this person; PermissionRefused
    """
    ground = access.participant(participant, viewer=viewer, action="randomization.view")
    done = randomizing.randomization(participant)
    begun = done is None and RandomizationRequest.objects.filter(participant=participant).exists()
    may, away = ground.may("randomization.request"), False
    missing: tuple[Problem, ...] | None = None
    if done is None and not begun and may and _sees_gates(ground, at):
        try:
            missing = gates.judge(ground, at=at).problems
        except Error:
            away = True
    return Standing(participant, ground.site.name, done, begun, missing, may, away)


def waiting(viewer: Viewer) -> tuple[str, ...]:
    """Return the participants whom the viewer may randomize and who are not randomized."""
    sites = viewer.sites("randomization.request", known=[one.site for one in studies.sites()])
    done = set(Randomization.objects.values_list("participant", flat=True))
    return tuple(one for one in participants_at(sites) if one not in done)


def _sees_gates(ground: Ground, at: datetime) -> bool:
    """Whether nothing that randomization waits for is hidden from the viewer, its being complete included."""
    version = studies.version_at(ground.site.site, day=ground.site.today(at))
    if version is None:
        return True
    resolved = studies.resolved(version)
    sight = ground.sight(resolved)
    forms = gates.gate_forms(resolved)
    return all(sight.form(form) and sight.visit(visit) for visit, form in forms) and all(
        sight.rule(factor, form="") for factor in _items(resolved)
    )


def _items(resolved: Resolved) -> tuple[str, ...]:
    return tuple(one.item for one in resolved.protocol.allocation.strata or () if one.item)
