"""Ratings are given to raters, taken back, and given to somebody else."""

from datetime import datetime, timedelta

from django.db import IntegrityError
from django.http import Http404

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import RATER, Viewer
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.capture import access, answers
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.blindness import naming_problems
from equipoise.conduct.capture.models import Form, FormState, Participant, Visit, VisitStatus
from equipoise.conduct.capture.moves import IN_PROGRESS
from equipoise.conduct.capture.pinned import pinned
from equipoise.conduct.capture.services import notes
from equipoise.conduct.capture.services.visits import WITHOUT_FORMS
from equipoise.conduct.frame import codes
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.tasks import fitness, states
from equipoise.conduct.tasks.desk import is_gone
from equipoise.conduct.tasks.models import Task, TaskStep
from equipoise.errors import Problem, RecordError
from equipoise.protocol import Resolved

LONGEST_MEETING = 500
ATTEMPTS = 3
LATEST = timedelta(days=3650)
"""A rating wanted later than that was mistyped; the end of the calendar has no place in every zone."""
TAKEN = Problem(
    "a rater has this rating already", "take it back first, or give it to somebody else instead", "rater"
)


def assign(
    *,
    participant: str,
    visit: str,
    form: str,
    rater: str,
    due_at: datetime,
    at: datetime,
    by: Viewer,
    visit_repeat: int = 1,
    meeting: str = "",
    instead: bool = False,
) -> str:
    """Give a rating to a rater, and return the task's code.

    rater     person
    due_at    until when it is wanted
    meeting   how the rater reaches whom they rate
    instead   whether somebody who has it already gives it up; what they answered stays on the form
    Raises    Http404; PermissionRefused; RecordError with everything that is wrong
    """
    ground = access.participant(participant, viewer=by, action="task.assign")
    access.refuse_unreadable(visit, form, rater)
    resolved, version = _version(ground, visit, visit_repeat, at=at)
    _refuse_unknown(ground, resolved, visit, form)
    viewer = people.viewer_of(rater, at=at)
    problems = [
        *fitness.problems(viewer, participant=participant, site=ground.site, at=at),
        *_problems(ground, visit, visit_repeat, form),
        *notes.problems(meeting, path="meeting", longest=LONGEST_MEETING),
        *naming_problems(meeting, ground=ground, resolved=resolved, path="meeting"),
    ]
    if due_at <= at:
        problems.append(Problem("this time is over", "give a time to come", "due"))
    if due_at - at > LATEST:
        problems.append(Problem("this time is years away", "give the day the rating is wanted", "due"))
    if problems:
        raise RecordError("this rating cannot be given so", problems)
    place = {"participant": participant, "visit": visit, "visit_repeat": visit_repeat, "form": form}
    for _ in range(ATTEMPTS):
        number = Task.objects.filter(rater=rater).count() + 1
        task = Task(
            code=codes.code("task", rater, number),
            rater=rater,
            number=number,
            version=version,
            due_at=instant(due_at),
            meeting=meeting.strip(),
            **place,
        )
        try:
            return _add(task, instead=instead, at=at, by=by)
        except IntegrityError:
            # The same rater was given another task in the same moment: the number is taken.
            continue
    raise RecordError(
        "this rating cannot be given now", [Problem("others give tasks too", "try again", "rater")]
    )


def _add(task: Task, *, instead: bool, at: datetime, by: Viewer) -> str:
    subjects = [task.participant, task.visit, task.form]
    with act("trial", "task.assigned", at=at, by=by.person, subjects=subjects) as one:
        answers.hold(one.alias, task.participant)
        for other in states.held(task.participant, task.visit, task.visit_repeat, task.form):
            if not instead:
                raise RecordError("this rating is given already", [TAKEN])
            if other.rater == task.rater:
                problem = Problem("this rater has it already", "choose another", "rater")
                raise RecordError("this rating is given already", [problem])
            states.add(one, other, _ended(other, at=at), at=at, by=by.person)
        one.add(task)
        one.add(TaskStep(task=task, seq=1, state=states.ASSIGNED, person=by.person, stated_at=instant(at)))
    return str(task.code)


