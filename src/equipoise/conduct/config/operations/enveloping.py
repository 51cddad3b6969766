"""Sealed files on the command line: made, reported, accounted for. Refuses to print an arm."""

from datetime import datetime
from pathlib import Path

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.allocator.services import Accounted
from equipoise.conduct.capture.reads.whereabouts import sites_of
from equipoise.conduct.config.operations.setting_up import OPERATOR
from equipoise.conduct.unblinding.services import reporting
from equipoise.conduct.unblinding.services.reporting import Report
from equipoise.errors import Problem, RecordError

WIDTH = 60


def make(*, folder: Path, words: Path, at: datetime) -> int:
    """Seal a file a participant, write the words that open them apart from it, and return how many there are.

    Raises  RecordError when nobody is randomized, the folder holds something, or the words would lie with the
            files; IntegrityError without the allocation key
    """
    problems = []
    if words.exists():
        problems.append(Problem(f"{words.name} is there already", "name a new file", "words"))
    if folder == words.parent or folder in words.parents:
        hint = "name a file on another device, or print it straight away"
        problems.append(Problem("the words would lie beside the files they open", hint, "words"))
    if problems:
        raise RecordError("no sealed file is made", problems)
    words.parent.mkdir(parents=True, exist_ok=True)
    words.touch(mode=0o600)
    try:
        made = places.make_envelopes(folder=folder, at=at, by=OPERATOR)
    except BaseException:
        words.unlink()
        raise
    lines = ["Words that open sealed files. Cut along the lines; keep them apart from the files.", ""]
    for one in made:
        lines += [f"{one.participant}   file {one.code}", f"  {one.words}", "-" * WIDTH]
    words.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return len(made)


def report(*, code: str, status: str, email: str, when: str, reason: str, at: datetime) -> str:
    """Note what became of a sealed file, and return whose it is.

    Raises  RecordError with everything wrong
    """
    person = (people.person_of(email) or "") if email else reporting.OUTSIDE
    problems = []
    if not person:
        problems.append(Problem(f"nobody signs in as `{email[:64]}`", "leave --by out for an outsider", "by"))
    try:
        happened_at = datetime.fromisoformat(when)
    except ValueError:
        happened_at = None
    if happened_at is None or happened_at.tzinfo is None:
        hint = "such as 2026-11-23T02:10-08:00"
        problems.append(Problem(f"`{when[:32]}` is no instant with an offset", hint, "when"))
    made = next((one for one in allocator.envelopes_made() if one.code == code.strip().upper()), None)
    if made is None:
        problems.append(
            Problem("there is no sealed file with this code", "read it in the file's name", "code")
        )
    if problems or made is None:
        raise RecordError("this cannot be noted", problems)
    site = sites_of([made.participant]).get(made.participant, "")
    said = Report(code, status, person, happened_at, reason)
    return reporting.note(said, site=site, at=at, by=OPERATOR)


def account(folders: list[Path]) -> Accounted:
    """Compare folders with the sealed files that were made."""
    return places.account_for(folders)
