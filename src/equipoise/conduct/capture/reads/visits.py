"""Visits of participants: when they are planned and how they stand, for timelines and lists.

Holds the gathering of recorded visits and the state of each. Forms are counted in only where they are shown.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from equipoise.conduct.capture import gates, schedule
from equipoise.conduct.capture.lines import VisitState
from equipoise.conduct.capture.models import AnchorDate, Form, Visit, VisitStatus
from equipoise.conduct.capture.pinned import BEGUN
from equipoise.conduct.capture.reads.sights import Circle, day_of
from equipoise.conduct.capture.schedule import Window
from equipoise.conduct.capture.visibility import Sight
from equipoise.conduct.consent import reads as consents
from equipoise.protocol import Resolved
from equipoise.protocol.schedule import Visit as Planned

HELD = "held"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A visit that was begun or recorded; status "" while nothing was said of it.

    version   the one it is held under
    forms     what hidden forms alone began: form and its version, in the order they were begun; empty where
              the visit is begun for everybody
    """

    number: int
    visit: str
    repeat: int
    version: int
    status: str = ""
    held_on: date | None = None
    reason: str = ""
    forms: tuple[tuple[str, int], ...] = ()

    def through(self, sight: Sight) -> "Recorded | None":
        """Return it as somebody may know it; None where every form that began it is hidden from them."""
        if not self.forms:
            return self
        version = next((version for form, version in self.forms if sight.form(form)), None)
        return None if version is None else replace(self, version=version)


@dataclass(frozen=True)
class Course:
    """What was planned and recorded of one participant.

    participant        who; "" for nobody in particular
    planned, reached   anchor to the day planned for it, and, of an event, to the day it took place
    withdrawn          the degree to which they withdrew
    """

    participant: str = ""
    planned: dict[str, date] = field(default_factory=dict)
    reached: dict[str, date] = field(default_factory=dict)
    withdrawn: str = ""
    visits: dict[tuple[str, int], Recorded] = field(default_factory=dict)

    def actual(self, resolved: Resolved) -> dict[str, date]:
        """Return anchor to the day it took place: that of its visit or event."""
        found = dict(self.reached)
        for name, anchor in resolved.protocol.anchors.items():
            held = self.visits.get((anchor.visit or "", 1))
            if held is not None and held.held_on is not None:
                found[name] = held.held_on
        return found


def courses(participants: Collection[str]) -> dict[str, Course]:
    """Return what was planned and recorded of each participant, in five statements at most."""
    found = {one: Course(one) for one in participants}
    plans = AnchorDate.objects.filter(participant__in=participants).order_by("seq")
    for participant, anchor, kind, day in plans.values_list("participant", "anchor", "kind", "date"):
        dates = found[participant].planned if kind == "planned" else found[participant].reached
        known = day_of(day)
        if known is None:
            dates.pop(anchor, None)
        else:
            dates[anchor] = known
    rows = Visit.objects.filter(participant__in=participants).order_by("id")
    statuses = VisitStatus.objects.filter(visit__in=rows.values("id")).order_by("visit_id", "seq")
    latest: dict[int, tuple[str, str, str]] = {}
    taken: dict[int, int | None] = {}
    columns = ("visit_id", "status", "date", "reason", "version")
    for visit, status, day, reason, version in statuses.values_list(*columns):
        latest[visit] = ("" if status == BEGUN else status, day, reason)
        taken.setdefault(visit, version)
    forms = _forms([row for row in rows if row.begun_by and row.id not in latest])
    for row in rows:
        status, day, reason = latest.get(row.id, ("", "", ""))
        by = forms.get((row.participant, row.visit, row.repeat), ())
        version = taken.get(row.id) or row.version
        found[row.participant].visits[row.visit, row.repeat] = Recorded(
            int(row.id), row.visit, row.repeat, version, status, day_of(day), reason, by
        )
    for participant, back in consents.withdrawals(participants).items():
        found[participant] = replace(found[participant], withdrawn=back.degree)
    return found


