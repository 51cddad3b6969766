"""One-time links into a simulated study: nobody there is real, so whoever sits at the machine may look.

Holds making, finding and using them. Refuses every study that is not simulated, every address that is not
this machine's own, and every request that a proxy passed on. A link is used once and not for long; what is
kept of it is a hash.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.http import HttpRequest

from equipoise.conduct.accounts.models import Account, EntryLink, EntryLinkUse
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act
from equipoise.conduct.stores.entropy import token
from equipoise.errors import Problem, RecordError

LASTS = timedelta(minutes=30)
TOKEN_BYTES = 24
LONGEST_TOKEN = 64
THIS_MACHINE = frozenset({"127.0.0.1", "::1"})
PASSED_ON = "equipoise.passed_on"
"""What a request carries that came with a proxy's headers."""
ENTERED = "entered_by_link"


def make(*, person: str, at: datetime, by: str) -> str:
    """Make a link's token for somebody.

    Raises  RecordError when the study is not simulated
    """
    if not settings.SIMULATED:
        problem = Problem("this study is real", "sign in with password and code", "mode")
        raise RecordError("no link is made", [problem])
    secret = token(TOKEN_BYTES).hex()
    with act("trial", "account.link_made", at=at, by=by, subjects=[person]) as one:
        one.add(EntryLink(key=_key(secret), person=person, expires_at=instant(at + LASTS)))
    return secret


def find(request: HttpRequest, secret: str, *, at: datetime) -> Account | None:
    """Return whom a link lets in; None when it is unknown, used, over, or asked for from elsewhere."""
    if not _allowed(request) or len(secret) > LONGEST_TOKEN:
        return None
    used = EntryLinkUse.objects.values("link_id")
    rows = EntryLink.objects.filter(key=_key(secret), expires_at__gt=instant(at)).exclude(id__in=used)
    link = rows.first()
    return None if link is None else Account.objects.filter(person=link.person, is_active=True).first()


def use(request: HttpRequest, secret: str, *, at: datetime) -> Account | None:
    """Return whom a link lets in, once; None when it does not."""
    account = find(request, secret, at=at)
    if account is None:
        return None
    link = EntryLink.objects.get(key=_key(secret))
    try:
        with act("trial", "account.link_used", at=at, by=account.person, subjects=[account.person]) as one:
            one.add(EntryLinkUse(link=link, address=str(request.META["REMOTE_ADDR"])))
    except IntegrityError:
        # It was used in another window in the same moment.
        return None
    return account


def mark(session: Any) -> None:
    """Remember that a session began by a link."""
    session[ENTERED] = True


def entered(session: Any) -> bool:
    """Whether a session of a simulated study began by a link: it needs no second factor."""
    return bool(settings.SIMULATED and session.get(ENTERED))


def _allowed(request: HttpRequest) -> bool:
    here = request.META.get("REMOTE_ADDR") in THIS_MACHINE
    return bool(settings.SIMULATED) and here and not request.META.get(PASSED_ON)


def _key(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
