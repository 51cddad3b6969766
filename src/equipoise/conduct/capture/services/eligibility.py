"""Eligibility: judged where no rule decides, confirmed by a signature, and followed when answers change."""

import json
from datetime import datetime

from django.db import IntegrityError

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.capture import access, eligibility
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.answers import hold
from equipoise.conduct.capture.models import Confirmation, Deviation, Judgment
from equipoise.conduct.capture.services import deviations, notes
from equipoise.conduct.stores.entropy import token
from equipoise.conduct.stores.questions import Question
from equipoise.conduct.studies import reads as studies
from equipoise.errors import PermissionRefused, Problem, RecordError
from equipoise.protocol import Resolved

HOLDS = ("yes", "no", "unknown")
MEANING = "I judged this participant against every criterion and find them eligible."
NONCE_BYTES = 16
_CONFIRMED = Question(Confirmation, "WHERE participant = %s ORDER BY seq DESC")
FIRST_CHARACTERS = 16
"""So many characters of a table's digest name it among a participant's."""


def judge_criterion(
    *, participant: str, criterion: str, holds: str, reason: str, at: datetime, by: Viewer
) -> None:
    """Judge a criterion that no rule decides: whether what it says is true of the participant.

    holds   yes, no, or unknown to take it back
    Raises  Http404; PermissionRefused; RecordError with everything wrong
    """
    ground = access.participant(participant, viewer=by, action="eligibility.judge")
    resolved, _ = in_force(ground, at)
    known = {one.id: one for one in resolved.protocol.eligibility}
    problems = notes.problems(reason, path="reason", needed="a judgment needs a reason")
    if criterion not in known or known[criterion].rule is not None:
        problems.append(Problem("no person judges this criterion", "its rule does", "criterion"))
    if holds not in HOLDS:
        problems.append(Problem("say whether it is true", "choose one of the list", "holds"))
    if ground.locked:
        problems.append(Problem("the participant's data are locked", "", "participant"))
    if problems:
        raise RecordError("this judgment cannot be recorded", problems)
    seq = Judgment.objects.filter(participant=participant, criterion=criterion).count() + 1
    row = Judgment(
        participant=participant,
        criterion=criterion,
        seq=seq,
        holds=holds,
        reason=reason.strip(),
        person=by.person,
        judged_at=instant(at),
    )
    try:
        with act("trial", "eligibility.judged", at=at, by=by.person, subjects=[participant]) as one:
            hold(one.alias, participant)
            one.add(row)
            follow(one, ground, at=at)
    except IntegrityError:
        problem = Problem("somebody else judged it just now", "look at what they found", "criterion")
        raise RecordError("this judgment was not recorded", [problem]) from None


def confirm(*, participant: str, at: datetime, by: Viewer) -> None:
    """Sign that a participant is eligible. Whoever calls this has just authenticated the person again.

    Raises  Http404; PermissionRefused, also when a criterion reads what is hidden from the signer;
            RecordError when a criterion is not met or not known
    """
    ground = access.participant(participant, viewer=by, action="eligibility.confirm")
    resolved, version = in_force(ground, at)
    if not eligibility.whole(resolved, ground.sight(resolved)):
        problem = Problem("part of it is hidden from you", "somebody who sees all of it signs", "eligibility")
        raise PermissionRefused("you may not confirm eligibility", [problem])
    if ground.locked:
        raise RecordError(
            "nothing can be changed", [Problem("the participant's data are locked", "", "form")]
        )
    with act("trial", "eligibility.confirmed", at=at, by=by.person, subjects=[participant]) as one:
        hold(one.alias, participant)
        found = eligibility.table(participant, resolved)
        wrong = [
            Problem(
                f"{each.criterion.id} is {_STANDS[each.met]}: {each.criterion.text}", "", each.criterion.id
            )
            for each in found
            if each.met != "yes"
        ]
        if wrong:
            raise RecordError("eligibility cannot be confirmed", wrong)
        nonce = token(NONCE_BYTES).hex()
        one.add(
            Confirmation(
                participant=participant,
                seq=Confirmation.objects.filter(participant=participant).count() + 1,
                version=version,
                signer=by.person,
                signed_at=instant(at),
                meaning=MEANING,
                met=json.dumps({each.criterion.id: each.met for each in found}),
                nonce=nonce,
                content_sha256=eligibility.digest(participant, version, found, nonce=nonce),
            )
        )


_STANDS = {"no": "not met", "unknown": "not yet known"}


def in_force(ground: Ground, at: datetime) -> tuple[Resolved, int]:
    """Return the protocol version whose criteria count for a participant today."""
    version = studies.version_at(ground.site.site, day=ground.site.today(at))
    if version is None:
        problem = Problem("the site works under no protocol version today", "adopt one first", "site")
        raise RecordError("eligibility cannot be judged", [problem])
    return studies.resolved(version), version


def follow(one: Act, ground: Ground, *, at: datetime) -> None:
    """Within an act that changed an answer behind eligibility: a confirmed table that moved is a deviation.

    Important where a criterion is no longer met, minor where all still are: the signature is void either way.
    """
    row = _CONFIRMED.first(ground.participant)
    if row is None:
        return
    resolved = studies.resolved(row.version)
    found = eligibility.table(ground.participant, resolved)
    digest = eligibility.digest(ground.participant, row.version, found, nonce=row.nonce)
    if digest == row.content_sha256:
        return
    about = f"eligibility {row.seq} {digest[:FIRST_CHARACTERS]}"
    last = Deviation.objects.filter(participant=ground.participant, kind=eligibility.CHANGED).order_by("-id")
    if last.values_list("about", flat=True).first() == about:
        return
    lost = [each.criterion.id for each in found if each.met != "yes"]
    now = f"no longer met or known: {', '.join(lost)}" if lost else "every criterion is still met"
    text = f"An answer behind eligibility changed after it was confirmed; {now}"
    importance = deviations.IMPORTANT if lost else deviations.MINOR
    deviations.note(
        one, ground, kind=eligibility.CHANGED, importance=importance, text=text, about=about, at=at
    )
