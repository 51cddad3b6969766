"""Answers are saved.

Holds the order that keeps people safe: alerts first, in their own act; then the answers. What was read before
the write is read again when somebody else wrote meanwhile, so nothing is overwritten unseen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import Error

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import access, answers, spelling
from equipoise.conduct.capture.access import PART_SAVED, FormGround
from equipoise.conduct.capture.answers import Stored
from equipoise.conduct.capture.moves import IN_PROGRESS, REVIEWED
from equipoise.conduct.capture.progress import progress, visible
from equipoise.conduct.capture.results import Conflict, Given, Kept, Saved
from equipoise.conduct.capture.services import notes, queries, snapshots
from equipoise.conduct.capture.services.alerts import raise_alerts
from equipoise.conduct.capture.services.snapshots import BUSY, NOT_STORED, Snapshot
from equipoise.protocol import filling, form_plan
from equipoise.protocol.answer import Answer, Finding, Typed
from equipoise.protocol.filling import Filled, Place

MOST_ANSWERS = 2_000
"""Answers of one save: more than any form has."""
UNREASONED = "the form was complete before: a change needs a reason"


def save(*, form: str, given: Sequence[Given], at: datetime, by: Viewer, reason: str = "") -> Saved:
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

    def attempt(held: Snapshot) -> Saved:
        known = judged if held is first else None
        return _save(held, given, sent, judged=known, refused=refused, at=at, by=by, reason=reason.strip())

    try:
        done = snapshots.repeated(attempt, first)
    except (Error, OSError):
        done = Saved(problem=NOT_STORED, refused=tuple(refused), state=first.state)
    return replace(done or Saved(problem=BUSY), instructions=told)


def _judged(found: FormGround, sent: Mapping[Place, Answer]) -> tuple[Snapshot | None, Filled]:
    """Judge what was sent with what is stored; where the store cannot be read, what was sent by itself."""
    try:
        first = snapshots.snapshot(found)
        return first, first.judge(sent)
    except Error:
        return None, filling.judge(found.form, sent, look=filling.nobody, resolved=found.resolved)


def _read(found: FormGround, given: Sequence[Given]) -> tuple[dict[Place, Answer], list[Finding]]:
    """Read what was typed; items the person may not know of are as unknown as those that do not exist."""
    if len(given) > MOST_ANSWERS:
        message = f"{len(given):,} answers at once; a form has at most {MOST_ANSWERS:,}"
        return {}, [Finding("unknown_item", "", 0, message, "save in parts")]
    form, sight = found.row.form, found.sight
    typed = {
        (one.item, one.row): Typed(_plain(found, one), one.missing_reason)
        for one in given
        if sight.item(form, one.item)
    }
    sent, refused = filling.read_all(found.form, typed, resolved=found.resolved, zone=found.ground.site.zone)
    hidden = [one for one in given if not sight.item(form, one.item)]
    refused += [filling.unknown_item(one.item, one.row) for one in hidden]
    return sent, [one for one in refused if one.severity == "error"]


def _plain(found: FormGround, one: Given) -> str:
    """Return what was typed as it is stored, where its language writes numbers and days otherwise."""
    item = form_plan.plan(found.form, found.resolved).items.get(one.item)
    return spelling.plain(one.text, item.type, one.language) if item is not None else one.text


def _save(
    held: Snapshot,
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
    unreasoned = _unreasoned(changes, held, reason)
    refused = [*refused, *unreasoned]
    if unreasoned:
        changes = {}
    # What was judged for the alerts is what is stored, unless something of it is not stored.
    if judged is None or conflicts or len(changes) + len(kept) < len(sent):
        judged = held.judge({place: answer for place, (answer, _) in changes.items()})
    state = held.state
    if changes:
        _write(held, changes, judged, at=at, by=by, reason=reason)
        kept += [Kept(item, row, seq) for (item, row), (_, seq) in changes.items()]
        state = held.state if _stays(held, changes, judged) else IN_PROGRESS
    return _summary(found, judged, kept=kept, refused=refused, conflicts=conflicts, state=state)


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


def _unreasoned(changes: Mapping[Place, object], held: Snapshot, reason: str) -> list[Finding]:
    """Return what is wrong with the reason of these changes, which every one needs once it was complete."""
    wrong = notes.problems(reason, path="reason", needed=UNREASONED if held.ever_complete else "")
    return [Finding("reason", *place, one.message, one.hint) for one in wrong for place in changes]


def _stays(held: Snapshot, changes: Mapping[Place, object], judged: Filled) -> bool:
    """Whether a form stays in its state: all that changes is hidden from somebody who sees the state."""
    return held.found.apart(item for item, _ in changes) and (held.state == IN_PROGRESS or not judged.gaps)


def _write(
    held: Snapshot,
    changes: Mapping[Place, tuple[Answer, int]],
    judged: Filled,
    *,
    at: datetime,
    by: Viewer,
    reason: str,
) -> None:
    found = held.found
    now = found.ground.local(at)
    stays = _stays(held, changes, judged)
    action = PART_SAVED if found.apart(item for item, _ in changes) else "form.saved"
    with snapshots.acting(held, action, at=at, by=by, reason=reason) as one:
        numbers = answers.write(one, found.number, changes, collected_at=now, origin=by.origin, reason=reason)
        if held.ever_complete:
            newest = dict(zip(changes, numbers, strict=True))
            snapshots.settle(one, held, judged, newest=newest, at=at)
        if held.state != IN_PROGRESS and not stays:
            one.add(snapshots.step(held, IN_PROGRESS, at=at, by=by, reason=reason))
        if held.state in REVIEWED and stays:
            queries.ask_again(one, found, dict(zip(changes, numbers, strict=True)), at=at)
        snapshots.spread(one, found, at=at)


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
