"""Every write about people: who they are, which roles they hold, what they were trained in."""

from datetime import datetime

from equipoise.conduct.accounts.models import Account, GrantEnd, Person, RoleGrant
from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act
from equipoise.conduct.stores.entropy import token
from equipoise.errors import Problem, RecordError

ID_BYTES = 4


def add_person(*, name: str, email: str, password: str, at: datetime, by: str) -> str:
    """Add somebody with a way to sign in, and return the new person's id.

    Raises  RecordError when the address is taken
    """
    if Account.objects.filter(email__iexact=email).exists():
        raise RecordError(
            "this person cannot be added", [Problem("the address is taken", "use another", "email")]
        )
    person = f"p-{token(ID_BYTES).hex()}"
    with act("trial", "people.added", at=at, by=by, subjects=[person]) as one:
        one.add(Person(person=person, seq=1, name=name))
        account = Account(person=person, email=email)
        account.set_password(password)
        account.save(using=one.alias)
    return person


def grant_role(
    *, person: str, role: str, site: str, at: datetime, by: str, until_at: datetime | None = None
) -> int:
    """Give a role at a site ("" for all) from now on, and return the grant's number.

    Raises  RecordError when there is no such role
    """
    if role not in ROLES:
        raise RecordError(
            "no such role", [Problem(f"`{role}` is no role", f"one of {', '.join(ROLES)}", "role")]
        )
    with act("trial", "people.granted", at=at, by=by, subjects=[person]) as one:
        until = instant(until_at) if until_at else ""
        return one.add(RoleGrant(person=person, role=role, site=site, from_at=instant(at), until_at=until)).id


def end_grant(*, grant: int, at: datetime, by: str, reason: str) -> None:
    """End a role from now on; the grant stays on record."""
    person = RoleGrant.objects.get(id=grant).person
    with act("trial", "people.grant_ended", at=at, by=by, subjects=[person], reason=reason) as one:
        one.add(GrantEnd(grant_id=grant, at=instant(at)))
