"""The first rows of a study: its protocol, what is fixed for ever, its people and sites.

Holds what `equipoise init`, `user` and `site` write. Refuses what the services refuse.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from equipoise.conduct.accounts import reads, services
from equipoise.conduct.allocator import services as allocator
from equipoise.conduct.config import schema
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.enrollment.services import randomizing
from equipoise.conduct.review.people import staffing
from equipoise.conduct.studies import reads as study_reads
from equipoise.conduct.studies import services as studies
from equipoise.errors import Problem, RecordError

OPERATOR = "system"
"""Who acts when somebody with the keys works on the command line, before or beside anybody's account."""


def begin(study: Settings, *, text: str, name: str, wordings: Mapping[str, str], at: datetime) -> str:
    """Make the tables, store the protocol as version 1, fix what never changes, draw the allocation list.

    The list is committed to in the trial's chain here, before anybody can be enrolled.
    Returns  the commitment
    """
    schema.apply(study)
    version = studies.add_version(text=text, name=name, wordings=wordings, at=at, by=OPERATOR)
    studies.set_up(simulated=study.simulated, at=at, by=OPERATOR)
    drawn = allocator.draw_list(version=version, at=at, by=OPERATOR)
    randomizing.publish_commitments(at=at, by=OPERATOR)
    return drawn.sha256


def add_user(*, name: str, email: str, password: str, at: datetime, one_time: bool = True) -> str:
    """Add a person, who chooses another password at the first sign-in, and return their id."""
    return services.add_person(
        name=name, email=email, password=password, at=at, by=OPERATOR, one_time=one_time
    )


def grant(*, email: str, roles: Iterable[str], site: str, at: datetime) -> None:
    """Give a person roles at a site, or with "" at every site.

    Raises  RecordError when nobody has this address, there is no such site, or a role may not be given
    """
    if site and study_reads.site(site) is None:
        known = ", ".join(one.site for one in study_reads.sites()) or "none yet: `equipoise site add`"
        raise RecordError("no such site", [Problem(f"there is no site `{site}`", known, "site")])
    person = _person(email)
    for role in roles:
        staffing.grant_role(person=person, role=role, site=site, at=at, by=OPERATOR)


def change_address(*, email: str, new: str, reason: str, at: datetime) -> None:
    """Let a person sign in with another address.

    Raises  RecordError with everything wrong
    """
    services.change_address(person=_person(email), email=new, reason=reason, at=at, by=OPERATOR)


def close_account(*, email: str, reason: str, at: datetime) -> None:
    """End a person's access at once; who they were and what they did stays.

    Raises  RecordError with everything that forbids it
    """
    services.close_account(person=_person(email), reason=reason, at=at, by=OPERATOR)


def _person(email: str) -> str:
    person = reads.person_of(email)
    if person is None:
        hint = "add them first: `equipoise user add`"
        raise RecordError("no such person", [Problem(f"nobody signs in as {email}", hint, "email")])
    return person


def add_site(*, site: str, name: str, time_zone: str, at: datetime) -> None:
    """Add a place where participants are seen."""
    studies.add_site(site=site, name=name, time_zone=time_zone, at=at, by=OPERATOR)
