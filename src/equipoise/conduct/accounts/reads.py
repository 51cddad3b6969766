"""What others may ask about people, answered with frozen values."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Q

from equipoise.conduct.accounts.models import (
    Account,
    Delegation,
    DelegationEnd,
    GrantEnd,
    Person,
    RoleGrant,
    TrainingRecord,
)
from equipoise.conduct.accounts.permission import Grant, Viewer
from equipoise.conduct.accounts.training import Training, lacking
from equipoise.conduct.audit.instants import instant, moment
from equipoise.conduct.audit.models import Event
from equipoise.conduct.stores import statements

_VIEWER = """
SELECT (SELECT name FROM person WHERE person = a.person ORDER BY seq DESC LIMIT 1), g.role, g.site
FROM account a LEFT JOIN role_grant g
  ON g.person = a.person AND g.from_at <= %s AND (g.until_at = '' OR g.until_at > %s)
 AND NOT EXISTS (SELECT 1 FROM grant_end e WHERE e.grant_id = g.id AND e.at <= %s)
WHERE a.person = %s ORDER BY g.id
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A role somebody holds, held or will hold; instants as fixed text.

    ends_at   when it ended or is planned to; empty where neither
    ended     whether it was ended by somebody
    """

    number: int
    person: str
    role: str
    site: str
    from_at: str
    ends_at: str
    ended: bool

    def now(self, at: datetime) -> bool:
        """Whether it is held at an instant."""
        text = instant(at)
        return self.from_at <= text and not self.over(at)

    def over(self, at: datetime) -> bool:
        """Whether it has ended at an instant."""
        return bool(self.ends_at) and self.ends_at <= instant(at)


@dataclass(frozen=True, slots=True)
class Trained:
    """A training somebody completed.

    counts       whether it counts on the day asked about
    expires_on   first day on which it no longer counts; None when it counts for good or the protocol in
                 force does not name it
    """

    training: str
    label: str
    completed_on: date
    expires_on: date | None
    counts: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Delegated:
    """A line of the delegation log; `until_on` is its last day, None where no end is planned."""

    number: int
    person: str
    name: str
    site: str
    tasks: str
    from_on: date
    until_on: date | None
    by: str
    at: datetime
    ended: bool

    @property
    def key(self) -> str:
        """Its number as text."""
        return str(self.number)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works on the trial.

    held              every role they ever held, the oldest first
    lacking           trainings missing, or no longer counting, for roles they hold
    second_factor     whether they sign in with one
    first_password    whether the password somebody else set is still unused
    closed            whether their access has ended
    """

    person: str
    name: str
    email: str
    held: tuple[Held, ...]
    trained: tuple[Trained, ...]
    lacking: tuple[Training, ...]
    second_factor: bool
    first_password: bool
    closed: bool

    def roles(self, at: datetime) -> tuple[Held, ...]:
        """Return the roles held at an instant."""
        return tuple(one for one in self.held if one.now(at))


def viewer(account: Any, *, at: datetime) -> Viewer | None:
    """Return who an account belongs to, with the roles held at an instant; None for nobody signed in."""
    if not isinstance(account, Account) or not account.is_active:
        return None
    found = _person(account.person, at=at)
    return Viewer(person=account.person, name=found[0][0] or account.email, grants=_grants(found))


def anybody(person: str, *, at: datetime) -> Viewer:
    """Return somebody with an account as who asks, whether or not their access has ended."""
    found = _person(person, at=at)
    return Viewer(person=person, name=found[0][0] or person, grants=_grants(found))


def grants(person: str, *, at: datetime) -> tuple[Grant, ...]:
    """Return the roles a person holds at an instant."""
    return _grants(_person(person, at=at))


def _person(person: str, *, at: datetime) -> list[tuple[Any, ...]]:
    """Return a person's name with each role they hold at an instant; one row without where they hold none."""
    now = instant(at)
    return statements.rows("default", _VIEWER, [now, now, now, person])


def _grants(found: Iterable[tuple[Any, ...]]) -> tuple[Grant, ...]:
    return tuple(Grant(role, site) for _, role, site in found if role is not None)


def viewer_of(person: str, *, at: datetime) -> Viewer | None:
    """Return somebody as who asks; None when their access has ended."""
    return viewer(Account.objects.filter(person=person).first(), at=at)


def holders(roles: Iterable[str], *, site: str, at: datetime) -> tuple[tuple[str, str], ...]:
    """Return as (person, address) who has access and holds one of these roles at a site at an instant."""
    now = instant(at)
    ended = GrantEnd.objects.filter(at__lte=now).values("grant_id")
    held = RoleGrant.objects.filter(role__in=list(roles), site__in=["", site], from_at__lte=now)
    open_ones = held.exclude(id__in=ended).filter(Q(until_at="") | Q(until_at__gt=now))
    accounts = Account.objects.filter(is_active=True, person__in=open_ones.values("person"))
    return tuple(accounts.order_by("id").values_list("person", "email"))


def names(persons: Collection[str]) -> dict[str, str]:
    """Return person to the name last recorded, for those there are."""
    rows = Person.objects.filter(person__in=persons).order_by("seq")
    return dict(rows.values_list("person", "name"))


