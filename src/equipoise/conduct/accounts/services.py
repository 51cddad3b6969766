"""Every write about people: who they are, which roles they hold, what they were trained in, what they may do.

Refuses to decide who may ask for it: the gate and the views do. What nobody may do is refused here.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connections

from equipoise.conduct.accounts import reads, tokens
from equipoise.conduct.accounts.models import (
    Account,
    AccountAddress,
    Delegation,
    DelegationEnd,
    GrantEnd,
    Person,
    RoleGrant,
    TrainingRecord,
)
from equipoise.conduct.accounts.permission import BLIND, LEARN_ARMS, ROLES
from equipoise.conduct.accounts.training import Training, lacking
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.stores.entropy import token
from equipoise.errors import Problem, RecordError

ID_BYTES = 4
LONGEST_NAME = 200
LONGEST_TEXT = 2_000
LONGEST_EVIDENCE = 500
ADMINISTRATOR = "system_administrator"
ROLES_LOCK = 0x726F6C6573
"""Number of PostgreSQL's advisory lock on who holds which role: the letters "roles"."""
FOR_EVER = "9"
"""Text after that of every instant."""
_PARTS = {
    "password": ("account.second_factor_removed", "account.second_factor_set_up", "second factor"),
    "second factor": ("account.password_set", "account.password_changed", "password"),
}
"""The part to take away, to the events by which the other part went and came back, and that one's name."""


def add_person(*, name: str, email: str, password: str, at: datetime, by: str, one_time: bool = False) -> str:
    """Add somebody with a way to sign in, and return the new person's id.

    one_time   the password was chosen by somebody else and must be changed at the first sign-in
    Raises     RecordError with everything wrong
    """
    name, email = name.strip(), email.strip()
    account = Account(person=f"p-{token(ID_BYTES).hex()}", email=email, must_change_password=one_time)
    problems = [
        *_text_problems(name, "name"),
        *_email_problems(email),
        *_password_problems(password, account),
    ]
    _raise("this person cannot be added", problems)
    account.set_password(password)
    with act("trial", "people.added", at=at, by=by, subjects=[account.person]) as one:
        one.add(Person(person=account.person, seq=1, name=name))
        one.add(AccountAddress(person=account.person, seq=1, email=email))
        account.save(using=one.alias)
    return account.person


def correct_name(*, person: str, name: str, at: datetime, by: str, reason: str) -> None:
    """Correct somebody's name; what stood there before stays on record.

    Raises  RecordError with everything wrong
    """
    problems = [*_known(person), *_text_problems(name.strip(), "name"), *_reason_problems(reason)]
    _raise("the name cannot be corrected", problems)
    with act("trial", "people.name_corrected", at=at, by=by, subjects=[person], reason=reason) as one:
        seq = Person.objects.filter(person=person).count() + 1
        one.add(Person(person=person, seq=seq, name=name.strip()))


def grant_role(
    *,
    person: str,
    role: str,
    site: str,
    trainings: Iterable[Training],
    at: datetime,
    by: str,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
) -> int:
    """Give a role at a site ("" for all), and return the grant's number.

    trainings   those of the protocol in force; () only where no protocol is stored yet
    from_at     when it begins; now when left out
    Raises      RecordError with everything that forbids it
    """
    begins = from_at or at
    problems = [*_known(person), *_closed(person)]
    if role not in ROLES:
        problems.append(Problem(f"`{role[:64]}` is no role", f"one of {', '.join(ROLES)}", "role"))
    if person == by:
        hint = "ask another system administrator"
        problems.append(Problem("nobody gives themselves a role", hint, "person"))
    if begins < at:
        problems.append(Problem("a role cannot begin in the past", "let it begin now", "from_on"))
    if until_at is not None and until_at <= begins:
        problems.append(Problem("the role would end before it begins", "correct a date", "until_on"))
    until = instant(until_at) if until_at else ""
    row = RoleGrant(person=person, role=role, site=site, from_at=instant(begins), until_at=until)
    with act("trial", "people.granted", at=at, by=by, subjects=[person]) as one:
        _hold(one.alias)
        done = reads.completed(person)
        problems += _conflicts(row)
        problems += [
            Problem(f"the training is missing or no longer counts: {training.label}", "record it", "role")
            for training in lacking(role, trainings=trainings, completed=done, on=begins.date())
        ]
        _raise("this role cannot be given", problems)
        return one.add(row).id


