"""Operations about the study: how it was set up, its sites and protocol versions, how it goes."""

from dataclasses import dataclass

from django.http import Http404
from ninja import Router

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api.operation import operation
from equipoise.conduct.capture import reads
from equipoise.conduct.capture.lines import Home, Recruitment
from equipoise.conduct.capture.pages.today import is_rater_only
from equipoise.conduct.capture.recruitment import Month
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies.reads import Site, Study, Version

router = Router(tags=["Study"])
HOME, VIEW = "study.home", "study.view"


@dataclass(frozen=True, slots=True)
class Recruited:
    """How recruitment stands: the whole study, each site, and month by month against the plan."""

    whole: Recruitment
    sites: tuple[Recruitment, ...]
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class VersionNamed:
    """A protocol version without its text; `hashes` are SHA-256 by part, as they were when it was stored."""

    number: int
    name: str
    hashes: dict[str, str]


@operation(router, "GET", "/study", action=HOME, name="study", gives=Study, refuses=[404])
def study(request: ProgramRequest) -> Study:  # noqa: ARG001 - an operation
    """Say which study this is."""
    found = studies.study()
    if found is None:
        raise Http404
    return found


@operation(router, "GET", "/sites", action=HOME, name="sites", gives=tuple[Site, ...])
def sites(request: ProgramRequest) -> tuple[Site, ...]:  # noqa: ARG001 - an operation
    """List the study's sites."""
    return studies.sites()


@operation(router, "GET", "/protocol-versions", action=VIEW, name="versions", gives=tuple[VersionNamed, ...])
def protocol_versions(request: ProgramRequest) -> tuple[VersionNamed, ...]:  # noqa: ARG001 - an operation
    """List the protocol versions, the oldest first."""
    return tuple(VersionNamed(one.number, one.name, one.hashes) for one in studies.versions())


@operation(
    router,
    "GET",
    "/protocol-versions/{int:number}",
    action=VIEW,
    name="version",
    gives=Version,
    refuses=[404],
)
def protocol_version(request: ProgramRequest, number: int) -> Version:  # noqa: ARG001 - an operation
    """Give a protocol version with its text."""
    found = studies.version(number)
    if found is None:
        raise Http404
    return found


@operation(router, "GET", "/today", action=HOME, name="today", gives=Home, refuses=[404])
def today(request: ProgramRequest) -> Home:
    """Say what is due, what is late and what waits, of the participants one may know of."""
    return _home(request)


@operation(router, "GET", "/recruitment", action=HOME, name="recruitment", gives=Recruited, refuses=[404])
def recruitment(request: ProgramRequest) -> Recruited:
    """Say how recruitment goes against the plan."""
    found = _home(request)
    whole, *each = found.recruitment
    return Recruited(whole, tuple(each), found.months)


def _home(request: ProgramRequest) -> Home:
    """Return the study's first page; how the trial goes is not a rater's to know."""
    found = None if is_rater_only(request.viewer) else reads.home(viewer=request.viewer, at=request.at)
    if found is None:
        raise Http404
    return found
