"""Giving roles and recording trainings as the protocol in force asks: what pages and commands call.

Holds the meeting of `accounts`, which keeps people, and `studies`, which knows trainings and sites. Refuses
to write past `accounts.services`.
"""

import base64
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.http import Http404

from equipoise.conduct.accounts import reads, services
from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.accounts.reads import Member
from equipoise.conduct.accounts.training import Training
from equipoise.conduct.review.people.lines import EVERYWHERE, sees
from equipoise.conduct.stores.entropy import token
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.errors import Problem, RecordError
from equipoise.source import UNREADABLE

PASSWORD_BYTES = 10
"""Sixteen letters and digits: 80 bits, for one sign-in."""


def trainings() -> tuple[Training, ...]:
    """Return the trainings that the newest protocol version names; none before one is stored."""
    latest = studies.latest()
    if latest is None:
        return ()
    resolved = studies.resolved(latest.number)
    return tuple(
        Training(one.id, wording.said(one.label, resolved), frozenset(one.roles), one.valid_months)
        for one in resolved.protocol.training
    )


def member(person: str, *, viewer: Viewer, at: datetime, action: str = "") -> Member:
    """Return somebody the viewer may know of. An action is one about every site.

    Raises  Http404 for anybody else; PermissionRefused
    """
    found = None
    if not UNREADABLE.search(person):
        found = reads.member(person, trainings=trainings(), at=at, today=at.date())
    if found is None or not sees(viewer, found):
        raise Http404
    if action:
        viewer.require(action, site=EVERYWHERE)
    return found


def today(found: Member, *, at: datetime) -> date:
    """Return the date where somebody works, in UTC where that is nowhere or everywhere."""
    sites = {one.site: one for one in studies.sites()}
    places = [sites[held.site] for held in found.held if held.site in sites]
    return places[0].today(at) if places else at.date()


def begins(day: date | None, *, site: str, at: datetime) -> datetime | None:
    """Return when a role begins: now, or with a later day at the site."""
    if day is None or day == at.astimezone(_zone(site)).date():
        return None
    return datetime.combine(day, time(), tzinfo=_zone(site))


def ends(day: date | None, *, site: str) -> datetime | None:
    """Return when a role ends: with the end of its last day at the site."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), tzinfo=_zone(site))


def _zone(site: str) -> tzinfo:
    return next((one.zone for one in studies.sites() if one.site == site), UTC)


def one_time_password() -> str:
    """Return a password that can be read aloud: letters and digits that look like nothing else, in fours."""
    text = base64.b32encode(token(PASSWORD_BYTES)).decode("ascii").lower()
    return "-".join(text[place : place + 4] for place in range(0, len(text), 4))


def grant_role(
    *,
    person: str,
    role: str,
    site: str,
    at: datetime,
    by: str,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
) -> int:
    """Give a role at a site ("" for all) to somebody with the trainings it needs; return the grant's number.

    Raises  RecordError when there is no such site, or with everything that forbids it
    """
    if site and all(one.site != site for one in studies.sites()):
        problem = Problem(f"there is no site `{site[:32]}`", "choose one of the study's sites", "site")
        raise RecordError("this role cannot be given", [problem])
    return services.grant_role(
        person=person,
        role=role,
        site=site,
        trainings=trainings(),
        from_at=from_at,
        until_at=until_at,
        at=at,
        by=by,
    )


def record_training(
    *, person: str, training: str, completed_on: date, evidence: str, today: date, at: datetime, by: str
) -> int:
    """Note a training that the protocol names and somebody completed, and return the record's number.

    Raises  RecordError with everything wrong
    """
    return services.record_training(
        person=person,
        training=training,
        completed_on=completed_on,
        evidence=evidence,
        trainings=trainings(),
        today=today,
        at=at,
        by=by,
    )
