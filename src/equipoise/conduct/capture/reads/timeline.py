"""One participant's timeline: anchors, visits in their windows with their forms, and logs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import Http404

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import access, answers, schedule, visibility, words
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.lines import (
    AnchorLine,
    Choice,
    Code,
    FormLine,
    FormStateName,
    LogLine,
    Timeline,
    VisitLine,
)
from equipoise.conduct.capture.models import LOG, Alert, Entry, EntryCurrent, Form, FormState
from equipoise.conduct.capture.reads import threads, visits
from equipoise.conduct.capture.reads.sights import Circle, Names, circle, names, visit_label
from equipoise.conduct.capture.reads.visits import Course, Slot
from equipoise.conduct.capture.visibility import Sight
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.protocol import Resolved

SUMMARY_ANSWERS = 2
SUMMARY_LENGTH = 60

TAKEN_BACK = ExpressionWrapper(
    Q(entry__number=None, entry__text=None, entry__code=None, entry__date=None, entry__missing_reason=""),
    output_field=BooleanField(),
)
"""Whether the latest version of an answer says nothing: neither an answer nor why there is none."""

Spot = tuple[str, int, str]
"""(visit or "log", its repeat, form)."""


def timeline(participant: str, *, viewer: Viewer, at: datetime) -> Timeline | None:
    """Return a participant's timeline; None when there is none the viewer may know of."""
    try:
        ground = access.participant(participant, viewer=viewer)
    except Http404:
        return None
    seen = circle(viewer, about=ground)
    today = ground.site.today(at)
    version = studies.versions_at(today, first=True).get(ground.site.site)
    if version is None:
        return None
    resolved, sight = seen.version(version, participant)
    course = visits.courses([participant])[participant]
    forms = _forms(participant, seen, ground, resolved)
    alerts = Alert.objects.filter(form__participant=participant)
    slots = list(visits.slots(course, seen, version=version))
    may_record = ground.may("visit.record") and not ground.locked
    return Timeline(
        participant=participant,
        site=ground.site.site,
        site_name=ground.site.name,
        time_zone=ground.site.time_zone,
        entered_on=date.fromisoformat(ground.entered_on),
        version=version,
        today=today,
        locked=ground.locked,
        anchors=_anchors(course, resolved, sight),
        visits=tuple(_visit(slot, forms, version=version, today=today) for slot in slots),
        addable=_addable(slots, resolved, sight) if may_record else (),
        logs=tuple(_log(name, forms, found) for name, found in _logs(forms, resolved, sight).items()),
        alerts=threads.alert_lines(alerts, seen, at=at) if ground.may("alert.view") else (),
        queries=sum(forms.asked.values()),
        may_record=may_record,
        may_lock=ground.may("form.lock"),
    )


def _anchors(course: Course, resolved: Resolved, sight: Sight) -> tuple[AnchorLine, ...]:
    actual = course.actual(resolved)
    return tuple(
        AnchorLine(
            anchor=name,
            label=wording.said(
                resolved.protocol.visit(anchor.visit).name if anchor.visit else name, resolved
            ),
            planned_on=course.planned.get(name),
            actual_on=actual.get(name),
        )
        for name, anchor in resolved.protocol.anchors.items()
        if anchor.visit is None or sight.visit(anchor.visit)
    )


def _addable(slots: Sequence[Slot], resolved: Resolved, sight: Sight) -> tuple[Choice, ...]:
    """Return the unscheduled visits that may be begun once more."""
    held = Counter(slot.planned.id for slot in slots if slot.recorded is not None)
    found = []
    for planned in resolved.protocol.visits:
        most = planned.repeats.maximum if planned.repeats else 1
        if planned.unscheduled and sight.visit(planned.id) and (most is None or held[planned.id] < most):
            found.append(Choice(planned.id, wording.said(planned.name, resolved)))
    return tuple(found)


@dataclass(frozen=True)
class _Forms:
    """A participant's forms that the viewer may know of, and what is shown of each, by number."""

    ground: Ground
    seen: Circle
    in_force: Resolved
    rows: Mapping[Spot, Sequence[Form]]
    states: Mapping[int, FormStateName]
    given: Mapping[int, int]
    changed: Mapping[int, tuple[datetime, str]]
    asked: Mapping[int, int]
    summaries: Mapping[int, str]
    names: Names

    @property
    def may_hand(self) -> bool:
        """Whether the viewer may hand the device to the participant."""
        return self.ground.may("device.hand_over") and not self.ground.locked


