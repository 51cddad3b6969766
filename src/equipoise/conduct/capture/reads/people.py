"""The list of participants and the study's first page."""

from collections import Counter
from datetime import date, datetime, timedelta

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.capture.lines import AlertLine, DueLine, Home, ParticipantLine, Recruitment
from equipoise.conduct.capture.models import Alert, Participant
from equipoise.conduct.capture.reads import threads, visits
from equipoise.conduct.capture.reads.sights import Circle, circle
from equipoise.conduct.capture.reads.visits import Course, Slot
from equipoise.conduct.capture.recruitment import months
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.protocol import Resolved

A_WEEK = timedelta(days=7)


def participants(*, viewer: Viewer, at: datetime) -> tuple[ParticipantLine, ...]:
    """Return the participants of the viewer's sites, in the order they were enrolled."""
    seen = circle(viewer)
    rows = list(seen.people().order_by("id"))
    courses = visits.courses([row.participant for row in rows])
    in_force = _in_force(seen, at)
    asked = Counter(row.form.participant for row in threads.open_queries(None, seen))
    told = Counter(line.participant for line in _alerts(seen, at))
    return tuple(
        _line(
            row, courses[row.participant], seen, version=in_force.get(row.site), at=at, asked=asked, told=told
        )
        for row in rows
    )


def _in_force(seen: Circle, at: datetime) -> dict[str, int]:
    """Return site to the protocol version in force there today; sites in other zones may have other days."""
    days = {site.today(at) for site in seen.sites.values()}
    by_day = {day: studies.versions_at(day, first=True) for day in days}
    return {
        name: number
        for name, site in seen.sites.items()
        if (number := by_day[site.today(at)].get(name)) is not None
    }


def _alerts(seen: Circle, at: datetime) -> tuple[AlertLine, ...]:
    allowed = seen.people("alert.view").values("participant")
    return threads.alert_lines(Alert.objects.filter(form__participant__in=allowed), seen, at=at)


def _slots(course: Course, seen: Circle, version: int | None) -> list[Slot]:
    if version is None:
        return []
    return list(visits.slots(course, seen, version=version))


def _line(
    row: Participant,
    course: Course,
    seen: Circle,
    *,
    version: int | None,
    at: datetime,
    asked: Counter[str],
    told: Counter[str],
) -> ParticipantLine:
    site = seen.sites[row.site]
    today = site.today(at)
    found = _slots(course, seen, version)
    resolved = seen.version(version)[0] if version is not None else None
    states = Counter(visits.state_before_forms(slot, today=today) for slot in found)
    following = _next(found, today)
    return ParticipantLine(
        participant=row.participant,
        site=row.site,
        site_name=site.name,
        entered_on=date.fromisoformat(row.entered_on),
        next_visit=wording.said(following.planned.name, resolved) if following and resolved else "",
        next_on=following.window.target if following and following.window else None,
        due=states["due"],
        late=states["late"],
        done=sum(1 for slot in found if slot.recorded is not None and slot.recorded.status == visits.HELD),
        queries=asked[row.participant],
        alerts=told[row.participant],
        locked=seen.is_locked(row.participant),
    )


def _next(found: list[Slot], today: date) -> Slot | None:
    """Return the visit to come: the earliest that is due or planned."""
    ahead = [
        slot
        for slot in found
        if slot.window is not None and visits.state_before_forms(slot, today=today) in ("due", "planned")
    ]
    return min(ahead, key=lambda slot: slot.window.target if slot.window else today, default=None)


def home(*, viewer: Viewer, at: datetime) -> Home | None:
    """Return the study's first page for a viewer; None while the study is not set up.

    Roles that may not know participants see recruitment only.
    """
    study = studies.study()
    if study is None:
        return None
    resolved = studies.resolved(study.version)
    seen = circle(viewer)
    rows = list(seen.people().order_by("id"))
    courses = visits.courses([row.participant for row in rows])
    in_force = _in_force(seen, at)
    due: list[DueLine] = []
    coming, oldest_days = 0, 0
    for row in rows:
        today = seen.sites[row.site].today(at)
        for slot in _slots(courses[row.participant], seen, in_force.get(row.site)):
            pressing = _due(row.participant, slot, today, resolved)
            due += pressing
            coming += _is_coming(slot, today)
            oldest_days = max(
                oldest_days, *((today - one.closes).days for one in pressing if one.state == "late"), 0
            )
    everybody = list(Participant.objects.values_list("site", "entered_on"))
    entered = Counter(site for site, _ in everybody)
    whole = Recruitment("", study.title, sum(entered.values()), study.planned_n)
    sites = [Recruitment(one.site, one.name, entered[one.site], None) for one in seen.sites.values()]
    return Home(
        trial=study.trial,
        title=wording.said(study.title, resolved),
        simulated=study.simulated,
        version=study.version,
        recruitment=(whole, *sites),
        months=months(
            [date.fromisoformat(day) for _, day in everybody],
            today=at.date(),
            planned_n=study.planned_n,
            per_month=study.planned_per_month,
        ),
        due=tuple(sorted((one for one in due if one.state == "due"), key=lambda one: one.closes)),
        late=tuple(sorted((one for one in due if one.state == "late"), key=lambda one: one.closes)),
        coming=coming,
        oldest_days=oldest_days,
        alerts=_alerts(seen, at),
        queries=len(threads.open_queries(None, seen)),
    )


def _is_coming(slot: Slot, today: date) -> bool:
    """Whether a visit that nobody began is planned for one of the next seven days."""
    if slot.window is None or slot.recorded is not None:
        return False
    return today < slot.window.target <= today + A_WEEK


def _due(participant: str, slot: Slot, today: date, resolved: Resolved) -> list[DueLine]:
    state = visits.state_before_forms(slot, today=today)
    if slot.window is None or slot.window.provisional or state not in ("due", "late"):
        return []
    window, planned = slot.window, slot.planned
    return [
        DueLine(
            participant,
            planned.id,
            wording.said(planned.name, resolved),
            slot.repeat,
            state,
            window.target,
            window.opens,
            window.closes,
        )
    ]
