"""Every write about the study: protocol versions, what was set up once, sites and what each works under."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from equipoise import protocol
from equipoise.conduct.audit.services import act
from equipoise.conduct.studies import reads
from equipoise.conduct.studies.models import ProtocolVersion, Site, SiteVersion, StudySetup
from equipoise.errors import Problem, RecordError
from equipoise.protocol import library

SITE_ID = re.compile(r"[A-Za-z0-9_]{1,16}")
LONGEST_NAME = 200


def add_version(
    *, text: str, name: str, at: datetime, by: str, wordings: Mapping[str, str] | None = None
) -> int:
    """Store a protocol file with everything it refers to, and return its number, from 1.

    text      the file's text; name its file name
    by        id of the acting person, or "system"
    wordings  "language/scale" to the text of a licensed wording beside the file
    Raises    ProtocolError with everything wrong with the file or a wording; RecordError when it is the
              version in force already, or another trial's
    """
    found = protocol.load(text, name=name)
    kept = library.gather(found, wordings=wordings)
    resolved = protocol.resolve(found, library=kept)
    _ = kept.read_wordings
    latest = reads.latest()
    if latest is not None:
        _refuse_version(reads.resolved(latest.number), found, same=latest.text == text)
    number = latest.number + 1 if latest else 1
    texts = {"scales": dict(kept.scales), "standard": dict(kept.standard), "wording": dict(kept.wordings)}
    row = ProtocolVersion(
        number=number,
        name=name[:LONGEST_NAME],
        source=text,
        library=json.dumps(texts, sort_keys=True, ensure_ascii=False),
        hashes=json.dumps(resolved.hashes, sort_keys=True),
    )
    with act("trial", "study.version_added", at=at, by=by, subjects=[found.trial.id]) as one:
        one.add(row)
    return number


def _refuse_version(before: protocol.Resolved, found: protocol.Protocol, *, same: bool) -> None:
    own = before.protocol.trial.id
    problems = []
    if found.trial.id != own:
        problems.append(
            Problem(f"this is the protocol of {found.trial.id}", f"this study is {own}", "trial.id")
        )
    if same:
        problems.append(Problem("this is the version in force already", "change the file first", "text"))
    if problems:
        raise RecordError("this is no new version of the protocol", problems)


def set_up(*, simulated: bool, at: datetime, by: str) -> None:
    """Fix once and for ever which trial this is and whether its data are invented.

    Raises  RecordError when no protocol version is stored yet, or the study is set up already
    """
    latest = reads.latest()
    if latest is None:
        raise RecordError(
            "the study cannot be set up", [Problem("no protocol is stored yet", "", "protocol")]
        )
    if StudySetup.objects.exists():
        raise RecordError("the study cannot be set up", [Problem("it is set up already", "", "study")])
    trial = reads.resolved(latest.number).protocol.trial.id
    with act("trial", "study.set_up", at=at, by=by, subjects=[trial]) as one:
        one.add(StudySetup(trial=trial, simulated=simulated))


def add_site(*, site: str, name: str, time_zone: str, at: datetime, by: str) -> None:
    """Add a place where participants are seen; it works under the latest protocol version from today on.

    site       1 to 16 letters, digits and _; it becomes part of participants' ids
    time_zone  IANA name, e.g. "America/Los_Angeles"
    Raises     RecordError with everything wrong
    """
    problems = _site_problems(name, time_zone)
    if not SITE_ID.fullmatch(site):
        problems.append(Problem(f"`{site}` is no site id", "1 to 16 letters, digits and _", "site"))
    elif any(one.site.casefold() == site.casefold() for one in reads.sites()):
        problems.append(Problem(f"there is a site `{site}` already", "choose another id", "site"))
    latest = reads.latest()
    if latest is None:
        problems.append(Problem("no protocol is stored yet", "store it first", "protocol"))
    if problems or latest is None:
        raise RecordError("this site cannot be added", problems)
    today = at.astimezone(ZoneInfo(time_zone)).date().isoformat()
    with act("trial", "study.site_added", at=at, by=by, subjects=[site]) as one:
        one.add(Site(site=site, seq=1, name=name.strip(), time_zone=time_zone))
        one.add(SiteVersion(site=site, version=latest.number, effective_from=today))


def correct_site(*, site: str, name: str, time_zone: str, at: datetime, by: str, reason: str) -> None:
    """Correct a site's name or time zone; what stood there before stays on record.

    Raises  RecordError with everything wrong, or when there is no such site
    """
    problems = _site_problems(name, time_zone)
    if not reason.strip():
        problems.append(Problem("a correction needs a reason", "say why", "reason"))
    if reads.site(site) is None:
        problems.append(Problem(f"there is no site `{site}`", "", "site"))
    if problems:
        raise RecordError("this site cannot be corrected", problems)
    with act("trial", "study.site_corrected", at=at, by=by, subjects=[site], reason=reason) as one:
        seq = Site.objects.filter(site=site).count() + 1
        one.add(Site(site=site, seq=seq, name=name.strip(), time_zone=time_zone))


def adopt_version(
    *, site: str, version: int, approved_on: date | None, effective_from: date, at: datetime, by: str
) -> None:
    """Let a site work under a protocol version from a day on; forms begun before keep theirs.

    Raises  RecordError with everything wrong
    """
    problems = []
    if reads.site(site) is None:
        problems.append(Problem(f"there is no site `{site}`", "", "site"))
    if reads.version(version) is None:
        problems.append(Problem(f"there is no version {version}", "", "version"))
    if SiteVersion.objects.filter(site=site, version=version).exists():
        problems.append(Problem(f"{site} has adopted version {version} already", "", "version"))
    if approved_on is not None and effective_from < approved_on:
        problems.append(
            Problem("it would be in force before its approval", "correct a date", "effective_from")
        )
    if problems:
        raise RecordError("this version cannot be adopted", problems)
    with act("trial", "study.version_adopted", at=at, by=by, subjects=[site]) as one:
        one.add(
            SiteVersion(
                site=site,
                version=version,
                approved_on=approved_on.isoformat() if approved_on else "",
                effective_from=effective_from.isoformat(),
            )
        )


def _site_problems(name: str, time_zone: str) -> list[Problem]:
    problems = []
    if not name.strip() or len(name) > LONGEST_NAME or "\x00" in name:
        problems.append(Problem("the site needs a name", f"1 to {LONGEST_NAME} characters", "name"))
    if time_zone not in available_timezones():
        hint = "an IANA name, such as Europe/Berlin"
        problems.append(Problem(f"`{time_zone[:64]}` is no time zone", hint, "time_zone"))
    return problems