def roster() -> tuple[tuple[str, str], ...]:
    """Return everybody as (person, name last recorded), by name."""
    found = dict(Person.objects.order_by("seq").values_list("person", "name"))
    return tuple(sorted(found.items(), key=lambda one: (one[1].casefold(), one[0])))


def languages(persons: Collection[str]) -> dict[str, str]:
    """Return person to the language they chose; those who chose none are left out."""
    rows = Account.objects.filter(person__in=persons).exclude(language="").values_list("person", "language")
    return dict(rows)


def person_of(email: str) -> str | None:
    """Return who signs in with an address; None for nobody."""
    return Account.objects.filter(email__iexact=email.strip()).values_list("person", flat=True).first()


def history(persons: Collection[str]) -> tuple[Held, ...]:
    """Return every role these people ever held, the oldest first."""
    rows = RoleGrant.objects.filter(person__in=persons).order_by("id")
    ends = dict(GrantEnd.objects.filter(grant__person__in=persons).values_list("grant_id", "at"))
    return tuple(_held(row, ends.get(row.id, "")) for row in rows)


def completed(person: str) -> dict[str, list[date]]:
    """Return training to the days on which somebody completed it."""
    found: dict[str, list[date]] = {}
    for training, day in TrainingRecord.objects.filter(person=person).values_list("training", "completed_on"):
        found.setdefault(training, []).append(date.fromisoformat(day))
    return found


def missing(person: str, role: str, *, trainings: Iterable[Training], on: date) -> tuple[Training, ...]:
    """Return the trainings without which somebody cannot be assigned a role's work on a day."""
    return lacking(role, trainings=trainings, completed=completed(person), on=on)


def members(*, trainings: Collection[Training], at: datetime, today: date) -> tuple[Member, ...]:
    """Return everybody, by name, whatever their number with the same few queries."""
    found = _members(list(Account.objects.order_by("id")), trainings=trainings, at=at, today=today)
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.person)))


def member(person: str, *, trainings: Collection[Training], at: datetime, today: date) -> Member | None:
    """Return one person; None when there is none."""
    accounts = list(Account.objects.filter(person=person))
    return next(iter(_members(accounts, trainings=trainings, at=at, today=today)), None)


def delegations(*, site: str = "", person: str = "") -> tuple[Delegated, ...]:
    """Return the delegation log of a site, of a person, or of both, the oldest line first."""
    asked = {key: value for key, value in (("site", site), ("person", person)) if value}
    rows = list(Delegation.objects.filter(**asked).order_by("id"))
    ends = dict(DelegationEnd.objects.filter(delegation__in=rows).values_list("delegation_id", "on"))
    events = Event.objects.using(rows[0]._state.db).filter(act__in=[row.act for row in rows]) if rows else ()
    made = {event.act: event for event in events}
    called = names({row.person for row in rows} | {event.actor for event in made.values()})
    return tuple(
        Delegated(
            number=row.id,
            person=row.person,
            name=called.get(row.person, row.person),
            site=row.site,
            tasks=row.tasks,
            from_on=date.fromisoformat(row.from_on),
            until_on=_day(ends.get(row.id, row.until_on)),
            by=called.get(made[row.act].actor, made[row.act].actor),
            at=moment(made[row.act].at),
            ended=row.id in ends,
        )
        for row in rows
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _members(
    accounts: Sequence[Account], *, trainings: Collection[Training], at: datetime, today: date
) -> list[Member]:
    persons = [account.person for account in accounts]
    called = names(persons)
    held, trained = _by_person(history(persons)), _trained(persons, trainings, today=today)
    factors = Authenticator.objects.filter(user__in=accounts, type=Authenticator.Type.TOTP)
    protected = set(factors.values_list("user_id", flat=True))
    found = []
    for account in accounts:
        mine, done = tuple(held.get(account.person, ())), tuple(trained.get(account.person, ()))
        counting = {one.training for one in done if one.counts}
        roles = {one.role for one in mine if one.now(at)}
        found.append(
            Member(
                person=account.person,
                name=called.get(account.person, account.email),
                email=account.email,
                held=mine,
                trained=done,
                lacking=tuple(one for one in trainings if one.roles & roles and one.id not in counting),
                second_factor=account.pk in protected,
                first_password=account.must_change_password and account.is_active,
                closed=not account.is_active,
            )
        )
    return found


def _held(row: RoleGrant, ended_at: str) -> Held:
    ends = min(filter(None, (row.until_at, ended_at)), default="")
    return Held(row.id, row.person, row.role, row.site, row.from_at, ends, bool(ended_at))


def _by_person(held: Iterable[Held]) -> dict[str, list[Held]]:
    found: dict[str, list[Held]] = {}
    for one in held:
        found.setdefault(one.person, []).append(one)
    return found


def _trained(
    persons: Collection[str], trainings: Collection[Training], *, today: date
) -> dict[str, list[Trained]]:
    known = {one.id: one for one in trainings}
    found: dict[str, list[Trained]] = {}
    for row in TrainingRecord.objects.filter(person__in=persons).order_by("completed_on", "id"):
        training, day = known.get(row.training), date.fromisoformat(row.completed_on)
        found.setdefault(row.person, []).append(
            Trained(
                training=row.training,
                label=training.label if training else row.training,
                completed_on=day,
                expires_on=training.expires_on(day) if training else None,
                counts=training is None or training.counts(day, on=today),
                evidence=row.evidence,
            )
        )
    return found
