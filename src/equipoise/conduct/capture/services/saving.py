"""Answers are saved and forms declared complete.

Holds the order that keeps people safe: alerts first, in their own act; then the answers. What was read before
the write is read again when somebody else wrote meanwhile, so nothing is overwritten unseen.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from django.db import Error

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.capture import access, answers, facts, visibility
from equipoise.conduct.capture.access import FormGround
from equipoise.conduct.capture.answers import COLUMNS, DERIVED, Revision, Stored
from equipoise.conduct.capture.models import FormState
from equipoise.conduct.capture.moves import COMPLETE, IN_PROGRESS, LOCKED
from equipoise.conduct.capture.results import Completed, Conflict, Given, Kept, Saved
from equipoise.conduct.capture.services import queries
from equipoise.conduct.capture.services.alerts import raise_alerts
from equipoise.errors import Problem
from equipoise.protocol import filling
from equipoise.protocol.answer import NO_ANSWER, Answer, Finding, Typed
from equipoise.protocol.filling import Filled, Place

T = TypeVar("T")
Row = dict[str, Any]
"""An entry to be, by column."""
ATTEMPTS = 5
"""How often a save starts again when others write to the same form meanwhile."""
MOST_ANSWERS = 2_000
"""Answers of one save: more than any form has."""
LONGEST_REASON = 1_000
NOT_STORED = Problem(
    "nothing was stored: the database did not answer", "keep this page open and save again", "store"
)
BUSY = Problem("others change this form right now", "save again in a moment", "store")


class _MovedError(Exception):
    """Somebody else wrote to the form since it was read."""


@dataclass(frozen=True)
class _Snapshot:
    """A form as it was read, with what tells whether it still is so."""

    found: FormGround
    revision: Revision
    stored: dict[Place, Stored]
    state: str
    ever_complete: bool

    def judge(self, given: Mapping[Place, Answer]) -> Filled:
        """Judge the stored answers with these in their place."""
        found = self.found
        names = filling.plan(found.form, found.resolved).outside
        look = facts.look_up(
            found.participant, names, resolved=found.resolved, form=found.row.form, visit=found.row.visit
        )
        merged = {**answers.answered(self.stored), **given}
        return filling.judge(found.form, merged, look=look, resolved=found.resolved, visit=found.row.visit)

    @cached_property
    def blocked(self) -> Problem | None:
        """Why nothing can be changed; None when something can."""
        if self.found.ground.locked:
            return Problem("the participant's data are locked", "ask the data manager to unlock them", "form")
        if self.state == LOCKED:
            return Problem("this form is locked", "ask the data manager to unlock it", "form")
        return None


def save(*, form: int, given: Sequence[Given], at: datetime, by: Viewer, reason: str = "") -> Saved:
    """Save answers, some or all of a form's, and say what became of each.

    given    answers with the version of each that the page showed; answers left out stay as they are
    reason   why answers change: needed once the form was complete for the first time
    Returns  everything a person must know; alerts were attempted before anything else
    Raises   Http404 when there is no such form for this person; PermissionRefused when they do not fill it
    """
    found = access.form(form, viewer=by)
    found.require_filler()
    sent, refused = _read(found, given)
    first, judged = _judged(found, sent)
    certain = [one for one in judged.fired if one.certain]
    told = raise_alerts(found, certain, at=at, by=by)
    if first is None:
        return Saved(problem=NOT_STORED, refused=tuple(refused), instructions=told)

    def attempt(held: _Snapshot) -> Saved:
        known = judged if held is first else None
        return _save(held, given, sent, judged=known, refused=refused, at=at, by=by, reason=reason.strip())

    try:
        done = _repeated(attempt, first)
    except (Error, OSError):
        done = Saved(problem=NOT_STORED, refused=tuple(refused), state=first.state)
    return replace(done or Saved(problem=BUSY), instructions=told)


def _judged(found: FormGround, sent: Mapping[Place, Answer]) -> tuple[_Snapshot | None, Filled]:
    """Judge what was sent with what is stored; where the store cannot be read, what was sent by itself."""
    try:
        first = _snapshot(found)
        return first, first.judge(sent)
    except Error:
        return None, filling.judge(found.form, sent, look=filling.nobody, resolved=found.resolved)


def _repeated(attempt: Callable[[_Snapshot], T], held: _Snapshot) -> T | None:
    """Attempt a write on a form as it was read; read it again while others write to it, a few times."""
    for _ in range(ATTEMPTS):
        try:
            return attempt(held)
        except _MovedError:
            held = _snapshot(_reread(held.found))
    return None


def _read(found: FormGround, given: Sequence[Given]) -> tuple[dict[Place, Answer], list[Finding]]:
    """Read what was typed; items the person may not know of are as unknown as those that do not exist."""
    if len(given) > MOST_ANSWERS:
        message = f"{len(given):,} answers at once; a form has at most {MOST_ANSWERS:,}"
        return {}, [Finding("unknown_item", "", 0, message, "save in parts")]
    form, sight = found.row.form, found.sight
    typed = {
        (one.item, one.row): Typed(one.text, one.missing_reason)
        for one in given
        if sight.item(form, one.item)
    }
    sent, refused = filling.read_all(found.form, typed, resolved=found.resolved, zone=found.ground.site.zone)
    hidden = [one for one in given if not sight.item(form, one.item)]
    refused += [filling.unknown_item(one.item, one.row) for one in hidden]
    return sent, [one for one in refused if one.severity == "error"]


def _snapshot(found: FormGround) -> _Snapshot:
    revision = answers.revision(found.number, found.participant)
    states = list(FormState.objects.filter(form=found.number).order_by("seq").values_list("state", flat=True))
    return _Snapshot(
        found=found,
        revision=revision,
        stored=answers.current(found.number),
        state=states[-1] if states else IN_PROGRESS,
        ever_complete=COMPLETE in states,
    )


def _save(
    held: _Snapshot,
    given: Sequence[Given],
    sent: Mapping[Place, Answer],
    *,
    judged: Filled | None,
    refused: list[Finding],
    at: datetime,
    by: Viewer,
    reason: str,
) -> Saved:
    found = held.found
    if held.blocked is not None:
        return Saved(problem=held.blocked, refused=tuple(refused), state=held.state)
    changes, kept, conflicts = _compared(given, sent, held.stored)
    refused = [*refused, *_unreasoned(changes, held, reason)]
    if held.ever_complete and (not reason or len(reason) > LONGEST_REASON or "\x00" in reason):
        changes = {}
    # What was judged for the alerts is what is stored, unless something of it is not stored.
    if judged is None or conflicts or len(changes) + len(kept) < len(sent):
        judged = held.judge({place: answer for place, (answer, _) in changes.items()})
    state = held.state
    if changes:
        now = found.ground.local(at)
        rows = [
            _entry(place, answer, seq=seq, reason=reason, collected_at=now)
            for place, (answer, seq) in changes.items()
        ]
        _write(held, rows, judged, at=at, by=by, reason=reason)
        kept += [Kept(row["item"], row["row"], row["seq"]) for row in rows]
        state = IN_PROGRESS
    return _summary(found, judged, kept=kept, refused=refused, conflicts=conflicts, state=state)


def _reread(found: FormGround) -> FormGround:
    """Return the form with its locks as they are now."""
    locks = access.locked_targets([found.participant])
    return replace(found, ground=replace(found.ground, locked=bool(locks)))


def _compared(
    given: Sequence[Given], sent: Mapping[Place, Answer], stored: Mapping[Place, Stored]
) -> tuple[dict[Place, tuple[Answer, int]], list[Kept], list[Conflict]]:
    """Return what changes with its new version, what is stored so already, and what others changed."""
    changes: dict[Place, tuple[Answer, int]] = {}
    kept: list[Kept] = []
    contested: list[tuple[Given, Answer, Stored]] = []
    for one in given:
        place = (one.item, one.row)
        answer, before = sent.get(place), stored.get(place)
        if answer is None:
            continue
        if before is None:
            if answer.value is not None or answer.missing_reason:
                changes[place] = (answer, 1)
        elif before.answer == answer:
            kept.append(Kept(*place, before.seq))
        elif one.seen == before.seq:
            changes[place] = (answer, before.seq + 1)
        else:
            contested.append((one, answer, before))
    names = _writers([before.act for _, _, before in contested])
    conflicts = [
        Conflict(
            one.item,
            one.row,
            before.answer.typed,
            before.answer.missing_reason,
            answer.typed,
            answer.missing_reason,
            before.seq,
            names.get(before.act, ""),
        )
        for one, answer, before in contested
    ]
    return changes, kept, conflicts


def _writers(acts: list[str]) -> dict[str, str]:
    """Return act to the name of who did it."""
    if not acts:
        return {}
    actors = dict(Event.objects.using("default").filter(act__in=acts).values_list("act", "actor"))
    names = people.names(set(actors.values()))
    return {one: names.get(actor, actor) for one, actor in actors.items()}


def _unreasoned(changes: Mapping[Place, object], held: _Snapshot, reason: str) -> list[Finding]:
    if not held.ever_complete or not changes:
        return []
    if len(reason) > LONGEST_REASON or "\x00" in reason:
        message = f"a reason has at most {LONGEST_REASON:,} plain characters"
    elif not reason:
        message = "the form was complete before: a change needs a reason"
    else:
        return []
    return [Finding("reason", item, row, message, "say why the answer changes") for item, row in changes]


def _entry(
    place: Place, answer: Answer, *, seq: int, reason: str, collected_at: str, origin: str = "staff"
) -> Row:
    return {
        "item": place[0],
        "row": place[1],
        "seq": seq,
        **{name: getattr(answer, name) for name in COLUMNS},
        "origin": origin,
        "reason": reason,
        "collected_at": collected_at,
    }


def _write(
    held: _Snapshot, rows: list[Row], judged: Filled, *, at: datetime, by: Viewer, reason: str
) -> None:
    found = held.found
    with _acting(held, "form.saved", at=at, by=by, reason=reason) as one:
        numbers = answers.write(one, found.number, rows)
        if held.ever_complete:
            newest = {(row["item"], row["row"]): number for row, number in zip(rows, numbers, strict=True)}
            _settle(one, held, judged, newest=newest, at=at)
        if held.state != IN_PROGRESS:
            one.add(_step(held, IN_PROGRESS, at=at, by=by, reason=reason))


@contextmanager
def _acting(held: _Snapshot, action: str, *, at: datetime, by: Viewer, reason: str = "") -> Iterator[Act]:
    """Open an act on a form as it was read; _MovedError when somebody else wrote to it since."""
    found = held.found
    paper = visibility.transcribed(found.form, found.ground.roles)
    subjects = found.subjects
    with act("trial", action, at=at, by=by.person, on_behalf=paper, subjects=subjects, reason=reason) as one:
        answers.hold(one.alias, found.participant)
        if answers.revision(found.number, found.participant, alias=one.alias) != held.revision:
            raise _MovedError
        yield one


def _settle(one: Act, held: _Snapshot, judged: Filled, *, newest: Mapping[Place, int], at: datetime) -> None:
    """Within an act, store the scores as they are now, and let automatic queries follow the doubts."""
    found = held.found
    now = found.ground.local(at)
    rows = []
    for name, score in judged.scores.items():
        before = held.stored.get((name, 0))
        answer = Answer(number=score.value)
        if (before.answer if before else NO_ANSWER) != answer:
            seq = before.seq + 1 if before else 1
            place = (name, 0)
            rows.append(_entry(place, answer, seq=seq, reason="", collected_at=now, origin=DERIVED))
    answers.write(one, found.number, rows)
    entries = {place: stored.entry for place, stored in held.stored.items()} | dict(newest)
    queries.follow(one, found, judged.doubts, newest=entries, at=at)


def _step(held: _Snapshot, state: str, *, at: datetime, by: Viewer, reason: str = "") -> FormState:
    return FormState(
        form=held.found.row,
        seq=held.revision.state + 1,
        state=state,
        person=by.person,
        stated_at=instant(at),
        reason=reason,
    )


def _summary(
    found: FormGround,
    judged: Filled,
    *,
    kept: Sequence[Kept],
    refused: Sequence[Finding],
    conflicts: Sequence[Conflict],
    state: str,
) -> Saved:
    """Return what came of a save, without what the person may not know."""
    return Saved(
        kept=tuple(kept),
        refused=tuple(refused),
        conflicts=tuple(conflicts),
        doubts=visible(found, judged.doubts),
        gaps=visible(found, judged.gaps),
        skipped=tuple(sorted(place for place in judged.skipped if found.sight.item(found.form.id, place[0]))),
        scores={
            name: score.value
            for name, score in judged.scores.items()
            if found.sight.item(found.form.id, name)
        },
        state=state,
        **progress(found, judged)._asdict(),
    )


class Progress(NamedTuple):
    """How many of the answers asked for were given."""

    answered: int
    asked: int


def progress(found: FormGround, judged: Filled) -> Progress:
    """Return how far a form is, counted over what the viewer may see."""
    asked = sum(1 for item, _ in judged.wanted if found.sight.item(found.form.id, item))
    return Progress(asked - len(visible(found, judged.gaps)), asked)


def visible(found: FormGround, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings that the viewer may know."""
    rules = {one.id: one.rule for one in found.form.checks}
    return tuple(
        one
        for one in findings
        if found.sight.item(found.form.id, one.item)
        and (one.check not in rules or found.sight.rule(rules[one.check], form=found.form.id))
    )


