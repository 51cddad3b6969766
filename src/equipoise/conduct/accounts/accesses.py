"""Who had access when: every role anybody ever held, with who gave it and who ended it, and why.

Holds one read, for whoever reviews access or asks about a day gone by. Pages show the same person by person.
"""

from dataclasses import dataclass

from equipoise.conduct.accounts.models import Account, GrantEnd, Person, RoleGrant
from equipoise.conduct.accounts.reads import names
from equipoise.conduct.audit.models import Event

ALIAS = "default"


@dataclass(frozen=True, slots=True)
class Access:
    """A role somebody held, holds or will hold, or that somebody has an account without any; instants in UTC.

    site       "" for every site
    until_at   when it was planned to end; "" where no end was planned
    given_by, ended_by   names; "system" for the command line
    reason     why it was ended
    closed     whether the account is closed
    """

    person: str
    name: str
    address: str
    closed: bool
    role: str
    site: str
    from_at: str
    until_at: str
    given_by: str
    given_at: str
    ended_at: str
    ended_by: str
    reason: str


def accesses() -> tuple[Access, ...]:
    """Return every role anybody ever held, in the order they were given; people without one come last."""
    grants = list(RoleGrant.objects.order_by("id"))
    ends = {one.grant_id: one for one in GrantEnd.objects.all()}
    added = {one.person: one.act for one in Person.objects.filter(seq=1)}
    acts = {row.act for row in (*grants, *ends.values())} | set(added.values())
    events = {one.act: one for one in Event.objects.using(ALIAS).filter(act__in=acts)}
    accounts = {one.person: one for one in Account.objects.order_by("id")}
    known = names(set(accounts) | {one.actor for one in events.values()})

    def made(person: str, act: str, role: RoleGrant | None = None, end: GrantEnd | None = None) -> Access:
        given, ended = events.get(act), events.get(end.act) if end else None
        account = accounts.get(person)
        return Access(
            person=person,
            name=known.get(person, ""),
            address=account.email if account else "",
            closed=account is not None and not account.is_active,
            role=role.role if role else "",
            site=role.site if role else "",
            from_at=role.from_at if role else "",
            until_at=role.until_at if role else "",
            given_by=known.get(given.actor, given.actor) if given else "",
            given_at=given.at if given else "",
            ended_at=end.at if end else "",
            ended_by=known.get(ended.actor, ended.actor) if ended else "",
            reason=ended.reason if ended else "",
        )

    without = [person for person in accounts if person not in {one.person for one in grants}]
    return (
        *(made(one.person, one.act, one, ends.get(one.id)) for one in grants),
        *(made(person, added.get(person, "")) for person in without),
    )