def end_grant(*, grant: int, at: datetime, by: str, reason: str) -> None:
    """End a role from now on; the grant stays on record.

    Raises  RecordError when there is no such grant, it has ended, there is no reason, or nobody would be left
            to give roles
    """
    row = RoleGrant.objects.filter(id=grant).first()
    problems = _reason_problems(reason)
    subjects = [row.person] if row else []
    with act("trial", "people.grant_ended", at=at, by=by, subjects=subjects, reason=reason) as one:
        _hold(one.alias)
        if row is None or GrantEnd.objects.filter(grant_id=grant).exists():
            problems.append(Problem("this role has ended, or never was", "", "grant"))
        elif row.role == ADMINISTRATOR and not _other_administrator(grant=grant):
            hint = "give the role to somebody else first"
            problems.append(Problem("this is the last system administrator", hint, "grant"))
        _raise("this role cannot be ended", problems)
        one.add(GrantEnd(grant_id=grant, at=instant(at)))


def record_training(
    *,
    person: str,
    training: str,
    completed_on: date,
    evidence: str,
    trainings: Iterable[Training],
    today: date,
    at: datetime,
    by: str,
) -> int:
    """Note a training somebody completed, and return the record's number.

    today   the date where it is noted: a training is completed before it is noted
    Raises  RecordError with everything wrong
    """
    problems = [*_known(person)]
    if training not in {one.id for one in trainings}:
        problems.append(Problem("the protocol names no such training", "choose one of the list", "training"))
    if completed_on > today:
        problems.append(Problem("this day lies ahead", "give the day it was completed", "completed_on"))
    if len(evidence) > LONGEST_EVIDENCE or "\x00" in evidence:
        problems.append(Problem("this cannot be kept", f"at most {LONGEST_EVIDENCE} characters", "evidence"))
    _raise("this training cannot be recorded", problems)
    row = TrainingRecord(
        person=person, training=training, completed_on=completed_on.isoformat(), evidence=evidence.strip()
    )
    with act("trial", "people.trained", at=at, by=by, subjects=[person]) as one:
        return one.add(row).id


def delegate(
    *, person: str, site: str, tasks: str, from_on: date, until_on: date | None, at: datetime, by: str
) -> int:
    """Delegate tasks to somebody at a site, and return the delegation's number.

    tasks   in words
    Raises  RecordError with everything wrong
    """
    problems = [*_known(person), *_text_problems(tasks.strip(), "tasks", longest=LONGEST_TEXT)]
    if person == by:
        problems.append(Problem("nobody delegates to themselves", "", "person"))
    if until_on is not None and until_on < from_on:
        problems.append(Problem("the delegation would end before it begins", "correct a date", "until_on"))
    if not any(grant.site in ("", site) for grant in reads.grants(person, at=at)):
        problems.append(Problem(f"they hold no role at {site}", "a role comes first", "person"))
    _raise("this cannot be delegated", problems)
    row = Delegation(
        person=person,
        site=site,
        tasks=tasks.strip(),
        from_on=from_on.isoformat(),
        until_on=until_on.isoformat() if until_on else "",
    )
    with act("trial", "people.delegated", at=at, by=by, subjects=[person, site]) as one:
        return one.add(row).id


def end_delegation(*, delegation: int, on: date, at: datetime, by: str, reason: str) -> None:
    """End a delegation on a day; it stays in the log.

    Raises  RecordError when there is no such delegation, it was ended, or the day does not fit
    """
    row = Delegation.objects.filter(id=delegation).first()
    problems = _reason_problems(reason)
    if row is None or DelegationEnd.objects.filter(delegation_id=delegation).exists():
        problems.append(Problem("this delegation has ended, or never was", "", "delegation"))
    elif on.isoformat() < row.from_on:
        problems.append(Problem("it would end before it began", "correct the date", "on"))
    _raise("this delegation cannot be ended", problems)
    subjects = [row.person, row.site] if row else []
    with act("trial", "people.delegation_ended", at=at, by=by, subjects=subjects, reason=reason) as one:
        one.add(DelegationEnd(delegation_id=delegation, on=on.isoformat()))