def complete(*, form: int, at: datetime, by: Viewer, reason: str = "") -> Completed:
    """Declare a form complete: nothing required is missing. Doubts become automatic queries.

    Safety rules that hold, or that cannot be decided now that the form is whole, raise alerts first.
    Raises  Http404; PermissionRefused
    """
    found = access.form(form, viewer=by)
    found.require_filler()
    first = _snapshot(found)
    judged = first.judge({})
    gaps = visible(found, judged.gaps)
    fired = [one for one in judged.fired if one.certain or not judged.gaps]
    told = raise_alerts(found, fired, at=at, by=by)

    def attempt(held: _Snapshot) -> Completed:
        return _complete(held, at=at, by=by, reason=reason.strip()[:LONGEST_REASON])

    try:
        done = _repeated(attempt, first)
    except (Error, OSError):
        done = Completed(done=False, problem=NOT_STORED, gaps=gaps)
    return replace(done or Completed(done=False, problem=BUSY), instructions=told)


def _complete(held: _Snapshot, *, at: datetime, by: Viewer, reason: str) -> Completed:
    found = held.found
    judged = held.judge({})
    doubts = visible(found, judged.doubts)
    if held.blocked is not None:
        return Completed(done=False, problem=held.blocked)
    if judged.gaps:
        return Completed(done=False, gaps=visible(found, judged.gaps), doubts=doubts)
    if held.state == IN_PROGRESS:
        with _acting(held, "form.completed", at=at, by=by, reason=reason) as one:
            _settle(one, held, judged, newest={}, at=at)
            one.add(_step(held, COMPLETE, at=at, by=by, reason=reason))
    return Completed(done=True, doubts=doubts)
