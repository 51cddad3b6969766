"""What others may ask about people, answered with frozen values."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from equipoise.conduct.accounts.models import Account, GrantEnd, Person, RoleGrant
from equipoise.conduct.accounts.permission import Grant, Viewer
from equipoise.conduct.audit.instants import instant


def viewer(account: Any, *, at: datetime) -> Viewer | None:
    """Return who an account belongs to, with the roles held at an instant; None for nobody signed in."""
    if not isinstance(account, Account) or not account.is_active:
        return None
    name = (
        Person.objects.filter(person=account.person).order_by("-seq").values_list("name", flat=True).first()
    )
    return Viewer(person=account.person, name=name or account.email, grants=grants(account.person, at=at))


def grants(person: str, *, at: datetime) -> tuple[Grant, ...]:
    """Return the roles a person holds at an instant."""
    now = instant(at)
    ended = GrantEnd.objects.filter(at__lte=now).values("grant_id")
    held = RoleGrant.objects.filter(person=person, from_at__lte=now).exclude(id__in=ended)
    return tuple(
        Grant(one.role, one.site) for one in held.order_by("id") if not one.until_at or one.until_at > now
    )


def names(persons: Collection[str]) -> dict[str, str]:
    """Return person to the name last recorded, for those there are."""
    rows = Person.objects.filter(person__in=persons).order_by("seq")
    return dict(rows.values_list("person", "name"))
