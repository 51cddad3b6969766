"""Giving roles and recording trainings as the protocol in force asks: what pages and commands call.

Holds the meeting of `accounts`, which keeps people, and `studies`, which knows trainings and sites. Refuses
to write past `accounts.services`.
"""

from datetime import date, datetime

from equipoise.conduct.accounts import services
from equipoise.conduct.accounts.training import Training
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.errors import Problem, RecordError


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
