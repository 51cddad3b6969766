"""People as pages show them: roles and days in words, and what the viewer may do about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from equipoise.conduct.accounts.permission import ROLES, Viewer
from equipoise.conduct.accounts.reads import Held, Member
from equipoise.conduct.audit.instants import moment
from equipoise.conduct.studies.reads import Site

EVERYWHERE = ""


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role somebody holds, held or will hold.

    until_day   day on which it ends, at its beginning where that was planned; None where no end is
    state       "held", "planned" or "ended"
    mine        whether the viewer may end it
    """

    number: int
    role: str
    site: str
    from_day: date
    until_day: date | None
    state: str
    mine: bool

    @property
    def key(self) -> str:
        """Its number as text."""
        return str(self.number)


@dataclass(frozen=True, slots=True)
class Rights:
    """What a viewer may do about somebody: give and end roles, record trainings, delegate at these sites."""

    manage: bool
    train: bool
    delegate: tuple[Site, ...]
    sites: tuple[Site, ...]


def role_lines(
    held: Iterable[Held], *, sites: Mapping[str, Site], viewer: Viewer, at: datetime
) -> tuple[RoleLine, ...]:
    """Return somebody's roles, those held now first; days are the site's, UTC's for every site."""
    order = {"held": 0, "planned": 1, "ended": 2}
    lines = [
        RoleLine(
            number=one.number,
            role=ROLES.get(one.role, one.role),
            site=sites[one.site].name if one.site in sites else one.site,
            from_day=_day(one.from_at, sites.get(one.site)),
            until_day=_day(one.ends_at, sites.get(one.site)) if one.ends_at else None,
            state=_state(one, at),
            mine=viewer.may("people.manage", site=one.site),
        )
        for one in held
    ]
    return tuple(sorted(lines, key=lambda line: order[line.state]))


def rights(member: Member, *, sites: Iterable[Site], viewer: Viewer, at: datetime) -> Rights:
    """Return what a viewer may do about somebody."""
    known = tuple(sites)
    places = {one.site for one in member.held if not one.over(at)}
    delegating = tuple(
        one
        for one in known
        if places & {EVERYWHERE, one.site} and viewer.may("people.delegate", site=one.site)
    )
    return Rights(
        manage=viewer.may("people.manage", site=EVERYWHERE),
        train=_reaches(viewer, "people.train", places),
        delegate=delegating if viewer.person != member.person else (),
        sites=tuple(one for one in known if viewer.may("people.manage", site=one.site)),
    )


def sees(viewer: Viewer, member: Member) -> bool:
    """Whether somebody may be known to a viewer: they share a site, or one of them works at every site."""
    if member.person == viewer.person:
        return True
    places = {one.site for one in member.held}
    if not places:
        return viewer.may("people.train")
    return EVERYWHERE in places or any(viewer.may("people.view", site=place) for place in places)


def _reaches(viewer: Viewer, action: str, places: set[str]) -> bool:
    """Whether a viewer may do this to somebody at these places; who is at none yet may join anywhere."""
    if not places:
        return viewer.may(action)
    return any(viewer.may(action, site=place) for place in places)


def _state(held: Held, at: datetime) -> str:
    if held.now(at):
        return "held"
    return "ended" if held.over(at) else "planned"


def _day(instant: str, site: Site | None) -> date:
    zone: tzinfo = site.zone if site else UTC
    return moment(instant).astimezone(zone).date()
