"""Allocation lists on the command line: drawn, committed to, drawn on, revealed; and emergency lists.

Holds what `equipoise allocation` and `equipoise envelope` do. Refuses to print an arm: it goes to a file.
"""

import tempfile
from datetime import datetime
from pathlib import Path

from equipoise.conduct.allocator import reads, services
from equipoise.conduct.allocator.services import Commitment, Revealed
from equipoise.conduct.capture import access
from equipoise.conduct.capture.models import STUDY
from equipoise.conduct.config.operations.setting_up import OPERATOR
from equipoise.conduct.enrollment.reads import strata
from equipoise.conduct.enrollment.services import randomizing
from equipoise.conduct.stores import envelopes
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem, RecordError

PURPOSE = "emergency list"


def draw(*, at: datetime, length: int | None = None) -> Commitment:
    """Draw a list from the newest protocol version and commit to it in the trial's chain.

    Raises  RecordError when no study is set up, or somebody is assigned already
    """
    study = studies.study()
    if study is None:
        raise RecordError(
            "no list is drawn", [Problem("the study is not set up", "`equipoise init`", "study")]
        )
    found = services.draw_list(version=study.version, at=at, by=OPERATOR, length=length)
    randomizing.publish_commitments(at=at, by=OPERATOR)
    return found


def extend(*, length: int, at: datetime) -> Commitment:
    """Draw the list in use on, and commit to the longer one; then finish requests that waited for a place."""
    found = services.extend_list(length=length, at=at, by=OPERATOR)
    randomizing.publish_commitments(at=at, by=OPERATOR)
    return found


def reveal(*, number: int, folder: Path, at: datetime) -> Revealed:
    """Reveal a list's salt and write what proves the commitment: salt.hex and list.json.

    Raises  RecordError when there is no such list, or the study is not locked; IntegrityError when list and
            commitment do not belong together
    """
    if STUDY not in access.locked_targets([]):
        hint = "lock the data first: with the salt everybody can find out every arm"
        raise RecordError("nothing is revealed", [Problem("the study is not locked", hint, "study")])
    found = services.reveal(number=number, at=at, by=OPERATOR)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "salt.hex").write_text(found.salt.hex(), encoding="ascii")
    (folder / "list.json").write_bytes(found.content)
    return found


def issue(*, site: str, count: int, out: Path, at: datetime) -> tuple[str, str]:
    """Write an emergency list into a sealed file, and return its code and the words that open it.

    site    whose strata, where the trial is stratified by site; "" for all
    count   kits of each stratum
    Raises  RecordError when there is no list or no such site, or arms are drawn by minimization
    """
    current = reads.current()
    known = [one.site for one in studies.sites()]
    if site and site not in known:
        raise RecordError(
            "no emergency list is made",
            [Problem(f"there is no site `{site}`", f"one of {', '.join(known)}", "site")],
        )
    wanted = reads.strata_of(site) if site else current.strata if current else ()
    listed = services.issue_downtime_list(strata=wanted, count=count, at=at, by=OPERATOR)
    words = envelopes.new_words()
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        plain = Path(scratch) / "list"
        plain.write_text(_written(listed), encoding="utf-8")
        envelopes.close(plain, out, words=words, purpose=PURPOSE)
    return listed.code, words


def _written(listed: reads.Downtime) -> str:
    lines = [
        f"EMERGENCY LIST {listed.code}",
        f"made {listed.at:%Y-%m-%d %H:%M} UTC",
        "",
        "Only for when the system cannot be reached. It holds kit numbers, never treatments.",
        "1. Find the stratum by the screening answers.",
        "2. Strike out kits that were given since this list was made: ask the pharmacist.",
        "3. Take the first kit that is left. Write the participant, the day and your name beside it.",
        "4. When the system is back: report this list as opened, enter each kit in order of use, close it.",
    ]
    for stratum, kits in listed.kits.items():
        lines += ["", strata.words(stratum) or "All participants"]
        lines += [
            f"  {place}. kit {kit}   participant ____________  day ________  name ____________"
            for place, kit in enumerate(kits, 1)
        ]
    return "\n".join([*lines, ""])