def _forms(participant: str, seen: Circle, ground: Ground, in_force: Resolved) -> _Forms:
    rows = []
    for row in Form.objects.filter(participant=participant).order_by("repeat"):
        sight = seen.version(row.version, row.participant)[1]
        if sight.form(row.form) and (row.visit == LOG or sight.visit(row.visit)):
            rows.append(row)
    numbers = [int(row.id) for row in rows]
    spots: dict[Spot, list[Form]] = {}
    for row in rows:
        spots.setdefault((row.visit, row.visit_repeat, row.form), []).append(row)
    given, newest = _given(rows, seen)
    changed = _changed(newest, ground)
    steps = FormState.objects.filter(form__in=numbers).order_by("seq").values_list("form_id", "state")
    open_ones = threads.open_queries(numbers, seen) if ground.may("query.view") else []
    return _Forms(
        ground=ground,
        seen=seen,
        in_force=in_force,
        rows=spots,
        states={number: cast(FormStateName, state) for number, state in steps},
        given=given,
        changed=changed,
        asked=Counter(int(query.form_id) for query in open_ones),
        summaries=_summaries([row for row in rows if row.visit == LOG], seen),
        names=names({actor for _, actor in changed.values()}),
    )


def _given(rows: Sequence[Form], seen: Circle) -> tuple[dict[int, int], dict[int, int]]:
    """Return form to the number of required answers the viewer may see, and to the newest entry they may."""
    forms = {int(row.id): row.form for row in rows}
    sights = {int(row.id): seen.version(row.version, row.participant)[1] for row in rows}
    asked = {number: _required(sights[number], form) for number, form in forms.items()}
    whole = {number for number, form in forms.items() if sights[number].whole(form)}
    given = dict.fromkeys(forms, 0)
    newest: dict[int, int] = {}
    found = EntryCurrent.objects.filter(form__in=forms).values_list("form_id", "item", "entry_id", TAKEN_BACK)
    for number, item, entry, taken_back in found:
        if number in whole or sights[number].item(forms[number], item):
            given[number] += item in asked[number] and not taken_back
            newest[number] = max(newest.get(number, 0), entry)
    return given, newest


def _required(sight: Sight, form: str) -> frozenset[str]:
    """Return the items of a form that ask for an answer, of those the viewer may see."""
    items = sight.resolved.forms[form].items
    return frozenset(item.id for item in items if item.required and sight.item(form, item.id))


def _changed(newest: Mapping[int, int], ground: Ground) -> dict[int, tuple[datetime, str]]:
    """Return form to when, in the site's time, and by whom its newest entry was written."""
    entries = list(Entry.objects.filter(id__in=newest.values()).values_list("form_id", "act", "collected_at"))
    acts = {act for _, act, _ in entries}
    actors = dict(Event.objects.using("default").filter(act__in=acts).values_list("act", "actor"))
    zone = ground.site.zone
    return {
        form: (datetime.fromisoformat(at).astimezone(zone), actors.get(act, "")) for form, act, at in entries
    }


def _summaries(rows: Sequence[Form], seen: Circle) -> dict[int, str]:
    """Return each log entry in a few words: the first answers that say something."""
    found = answers.currents([int(row.id) for row in rows]) if rows else {}
    summaries = {}
    for row in rows:
        resolved, sight = seen.version(row.version, row.participant)
        stored = found.get(int(row.id), {})
        said = []
        for item in resolved.forms[row.form].items:
            one = stored.get((item.id, 0))
            if one is not None and one.answer.value is not None and sight.item(row.form, item.id):
                said.append(words.answer(one.answer, [Code(*code) for code in (item.codes or {}).items()]))
        summaries[int(row.id)] = " · ".join(word[:SUMMARY_LENGTH] for word in said[:SUMMARY_ANSWERS])
    return summaries


def _visit(slot: Slot, forms: _Forms, *, version: int, today: date) -> VisitLine:
    planned, recorded, window = slot.planned, slot.recorded, slot.window
    resolved, sight = forms.seen.version(recorded.version if recorded else version, forms.ground.participant)
    lines: list[FormLine] = []
    states: dict[str, list[str]] = {}
    for name in resolved.protocol.forms_at(planned.id):
        if sight.form(name):
            copies = _copies(name, slot, forms, resolved)
            lines += copies
            begun = [_settled(line, resolved) for line in copies if line.code]
            states[name] = [str(state) for state in begun] or ["not_begun"]
    before = visits.state_before_forms(slot, today=today)
    held_on = recorded.held_on if recorded else None
    return VisitLine(
        begun=recorded is not None,
        visit=planned.id,
        label=visit_label(resolved, planned.id, slot.repeat),
        repeat=slot.repeat,
        state=visits.state_with_forms(before, states),
        target=window.target if window else None,
        opens=window.opens if window else None,
        closes=window.closes if window else None,
        provisional=window.provisional if window else False,
        held_on=held_on,
        day=_day(slot, held_on),
        out_of_window=bool(window and held_on and not window.provisional and not window.holds(held_on)),
        reason=recorded.reason if recorded else "",
        unscheduled=planned.unscheduled,
        offered=planned.offered,
        place=planned.place,
        forms=tuple(lines),
        asks=forms.may_hand and bool(visibility.self_filled(resolved, planned.id)),
    )