def _ended(task: Task, *, at: datetime) -> str:
    """Return how a task ends that is given to somebody else: its rater gives it up, or may not do it."""
    rater = people.viewer_of(task.rater, at=at)
    if rater is None:
        return states.EXPIRED
    site = Participant.objects.values_list("site", flat=True).get(participant=task.participant)
    gone = is_gone(rater, participants={task.participant: site})
    return states.EXPIRED if gone else states.RELEASED


def release(*, task: str, reason: str, at: datetime, by: Viewer) -> None:
    """Take a task back from its rater; what they answered stays on the form.

    Raises  Http404; PermissionRefused; RecordError when it is over already, or no reason is given
    """
    row = Task.objects.filter(code=task).first() if codes.is_code(task) else None
    if row is None:
        raise Http404
    ground = access.participant(row.participant, viewer=by, action="task.assign")
    sight = ground.sight(studies.resolved(row.version))
    if not (sight.visit(row.visit) and sight.form(row.form)):
        raise Http404
    end(row, states.RELEASED, reason=reason, at=at, by=by)


def end(row: Task, state: str, *, reason: str, at: datetime, by: Viewer) -> None:
    """End a task that is still open. Raises RecordError when it is not, or no reason is given."""
    wrong = notes.problems(reason, path="reason", needed="this needs a reason")
    if wrong:
        raise RecordError("nothing was changed", wrong)
    subjects = [row.participant, row.visit, row.form]
    with act("trial", f"task.{state}", at=at, by=by.person, subjects=subjects, reason=reason.strip()) as one:
        answers.hold(one.alias, row.participant)
        _refuse_over(one, row)
        states.add(one, row, state, at=at, by=by.person, reason=reason.strip())


def _refuse_over(_one: Act, row: Task) -> None:
    if states.of(row) not in states.OPEN:
        raise RecordError("nothing was changed", [Problem("this task is over", "", "task")])


def _version(ground: Ground, visit: str, repeat: int, *, at: datetime) -> tuple[Resolved, int]:
    """Return the version a visit is held under, or the one in force where it was not begun."""
    held = Visit.objects.filter(participant=ground.participant, visit=visit, repeat=repeat).first()
    begun = pinned(held) if held is not None else None
    if begun is None and repeat != 1:
        raise Http404
    number = begun or studies.version_at(ground.site.site, day=ground.site.today(at))
    if number is None:
        problem = Problem("the site works under no protocol version today", "adopt one first", "site")
        raise RecordError("no rating can be given at this site", [problem])
    return studies.resolved(number), number


def _refuse_unknown(ground: Ground, resolved: Resolved, visit: str, form: str) -> None:
    """Raise Http404 unless the viewer may know that raters rate this form there."""
    sight = ground.sight(resolved)
    known = sight.visit(visit) and form in resolved.protocol.forms_at(visit) and sight.form(form)
    if not known or RATER not in resolved.forms[form].fillers or resolved.forms[form].arms:
        raise Http404


def _problems(ground: Ground, visit: str, repeat: int, form: str) -> list[Problem]:
    found = []
    place = {"participant": ground.participant, "visit": visit, "visit_repeat": repeat}
    status = VisitStatus.objects.filter(visit__participant=ground.participant, visit__visit=visit)
    last = status.filter(visit__repeat=repeat).order_by("-seq").first()
    if last is not None and last.status in WITHOUT_FORMS:
        found.append(Problem(f"the visit was {last.status}", "record it as held first", "visit"))
    if ground.locked:
        found.append(
            Problem("the participant's data are locked", "ask the data manager to unlock them", "visit")
        )
    row = Form.objects.filter(**place, form=form).first()
    state = FormState.objects.filter(form=row).order_by("-seq").first() if row else None
    if state is not None and state.state != IN_PROGRESS:
        found.append(Problem("this form is complete", "ask a question about it instead", "form"))
    return found
