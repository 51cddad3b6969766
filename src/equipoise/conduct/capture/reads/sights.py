"""Who is seen by a viewer: sites, participants, and the sight of each protocol version.

Holds what several reads share. Refuses to write.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db.models import QuerySet

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.instants import moment
from equipoise.conduct.capture import access, milestones
from equipoise.conduct.capture.access import Ground
from equipoise.conduct.capture.lines import Person
from equipoise.conduct.capture.milestones import Milestones
from equipoise.conduct.capture.models import LOG, STUDY, Participant
from equipoise.conduct.capture.visibility import Sight
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.conduct.studies.reads import Site
from equipoise.protocol import Resolved, ResolvedForm

SYSTEM = "system"


@dataclass(frozen=True)
class Circle:
    """What a viewer may know of the study: its sites, locks, and each version through their eyes.

    Each is looked up when it is first asked for.
    about   the one participant it is about; None for all
    """

    viewer: Viewer
    about: Ground | None = None

    @cached_property
    def sites(self) -> Mapping[str, Site]:
        """Every site by its id."""
        return {site.site: site for site in studies.sites()}

    @cached_property
    def locks(self) -> frozenset[str]:
        """Participants that are locked; "study" when the whole study is."""
        return access.locked_targets()

    @cached_property
    def milestones(self) -> Mapping[str, Milestones]:
        """What happened for participants that masking counts from; who is not named has none."""
        return {self.about.participant: self.about.milestones} if self.about else milestones.of()

    @cached_property
    def _versions(self) -> dict[tuple[int, Milestones], tuple[Resolved, Sight]]:
        return {}

    def version(self, number: int, participant: str = "") -> tuple[Resolved, Sight]:
        """Return a protocol version and what the viewer may see of it; each is looked up once.

        participant   of whom; "" for nobody in particular, of whom nothing was told
        """
        resolved = studies.resolved(number)
        told = participant and resolved.protocol.events
        found = self.milestones.get(participant, milestones.NONE) if told else milestones.NONE
        if (number, found) not in self._versions:
            seen = access.sight(self.viewer, resolved, study_locked=STUDY in self.locks, milestones=found)
            self._versions[number, found] = (resolved, seen)
        return self._versions[number, found]

    def people(self, action: str = "participant.view") -> QuerySet[Participant]:
        """Return the participants at sites where the viewer may do this."""
        allowed = self.viewer.sites(action, known=self.sites)
        return Participant.objects.filter(site__in=allowed)

    def is_locked(self, participant: str) -> bool:
        """Whether a participant, or the study, is locked."""
        return bool(self.locks & {participant, STUDY})


def circle(viewer: Viewer, *, about: Ground | None = None) -> Circle:
    """Return what a viewer may know of the study, or of one participant."""
    return Circle(viewer, about)


@dataclass(frozen=True, slots=True)
class Names:
    """Names of people by id."""

    known: Mapping[str, str]

    def person(self, one: str) -> Person:
        """Return somebody, as pages name them."""
        return Person(one, "" if one == SYSTEM else self.known.get(one, one))


def names(persons: Collection[str]) -> Names:
    """Return the names of people in one statement."""
    wanted = set(persons) - {SYSTEM, ""}
    return Names(people.names(wanted) if wanted else {})


def local(text: str, site: Site) -> datetime:
    """Return a stored instant as the site's clock shows it."""
    return moment(text).astimezone(site.zone)


def day_of(text: str) -> date | None:
    """Return a stored date; None where there is none."""
    return date.fromisoformat(text) if text else None


def visit_label(resolved: Resolved, visit: str, repeat: int) -> str:
    """Return a visit's name, with its number from the second on; "" for a log."""
    if visit == LOG:
        return ""
    name = wording.said(resolved.protocol.visit(visit).name, resolved)
    return name if repeat == 1 else f"{name} ({repeat})"


def item_label(form: ResolvedForm, item: str, resolved: Resolved) -> str:
    """Return the label of an item or score; "" for the whole form."""
    for one in form.all_items():
        if one.id == item:
            return wording.said(one.label, resolved, form)
    if form.instrument is not None and item in form.scores:
        return wording.said(form.instrument.score_named(item).label, resolved, form)
    return ""
