"""Who knows what: every exposure with its cause, for people who are not blind; never an arm."""

from dataclasses import dataclass
from datetime import datetime

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.capture import words
from equipoise.conduct.capture.reads.whereabouts import sites_of
from equipoise.conduct.studies import reads as studies

VIEW = "exposure.view"
OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class ExposureLine:
    """Somebody was shown what a kit holds; `reason` where a code break or an opened file gave one."""

    participant: str
    kit: str
    name: str
    role: str
    cause: str
    reason: str
    at: datetime


def exposures(*, viewer: Viewer, find: str = "") -> tuple[ExposureLine, ...]:
    """Return every exposure at the viewer's sites, the newest first.

    find   part of a participant's id or of a person's name
    """
    rows = allocator.exposures()
    sites = [one.site for one in studies.sites()]
    mine, everywhere = viewer.sites(VIEW, known=sites), viewer.may(VIEW, site="")
    where = sites_of([row.participant for row in rows if row.participant])
    names = people.names({row.person for row in rows})
    reasons = {(one.participant, one.person, one.at): one.reason for one in allocator.unblindings()}
    found = [
        ExposureLine(
            row.participant,
            row.kit,
            names.get(row.person, row.person),
            words.role(row.role),
            row.cause,
            reasons.get((row.participant, row.person, row.at), ""),
            row.at,
        )
        for row in reversed(rows)
        if everywhere or where.get(row.participant) in mine
    ]
    wanted = find.casefold().strip()
    return tuple(
        one for one in found if wanted in one.participant.casefold() or wanted in one.name.casefold()
    )