def set_one_time_password(*, person: str, password: str, at: datetime, by: str, reason: str) -> None:
    """Give somebody who lost access a password for one sign-in; their open sessions and their tokens end.

    Whoever just took their second factor away cannot: with both, one person could sign as another.

    Raises  RecordError with everything wrong
    """
    account = Account.objects.filter(person=person).first()
    problems = _reason_problems(reason)
    if person == by:
        problems.append(Problem("your own password is changed on your own page", "", "person"))
    if account is None:
        problems.append(Problem("there is no such person", "", "person"))
    else:
        problems += [*_closed(person), *_password_problems(password, account), *_lone("password", person, by)]
    if problems or account is None:
        raise RecordError("no password can be set", problems)
    account.set_password(password)
    account.must_change_password = True
    with act("trial", "account.password_set", at=at, by=by, subjects=[person], reason=reason) as one:
        account.save(using=one.alias)
        tokens.end_all(one, person=person)


def remove_second_factor(*, person: str, at: datetime, by: str, reason: str) -> None:
    """Take away the second factor of somebody who lost it; roles that need one wait for a new one.

    Whoever just set their password cannot: with both, one person could sign as another.

    Raises  RecordError with everything wrong
    """
    problems = [*_known(person), *_reason_problems(reason)]
    if person == by:
        problems.append(Problem("your own second factor is removed on your own page", "", "person"))
    problems += _lone("second factor", person, by)
    _raise("the second factor cannot be removed", problems)
    with act("trial", "account.second_factor_removed", at=at, by=by, subjects=[person], reason=reason) as one:
        Authenticator.objects.using(one.alias).filter(user__person=person).delete()


def _lone(wanted: str, person: str, by: str) -> list[Problem]:
    """Return why whoever took one part of somebody's signature away cannot take the other as well."""
    taken, back, part = _PARTS[wanted]
    about = Event.objects.filter(subjects=person, action__in=(taken, back)).order_by("-id")
    if about.values_list("action", "actor").first() != (taken, by):
        return []
    hint = "ask another system administrator: nobody takes both parts of a signature away alone"
    return [Problem(f"you took away their {part}, and they have no new one yet", hint, "person")]


def change_address(*, person: str, email: str, at: datetime, by: str, reason: str = "") -> None:
    """Let somebody sign in with another address from now on; those before it stay on record.

    reason   why; one's own address needs none
    Raises   RecordError with everything wrong
    """
    email, account = email.strip(), Account.objects.filter(person=person).first()
    problems = [] if person == by else _reason_problems(reason)
    if account is None:
        problems.append(Problem("there is no such person", "", "person"))
    elif email == account.email:
        problems.append(Problem("this is their address already", "", "email"))
    elif email.lower() != account.email.lower():
        problems += _email_problems(email)
    if problems or account is None:
        raise RecordError("the address cannot be changed", problems)
    with act("trial", "account.address_changed", at=at, by=by, subjects=[person], reason=reason) as one:
        kept = AccountAddress.objects.filter(person=person)
        if not kept.exists():
            one.add(AccountAddress(person=person, seq=1, email=account.email))
        one.add(AccountAddress(person=person, seq=kept.count() + 1, email=email))
        # The sign-in library would go on letting them in with its copy of the address before.
        EmailAddress.objects.using(one.alias).filter(user=account).delete()
        account.email = email
        account.save(using=one.alias, update_fields=["email"])


def close_account(*, person: str, at: datetime, by: str, reason: str) -> None:
    """End somebody's access at once: every role and session; who they were and what they did stays.

    Raises  RecordError with everything that forbids it
    """
    account = Account.objects.filter(person=person).first()
    problems = [*_reason_problems(reason), *_known(person), *_closed(person)]
    if person == by:
        hint = "ask another system administrator"
        problems.append(Problem("nobody closes their own account", hint, "person"))
    with act("trial", "account.closed", at=at, by=by, subjects=[person], reason=reason) as one:
        _hold(one.alias)
        held = [role for role in reads.history([person]) if not role.over(at)]
        if any(role.role == ADMINISTRATOR for role in held) and not _other_administrator(person=person):
            hint = "give the role to somebody else first"
            problems.append(Problem("this is the last system administrator", hint, "person"))
        if problems or account is None:
            raise RecordError("this account cannot be closed", problems)
        open_ones = [role.number for role in held if not role.ended]
        one.add_all([GrantEnd(grant_id=number, at=instant(at)) for number in open_ones])
        account.is_active = False
        account.set_unusable_password()
        account.save(using=one.alias)
        tokens.end_all(one, person=person)
        _end_sessions(account, alias=one.alias)


