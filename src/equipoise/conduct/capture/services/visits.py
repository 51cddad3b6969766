"""Visits are begun, held, missed or declined; forms are opened at them, or in a log."""

from datetime import date, datetime

from django.db import IntegrityError
from django.http import Http404

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.capture import access, gates, schedule
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.answers import hold
from equipoise.conduct.capture.models import LOG, EntryCurrent, Form, Visit, VisitStatus
from equipoise.conduct.capture.pinned import BEGUN, hidden_from_some, pinned
from equipoise.conduct.capture.services import notes
from equipoise.conduct.capture.visibility import Sight, may_fill
from equipoise.conduct.frame import codes
from equipoise.conduct.stores import statements
from equipoise.conduct.stores.questions import Question
from equipoise.conduct.studies import reads as studies
from equipoise.errors import PermissionRefused, Problem, RecordError
from equipoise.protocol import Resolved
from equipoise.protocol.schedule import Visit as Planned

STATUSES = ("held", "missed", "declined")
WITHOUT_FORMS = ("missed", "declined")
_VISIT = Question(Visit, "WHERE participant = %s AND visit = %s AND repeat = %s")
_STEPS = Question(VisitStatus, "WHERE visit_id = %s ORDER BY seq DESC")
_PLACE = "WHERE participant = %s AND visit = %s AND visit_repeat = %s AND form = %s"
_FORM = Question(Form, f"{_PLACE} AND repeat = %s")
# Names are this module's own; every value is a parameter.
_TAKEN = f"SELECT repeat, id FROM form {_PLACE} ORDER BY repeat"  # noqa: S608


def begin_visit(*, participant: str, visit: str, at: datetime, by: Viewer) -> int:
    """Begin a visit and return its number; one that was begun already keeps its number.

    An unscheduled visit is begun anew each time, unless the last one still waits for its date.
    Raises  Http404; PermissionRefused; RecordError when it cannot be begun (again), or data are locked
    """
    ground = access.participant(participant, viewer=by, action="visit.record")
    resolved, version = _in_force(ground, at)
    planned = _planned(ground, resolved, visit)
    _refuse_locked(ground)
    rows = list(Visit.objects.filter(participant=participant, visit=visit).order_by("repeat"))
    unknown = rows.pop() if rows and pinned(rows[-1]) is None else None
    if rows and unknown is None and (planned.repeats is None or not _recorded(rows[-1])):
        return int(rows[-1].id)
    most = planned.repeats.maximum if planned.repeats else 1
    if most is not None and len(rows) >= most:
        raise RecordError(
            "this visit cannot be begun", [Problem(f"it is held at most {most} times", "", visit)]
        )
    wrong = gates.visit_problems(participant, resolved=resolved, planned=planned, at=at)
    if wrong:
        raise RecordError("this visit cannot be begun", wrong)
    row = Visit(participant=participant, visit=visit, repeat=len(rows) + 1, version=version)
    try:
        with act("trial", "visit.begun", at=at, by=by.person, subjects=[participant, visit]) as one:
            if unknown is not None:
                one.add(VisitStatus(visit=unknown, seq=1, status=BEGUN, version=version))
                return int(unknown.id)
            return int(one.add(row).id)
    except IntegrityError:
        # Somebody else began it in the same moment: theirs is the visit.
        return int(Visit.objects.get(participant=participant, visit=visit, repeat=len(rows) + 1).id)


