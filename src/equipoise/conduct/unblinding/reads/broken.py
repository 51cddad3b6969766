"""Emergency tellings as those see them who must know that they happened: never what was told, nor why."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.instants import instant, moment
from equipoise.conduct.capture.reads.whereabouts import participants_at, sites_of
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.unblinding.models import CodeBreak

BREAK = "arm.break"
NOTICE = timedelta(days=14)
"""For so long a code break stands on the first page."""


@dataclass(frozen=True, slots=True)
class BreakLine:
    """A code break; the time is the site's."""

    participant: str
    name: str
    cause: str
    at: datetime


def recent(*, viewer: Viewer, at: datetime) -> tuple[BreakLine, ...]:
    """Return the code breaks of the last days at the viewer's sites, the newest first."""
    return _lines(viewer, since=instant(at - NOTICE))


def every(*, viewer: Viewer) -> tuple[BreakLine, ...]:
    """Return every code break at the viewer's sites, the newest first."""
    return _lines(viewer, since="")


def _lines(viewer: Viewer, *, since: str) -> tuple[BreakLine, ...]:
    rows = list(CodeBreak.objects.filter(broken_at__gte=since).order_by("-broken_at", "-id"))
    if not rows:
        return ()
    sites = {one.site: one for one in studies.sites()}
    where = sites_of([row.participant for row in rows])
    mine = viewer.sites(BREAK, known=sites)
    names = people.names({row.person for row in rows})
    return tuple(
        BreakLine(
            row.participant,
            names.get(row.person, row.person),
            row.cause,
            moment(row.broken_at).astimezone(sites[where[row.participant]].zone),
        )
        for row in rows
        if where.get(row.participant) in mine
    )


def participants(viewer: Viewer) -> tuple[str, ...]:
    """Return everybody whose code the viewer may break."""
    return participants_at(viewer.sites(BREAK, known=[one.site for one in studies.sites()]))
