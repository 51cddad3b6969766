"""Sealed files, one a participant, for when the system is away: made, opened on paper, accounted for.

Every file has the same size whatever it holds, is named by the participant, and is made in the order of their
ids, so that a look at the folder tells nothing. Whoever opens one is as unblinded as if the system had told
them: it is written down when it is reported.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db.models import Max

from equipoise.conduct.allocator.models import Assignment, Envelope, EnvelopeStep
from equipoise.conduct.allocator.reads import DESTROYED, LOST, OPENED, envelopes_made
from equipoise.conduct.allocator.sealing import Key, key
from equipoise.conduct.allocator.services.releasing import ENVELOPE, note_reading, open_slot
from equipoise.conduct.audit.instants import instant, moment
from equipoise.conduct.audit.services import act
from equipoise.conduct.stores import envelopes
from equipoise.conduct.stores.entropy import token
from equipoise.errors import Problem, RecordError

PURPOSE = "code break"
CODE_BYTES = 3
PLAIN_BYTES = 4096
"""What every file holds, padded: a longer text would tell one arm from another."""
SUFFIX = ".sealed"
STEPS = {"": (OPENED, DESTROYED, LOST), LOST: (OPENED, DESTROYED), OPENED: (OPENED,), DESTROYED: ()}
"""What may follow on what: an opened file stays opened, and may be read again."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file that was made. Its repr shows no words."""

    participant: str
    code: str
    name: str
    words: str = field(repr=False)


def make_envelopes(*, folder: Path, at: datetime, by: str) -> tuple[Sealed, ...]:
    """Seal each participant's arm into a file of its own, and return the words that open each.

    folder   empty, or not there yet
    Raises   RecordError when nobody is randomized, or the folder holds something; IntegrityError without the
             allocation key
    """
    rows = list(Assignment.objects.select_related("slot").order_by("participant"))
    problems = []
    if not rows:
        problems.append(Problem("nobody is randomized", "make them after the first randomization", "list"))
    if folder.exists() and any(folder.iterdir()):
        hint = "name a new folder: older files are destroyed and reported so, not overwritten"
        problems.append(Problem(f"{folder.name} is not empty", hint, "out"))
    if problems:
        raise RecordError("no sealed file is made", problems)
    sealing = key()
    batch = (Envelope.objects.aggregate(last=Max("batch"))["last"] or 0) + 1
    folder.mkdir(parents=True, exist_ok=True)
    # Outside of the act: deriving keys takes long, and files that were cut off are named as strange.
    made = [_seal(row, folder, sealing, at=at) for row in rows]
    with act("allocation", "envelopes.made", at=at, by=by) as one:
        one.add_all(
            [
                Envelope(
                    code=sealed.code,
                    participant=sealed.participant,
                    kit=row.kit,
                    batch=batch,
                    made_at=instant(at),
                    sha256=digest,
                )
                for row, (sealed, digest) in zip(rows, made, strict=True)
            ]
        )
    return tuple(sealed for sealed, _ in made)


def _seal(row: Assignment, folder: Path, sealing: Key, *, at: datetime) -> tuple[Sealed, str]:
    code, words = token(CODE_BYTES).hex().upper(), envelopes.new_words()
    text = _written(row, code, sealing, at=at).encode()
    if len(text) > PLAIN_BYTES:
        raise ValueError("what an envelope says is too long")
    name = f"{row.participant}-{code}{SUFFIX}"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        plain = Path(scratch) / "plain"
        plain.touch(mode=0o600)
        plain.write_bytes(text.ljust(PLAIN_BYTES, b" "))
        envelopes.close(plain, folder / name, words=words, purpose=PURPOSE)
    moment = at.timestamp()
    os.utime(folder / name, (moment, moment))
    return Sealed(row.participant, code, name, words), sha256_of(folder / name)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _written(row: Assignment, code: str, sealing: Key, *, at: datetime) -> str:
    arm = open_slot(row.slot, sealing)
    doses = [f"  {epoch}: {', '.join(labels)}" for epoch, labels in arm.doses]
    return "\n".join(
        [
            f"CODE BREAK, FILE {code}",
            f"Participant {row.participant}, kit {row.kit}",
            f"sealed {at:%Y-%m-%d %H:%M} UTC",
            "",
            f"Treatment: {arm.intervention_label}",
            "As planned for this participant, by part of the study:",
            *doses,
            "",
            "What to do",
            "1. Treat the participant. Tell only those who need to know for it.",
            "2. Write down now: your name, the day and the time, and why.",
            "3. You may not rate this participant from now on.",
            f"4. Once the system is back, have file {code} reported as opened (page Sealed files).",
            "",
        ]
    )


