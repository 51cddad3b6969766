"""A form as it was read, and writing to it only while it still is so.

Holds what saving and completing share: reading, judging, the bracket that notices whoever wrote meanwhile,
and what follows from a judgment: scores and automatic queries.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from typing import TypeVar

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.capture import access, answers, blindness, facts, gates, kits, visibility
from equipoise.conduct.capture.access import FormGround
from equipoise.conduct.capture.answers import DERIVED, Revision, Stored
from equipoise.conduct.capture.eligibility import watched
from equipoise.conduct.capture.models import Form, FormState
from equipoise.conduct.capture.moves import LOCKED
from equipoise.conduct.capture.services import eligibility, queries
from equipoise.conduct.stores.questions import Question
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem
from equipoise.protocol import filling, form_plan
from equipoise.protocol.answer import NO_ANSWER, Answer
from equipoise.protocol.filling import Filled, Place

T = TypeVar("T")
ATTEMPTS = 5
"""How often a write starts again when others write to the same form meanwhile."""
NOT_STORED = Problem(
    "nothing was stored: the database did not answer", "keep this page open and save again", "store"
)
SEALED = Problem("this form is sealed", "what was given stays as it is until the data are locked", "form")
BUSY = Problem("others change this form right now", "save again in a moment", "store")


class MovedError(Exception):
    """Somebody else wrote to the form since it was read."""


@dataclass(frozen=True)
class Snapshot:
    """A form as it was read, with what tells whether it still is so."""

    found: FormGround
    revision: Revision
    stored: dict[Place, Stored]

    @property
    def state(self) -> str:
        """The state it is in."""
        return self.revision.in_state

    @property
    def ever_complete(self) -> bool:
        """Whether it was complete before: a change needs a reason then."""
        return self.revision.ever_complete

    def judge(self, given: Mapping[Place, Answer]) -> Filled:
        """Judge the stored answers with these in their place."""
        found = self.found
        names = form_plan.plan(found.form, found.resolved).outside
        look = facts.look_up(
            found.participant, names, resolved=found.resolved, form=found.row.form, visit=found.row.visit
        )
        merged = {**answers.answered(self.stored), **given}
        judged = filling.judge(found.form, merged, look=look, resolved=found.resolved, visit=found.row.visit)
        doubts = kits.doubts(found, merged)
        return replace(judged, findings=(*judged.findings, *doubts)) if doubts else judged

    @cached_property
    def blocked(self) -> Problem | None:
        """Why nothing can be changed; None when something can."""
        if self.found.ground.locked:
            return Problem("the participant's data are locked", "ask the data manager to unlock them", "form")
        if self.state == LOCKED:
            return Problem("this form is locked", "ask the data manager to unlock it", "form")
        if self.ever_complete and self.found.sealed:
            return SEALED
        withdrawn = gates.save_problem(self.found.participant) if self.revision.withdrawal else None
        return withdrawn or blindness.rating_problem(self.found)


def snapshot(found: FormGround) -> Snapshot:
    # What was read first counts, so that whatever is written meanwhile is noticed before writing.
    revision = replace(answers.revision(found.number, found.participant), lock=found.ground.lock)
    return Snapshot(found, revision, answers.current(found.number))


def reread(found: FormGround) -> FormGround:
    """Return the form with its locks as they are now."""
    held = access.locks([found.participant])
    return replace(found, ground=replace(found.ground, locked=bool(held.targets), lock=held.newest))


def repeated(attempt: Callable[[Snapshot], T], held: Snapshot) -> T | None:
    """Attempt a write on a form as it was read; read it again while others write to it, a few times."""
    for _ in range(ATTEMPTS):
        try:
            return attempt(held)
        except MovedError:
            held = snapshot(reread(held.found))
    return None


@contextmanager
def acting(held: Snapshot, action: str, *, at: datetime, by: Viewer, reason: str = "") -> Iterator[Act]:
    """Open an act on a form as it was read; MovedError when somebody else wrote to it since."""
    found = held.found
    paper = by.on_behalf or visibility.transcribed(found.form, found.ground.roles)
    subjects = found.subjects
    with act("trial", action, at=at, by=by.person, on_behalf=paper, subjects=subjects, reason=reason) as one:
        if answers.held_revision(one.alias, found.number, found.participant) != held.revision:
            raise MovedError
        yield one


def settle(one: Act, held: Snapshot, judged: Filled, *, newest: Mapping[Place, int], at: datetime) -> None:
    """Within an act, store the scores as they are now, and let automatic queries follow the doubts."""
    found = held.found
    scores: dict[Place, tuple[Answer, int]] = {}
    for name, score in judged.scores.items():
        before = held.stored.get((name, 0))
        answer = Answer(number=score.value)
        if (before.answer if before else NO_ANSWER) != answer:
            scores[name, 0] = (answer, before.seq + 1 if before else 1)
    numbers = answers.write(one, found.number, scores, collected_at=found.ground.local(at), origin=DERIVED)
    entries = {place: stored.entry for place, stored in held.stored.items()} | dict(newest)
    entries |= dict(zip(scores, numbers, strict=True))
    queries.follow(one, found, judged.doubts, newest=entries, at=at)


def spread(one: Act, found: FormGround, *, at: datetime) -> None:
    """Within an act, let follow what reads the form just written: queries of complete forms, eligibility."""
    resolved = found.resolved
    if found.form.id in watched(resolved):
        eligibility.follow(one, found.ground, at=at)
    readers = form_plan.readers_of(found.form.id, resolved)
    for row in _among(len(readers)).rows(found.participant, found.number, *readers) if readers else ():
        held = snapshot(FormGround(row, found.ground, studies.resolved(row.version)))
        if held.ever_complete and held.state != LOCKED:
            entries = {place: stored.entry for place, stored in held.stored.items()}
            queries.follow(one, held.found, held.judge({}).doubts, newest=entries, at=at)


@cache
def _among(count: int) -> Question[Form]:
    """Return the question for a participant's forms of so many kinds, one form left out."""
    marks = ", ".join(["%s"] * count)
    return Question(Form, f"WHERE participant = %s AND id <> %s AND form IN ({marks}) ORDER BY id")


def step(held: Snapshot, state: str, *, at: datetime, by: Viewer, reason: str = "") -> FormState:
    return FormState(
        form=held.found.row,
        seq=held.revision.state + 1,
        state=state,
        person=by.person,
        stated_at=instant(at),
        reason=reason,
    )