def record_visit(
    *,
    participant: str,
    visit: str,
    status: str,
    at: datetime,
    by: Viewer,
    repeat: int = 1,
    date: date | None = None,
    reason: str = "",
) -> int:
    """Record that a visit was held on a day, missed or declined, and return its number.

    repeat   which of several such visits
    date     day at the site, for a held visit
    reason   why it was missed or declined, or why what was recorded before changes
    Raises   Http404; PermissionRefused; RecordError with everything wrong
    """
    ground = access.participant(participant, viewer=by, action="visit.record")
    resolved, version = _in_force(ground, at)
    planned = _planned(ground, resolved, visit)
    row = _VISIT.first(participant, visit, repeat)
    before = _STEPS.rows(row.id) if row else []
    begun = pinned(row) if row is not None else None
    problems = _record_problems(planned, status, date, today=ground.site.today(at))
    needed = "a changed record needs a reason" if any(one.status != BEGUN for one in before) else ""
    problems += notes.problems(reason, path="reason", needed=needed)
    if begun is None and repeat != 1:
        raise Http404
    if (
        status != "held"
        and row is not None
        and _has_answers(row, ground.sight(studies.resolved(row.version)))
    ):
        problems.append(Problem("forms of this visit hold answers", "record it as held", "status"))
    if ground.locked:
        problems.append(_LOCKED)
    if begun is None:
        # A visit that was missed needs no consent, but nothing is written of who wants no further data.
        missed = status in WITHOUT_FORMS
        problems += (
            gates.form_problems(participant, at=at)
            if missed
            else gates.visit_problems(participant, resolved=resolved, planned=planned, at=at)
        )
    if problems:
        raise RecordError("this visit cannot be recorded so", problems)
    subjects = [participant, visit]
    on = date.isoformat() if date else ""
    try:
        with act("trial", f"visit.{status}", at=at, by=by.person, subjects=subjects, reason=reason) as one:
            hold(one.alias, participant)
            own = version if row is not None and begun is None else None
            row = row or one.add(Visit(participant=participant, visit=visit, repeat=1, version=version))
            place = {"visit": row, "seq": len(before) + 1, "version": own}
            one.add(VisitStatus(**place, status=status, date=on, reason=reason))
    except IntegrityError:
        problem = Problem("somebody else recorded this visit just now", "look at what they recorded", visit)
        raise RecordError("this visit was recorded meanwhile", [problem]) from None
    return int(row.id)


def open_form(
    *,
    participant: str,
    form: str,
    at: datetime,
    by: Viewer,
    visit: str = LOG,
    visit_repeat: int = 1,
    repeat: int | None = None,
) -> str:
    """Open a form at a visit, or in a log, and return its code; one that exists is only found.

    visit    the visit's id, or "log"; the visit is begun where it was not
    repeat   which entry of a log or reading of a session; the next free one when left out (an empty one that
             waits is used first). Other forms have one only
    Raises   Http404; PermissionRefused; RecordError when data are locked, or the visit was missed or declined
    """
    ground = access.participant(participant, viewer=by, action="form.fill")
    access.refuse_unreadable(visit, form)
    held = _VISIT.first(participant, visit, visit_repeat)
    begun = pinned(held) if held is not None else None
    resolved, version = (studies.resolved(begun), begun) if begun is not None else _in_force(ground, at)
    _refuse_stranger(ground, resolved, visit, form)
    place = (participant, visit, visit_repeat, form)
    wanted = _repeat(place, resolved, asked=repeat)
    existing = _FORM.first(*place, wanted)
    if existing is not None:
        return str(existing.code)
    if not may_fill(resolved.forms[form], ground.roles):
        fillers = ", ".join(resolved.forms[form].fillers)
        raise PermissionRefused(
            "you do not fill this form", [Problem(f"it is filled by: {fillers}", "", form)]
        )
    _refuse_locked(ground)
    if begun is None and visit != LOG and visit_repeat != 1:
        raise Http404
    status = _STEPS.first(held.id) if held else None
    if status is not None and status.status in WITHOUT_FORMS:
        problem = Problem(f"the visit was {status.status}", "record it as held first", visit)
        raise RecordError("no form can be filled at this visit", [problem])
    wrong = gates.form_problems(participant, at=at)
    if not wrong and begun is None and visit != LOG:
        planned = resolved.protocol.visit(visit)
        wrong = gates.visit_problems(participant, resolved=resolved, planned=planned, at=at)
    if wrong:
        raise RecordError("no form can be begun", wrong)
    row = Form(
        participant=participant,
        visit=visit,
        visit_repeat=visit_repeat,
        form=form,
        repeat=wanted,
        version=version,
        code=codes.code("form", participant, visit, visit_repeat, form, wanted),
    )
    try:
        with act("trial", "form.opened", at=at, by=by.person, subjects=access.subjects(row)) as one:
            hold(one.alias, participant)
            if visit != LOG and begun is None:
                _begin_with(one, row, hidden=hidden_from_some(resolved, form))
            return str(one.add(row).code)
    except IntegrityError:
        # Somebody else opened it in the same moment: theirs is the form.
        return str(Form.objects.get(code=row.code).code)


