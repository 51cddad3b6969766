"""Forms are verified, signed, locked and unlocked; participants and the study are locked as wholes."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.canonical import canonical
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.capture import access, answers, blindness, moves
from equipoise.conduct.capture.access import PART_SIGNED, FormGround
from equipoise.conduct.capture.answers import Stored, hold, hold_study
from equipoise.conduct.capture.models import STUDY, Entry, Form, FormState, Lock, Signature
from equipoise.conduct.capture.moves import IN_PROGRESS, SIGNED
from equipoise.conduct.capture.services import notes
from equipoise.conduct.capture.services.queries import any_open
from equipoise.errors import PermissionRefused, Problem, RecordError
from equipoise.protocol.filling import Place

LONGEST_MEANING = 200


def verify(*, form: str, at: datetime, by: Viewer) -> None:
    """State that a complete form agrees with its source.

    Raises  Http404; PermissionRefused; RecordError when it is not complete, or data are locked
    """
    _move("verify", form, at=at, by=by)


def sign(*, form: str, meaning: str, at: datetime, by: Viewer) -> None:
    """Sign the exact content of a verified form. Whoever calls this has just authenticated the person again.

    meaning   what is signed, in words, e.g. "I have reviewed these data"
    Raises    Http404; PermissionRefused, also when something of the form is hidden from the signer;
              RecordError when it is not verified, or data are locked
    """
    wrong = notes.problems(
        meaning, path="meaning", needed="it does not say what is signed", longest=LONGEST_MEANING
    )
    if wrong:
        raise RecordError("this cannot be signed", wrong)

    def add(one: Act, found: FormGround) -> None:
        digest = content_sha256(found.row.id, answers.current(found.number))
        one.add(
            Signature(
                form=found.row,
                signer=by.person,
                signed_at=instant(at),
                meaning=meaning.strip(),
                content_sha256=digest,
            )
        )

    _move("sign", form, at=at, by=by, add=add)


def lock(*, form: str, at: datetime, by: Viewer) -> None:
    """Lock a signed form: nothing in it changes any more.

    Raises  Http404; PermissionRefused; RecordError when it is not signed, or has an open query
    """
    _move("lock", form, at=at, by=by)


def unlock(*, form: str, reason: str, at: datetime, by: Viewer) -> None:
    """Unlock a form, which is signed again as it was.

    Raises  Http404; PermissionRefused; RecordError when it is not locked, or no reason is given
    """
    _move("unlock", form, at=at, by=by, reason=_reasoned(reason))


def _move(
    name: str,
    form: str,
    *,
    at: datetime,
    by: Viewer,
    reason: str = "",
    add: Callable[[Act, FormGround], None] | None = None,
) -> None:
    step = moves.step(name)
    found = access.form(form, viewer=by)
    found.ground.require(step.action)
    if name == "verify" and found.sealed:
        problem = Problem("this form is sealed", "verify it once the seals are broken", "form")
        raise PermissionRefused("nobody can verify this form yet", [problem])
    if name in ("sign", "lock") and not found.sight.whole(found.row.form):
        hint = f"somebody who sees all of it {name}s it"
        problem = Problem("part of this form is hidden from you", hint, "form")
        raise PermissionRefused(f"you may not {name} this form", [problem])
    if name == "sign" and (knowing := blindness.rating_problem(found)) is not None:
        raise RecordError("you may not sign this rating", [knowing])
    if found.ground.locked:
        raise RecordError("the participant's data are locked", [Problem("unlock them first", "", "form")])
    if name == "lock" and any_open(found.row):
        raise RecordError("this form has open queries", [Problem("close them first", "", "form")])
    if name == "lock" and void(found.row):
        problem = Problem("a hidden answer changed since it was signed", "have it signed again", "form")
        raise RecordError("the signature no longer covers this form", [problem])
    if name == "sign" and void(found.row):
        _sign_again(found, at=at, by=by, add=add)
        return
    action = "form.unlocked" if name == "unlock" else f"form.{step.after}"
    with act("trial", action, at=at, by=by.person, subjects=found.subjects, reason=reason) as one:
        hold(one.alias, found.participant)
        last = FormState.objects.filter(form=found.row).order_by("-seq").first()
        state, seq = (last.state, last.seq) if last else (IN_PROGRESS, 0)
        if state != step.before:
            problem = Problem(
                f"it is {state.replace('_', ' ')}", f"it must be {step.before} for that", "form"
            )
            raise RecordError(f"you cannot {name} this form now", [problem])
        if add is not None:
            add(one, found)
        one.add(
            FormState(
                form=found.row,
                seq=seq + 1,
                state=step.after,
                person=by.person,
                stated_at=instant(at),
                reason=reason,
            )
        )


def _sign_again(
    found: FormGround, *, at: datetime, by: Viewer, add: Callable[[Act, FormGround], None] | None
) -> None:
    """Sign a form that stayed signed while a hidden answer changed: whom it is hidden from sees no step."""
    with act("trial", PART_SIGNED, at=at, by=by.person, subjects=found.subjects) as one:
        hold(one.alias, found.participant)
        if add is not None:
            add(one, found)


def void(form: Form) -> bool:
    """Whether a form is signed and its signature no longer covers what it says."""
    last = FormState.objects.filter(form=form).order_by("-seq").first()
    return last is not None and last.state == SIGNED and not signed(form.id)


def signed(form: int) -> bool:
    """Whether the newest signature covers a form's content as it is now."""
    last = (
        Signature.objects.filter(form=form).order_by("-id").values_list("content_sha256", flat=True).first()
    )
    return last == content_sha256(form, answers.current(form))