def _forms(rows: Sequence[Visit]) -> dict[tuple[str, str, int], tuple[tuple[str, int], ...]]:
    """Return visits that hidden forms began, by participant, visit and repeat, to the forms begun there."""
    if not rows:
        return {}
    begun: dict[tuple[str, str, int], list[tuple[str, int]]] = {
        (row.participant, row.visit, row.repeat): [] for row in rows
    }
    there = Form.objects.filter(participant__in={row.participant for row in rows}).order_by("id")
    columns = ("participant", "visit", "visit_repeat", "form", "version")
    for participant, visit, repeat, form, version in there.values_list(*columns):
        if (participant, visit, repeat) in begun:
            begun[participant, visit, repeat].append((form, version))
    return {place: tuple(found) for place, found in begun.items()}


@dataclass(frozen=True, slots=True)
class Slot:
    """A visit of the protocol as it stands for a participant: its window and what was recorded.

    after_withdrawal   what a withdrawal leaves of a visit that was not begun: "not_expected", "by_agreement";
                       "" for all of it
    """

    planned: Planned
    repeat: int
    window: Window | None
    recorded: Recorded | None
    after_withdrawal: Literal["", "not_expected", "by_agreement"] = ""


def slots(course: Course, seen: Circle, *, version: int) -> Iterator[Slot]:
    """Yield a participant's visits in the protocol's order, without those the viewer may not know of.

    version   protocol version in force
    Unscheduled visits appear once they were begun; visits that only an earlier version has stay, at the end.
    """
    resolved, sight = seen.version(version, course.participant)
    actual = course.actual(resolved)
    for planned in resolved.protocol.visits:
        if not sight.visit(planned.id):
            continue
        window = schedule.window(planned, planned=course.planned, actual=actual)
        held = (one for (visit, _), one in course.visits.items() if visit == planned.id)
        known = (one.through(sight) for one in held)
        recorded = sorted((one for one in known if one is not None), key=lambda one: one.repeat)
        if not recorded and not planned.unscheduled:
            yield Slot(planned, 1, window, None, _left(course.withdrawn, resolved, planned))
        for one in recorded:
            yield Slot(planned, one.repeat, window, one)
    of_version = {planned.id for planned in resolved.protocol.visits}
    for one in course.visits.values():
        if one.visit not in of_version:
            earlier, sight = seen.version(one.version, course.participant)
            shown = one.through(sight)
            if sight.visit(one.visit) and shown is not None:
                yield Slot(earlier.protocol.visit(one.visit), one.repeat, None, shown)


def _left(degree: str, resolved: Resolved, planned: Planned) -> Literal["", "not_expected", "by_agreement"]:
    if degree and gates.closed(degree, resolved=resolved, planned=planned):
        return "not_expected"
    return "by_agreement" if degree == "contacts" else ""


def state_before_forms(slot: Slot, *, today: date) -> VisitState:
    """Return how a visit stands, its forms left aside: a begun one is in progress, a held one too."""
    recorded = slot.recorded
    if recorded is not None:
        if recorded.status == "missed":
            return "missed"
        return "declined" if recorded.status == "declined" else "in_progress"
    if slot.after_withdrawal:
        return slot.after_withdrawal
    if slot.window is None:
        return "unplanned"
    if today < slot.window.opens:
        return "planned"
    return "due" if today <= slot.window.closes else "late"


def state_with_forms(before: VisitState, states: Mapping[str, Collection[str]]) -> VisitState:
    """Return how a begun visit stands, given each visible form's states; other visits stand as they did.

    states   form to the states of its copies, e.g. the readings of a session; "not_begun" for a single one
    """
    if before != "in_progress":
        return before
    every = [state for copies in states.values() for state in copies]
    if every and all(state == "locked" for state in every):
        return "locked"
    complete = {"complete", "verified", "signed", "locked"}
    return "done" if every and all(state in complete for state in every) else "in_progress"
