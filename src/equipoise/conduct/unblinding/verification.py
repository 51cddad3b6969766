"""Whether trial store and allocation store tell the same story of who was told.

Holds the comparison: completed within written down within requested; every emergency telling noted. Refuses
to mend anything, and to open an arm.
"""

from collections.abc import Iterator

from django.db import Error

from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator.reads import Told
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture.models import EventReached
from equipoise.conduct.stores.names import ALIASES, TRIAL
from equipoise.conduct.unblinding.models import CodeBreak, UnblindingRequest
from equipoise.conduct.unblinding.services.breaking import CODE_BREAK, ENVELOPE
from equipoise.conduct.unblinding.services.telling import PLANNED
from equipoise.errors import Problem

HINT = "tell nobody anything, keep copies of both stores, and find out which was restored or changed"
RECONCILE = "run `equipoise reconcile`, and see what it says"


def check() -> list[Problem]:
    """Return everything in which the stores differ; what merely waits to be finished is a warning."""
    try:
        told = allocator.unblindings()
    except Error:
        # The comparison of randomizations says that the store cannot be read.
        return []
    return [*_planned(told), *_broken(told)]


def _planned(told: tuple[Told, ...]) -> Iterator[Problem]:
    requests = {(row.participant, row.event): row for row in UnblindingRequest.objects.order_by("id")}
    acts = {row.act: key for key, row in requests.items()}
    hashes = {
        event.hash: acts[event.act]
        for event in Event.objects.using(ALIASES[TRIAL]).filter(act__in=list(acts))
    }
    written: dict[tuple[str, str], Told] = {}
    for one in told:
        if one.cause != PLANNED or not one.request:
            continue
        key = hashes.get(one.request)
        if key is None or key[0] != one.participant:
            yield _problem("was told by a request that the trial store does not know", one.participant)
        else:
            written[key] = one
    reached = {(row.participant, row.event): row for row in EventReached.objects.order_by("id")}
    for key, row in reached.items():
        if key not in requests:
            yield _problem("was told without a request", key[0])
        if key not in written:
            yield _problem("was told, and the allocation store knows nothing of it: it is older", key[0])
        elif written[key].event_hash != row.allocation_event:
            yield _problem("names another event of the allocation store than the one that told", key[0])
    for one in told:
        if one.cause == PLANNED and not any(key[0] == one.participant for key in written):
            yield _problem("was told as planned, and nobody asked for it", one.participant)
    for participant, event in requests.keys() - reached.keys():
        message = f"the unblinding `{event}` is not finished"
        yield Problem(message, RECONCILE, participant, severity="warning")


def _broken(told: tuple[Told, ...]) -> Iterator[Problem]:
    written = {one.event_hash: one for one in told if one.cause in (CODE_BREAK, ENVELOPE)}
    noted = {row.allocation_event: row for row in CodeBreak.objects.order_by("id")}
    for key, one in written.items():
        if key not in noted:
            message = "a code break is not noted in the trial store yet"
            yield Problem(message, RECONCILE, one.participant, severity="warning")
    for key, row in noted.items():
        if key not in written:
            message = "a code was broken, and the allocation store knows nothing of it: it is older"
            yield _problem(message, row.participant)


def _problem(message: str, place: str) -> Problem:
    return Problem(message, HINT, place)