def _begin_with(one: Act, form: Form, *, hidden: bool) -> None:
    """Within an act, begin the visit of a form about to be begun, for nobody who may not know of the form."""
    place = {"participant": form.participant, "visit": form.visit, "repeat": form.visit_repeat}
    row = _VISIT.first(*place.values())
    if row is None:
        one.add(Visit(**place, version=form.version, begun_by=form.form if hidden else ""))
    elif not hidden and pinned(row) is None:
        one.add(VisitStatus(visit=row, seq=1, status=BEGUN, version=form.version))


def _in_force(ground: Ground, at: datetime) -> tuple[Resolved, int]:
    version = studies.version_at(ground.site.site, day=ground.site.today(at))
    if version is None:
        problem = Problem("the site works under no protocol version today", "adopt one first", "site")
        raise RecordError("nothing can be recorded at this site", [problem])
    return studies.resolved(version), version


def _planned(ground: Ground, resolved: Resolved, visit: str) -> Planned:
    """Return the protocol's visit; Http404 when there is none that the viewer may know of."""
    if not ground.sight(resolved).visit(visit):
        raise Http404
    return resolved.protocol.visit(visit)


def _refuse_stranger(ground: Ground, resolved: Resolved, visit: str, form: str) -> None:
    """Raise Http404 unless the protocol has this form there, and the viewer may know of both."""
    sight = ground.sight(resolved)
    if not sight.form(form):
        raise Http404
    if visit == LOG:
        known = resolved.forms[form].log
    else:
        known = sight.visit(visit) and form in resolved.protocol.forms_at(visit)
    if not known:
        raise Http404


def _repeat(place: tuple[str, str, int, str], resolved: Resolved, *, asked: int | None) -> int:
    """Return which entry of a log or reading of a session is meant; 1 for a form that stands once."""
    _participant, visit, _visit_repeat, form = place
    if not resolved.forms[form].log and not schedule.minutes(resolved, visit, form):
        if asked not in (None, 1):
            raise Http404
        return 1
    taken = statements.rows("default", _TAKEN, place)
    following = int(taken[-1][0]) + 1 if taken else 1
    if asked is None:
        waiting = [repeat for repeat, number in taken if not _any_entry(number)]
        return int(waiting[0]) if waiting else following
    planned = len(schedule.minutes(resolved, visit, form))
    if not 1 <= asked <= max(following, planned):
        raise Http404
    return asked


def _any_entry(form: int) -> bool:
    return EntryCurrent.objects.filter(form=form).exists()


def _has_answers(visit: Visit, sight: Sight) -> bool:
    """Whether a form of a visit holds answers, of those whose existence may be known."""
    place = {"participant": visit.participant, "visit": visit.visit, "visit_repeat": visit.repeat}
    known = [row.id for row in Form.objects.filter(**place) if sight.form(row.form)]
    return EntryCurrent.objects.filter(form__in=known).exists()


def _recorded(visit: Visit) -> bool:
    return VisitStatus.objects.filter(visit=visit).exclude(status=BEGUN).exists()


def _record_problems(planned: Planned, status: str, day: date | None, *, today: date) -> list[Problem]:
    problems = []
    if status not in STATUSES:
        problems.append(
            Problem(f"`{status[:32]}` is no outcome of a visit", f"one of {', '.join(STATUSES)}", "status")
        )
    if status == "held" and day is None:
        problems.append(Problem("a held visit has a day", "give the day", "date"))
    if status != "held" and day is not None:
        problems.append(Problem("a visit that was not held has no day", "leave the day out", "date"))
    if day is not None and day > today:
        problems.append(Problem("this day lies ahead", "record the visit when it was held", "date"))
    if status == "declined" and not planned.offered:
        hint = "record it as missed, with the reason"
        problems.append(Problem("only an offered visit can be declined", hint, "status"))
    return problems


_LOCKED = Problem("the participant's data are locked", "ask the data manager to unlock them", "participant")


def _refuse_locked(ground: Ground) -> None:
    if ground.locked:
        raise RecordError("nothing can be changed", [_LOCKED])
