"""Signing in: what each attempt leaves, how long the next one must wait, how long a session lasts.

Holds the lockout, the session's clock and the confirmation that a signature asks for. After five failures for
an account, or twenty from an address within an hour, each further one doubles the wait, from half a minute to
a quarter of an hour: nobody is ever locked out for good. From an address where somebody signed in before,
only failures there count for their account, so that nobody locks a colleague out from elsewhere.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, cast

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpRequest

from equipoise.conduct.accounts.models import Account, SignInAttempt, UsedCode
from equipoise.conduct.accounts.request import StudyRequest
from equipoise.conduct.audit.instants import instant, moment
from equipoise.conduct.audit.services import act

FREE_FAILURES = 5
FREE_FAILURES_OF_ADDRESS = 20
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
REMEMBERED = timedelta(hours=24)
REMEMBERED_OF_ADDRESS = timedelta(hours=1)
KNOWN = timedelta(days=30)
"""For so long an address counts as one where somebody signs in."""
MOST_DOUBLINGS = 5
"""Half a minute doubled five times exceeds the longest wait."""
LONGEST_SESSION = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
AN_HOUR = timedelta(hours=1)
HOUR = len("2026-11-23T10")
BEGAN, SEEN = "began_at", "seen_at"


class Guard(BaseBackend):
    """The first authentication backend: it lets nobody in, and stops whoever must still wait."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Return None to let the next backend look at the password; PermissionDenied while a wait lasts."""
        asked = cast(StudyRequest, request)
        address = str(asked.META.get("REMOTE_ADDR", ""))
        if wait(str(credentials.get("email", "")), address=address, at=asked.at):
            raise PermissionDenied


def key_of(email: str) -> str:
    """Return what stands for an address typed at sign-in: people type passwords there."""
    return _sealed(email.strip().lower())


def wait(email: str, *, address: str, at: datetime) -> timedelta:
    """Return how long this account or address must still wait; zero when it need not."""
    return max(_wait_of_account(key_of(email), address, at=at), _wait_of_address(address, at=at))


def failed(email: str, *, address: str, at: datetime) -> None:
    """Note a failed attempt, but none that was refused because it had to wait: that would never end."""
    if not wait(email, address=address, at=at):
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


def began_within(session: Any, span: timedelta, *, at: datetime) -> bool:
    """Whether a session began so short a time ago."""
    began = session.get(BEGAN)
    return began is not None and at - moment(began) < span


def ended(account: Account, *, at: datetime) -> None:
    """Note that somebody signed out."""
    with act("trial", "account.signed_out", at=at, by=account.person):
        pass


def has_second_factor(account: Account) -> bool:
    """Whether the account asks for a code at sign-in."""
    return bool(Authenticator.objects.filter(user_id=account.pk, type=Authenticator.Type.TOTP).exists())


def take_code(account: Account, code: str, *, at: datetime) -> bool:
    """Whether a right code of an authenticator app is used for the first time; from then on it is used up.

    The library remembers used codes in one worker's memory only. A code shows for half a minute, so the hour
    it was used in and the one before name it well enough.
    """
    hours = [f"{account.person} {code.strip()} {instant(when)[:HOUR]}" for when in (at, at - AN_HOUR)]
    keys = [_sealed(hour) for hour in hours]
    try:
        with act("trial", "account.code_used", at=at, by=account.person) as one:
            if UsedCode.objects.filter(key__in=keys).exists():
                raise _UsedError
            one.add(UsedCode(key=keys[0]))
    except (_UsedError, IntegrityError):
        return False
    return True


class _UsedError(Exception):
    """The code was used before."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What came of asking an account's owner for password and code.

    wait    how long they must wait after too many attempts; zero when they need not
    able    whether they have a second factor, or need none
    right   whether password and code were theirs
    """

    wait: timedelta
    able: bool
    right: bool


def confirm(
    account: Account, *, password: str, code: str, address: str, at: datetime, code_needed: bool = True
) -> Confirmation:
    """Return whether whoever asks is the account's owner, as a signature asks: password and code.

    code_needed   False where the password suffices for whoever has no second factor; otherwise an account
                  without one cannot confirm anything
    A failure counts towards the lockout; where nothing was tried, nothing counts.
    """
    found = Authenticator.objects.filter(user_id=account.pk, type=Authenticator.Type.TOTP).first()
    able = found is not None or not code_needed
    left = wait(account.email, address=address, at=at)
    if left or not able:
        return Confirmation(left, able, right=False)
    right = account.check_password(password) and (
        found is None or (bool(found.wrap().validate_code(code)) and take_code(account, code, at=at))
    )
    if not right:
        _note(key_of(account.email), address=address, at=at, ok=False, by=account.person)
    return Confirmation(left, able, right)


def _sealed(text: str) -> str:
    return hmac.new(str(settings.SECRET_KEY).encode(), text.encode(), hashlib.sha256).hexdigest()


def _note(key: str, *, address: str, at: datetime, ok: bool, by: str) -> None:
    action = "account.signed_in" if ok else "account.sign_in_failed"
    with act("trial", action, at=at, by=by) as one:
        one.add(SignInAttempt(key=key, address=address, attempted_at=instant(at), ok=ok))


def _wait_of_account(key: str, address: str, *, at: datetime) -> timedelta:
    attempts = SignInAttempt.objects.filter(key=key, attempted_at__gt=instant(at - REMEMBERED))
    known = SignInAttempt.objects.filter(
        key=key, address=address, ok=True, attempted_at__gt=instant(at - KNOWN)
    )
    if known.exists():
        attempts = attempts.filter(address=address)
    latest = attempts.order_by("-id").values_list("ok", "attempted_at")
    failures = list(takewhile(lambda one: not one[0], latest[: FREE_FAILURES + MOST_DOUBLINGS]))
    return _left([when for _, when in failures], free=FREE_FAILURES, at=at)


def _wait_of_address(address: str, *, at: datetime) -> timedelta:
    """Failures of an address end by growing old, not by a success: one's own account would reset them."""
    since = instant(at - REMEMBERED_OF_ADDRESS)
    failures = SignInAttempt.objects.filter(address=address, ok=False, attempted_at__gt=since).order_by("-id")
    latest = failures.values_list("attempted_at", flat=True)[: FREE_FAILURES_OF_ADDRESS + MOST_DOUBLINGS]
    return _left(list(latest), free=FREE_FAILURES_OF_ADDRESS, at=at)


def _left(failures: Sequence[str], *, free: int, at: datetime) -> timedelta:
    """Return what is left of the wait after failures, the latest first."""
    if len(failures) < free:
        return timedelta(0)
    full: timedelta = min(FIRST_WAIT * 2 ** (len(failures) - free), LONGEST_WAIT)
    return max(moment(failures[0]) + full - at, timedelta(0))
