"""What is given about the study, its sites, its days' work, and whoever asks.

Holds shapes as they come over the line: dates and instants are ISO text. Refuses behavior.
"""

from typing import TypedDict

from equipoise.client.shapes.review import AlertLine


class Allowed(TypedDict):
    """A role the token acts in; site "" for every site."""

    role: str
    site: str


class Me(TypedDict):
    """Whose token it is, and what it allows."""

    actions: list[str]
    name: str
    person: str
    roles: list[Allowed]
    simulated: bool
    trial: str


class Study(TypedDict):
    """The study as it was set up."""

    planned_n: int | None
    planned_per_month: float | None
    simulated: bool
    title: str
    trial: str
    version: int


class Site(TypedDict):
    """A place where participants are seen. `zone` is what its days are counted in."""

    name: str
    site: str
    time_zone: str


class VersionNamed(TypedDict):
    """A protocol version without its text; `hashes` are SHA-256 by part, as they were when it was stored."""

    hashes: dict[str, str]
    name: str
    number: int


class Version(TypedDict):
    """A stored protocol version."""

    hashes: dict[str, str]
    name: str
    number: int
    text: str


class Month(TypedDict):
    """A month of recruitment."""

    entered: int
    first: str
    planned: int | None
    total: int


class Recruitment(TypedDict):
    """How many entered, of how many planned; site "" for the whole study."""

    entered: int
    name: str
    planned: int | None
    site: str


class Recruited(TypedDict):
    """How recruitment stands: the whole study, each site, and month by month against the plan."""

    months: list[Month]
    sites: list[Recruitment]
    whole: Recruitment


class DueLine(TypedDict):
    """A visit to be thought of: due or late."""

    closes: str
    label: str
    opens: str
    participant: str
    repeat: int
    state: str
    target: str
    visit: str


class Home(TypedDict):
    """The study's first page."""

    alerts: list[AlertLine]
    coming: int
    due: list[DueLine]
    late: list[DueLine]
    months: list[Month]
    oldest_days: int
    queries: int
    recruitment: list[Recruitment]
    simulated: bool
    title: str
    trial: str
    version: int
