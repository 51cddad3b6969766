"""Failed attempts to sign in that somebody must hear of at once: found, and noted once they were told.

Holds the judgment and its event. Refuses to name whose account it was: what is typed there may be a password,
and only a stand-in of it is kept.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from equipoise.conduct.accounts.models import SignInAttempt
from equipoise.conduct.accounts.sign_in import FREE_FAILURES, FREE_FAILURES_OF_ADDRESS, REMEMBERED_OF_ADDRESS
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import act

REPORTED = "account.attempts_reported"


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failures of the last hour that nobody was told of yet.

    accounts    how many accounts, or addresses typed, had to wait for it
    addresses   how many places they came from
    """

    failures: int
    accounts: int
    addresses: int


def unreported(*, at: datetime) -> Attempts | None:
    """Return the failures since somebody was told last, an hour at most; None while they are everyday ones.

    They are no longer when the failures for one account, or from one place, are as many as make it wait.
    """
    since = instant(at - REMEMBERED_OF_ADDRESS)
    told = Event.objects.filter(action=REPORTED, at__gt=since).order_by("-id").values_list("at", flat=True)
    since = told.first() or since
    rows = SignInAttempt.objects.order_by("-id").values_list("key", "address", "ok", "attempted_at")
    failed = [row for row in takewhile(lambda row: row[3] > since, rows.iterator()) if not row[2]]
    accounts, places = Counter(row[0] for row in failed), Counter(row[1] for row in failed)
    waiting = sum(number >= FREE_FAILURES for number in accounts.values())
    if not waiting and not any(number >= FREE_FAILURES_OF_ADDRESS for number in places.values()):
        return None
    return Attempts(len(failed), waiting, len(places))


def report(found: Attempts, *, told: int, at: datetime) -> None:
    """Note that people were told of failures, so that they are not told of them again.

    told   how many; 0 where nobody could be
    """
    said = f"{found.failures} failures from {found.addresses} places; {told} told"
    with act("trial", REPORTED, at=at, by="system", reason=said):
        pass
