"""Kits as a pharmacist sees them: who has which, and which come next. What they hold only services tell."""

from dataclasses import dataclass
from datetime import date

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.capture.reads.whereabouts import sites_of
from equipoise.conduct.enrollment.models import Randomization
from equipoise.conduct.studies import reads as studies

DISPENSE = "kit.dispense"


@dataclass(frozen=True, slots=True)
class KitLine:
    """A kit that somebody has; `seen` is whether the viewer was shown what it holds."""

    participant: str
    site: str
    kit: str
    randomized_on: date
    seen: bool


def sites(viewer: Viewer) -> tuple[str, ...]:
    """Return the sites for which somebody dispenses, in the order they were added."""
    known = [one.site for one in studies.sites()]
    mine = viewer.sites(DISPENSE, known=known)
    return tuple(one for one in known if one in mine)


def kits(viewer: Viewer) -> tuple[KitLine, ...]:
    """Return the kits of the viewer's sites, the newest first."""
    mine = sites(viewer)
    rows = list(Randomization.objects.order_by("-id"))
    where = sites_of([row.participant for row in rows])
    seen = {one.kit for one in allocator.exposures(person=viewer.person)}
    return tuple(
        KitLine(
            row.participant,
            where[row.participant],
            row.kit,
            date.fromisoformat(row.randomized_on),
            row.kit in seen,
        )
        for row in rows
        if where.get(row.participant) in mine
    )


def dispenses(participant: str, viewer: Viewer) -> bool:
    """Whether a participant is randomized and seen at a site of the viewer's."""
    randomized = Randomization.objects.filter(participant=participant).exists()
    return randomized and sites_of([participant]).get(participant) in sites(viewer)


def strata(viewer: Viewer) -> tuple[str, ...]:
    """Return the strata from which participants of the viewer's sites come."""
    found = (stratum for site in sites(viewer) for stratum in allocator.strata_of(site))
    return tuple(dict.fromkeys(found))