def report_envelope(
    *,
    code: str,
    status: str,
    person: str,
    role: str,
    happened_at: datetime,
    reason: str,
    at: datetime,
    by: str,
) -> str:
    """Note what became of a sealed file, and return whose it is; an opening is an exposure of who opened it.

    code        the file's code, as its name and first line say
    status      opened, destroyed or lost
    person      who opened it; "outside" for somebody without access, named in the reason
    happened_at   when, not later than now
    Raises      RecordError with everything wrong
    """
    row = Envelope.objects.filter(code=code.strip().upper()).first()
    last = EnvelopeStep.objects.filter(envelope=row).order_by("-seq").first() if row else None
    problems = list(_wrong(row, last, status, person, happened_at, reason, at=at))
    if problems or row is None:
        raise RecordError("this cannot be noted", problems)
    opened = status == OPENED
    with act(
        "allocation",
        f"envelope.{status}",
        at=at,
        by=by,
        on_behalf=person if opened and person != by else "",
        subjects=[row.participant, row.code],
        reason=reason,
    ) as one:
        one.add(
            EnvelopeStep(
                envelope=row,
                seq=last.seq + 1 if last else 1,
                status=status,
                person=person if opened else "",
                happened_at=instant(happened_at),
                noted_by=by,
                reason=reason.strip(),
            )
        )
        if opened:
            given = Assignment.objects.get(participant=row.participant)
            note_reading(
                one, given, to=person, role=role, cause=ENVELOPE, read_at=happened_at, reason=reason.strip()
            )
    return row.participant


def _wrong(
    row: Envelope | None,
    last: EnvelopeStep | None,
    status: str,
    person: str,
    happened_at: datetime,
    reason: str,
    *,
    at: datetime,
) -> Iterator[Problem]:
    if row is None:
        yield Problem("there is no sealed file with this code", "read it in the file's name", "code")
    elif status not in STEPS[last.status if last else ""]:
        now = last.status if last else "sealed"
        yield Problem(f"the file is noted as {now}", "", "status")
    elif happened_at < moment(row.made_at):
        yield Problem("the file was not made yet at that time", "compare the time", "happened_at")
    if status == OPENED and not person:
        yield Problem(
            "it does not say who opened it", "name everybody who read it, one after the other", "person"
        )
    if not reason.strip():
        yield Problem("it does not say why", "say what happened", "reason")
    if happened_at > at:
        yield Problem("this time lies ahead", "give the time it was opened", "happened_at")


@dataclass(frozen=True, slots=True)
class Accounted:
    """A folder of sealed files, compared with those that were made.

    missing   codes of files that are not there and that nobody reported
    changed   names of files that are not as they were made
    strange   names of files that nobody made
    """

    present: int
    missing: tuple[tuple[str, str], ...]
    changed: tuple[str, ...]
    strange: tuple[str, ...]


def account_for(folders: list[Path]) -> Accounted:
    """Compare folders of sealed files with those that should still be sealed."""
    found = {path.name: path for folder in folders for path in sorted(folder.glob(f"*{SUFFIX}"))}
    made = {f"{one.participant}-{one.code}{SUFFIX}": one for one in envelopes_made()}
    changed = tuple(
        name for name, path in found.items() if name in made and sha256_of(path) != made[name].sha256
    )
    missing = tuple(
        (one.participant, one.code) for name, one in made.items() if name not in found and not one.status
    )
    strange = tuple(name for name in found if name not in made)
    return Accounted(len(found) - len(strange), missing, changed, strange)
