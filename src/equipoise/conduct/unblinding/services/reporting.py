"""What became of sealed files, reported once the system is back; an opening is an exposure like any other."""

from dataclasses import dataclass
from datetime import datetime

from django.db import Error

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.capture.reads.whereabouts import sites_of
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.unblinding.services import breaking
from equipoise.errors import Problem, RecordError

REPORT = "envelope.report"
OUTSIDE = "outside"
"""Who opened a file and has no access, such as a physician of another hospital."""


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody says of a sealed file.

    status        opened, destroyed or lost
    person        who opened it: a person's id or "outside"
    happened_at   when; None where it was not said
    """

    code: str
    status: str
    person: str
    happened_at: datetime | None
    reason: str


def report(said: Report, *, at: datetime, by: Viewer) -> str:
    """Note what became of a sealed file, and return whose it is.

    Raises  RecordError with everything wrong, also when the file is of no participant of the viewer's sites
    """
    made = next((one for one in allocator.envelopes_made() if one.code == said.code.strip().upper()), None)
    site = sites_of([made.participant]).get(made.participant, "") if made else ""
    if made is None or not by.may(REPORT, site=site):
        problem = Problem("there is no sealed file with this code", "read it in the file's name", "code")
        raise RecordError("this cannot be noted", [problem])
    return note(said, site=site, at=at, by=by.person)


def note(said: Report, *, site: str, at: datetime, by: str) -> str:
    """Do what `report` does, for whoever may without asking.

    Raises  RecordError with everything wrong
    """
    problems = []
    if said.happened_at is None:
        problems.append(Problem("it does not say when", "give day and time", "happened_at"))
    if (
        said.status == allocator.OPENED
        and said.person not in ("", OUTSIDE)
        and not people.names([said.person])
    ):
        problems.append(Problem("nobody here is called so", "choose from the list", "person"))
    if problems or said.happened_at is None:
        raise RecordError("this cannot be noted", problems)
    found = places.report_envelope(
        code=said.code,
        status=said.status,
        person=said.person,
        role=_role(said.person, site),
        happened_at=said.happened_at,
        reason=said.reason,
        at=at,
        by=by,
    )
    try:
        breaking.notify(at=at, participant=found)
    except Error:
        # Noted by `reconcile` later: what was opened is written down already.
        return found
    return found


def by_site_clock(moment: datetime | None, *, code: str) -> datetime | None:
    """Return an instant; one without an offset by the clock of a file's site, None where none is known."""
    if moment is None or moment.tzinfo is not None:
        return moment
    made = next((one for one in allocator.envelopes_made() if one.code == code.strip().upper()), None)
    site = studies.site(sites_of([made.participant]).get(made.participant, "")) if made else None
    return moment.replace(tzinfo=site.zone) if site else None


def _role(person: str, site: str) -> str:
    if person in ("", OUTSIDE):
        return person
    held = [one for one in people.history([person]) if one.site in ("", site)]
    return held[-1].role if held else OUTSIDE


@dataclass(frozen=True, slots=True)
class FileLine:
    """A sealed file as pages show it; times by the site's clock."""

    code: str
    participant: str
    batch: int
    made_at: datetime
    status: str
    name: str
    happened_at: datetime | None


def files(viewer: Viewer) -> tuple[FileLine, ...]:
    """Return the sealed files of the viewer's sites, the newest first."""
    sites = {one.site: one for one in studies.sites()}
    mine = viewer.sites(REPORT, known=sites)
    rows = allocator.envelopes_made()
    where = sites_of([one.participant for one in rows])
    names = people.names({one.person for one in rows})
    return tuple(
        FileLine(
            one.code,
            one.participant,
            one.batch,
            one.at.astimezone(sites[where[one.participant]].zone),
            one.status,
            names.get(one.person, one.person),
            one.happened_at.astimezone(sites[where[one.participant]].zone) if one.happened_at else None,
        )
        for one in reversed(rows)
        if where.get(one.participant) in mine
    )
