"""What became of participants, as a dataset states it: screening, withdrawal, deviations.

Holds the way from consents, confirmations and withdrawals to rows of `dispositions` and `deviations`. Refuses
what is hidden from anybody: where a criterion reads something hidden, nothing is said of screening.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from equipoise.conduct.audit.instants import moment
from equipoise.conduct.capture import eligibility
from equipoise.conduct.capture.models import Confirmation, Deviation, Participant
from equipoise.conduct.capture.visibility import EVERYBODY, Sight
from equipoise.conduct.consent import reads as consents
from equipoise.conduct.consent.reads import TakenBackOn
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies.reads import Site
from equipoise.protocol import Resolved

Row = dict[str, Any]
ENDED = frozenset({"records", "all"})
"""Degrees of withdrawal after which nobody is seen any more: they left the study."""
DECLINED = "declined"
"""Why screening failed for who withdrew before they were found eligible."""


def consent_dates() -> dict[str, str]:
    """Return participant to the ISO date of their first consent, by their site's calendar."""
    sites = {site.site: site for site in studies.sites()}
    where = dict(Participant.objects.values_list("participant", "site"))
    return {
        name: _day(signed_at, sites[where[name]])
        for name, signed_at in consents.first_given().items()
        if name in where
    }


def _day(at: str, site: Site) -> str:
    found: datetime = moment(at)
    return site.today(found).isoformat()


def withdrawn() -> dict[str, TakenBackOn]:
    """Return participant to the withdrawal that counts."""
    return consents.withdrawals(list(Participant.objects.values_list("participant", flat=True)))


def dispositions(reached: frozenset[str], roles: frozenset[str] = EVERYBODY) -> list[Row]:
    """Return what is known of participants' way beside what forms say.

    reached   events of the protocol that happened: what was hidden until then is not any more
    roles     from whom something must be hidden to be left out
    """
    backs = withdrawn()
    confirmed: dict[str, tuple[str, int]] = {}
    for signed in Confirmation.objects.order_by("seq"):
        confirmed.setdefault(signed.participant, (signed.signed_at, signed.version))
    passed = {name: back for name, back in sorted(backs.items()) if name in confirmed}
    return [*_screening(reached, backs, confirmed, roles), *_leaving(passed)]


def _leaving(backs: dict[str, TakenBackOn]) -> Iterator[Row]:
    for name, back in backs.items():
        shared = {"participant": name, "reason": back.reason or None, "date": back.on}
        yield {**shared, "stage": "treatment", "status": "discontinued"}
        if back.degree in ENDED:
            yield {**shared, "stage": "study", "status": "withdrew"}


def _screening(
    reached: frozenset[str],
    backs: dict[str, TakenBackOn],
    confirmed: dict[str, tuple[str, int]],
    roles: frozenset[str],
) -> Iterator[Row]:
    """Yield who passed screening, by the first signature, and who did not: by a criterion, or by leaving."""
    versions: dict[int, bool] = {}
    sites = {site.site: site for site in studies.sites()}
    for row in Participant.objects.order_by("participant"):
        site = sites[row.site]
        given = confirmed.get(row.participant)
        version = given[1] if given else studies.newest(site.site)
        if version is None or not versions.setdefault(
            version, _open(studies.resolved(version), reached, roles)
        ):
            continue
        if given is not None:
            day = _day(given[0], site)
            yield {"participant": row.participant, "stage": "screening", "status": "passed", "date": day}
            continue
        lost = _unmet(row.participant, studies.resolved(version))
        if lost:
            yield {"participant": row.participant, "stage": "screening", "status": "failed", "reason": lost}
        elif row.participant in backs:
            yield {
                "participant": row.participant,
                "stage": "screening",
                "status": "failed",
                "reason": DECLINED,
                "date": backs[row.participant].on,
            }


def _open(resolved: Resolved, reached: frozenset[str], roles: frozenset[str]) -> bool:
    """Whether nothing that the criteria read is hidden from any of these roles."""
    return eligibility.whole(resolved, Sight(roles, resolved, reached))


def _unmet(participant: str, resolved: Resolved) -> str:
    """Return the first criterion that is not met; "" where none is."""
    found = eligibility.table(participant, resolved)
    return next((one.criterion.id for one in found if one.met == "no"), "")


def deviations(reached: frozenset[str], roles: frozenset[str] = EVERYBODY) -> list[Row]:
    """Return the deviations that the system noticed or somebody recorded outside of the deviations' log."""
    rows = list(Deviation.objects.order_by("participant", "id"))
    latest = studies.latest()
    if latest is None or not _open(studies.resolved(latest.number), reached, roles):
        rows = [row for row in rows if row.kind != eligibility.CHANGED]
    return [
        {
            "participant": row.participant,
            "deviation": row.kind,
            "date": row.on,
            "importance": row.importance,
            "text": row.text,
        }
        for row in rows
    ]


def joined(given: list[Row], own: list[Row], *, key: Collection[str]) -> list[Row]:
    """Return rows with those of ours added that say something new: what a form says of a stage counts."""
    known = {tuple(row[name] for name in key) for row in given}
    return [*given, *(row for row in own if tuple(row[name] for name in key) not in known)]
