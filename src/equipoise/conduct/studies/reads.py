"""What others may ask about the study, answered with frozen values.

Holds look-ups and the cache of resolved protocol versions. Refuses to read the package's present scales for a
stored version: it is rebuilt from the text and the library stored with it.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db import connections

from equipoise import protocol
from equipoise.conduct.stores import statements
from equipoise.conduct.studies.models import ProtocolVersion, StudySetup
from equipoise.conduct.studies.models import Site as SiteRow
from equipoise.conduct.studies.models import SiteVersion as SiteVersionRow
from equipoise.conduct.studies.union import united
from equipoise.errors import Problem, ProtocolError
from equipoise.instruments import Wording
from equipoise.protocol import Resolved, reading
from equipoise.protocol.library import Library

VERSIONS_KEPT = 16
_ADOPTED = "SELECT site, version, effective_from FROM site_version ORDER BY effective_from, id"
_NEWEST = "SELECT max(number) FROM protocol_version"
_SITE = "SELECT site, name, time_zone FROM site WHERE site = %s ORDER BY seq DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Version:
    """A stored protocol version.

    number   1, 2, 3 ...
    name     the file's name
    text     the file's text
    hashes   SHA-256 by part, as they were when it was stored
    """

    number: int
    name: str
    text: str
    hashes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Site:
    """A place where participants are seen. `zone` is what its days are counted in."""

    site: str
    name: str
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.time_zone)

    def today(self, at: datetime) -> date:
        """Return the calendar date there at an instant."""
        return at.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Study:
    """The study as it was set up.

    planned_n           how many participants the protocol plans
    planned_per_month   how many it expects to enter a month, as its first scenario says; None without one
    """

    trial: str
    title: str
    simulated: bool
    version: int
    planned_n: int | None
    planned_per_month: float | None


def study() -> Study | None:
    """Return the study; None when it was never set up."""
    row = StudySetup.objects.order_by("id").first()
    newest = ProtocolVersion.objects.order_by("-number").values_list("number", "act").first()
    if row is None or newest is None:
        return None
    found = _rebuilt(*newest)[0].protocol
    scenarios = found.simulation.scenarios if found.simulation else ()
    pace = next((one.accrual.per_month for one in scenarios), None)
    return Study(row.trial, found.trial.title, row.simulated, newest[0], found.planned_n, pace)


def latest() -> Version | None:
    """Return the newest protocol version; None when there is none."""
    return _version(ProtocolVersion.objects.order_by("-number").first())


def latest_number() -> int | None:
    """Return the number of the newest protocol version; None when there is none."""
    return statements.rows("default", _NEWEST, ())[0][0]  # type: ignore[no-any-return]


def version(number: int) -> Version | None:
    """Return a protocol version; None when there is none of that number."""
    return _version(ProtocolVersion.objects.filter(number=number).first())


def _version(row: ProtocolVersion | None) -> Version | None:
    return None if row is None else Version(row.number, row.name, row.source, json.loads(row.hashes))


def versions() -> tuple[Version, ...]:
    """Return every protocol version, the oldest first."""
    rows = ProtocolVersion.objects.order_by("number")
    return tuple(Version(row.number, row.name, row.source, json.loads(row.hashes)) for row in rows)


def sites() -> tuple[Site, ...]:
    """Return every site as it was last corrected, in the order they were added."""
    found: dict[str, Site] = {}
    for row in SiteRow.objects.order_by("id"):
        found[row.site] = Site(row.site, row.name, row.time_zone)
    return tuple(found.values())


def site(name: str) -> Site | None:
    """Return a site; None when there is none."""
    found = statements.rows("default", _SITE, [name])
    return Site(*found[0]) if found else None


def version_at(name: str, *, day: date) -> int | None:
    """Return the number of the protocol version a site works under on a day; None when it has none yet."""
    return versions_at(day).get(name)


def versions_at(day: date, *, first: bool = False) -> dict[str, int]:
    """Return site to the number of the version in force there on a day: the last to come into force.

    first   whether a site under no version yet gets its first to come, so that pages can be read on a clock
            that was put back
    """
    found: dict[str, int] = {}
    for site, version, effective_from in statements.rows("default", _ADOPTED, ()):
        if effective_from <= day.isoformat() or (first and site not in found):
            found[site] = version
    return found


def newest(name: str) -> int | None:
    """Return the newest protocol version a site has adopted, from whatever day; None for none."""
    rows = SiteVersionRow.objects.filter(site=name).order_by("-version")
    return rows.values_list("version", flat=True).first()


def resolved(number: int) -> Resolved:
    """Return a protocol version with everything it refers to, from what was stored with it.

    Raises  KeyError when there is no such version; ProtocolError when its text can no longer be read
    """
    return _stored(number)[0]


def everything() -> Resolved:
    """Return all protocol versions as one, the latest counting where they differ.

    Raises  KeyError when there is none
    """
    numbers = ProtocolVersion.objects.order_by("number").values_list("number", flat=True)
    versions = [resolved(number) for number in numbers]
    if not versions:
        raise KeyError("no protocol is stored")
    return united(versions)


def newest_of_all() -> Resolved | None:
    """Return the newest protocol version; None when there is none."""
    row = ProtocolVersion.objects.order_by("-number").values_list("number", "act").first()
    return _rebuilt(*row)[0] if row else None


def wordings(number: int) -> dict[tuple[str, str], Wording]:
    """Return (language, scale) to the licensed wording stored with a version. KeyError when there is none."""
    return _stored(number)[1].read_wordings


def _stored(number: int) -> tuple[Resolved, Library]:
    return _rebuilt(number, _act(number, str(connections["default"].settings_dict["NAME"])))


@lru_cache(maxsize=VERSIONS_KEPT)
def _act(number: int, _database: str) -> str:
    """Return the act that stored a version, asked once a process and database: a version never changes."""
    act = ProtocolVersion.objects.filter(number=number).values_list("act", flat=True).first()
    if act is None:
        raise KeyError(number)
    return act


@lru_cache(maxsize=VERSIONS_KEPT)
def _rebuilt(number: int, _act: str) -> tuple[Resolved, Library]:
    """Rebuild a version; the act that stored it tells two installations in one process apart."""
    row = ProtocolVersion.objects.get(number=number)
    texts = json.loads(row.library)
    library = Library(texts["scales"], texts["standard"], texts["wording"])
    found, _, problems = reading.parse(row.source, name=row.name)
    if found is None:
        raise ProtocolError(f"protocol version {number} can no longer be read", problems)
    return protocol.resolve(found, library=library), library


def edited(text: str, *, name: str) -> list[Problem]:
    """Return in what a protocol file differs from the version in force; nothing when it is the same.

    The study goes on with the stored version whatever the file says.
    """
    held = latest()
    if held is None or held.text == text:
        return []
    hint = f"the study goes on with version {held.number} as it was stored"
    found, _, problems = reading.parse(text, name=name)
    if found is None:
        return [Problem("the file was changed and can no longer be read", hint, source=name), *problems]
    try:
        hashes = protocol.resolve(found).hashes
    except ProtocolError as error:
        return [Problem("the file was changed and no longer resolves", hint, source=name), *error.problems]
    before = resolved(held.number).hashes
    parts = [part for part in hashes if hashes[part] != before[part]]
    said = f"the file was changed after version {held.number} was stored: {', '.join(parts) or 'notes only'}"
    return [Problem(said, hint, source=name, severity="warning")]