def _end_sessions(account: Account, *, alias: str) -> None:
    """End every session of an account: what a session is about lies sealed in it, so each is opened."""
    for session in Session.objects.using(alias).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(account.pk):
            session.delete()


@contextmanager
def changing(account: Account, action: str, *, at: datetime) -> Iterator[Act]:
    """Open the bracket in which somebody's own password or second factor changes, and note that it did."""
    with act("trial", action, at=at, by=account.person, subjects=[account.person]) as one:
        yield one


def _conflicts(row: RoleGrant) -> list[Problem]:
    """Return why somebody's other roles forbid this one.

    Whoever may have learned arms never works blind again; who works blind cannot learn them meanwhile.
    """
    problems = []
    last = row.until_at or FOR_EVER
    for held in reads.history([row.person]):
        name = ROLES.get(held.role, held.role).lower()
        ends = held.ends_at or FOR_EVER
        # A role that ended before it began was never held.
        if not held.from_at < min(last, ends):
            continue
        if held.role == row.role and held.site in ("", row.site) and row.from_at < ends:
            problems.append(Problem("they hold this role already", "end it first to change it", "role"))
        if row.role in BLIND and held.role in LEARN_ARMS:
            hint = "whoever may have learned arms cannot work blind afterwards"
            problems.append(Problem(f"they are, were or will be {name}", hint, "role"))
        if row.role in LEARN_ARMS and held.role in BLIND and row.from_at < ends:
            hint = "end that role first: nobody works blind and learns arms at once"
            problems.append(Problem(f"they work blind, as {name}", hint, "role"))
    return list(dict.fromkeys(problems))


def _other_administrator(*, grant: int = 0, person: str = "") -> bool:
    """Whether a system administrator everywhere, without a planned end, stays without a grant or a person."""
    ended = GrantEnd.objects.values("grant_id")
    others = RoleGrant.objects.filter(role=ADMINISTRATOR, site="", until_at="")
    active = Account.objects.filter(is_active=True).values("person")
    left = others.filter(person__in=active).exclude(id__in=ended)
    return left.exclude(id=grant).exclude(person=person).exists()


def _hold(alias: str) -> None:
    """Let one decision about roles follow the other; SQLite has one writer anyway."""
    if connections[alias].vendor == "postgresql":
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ROLES_LOCK])


def _known(person: str) -> list[Problem]:
    known = Person.objects.filter(person=person).exists()
    return [] if known else [Problem("there is no such person", "", "person")]


def _closed(person: str) -> list[Problem]:
    closed = Account.objects.filter(person=person, is_active=False).exists()
    return [Problem("their access has ended", "", "person")] if closed else []


def _text_problems(text: str, path: str, *, longest: int = LONGEST_NAME) -> list[Problem]:
    if text and len(text) <= longest and "\x00" not in text:
        return []
    return [Problem("this is missing or cannot be kept", f"1 to {longest} characters", path)]


def _reason_problems(reason: str) -> list[Problem]:
    return _text_problems(reason.strip(), "reason", longest=LONGEST_TEXT)


def _email_problems(email: str) -> list[Problem]:
    try:
        validate_email(email)
    except ValidationError:
        return [Problem("this is no address", "name@example.org", "email")]
    if Account.objects.filter(email__iexact=email).exists():
        return [Problem("the address is taken", "use another", "email")]
    return []


def _password_problems(password: str, account: Account) -> list[Problem]:
    try:
        validate_password(password, user=account)
    except ValidationError as error:
        return [Problem(message.rstrip("."), "", "password") for message in error.messages]
    return []


def _raise(message: str, problems: list[Problem]) -> None:
    if problems:
        raise RecordError(message, problems)
