"""Tokens: how somebody's program asks in their place, with as much of what they may do as they give it.

Holds making, finding, listing and revoking them. A token is shown once; what is kept of it is a digest. It is
narrowed to a role, a site and a time, never widened: a role that ends takes the token's part of it along.
"""

from base64 import urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import Error
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from equipoise.conduct.accounts import reads
from equipoise.conduct.accounts.models import Account, ApiToken, ApiTokenEnd, ApiTokenUse
from equipoise.conduct.accounts.permission import ROLES, SECOND_FACTOR, Grant, Program, Viewer
from equipoise.conduct.accounts.request import Shown
from equipoise.conduct.accounts.sign_in import has_second_factor
from equipoise.conduct.audit.instants import instant, moment
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.frame import codes
from equipoise.conduct.stores import statements
from equipoise.conduct.stores.entropy import token
from equipoise.errors import Problem, RecordError
from equipoise.source import UNREADABLE

TOKEN_BYTES = 32
MARK = "eqp_"
"""How every token begins, so that one which was left lying about is recognized."""
LONGEST_TOKEN = 128
LONGEST_NAME = 100
LONGEST_DAYS = 365
MOST = 20
"""Tokens somebody may have at a time."""
SCHEME = "bearer"
DAY = len("2026-11-23")
_FIND = """
SELECT t.id, t.person, t.role, t.site, a.must_change_password, a.id, u.id
FROM api_token t JOIN account a ON a.person = t.person AND a.is_active
LEFT JOIN api_token_use u ON u.token_id = t.id AND u.used_on = %s
WHERE t.key = %s AND t.expires_at > %s
  AND NOT EXISTS (SELECT 1 FROM api_token_end e WHERE e.token_id = t.id)
"""


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token as its owner sees it; instants in UTC.

    role, site   to which it is narrowed; "" for all
    used_on      day on which it was last used (UTC); None for never
    """

    code: str
    name: str
    role: str
    site: str
    expires_at: datetime
    used_on: date | None


def make(
    *, by: Viewer, name: str, role: str, site: str, known: Collection[str], days: int, at: datetime
) -> str:
    """Make a token for oneself, and return it: it is never shown again.

    role, site   to which it is narrowed; "" for all
    known        every site there is
    Raises       RecordError with everything wrong
    """
    name = name.strip()
    problems = [
        *_name_problems(name),
        *_scope_problems(by, role, site, known),
        *_days_problems(days),
    ]
    if len(of(by.person, at=at)) >= MOST:
        problems.append(Problem(f"you have {MOST} tokens already", "revoke one first", "name"))
    if problems:
        raise RecordError("no token is made", problems)
    secret = MARK + urlsafe_b64encode(token(TOKEN_BYTES)).decode("ascii").rstrip("=")
    key = _key(secret)
    with act("trial", "account.token_made", at=at, by=by.person, subjects=[by.person]) as one:
        one.add(
            ApiToken(
                key=key,
                code=codes.code("token", key),
                person=by.person,
                name=name,
                role=role,
                site=site,
                expires_at=instant(at + timedelta(days=days)),
            )
        )
    return secret


def revoke(*, person: str, code: str, at: datetime) -> bool:
    """Revoke a token of somebody, by themselves; whether there was one."""
    row = _live(person, at=at).filter(code=code).first()
    if row is None:
        return False
    with act("trial", "account.token_revoked", at=at, by=person, subjects=[person]) as one:
        one.add(ApiTokenEnd(token=row, at=instant(at)))
    return True


def end_all(one: Act, *, person: str) -> None:
    """Revoke every token of somebody in an act under way."""
    one.add_all([ApiTokenEnd(token=row, at=instant(one.at)) for row in _live(person, at=one.at)])


def of(person: str, *, at: datetime) -> tuple[TokenLine, ...]:
    """Return the tokens of somebody that are worth something, the oldest first."""
    rows = list(_live(person, at=at))
    used = ApiTokenUse.objects.filter(token__in=rows).values("token").annotate(last=Max("used_on"))
    last = {one["token"]: date.fromisoformat(one["last"]) for one in used}
    return tuple(
        TokenLine(row.code, row.name, row.role, row.site, moment(row.expires_at), last.get(row.id))
        for row in rows
    )


def shown(header: str, *, at: datetime) -> Shown | None:
    """Return what the token in an Authorization header allows; None when it is worth nothing.

    Its first use on a day is written down.
    """
    scheme, _space, secret = header.partition(" ")
    secret = secret.strip()
    if scheme.lower() != SCHEME or not secret.startswith(MARK) or len(secret) > LONGEST_TOKEN:
        return None
    today = instant(at)[:DAY]
    found = statements.rows("default", _FIND, [today, _key(secret), instant(at)])
    if not found:
        return None
    number, person, role, site, password_due, account, used = found[0]
    viewer = _program(person, role, site, at=at)
    if not used:
        _note_use(number, person, today, at=at)
    return Shown(number, account, viewer, _unready(viewer, account, password_due=bool(password_due)))


def _program(person: str, role: str, site: str, *, at: datetime) -> Program:
    whole = reads.anybody(person, at=at)
    allowed = tuple(
        Grant(one.role, site or one.site)
        for one in whole.grants
        if role in ("", one.role) and (not site or one.site in ("", site))
    )
    return Program(person=person, name=whole.name, grants=allowed, held=whole.roles)


def _unready(viewer: Program, account: int, *, password_due: bool) -> str:
    """Return what the owner must do first, as somebody signed in must."""
    if password_due:
        return _("choose a password of your own first")
    roles = frozenset(one.role for one in viewer.grants)
    if roles & SECOND_FACTOR and not settings.SIMULATED and not has_second_factor(Account(pk=account)):
        return _("this role needs a second factor: set it up first")
    return ""


def _note_use(number: int, person: str, day: str, *, at: datetime) -> None:
    """Write down that a token was used; a store that takes nothing keeps nobody from asking."""
    try:
        with act("trial", "account.token_used", at=at, by=person, subjects=[person]) as one:
            one.add(ApiTokenUse(token_id=number, used_on=day))
    except (Error, OSError):
        # Noted by another request in the same moment, or the store is away: what follows will say so.
        return


def _live(person: str, *, at: datetime) -> QuerySet[ApiToken]:
    ended = ApiTokenEnd.objects.values("token_id")
    rows = ApiToken.objects.filter(person=person, expires_at__gt=instant(at))
    return rows.exclude(id__in=ended).order_by("id")


def _scope_problems(by: Viewer, role: str, site: str, known: Collection[str]) -> list[Problem]:
    grants = [one for one in by.grants if role in ("", one.role)]
    if role and (role not in ROLES or not grants):
        return [Problem("you do not hold this role", "choose one of yours", "role")]
    if site and (site not in known or not any(one.site in ("", site) for one in grants)):
        return [Problem("you do not hold this role at this site", "choose a site of yours", "site")]
    return []


def _name_problems(name: str) -> list[Problem]:
    if name and len(name) <= LONGEST_NAME and not UNREADABLE.search(name):
        return []
    return [Problem("the name is missing or cannot be kept", f"1 to {LONGEST_NAME} characters", "name")]


def _days_problems(days: int) -> list[Problem]:
    if 1 <= days <= LONGEST_DAYS:
        return []
    return [Problem("a token is for a number of days", f"from 1 to {LONGEST_DAYS}", "days")]


def _key(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
