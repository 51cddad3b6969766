"""The recurring people of every test of the web system, each with a way to be signed in at once.

Holds `People`, reached through the fixture `people`. Somebody is made when a test first names them: passwords are left
unusable, since a real one costs a tenth of a second; those whose role needs a second factor have one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from equipoise.conduct.accounts import reads, sign_in
from equipoise.conduct.accounts.models import Account, Person, RoleGrant
from equipoise.conduct.accounts.permission import ROLES, SECOND_FACTOR, Viewer
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act
from equipoise.conduct.stores import clock

HERE, ELSEWHERE, EVERYWHERE = "SEA", "NYC", ""
"""The site most people work at, the outsider's, and what stands for every site."""
AT_SITE = frozenset(
    {"coordinator", "investigator", "facilitator", "session_monitor", "on_call_physician", "pharmacist"}
)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - a test's
"""The second factor's secret of everybody who has one."""


@dataclass(frozen=True)
class Somebody:
    """Somebody who works on the trial in a test."""

    person: str
    name: str
    email: str
    role: str
    site: str

    @property
    def account(self) -> Account:
        """Their account as it is now."""
        return Account.objects.get(person=self.person)

    def viewer(self, at: datetime | None = None) -> Viewer:
        """Who asks, when they ask."""
        found = reads.viewer(self.account, at=at or clock.now())
        assert found is not None
        return found


@dataclass
class People:
    """Everybody by role, and an `outsider`: a coordinator of another site.

    `people.coordinator`, `people["rater"]`, `people.add("coordinator", name="Second")`, `people.client("monitor")`.
    """

    made: dict[str, Somebody] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Somebody:
        """Return the person of a role, made when first named."""
        if name != "outsider" and name not in ROLES:
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Somebody:
        """Return the person of a role, or the outsider."""
        if name not in self.made:
            self.made[name] = (
                self.add("coordinator", name="Outsider", site=ELSEWHERE)
                if name == "outsider"
                else self.add(name)
            )
        return self.made[name]

    def add(self, *roles: str, name: str = "", site: str | None = None) -> Somebody:
        """Make somebody with these roles since the first of January, at the site usual for the first of them."""
        first = roles[0] if roles else ""
        where = site if site is not None else (HERE if first in AT_SITE else EVERYWHERE)
        name = name or ROLES.get(first, "Nobody")
        slug = name.lower().replace(" ", "-")
        made = Somebody(f"p-{slug}", name, f"{slug}@example.org", first, where)
        with act("trial", "people.added", at=SINCE, by="system", subjects=[made.person]) as one:
            one.add(Person(person=made.person, seq=1, name=name))
            one.add_all(
                [RoleGrant(person=made.person, role=r, site=where, from_at=instant(SINCE)) for r in roles]
            )
            account = Account(person=made.person, email=made.email)
            account.set_unusable_password()
            account.save(using=one.alias)
            if SECOND_FACTOR.intersection(roles):
                TOTP.activate(account, SECRET)
        return made

    def client(self, name: "str | Somebody") -> Client:
        """Return a browser in which somebody is signed in."""
        client = Client()
        sign_in_as(client, self[name] if isinstance(name, str) else name)
        return client


def sign_in_as(client: Client, somebody: Somebody) -> None:
    """Sign somebody in, as if password and code had been entered just now."""
    client.force_login(somebody.account, backend=BACKEND)
    session = client.session
    sign_in.begin(session, at=clock.now())
    session.save()


@contextmanager
def clock_at(at: datetime) -> Iterator[list[datetime]]:
    """Stop the clock; the list's one element is the time, and may be set."""
    hand = [at]
    clock.replace_clock(lambda: hand[0])
    try:
        yield hand
    finally:
        clock.replace_clock(None)
