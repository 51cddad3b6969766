"""Signing in: what each attempt leaves, how long the next one must wait, how long a session lasts.

Holds the lockout, the session's clock and the confirmation that a signature asks for. After five failures, of
an account or from an address, each further one doubles the wait, from half a minute to a quarter of an hour:
nobody is ever locked out for good, and nobody can lock a colleague out for longer than that.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from equipoise.conduct.accounts.models import Account, SignInAttempt
from equipoise.conduct.audit.instants import instant, moment
from equipoise.conduct.audit.services import act
from equipoise.conduct.stores import clock

FREE_FAILURES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
REMEMBERED = timedelta(hours=24)
LONGEST_SESSION = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
BEGAN, SEEN = "began_at", "seen_at"


class Guard(BaseBackend):
    """The first authentication backend: it lets nobody in, and stops whoever must still wait."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Return None to let the next backend look at the password; PermissionDenied while a wait lasts."""
        address = str(request.META.get("REMOTE_ADDR", "")) if request is not None else ""
        if wait(str(credentials.get("email", "")), address=address, at=clock.now()):
            raise PermissionDenied


def key_of(email: str) -> str:
    """Return what stands for an address typed at sign-in: people type passwords there."""
    return hmac.new(str(settings.SECRET_KEY).encode(), email.strip().lower().encode(), hashlib.sha256).hexdigest()


def wait(email: str, *, address: str, at: datetime) -> timedelta:
    """Return how long this account or address must still wait; zero when it need not."""
    return max(_wait({"key": key_of(email)}, at=at), _wait({"address": address}, at=at))


def failed(email: str, *, address: str, at: datetime) -> None:
    """Note a failed attempt."""
    _note(key_of(email), address=address, at=at, ok=False, by="unknown")


def succeeded(account: Account, *, address: str, at: datetime) -> None:
    """Note a sign-in; failures before it no longer count for the account."""
    _note(key_of(account.email), address=address, at=at, ok=True, by=account.person)


def begin(session: Any, *, at: datetime) -> None:
    """Start a session's clock."""
    session[BEGAN] = session[SEEN] = instant(at)


def expired(session: Any, *, at: datetime) -> bool:
    """Whether a session has been idle or open for too long; otherwise note that it is in use."""
    began, seen = session.get(BEGAN), session.get(SEEN)
    if began is None or seen is None:
        return True
    idle = at - moment(seen)
    if idle > timedelta(minutes=settings.SESSION_IDLE_MINUTES) or at - moment(began) > LONGEST_SESSION:
        return True
    if idle > SEEN_EVERY:
        session[SEEN] = instant(at)
    return False


def has_second_factor(account: Account) -> bool:
    """Whether the account asks for a code at sign-in."""
    return bool(Authenticator.objects.filter(user_id=account.pk, type=Authenticator.Type.TOTP).exists())


def confirm(account: Account, *, password: str, code: str, address: str, at: datetime) -> bool:
    """Whether the person at the keyboard is the account's owner, as a signature asks: password and code.

    A failure counts towards the lockout. An account without a second factor cannot confirm anything.
    """
    if wait(account.email, address=address, at=at):
        return False
    found = Authenticator.objects.filter(user_id=account.pk, type=Authenticator.Type.TOTP).first()
    right = (
        bool(found) and account.check_password(password) and bool(found and found.wrap().validate_code(code))
    )
    if not right:
        _note(key_of(account.email), address=address, at=at, ok=False, by=account.person)
    return right


def _note(key: str, *, address: str, at: datetime, ok: bool, by: str) -> None:
    action = "account.signed_in" if ok else "account.sign_in_failed"
    with act("trial", action, at=at, by=by) as one:
        one.add(SignInAttempt(key=key, address=address, attempted_at=instant(at), ok=ok))


def _wait(of: dict[str, str], *, at: datetime) -> timedelta:
    since = instant(at - REMEMBERED)
    attempts = SignInAttempt.objects.filter(**of, attempted_at__gt=since).order_by("-id")
    failures = 0
    last: str | None = None
    for ok, when in attempts.values_list("ok", "attempted_at")[: FREE_FAILURES + 10]:
        if ok:
            break
        failures += 1
        last = last or when
    if last is None or failures < FREE_FAILURES:
        return timedelta(0)
    full: timedelta = min(FIRST_WAIT * 2 ** (failures - FREE_FAILURES), LONGEST_WAIT)
    return max(moment(last) + full - at, timedelta(0))