def _settled(line: FormLine, resolved: Resolved) -> FormStateName:
    """Return the state a form has among those of its visit: a sealed one that was given changes no more."""
    sealed = resolved.forms[line.form].sealed and line.state == "complete"
    return "locked" if sealed else line.state


def _day(slot: Slot, held_on: date | None) -> int | None:
    """Return days from the anchor to the day the visit was held, else the planned day."""
    if slot.window is None or slot.planned.day is None or held_on is None:
        return slot.planned.day
    return slot.planned.day + (held_on - slot.window.target).days


def _copies(name: str, slot: Slot, forms: _Forms, resolved: Resolved) -> list[FormLine]:
    """Return a form's lines at a visit: one, or one for each reading of a session, begun or planned."""
    visit, repeat = slot.planned.id, slot.repeat
    begun = {row.repeat: row for row in forms.rows.get((visit, repeat, name), ())}
    clock = schedule.minutes(resolved, visit, name)
    lines = []
    for number in range(1, max([1, len(clock), *begun]) + 1):
        minute = clock[number - 1] if number <= len(clock) else None
        if number in begun or number == 1 or minute is not None:
            place = (visit, repeat, name)
            lines.append(_line(begun.get(number), place, forms, resolved, repeat=number, minutes=minute))
    return lines


def _line(
    row: Form | None, place: Spot, forms: _Forms, resolved: Resolved, *, repeat: int, minutes: int | None
) -> FormLine:
    visit, visit_repeat, name = place
    if row is not None:
        resolved = forms.seen.version(row.version, row.participant)[0]
    form, number = resolved.forms[name], int(row.id) if row is not None else None
    sight = (
        forms.seen.version(row.version, row.participant)[1]
        if row is not None
        else forms.ground.sight(resolved)
    )
    at, actor = forms.changed.get(number or 0, (None, ""))
    ground = forms.ground
    state: FormStateName = forms.states.get(number, "in_progress") if number is not None else "not_begun"
    fills = ground.may("form.fill") and visibility.may_fill(form, ground.roles)
    return FormLine(
        code=row.code if row is not None else "",
        form=name,
        label=wording.said(form.label, resolved),
        visit=visit,
        visit_repeat=visit_repeat,
        repeat=repeat,
        minutes=minutes,
        state=state,
        fillers=tuple(words.role(role) for role in form.fillers),
        may_fill=fills and not ground.locked and state != "locked",
        answered=forms.given.get(number or 0, 0),
        asked=len(_required(sight, name)),
        queries=forms.asked.get(number or 0, 0),
        changed_at=at,
        changed_by=forms.names.person(actor) if actor else None,
        summary=forms.summaries.get(number or 0, ""),
        safety=form.safety,
    )


def _logs(forms: _Forms, resolved: Resolved, sight: Sight) -> dict[str, Resolved]:
    """Return log to the version that defines it: logs in force, then those of earlier versions only."""
    found = {name: resolved for name in resolved.protocol.logs if sight.form(name)}
    for (visit, _, name), rows in forms.rows.items():
        if visit == LOG and name not in resolved.protocol.logs:
            found[name] = forms.seen.version(rows[-1].version, forms.ground.participant)[0]
    return found


def _log(name: str, forms: _Forms, resolved: Resolved) -> LogLine:
    rows = forms.rows.get((LOG, 1, name), ())
    ground, in_force = forms.ground, name in forms.in_force.protocol.logs
    fills = ground.may("form.fill") and visibility.may_fill(resolved.forms[name], ground.roles)
    place = (LOG, 1, name)
    return LogLine(
        form=name,
        label=wording.said(resolved.forms[name].label, resolved),
        entries=tuple(_line(row, place, forms, resolved, repeat=row.repeat, minutes=None) for row in rows),
        may_add=fills and in_force and not ground.locked,
    )