def content_sha256(form: int, stored: dict[Place, Stored]) -> str:
    """Return SHA-256 over a form's canonical content: its number, every answer with its version and salt.

    The salts go with the answers when they are erased, so nobody guesses from the digest what they were.
    """
    salts = dict(
        Entry.objects.filter(id__in=[one.entry for one in stored.values()]).values_list("id", "salt")
    )
    rows = [
        [item, row, one.seq, _hexadecimal(salts[one.entry])]
        + [getattr(one.answer, name) for name in answers.COLUMNS]
        for (item, row), one in sorted(stored.items())
    ]
    return sha256(canonical(["form", form, rows])).hexdigest()


def _hexadecimal(salt: bytes | memoryview | None) -> str | None:
    return None if salt is None else bytes(salt).hex()


def lock_participant(*, participant: str, locked: bool, reason: str, at: datetime, by: Viewer) -> None:
    """Lock all of a participant's data, or lift the lock.

    Raises  Http404; PermissionRefused; RecordError when it is so already, or no reason is given
    """
    ground = access.participant(participant, viewer=by)
    ground.require("form.lock")
    _lock(participant, f"participant.{_verb(locked=locked)}", locked=locked, reason=reason, at=at, by=by)


def lock_study(*, locked: bool, reason: str, at: datetime, by: Viewer) -> None:
    """Lock all data of the study, or lift the lock. What is hidden until the lock is seen while it holds.

    Raises  PermissionRefused; RecordError when it is so already, or no reason is given
    """
    by.require("form.lock", site="")
    _lock(STUDY, f"study.{_verb(locked=locked)}", locked=locked, reason=reason, at=at, by=by)


def _verb(*, locked: bool) -> str:
    return "locked" if locked else "unlocked"


def _lock(target: str, action: str, *, locked: bool, reason: str, at: datetime, by: Viewer) -> None:
    said = _reasoned(reason)
    with act("trial", action, at=at, by=by.person, subjects=[target], reason=said) as one:
        hold_study(one.alias)
        last = Lock.objects.filter(target=target).order_by("-seq").first()
        if (last.locked if last else False) is locked:
            raise RecordError(
                "nothing changes", [Problem(f"it is {_verb(locked=locked)} already", "", target)]
            )
        one.add(Lock(target=target, seq=last.seq + 1 if last else 1, locked=locked, reason=said))


def _reasoned(reason: str) -> str:
    wrong = notes.problems(reason, path="reason", needed="this needs a reason")
    if wrong:
        raise RecordError("nothing was done", wrong)
    return reason.strip()
