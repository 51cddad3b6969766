"""A task in its rater's hands: which form is filled now, and as whom.

Holds the way from a code to the form, and what ends it. Refuses to let a page learn whose form it is: what
knows that stays inside the services and reads of this app.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.http import Http404

from equipoise.conduct.accounts.permission import RATER, RaterAtWork, Viewer
from equipoise.conduct.capture.models import Form
from equipoise.conduct.capture.moves import COMPLETE, IN_PROGRESS
from equipoise.conduct.frame import codes
from equipoise.conduct.stores import statements
from equipoise.conduct.stores.questions import Question
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.tasks import fitness, states
from equipoise.conduct.tasks.models import Task
from equipoise.errors import TrialError
from equipoise.protocol import Resolved

_PLACE = "WHERE participant = %s AND visit = %s AND visit_repeat = %s AND repeat = 1"
_FORMS = Question(Form, f"{_PLACE} ORDER BY id")
# Names are this module's own; every value is a parameter.
_STATES = f"""
SELECT s.form_id, s.state FROM form f JOIN form_state s ON s.form_id = f.id
{_PLACE} ORDER BY s.form_id, s.seq
"""  # noqa: S608
_SITE = "SELECT site FROM participant WHERE participant = %s"
_TASK = Question(Task, "WHERE code = %s AND rater = %s")
WAITING, RATING, GUESS, DONE = "waiting", "rating", "guess", "done"


class GoneError(TrialError):
    """The rater may no longer do this task. Next: nothing; somebody else does it."""


@dataclass(frozen=True)
class Desk:
    """A task, and who does it.

    state   the task's latest step
    """

    task: Task
    state: str
    viewer: RaterAtWork

    @cached_property
    def resolved(self) -> Resolved:
        """The protocol version the form follows: its own once begun."""
        row = self.rating
        return studies.resolved(row.version if row else self.task.version)

    @cached_property
    def rating(self) -> Form | None:
        """The form that is rated; None before it is begun."""
        return self._row(self.task.form)

    @cached_property
    def guess(self) -> str:
        """The form in which the rater guesses the arm after the ratings of this visit; "" for none."""
        if any(self._state(form) == IN_PROGRESS for form in self._ratings()):
            return ""
        named = (form for form in self._rated() if self.resolved.forms[form].arms)
        return next(named, "")

    @cached_property
    def stage(self) -> str:
        """What the rater does now: begin, rate, guess; or nothing any more."""
        if self.rating is None:
            return WAITING
        if self._state(self.task.form) == IN_PROGRESS:
            return RATING
        return GUESS if self.guess and self._state(self.guess) == IN_PROGRESS else DONE

    @property
    def form(self) -> str:
        """The id of the form in hand."""
        return self.guess if self.stage == GUESS else self.task.form

    @property
    def row(self) -> Form | None:
        """The form in hand; None before it is begun."""
        return self._row(self.guess) if self.stage == GUESS else self.rating

    @property
    def verified(self) -> bool:
        """Whether the rating went on to be verified, so that it changes only where a question is open."""
        return self._state(self.task.form) not in (IN_PROGRESS, COMPLETE)

    @property
    def subjects(self) -> list[str]:
        """What events about it name."""
        return [self.task.participant, self.task.visit, self.task.form]

    def _rated(self) -> Iterator[str]:
        protocol = self.resolved.protocol
        for form in protocol.forms_at(self.task.visit):
            if RATER in self.resolved.forms[form].fillers:
                yield form

    def _ratings(self) -> Iterator[str]:
        return (form for form in self._rated() if not self.resolved.forms[form].arms)

    @cached_property
    def _begun(self) -> dict[str, tuple[Form, str]]:
        """The forms of the visit that were begun, each with its state."""
        place = (self.task.participant, self.task.visit, self.task.visit_repeat)
        states_now = dict(statements.rows("default", _STATES, place))
        return {row.form: (row, states_now.get(row.id, IN_PROGRESS)) for row in _FORMS.rows(*place)}

    def _row(self, form: str) -> Form | None:
        return self._begun[form][0] if form in self._begun else None

    def _state(self, form: str) -> str:
        return self._begun[form][1] if form in self._begun else IN_PROGRESS


def desk(code: str, *, by: Viewer, told: bool = True) -> Desk:
    """Return a task of somebody's own.

    told    whether a rater who may no longer do it is refused here; saving asks later, once alerts are raised
    Raises  Http404 for a code that is nobody's, somebody else's or over; GoneError
    """
    row = _TASK.first(code, by.person) if codes.is_code(code) else None
    state = states.of(row) if row else ""
    if row is None or state not in states.MINE:
        raise Http404
    site = str(statements.rows("default", _SITE, [row.participant])[0][0])
    found = Desk(row, state, at_work(by, participant=row.participant, site=site))
    if told and is_gone(by, participants={row.participant: site}):
        raise GoneError("this rating is no longer yours")
    return found


def at_work(by: Viewer, *, participant: str, site: str) -> RaterAtWork:
    """Return a rater as who does a task."""
    return RaterAtWork(by.person, by.name, by.grants, site=site, participant=participant)


def is_gone(by: Viewer, *, participants: dict[str, str]) -> frozenset[str]:
    """Return the participants of these, given with their sites, whom somebody may no longer rate.

    Raises  django.db.Error when the allocation store does not answer: then nobody may
    """
    other = {name for name, site in participants.items() if fitness.entangled(by, site=site)}
    astray = {name for name, site in participants.items() if RATER not in by.roles_at(site)}
    return fitness.shown(by.person, participants) | other | astray
