"""Whether trial store and allocation store tell the same story of every randomization.

Holds the comparison: completed within assigned within requested, and each list committed to before it was
used. Refuses to mend anything, and to open an arm.
"""

from collections.abc import Iterator

from django.db import Error

from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator.reads import Assigned
from equipoise.conduct.audit.models import AuditedRow, Event
from equipoise.conduct.enrollment.models import AllocationCommitment, Randomization, RandomizationRequest
from equipoise.conduct.stores.names import ALIASES, TRIAL
from equipoise.errors import Problem

HINT = "stop randomizing, keep copies of both stores, and find out which was restored or changed"
ENROLLED = "participant.enrolled"


def check() -> list[Problem]:
    """Return everything in which the stores differ; what merely waits to be finished is a warning."""
    try:
        places = {one.participant: one for one in allocator.assignments()}
        return [*_steps(places), *_commitments()]
    except Error as error:
        hint = "bring it back, then verify again"
        return [Problem(f"the allocation store cannot be read: {type(error).__name__}", hint, "allocation")]


def _steps(places: dict[str, Assigned]) -> Iterator[Problem]:
    asked = {row.participant: row for row in RandomizationRequest.objects.order_by("id")}
    done = {row.participant: row for row in Randomization.objects.order_by("id")}
    events = _events([*asked.values(), *done.values()])
    for name, place in places.items():
        row = asked.get(name)
        if row is None:
            yield _problem("has a place on the list that nobody asked for", name)
        elif _hash(events, row.act) != place.request:
            yield _problem("has a place that another request asked for", name)
    for name, finished in done.items():
        yield from _completed(finished, places.get(name), asked.get(name), events)
    for name in asked:
        if name not in done:
            hint = "run `equipoise reconcile`, and see what it says"
            yield Problem("the randomization is not finished", hint, name, severity="warning")


def _completed(
    row: Randomization,
    place: Assigned | None,
    request: RandomizationRequest | None,
    events: dict[str, Event],
) -> Iterator[Problem]:
    name = row.participant
    if request is None:
        yield _problem("was randomized without a request", name)
    elif _number(events, request.act) >= _number(events, row.act):
        yield _problem("was randomized before it was asked for", name)
    if place is None:
        message = "was randomized, and the allocation store knows no place: it is older, or was changed"
        yield _problem(message, name)
    elif place.kit != row.kit:
        yield _problem(f"has kit {row.kit} here and another one in the allocation store", name)
    elif place.event_hash != row.allocation_event:
        yield _problem("names another event of the allocation store than the one that gave the place", name)


def _commitments() -> Iterator[Problem]:
    committed = {row.number: row for row in AllocationCommitment.objects.order_by("number")}
    drawn = {one.number: one for one in allocator.drawn()}
    trial = Event.objects.using(ALIASES[TRIAL])
    enrolled = trial.filter(action=ENROLLED).order_by("id").values_list("id", flat=True).first()
    first = RandomizationRequest.objects.order_by("id").first()
    events = _events([*committed.values(), *([first] if first else [])])
    for number, one in drawn.items():
        row = committed.get(number)
        if row is None:
            yield _problem("the list is not committed to in the trial's chain", f"list {number}")
        elif row.sha256 != one.commitment:
            yield _problem("the list's commitment is not the one in the trial's chain", f"list {number}")
        elif one.series == number and number == max(d.series for d in drawn.values()):
            event = _number(events, row.act)
            if first is not None and event > _number(events, first.act):
                yield _problem("the list was committed to after the first randomization", f"list {number}")
            elif enrolled is not None and event > enrolled:
                message = "the list was committed to after the first participant was enrolled"
                yield Problem(message, "say so in the report", f"list {number}", severity="warning")
    for number in committed.keys() - drawn.keys():
        yield _problem("the allocation store has lost a list that was committed to", f"list {number}")


def _events(rows: list[AuditedRow]) -> dict[str, Event]:
    acts = [row.act for row in rows]
    return {event.act: event for event in Event.objects.using(ALIASES[TRIAL]).filter(act__in=acts)}


def _hash(events: dict[str, Event], act: str) -> str:
    return events[act].hash if act in events else ""


def _number(events: dict[str, Event], act: str) -> int:
    """Return an event's number; 0 for one that is gone, which the chain's own check says."""
    return int(events[act].id) if act in events else 0


def _problem(message: str, place: str) -> Problem:
    return Problem(message, HINT, place)
