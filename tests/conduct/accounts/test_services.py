"""What nobody may do about people, whoever asks; and what stays on record."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import connections
from django.test.utils import CaptureQueriesContext
from tests.conduct.people import People, Somebody

from equipoise.conduct.accounts import reads, services
from equipoise.conduct.accounts.models import Account, AccountAddress, GrantEnd, Person, RoleGrant
from equipoise.conduct.accounts.permission import BLIND, LEARN_ARMS, ROLES, Grant
from equipoise.conduct.accounts.training import Training, lacking
from equipoise.conduct.audit.models import Event
from equipoise.conduct.config import settings
from equipoise.conduct.config.operations import verifying
from equipoise.errors import RecordError

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = AT.date()
BY = "p-system-administrator"
PASSWORD = "correct horse battery staple"  # noqa: S105 - a test's
EFFECTS = Training("effects", "Recording effects", frozenset({"session_monitor"}), valid_months=12)
RATING = Training("rating", "Rating", frozenset({"rater"}))


def give(person: str, role: str, *, site: str = "", by: str = BY, at: datetime = AT, **more: object) -> int:
    return services.grant_role(
        person=person, role=role, site=site, trainings=(EFFECTS, RATING), at=at, by=by, **more
    )  # type: ignore[arg-type]


def train(person: str, training: str, day: date, *, today: date = TODAY) -> int:
    return services.record_training(
        person=person,
        training=training,
        completed_on=day,
        evidence="binder 3",
        trainings=(EFFECTS, RATING),
        today=today,
        at=AT,
        by=BY,
    )


def what(refusal: "pytest.ExceptionInfo[RecordError]") -> list[str]:
    return [problem.path for problem in refusal.value.problems]


@pytest.fixture
def newcomer(people: People) -> Somebody:
    return people.add(name="New")


def test_adding_a_person_refuses_everything_wrong_at_once(study: Path) -> None:
    with pytest.raises(RecordError) as refusal:
        services.add_person(name=" \x00 ", email="no address", password="12345", at=AT, by=BY)  # noqa: S106 - a test's
    assert set(what(refusal)) == {"name", "email", "password"}
    assert Account.objects.count() == 0


def test_an_address_is_taken_whatever_its_case(study: Path, people: People) -> None:
    services.add_person(name="مريم 🌿", email="maryam@example.org", password=PASSWORD, at=AT, by=BY)
    with pytest.raises(RecordError, match="taken"):
        services.add_person(name="Other", email="Maryam@Example.org", password=PASSWORD, at=AT, by=BY)
    assert reads.person_of("MARYAM@example.org") is not None


def test_a_corrected_name_keeps_the_one_before(study: Path, newcomer: Somebody) -> None:
    services.correct_name(person=newcomer.person, name="Nia", at=AT, by=BY, reason="married")
    assert reads.names([newcomer.person]) == {newcomer.person: "Nia"}
    assert list(Person.objects.filter(person=newcomer.person).values_list("name", flat=True)) == [
        "New",
        "Nia",
    ]


def test_nobody_gives_themselves_a_role(study: Path, people: People) -> None:
    administrator = people.system_administrator.person
    with pytest.raises(RecordError, match="nobody gives themselves a role"):
        give(administrator, "auditor", by=administrator)
    assert {grant.role for grant in reads.grants(administrator, at=AT)} == {"system_administrator"}


@pytest.mark.parametrize("learns", sorted(LEARN_ARMS))
@pytest.mark.parametrize("blind", sorted(BLIND))
def test_roles_that_learn_arms_and_roles_that_work_blind_never_meet_in_a_person(
    blind: str, learns: str
) -> None:
    assert blind not in LEARN_ARMS
    assert learns not in BLIND


def test_the_two_kinds_of_role_leave_nobody_out() -> None:
    assert BLIND | LEARN_ARMS | {"system_administrator"} == set(ROLES)


def test_somebody_who_works_blind_learns_no_arms_meanwhile(study: Path, newcomer: Somebody) -> None:
    rating = give(newcomer.person, "statistician")
    for role in sorted(LEARN_ARMS):
        with pytest.raises(RecordError, match="they work blind, as statistician"):
            give(newcomer.person, role)
    services.end_grant(grant=rating, at=AT + timedelta(days=1), by=BY, reason="moves to the pharmacy")
    give(newcomer.person, "pharmacist", site="SEA", at=AT + timedelta(days=2))


def test_somebody_who_may_have_learned_arms_never_works_blind_again(study: Path, newcomer: Somebody) -> None:
    grant = give(newcomer.person, "pharmacist", site="SEA")
    services.end_grant(grant=grant, at=AT + timedelta(days=1), by=BY, reason="moves on")
    with pytest.raises(RecordError, match="cannot work blind afterwards"):
        give(newcomer.person, "facilitator", site="SEA", at=AT + timedelta(days=30))


def test_a_role_that_learns_arms_planned_for_later_forbids_a_blind_one_that_lasts_until_then(
    study: Path, newcomer: Somebody
) -> None:
    later = AT + timedelta(days=30)
    planned = give(newcomer.person, "pharmacist", site="SEA", from_at=later)
    with pytest.raises(RecordError, match="pharmacist"):
        give(newcomer.person, "facilitator", site="SEA")
    give(newcomer.person, "facilitator", site="SEA", until_at=later)
    services.end_grant(grant=planned, at=AT + timedelta(days=1), by=BY, reason="stays a facilitator")
    give(newcomer.person, "coordinator", site="SEA", at=AT + timedelta(days=2))


def test_a_role_is_held_once(study: Path, newcomer: Somebody) -> None:
    give(newcomer.person, "coordinator", site="SEA")
    with pytest.raises(RecordError, match="already"):
        give(newcomer.person, "coordinator", site="SEA")
    give(newcomer.person, "coordinator", site="NYC")
    assert reads.grants(newcomer.person, at=AT) == (Grant("coordinator", "SEA"), Grant("coordinator", "NYC"))


def test_a_role_neither_begins_in_the_past_nor_ends_before_it_begins(study: Path, newcomer: Somebody) -> None:
    yesterday = AT - timedelta(days=1)
    with pytest.raises(RecordError) as refusal:
        give(newcomer.person, "auditor", from_at=yesterday, until_at=yesterday)
    assert what(refusal) == ["from_on", "until_on"]
    with pytest.raises(RecordError, match="no role"):
        give(newcomer.person, "emperor")
    with pytest.raises(RecordError, match="no such person"):
        give("p-nobody", "auditor")


def test_nobody_gets_a_role_without_the_training_it_needs(study: Path, newcomer: Somebody) -> None:
    with pytest.raises(RecordError, match="Recording effects"):
        give(newcomer.person, "session_monitor", site="SEA")
    assert not RoleGrant.objects.filter(person=newcomer.person).exists()
    train(newcomer.person, "effects", TODAY)
    give(newcomer.person, "session_monitor", site="SEA")


def test_a_training_that_no_longer_counts_gives_no_role(study: Path, newcomer: Somebody) -> None:
    train(newcomer.person, "effects", date(2025, 11, 23))
    with pytest.raises(RecordError, match="no longer counts"):
        give(newcomer.person, "session_monitor", site="SEA")
    train(newcomer.person, "effects", date(2025, 11, 24))
    give(newcomer.person, "session_monitor", site="SEA")
    member = reads.member(
        newcomer.person, trainings=(EFFECTS,), at=AT + timedelta(days=1), today=date(2026, 11, 24)
    )
    assert member is not None
    assert member.lacking == (EFFECTS,)
    assert reads.missing(newcomer.person, "session_monitor", trainings=(EFFECTS,), on=TODAY) == ()
    assert reads.missing(newcomer.person, "session_monitor", trainings=(EFFECTS,), on=date(2026, 11, 24)) == (
        EFFECTS,
    )


@pytest.mark.parametrize(
    ("completed_on", "months", "expires_on"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 23), 14, date(2028, 1, 23)),
        (date(2026, 11, 23), None, None),
    ],
)
def test_a_training_expires_after_whole_months(
    completed_on: date, months: int | None, expires_on: date | None
) -> None:
    training = Training("x", "X", frozenset({"rater"}), months)
    assert training.expires_on(completed_on) == expires_on
    assert training.counts(completed_on, on=completed_on)
    assert not training.counts(completed_on, on=completed_on - timedelta(days=1))
    if expires_on is not None:
        assert not training.counts(completed_on, on=expires_on)
        assert lacking("rater", trainings=[training], completed={"x": [completed_on]}, on=expires_on) == (
            training,
        )
    assert lacking("pharmacist", trainings=[training], completed={}, on=completed_on) == ()


def test_a_training_is_one_the_protocol_names_and_lies_behind(study: Path, newcomer: Somebody) -> None:
    with pytest.raises(RecordError) as refusal:
        train(newcomer.person, "juggling", TODAY + timedelta(days=1))
    assert what(refusal) == ["training", "completed_on"]


def test_one_system_administrator_always_remains(study: Path, people: People, newcomer: Somebody) -> None:
    first = RoleGrant.objects.get(person=people.system_administrator.person).id
    with pytest.raises(RecordError, match="last system administrator"):
        services.end_grant(grant=first, at=AT, by=BY, reason="leaves")
    give(newcomer.person, "system_administrator", until_at=AT + timedelta(days=30))
    with pytest.raises(RecordError, match="last system administrator"):
        services.end_grant(grant=first, at=AT, by=BY, reason="leaves")
    lasting = give(people.add(name="Third").person, "system_administrator", by="system")
    services.end_grant(grant=first, at=AT, by=BY, reason="leaves")
    with pytest.raises(RecordError, match="last system administrator"):
        services.end_grant(grant=lasting, at=AT, by=BY, reason="leaves")


def test_a_role_ends_once_with_a_reason_and_stays_on_record(study: Path, newcomer: Somebody) -> None:
    grant = give(newcomer.person, "auditor")
    with pytest.raises(RecordError) as refusal:
        services.end_grant(grant=grant, at=AT, by=BY, reason="  ")
    assert what(refusal) == ["reason"]
    services.end_grant(grant=grant, at=AT + timedelta(hours=1), by=BY, reason="left")
    for unknown in (grant, 999):
        with pytest.raises(RecordError, match="has ended, or never was"):
            services.end_grant(grant=unknown, at=AT, by=BY, reason="left")
    assert GrantEnd.objects.count() == 1
    assert reads.grants(newcomer.person, at=AT + timedelta(minutes=59)) == (Grant("auditor"),)
    assert reads.grants(newcomer.person, at=AT + timedelta(hours=1)) == ()
    event = Event.objects.using("default").latest("id")
    assert (event.action, event.actor, event.subjects, event.reason) == (
        "people.grant_ended",
        BY,
        newcomer.person,
        "left",
    )


def test_a_delegation_is_logged_with_who_and_by_whom(study: Path, people: People) -> None:
    investigator, coordinator = people.investigator, people.coordinator
    first = services.delegate(
        person=coordinator.person,
        site="SEA",
        tasks="Consent\nVitals",
        from_on=TODAY,
        until_on=None,
        at=AT,
        by=investigator.person,
    )
    services.end_delegation(
        delegation=first, on=TODAY + timedelta(days=3), at=AT, by=investigator.person, reason="moves on"
    )
    (line,) = reads.delegations(site="SEA")
    assert (line.name, line.tasks, line.by, line.until_on, line.ended) == (
        "Coordinator",
        "Consent\nVitals",
        "Investigator",
        TODAY + timedelta(days=3),
        True,
    )
    assert reads.delegations(site="NYC") == ()
    with pytest.raises(RecordError, match="has ended"):
        services.end_delegation(delegation=first, on=TODAY, at=AT, by=investigator.person, reason="again")


def test_tasks_go_to_others_who_work_at_the_site(study: Path, people: People) -> None:
    investigator = people.investigator.person
    with pytest.raises(RecordError) as refusal:
        services.delegate(
            person=investigator,
            site="NYC",
            tasks=" ",
            from_on=TODAY,
            until_on=TODAY - timedelta(days=1),
            at=AT,
            by=investigator,
        )
    assert what(refusal) == ["tasks", "person", "until_on", "person"]


def test_a_password_for_one_sign_in_must_be_changed(study: Path, people: People) -> None:
    one = people.coordinator
    with pytest.raises(RecordError, match="own page"):
        services.set_one_time_password(person=BY, password=PASSWORD, at=AT, by=BY, reason="lost")
    services.set_one_time_password(
        person=one.person, password=PASSWORD, at=AT, by=BY, reason="lost, seen in person"
    )
    assert one.account.must_change_password
    assert one.account.check_password(PASSWORD)


def test_a_lost_second_factor_is_removed_with_its_recovery_codes(study: Path, people: People) -> None:
    one = people.investigator
    services.remove_second_factor(person=one.person, at=AT, by=BY, reason="phone lost, seen in person")
    assert not Authenticator.objects.exists()
    assert Event.objects.using("default").latest("id").action == "account.second_factor_removed"


def test_nobody_takes_password_and_second_factor_of_another_away_alone(study: Path, people: People) -> None:
    one, other = people.investigator.person, people.monitor.person
    said = "nobody takes both parts of a signature away alone"

    def reset(by: str) -> None:
        services.set_one_time_password(person=one, password=PASSWORD, at=AT, by=by, reason="lost, seen")

    def remove(by: str) -> None:
        services.remove_second_factor(person=one, at=AT, by=by, reason="phone lost, seen")

    reset(BY)
    with pytest.raises(RecordError, match=said):
        remove(BY)
    assert Authenticator.objects.exists()
    with services.changing(people.investigator.account, "account.password_changed", at=AT):
        pass
    remove(BY)
    before = people.investigator.account.password
    with pytest.raises(RecordError, match=said):
        reset(BY)
    assert Account.objects.get(person=one).password == before
    reset(other)
    with services.changing(people.investigator.account, "account.second_factor_set_up", at=AT):
        pass
    reset(BY)


@pytest.mark.both_stores
def test_access_ends_at_once_with_every_role_and_session_and_the_person_stays(
    study: Path, people: People
) -> None:
    one, other = people.coordinator, people.monitor
    later = give(one.person, "monitor", from_at=AT + timedelta(days=30))
    clients = [people.client("coordinator"), people.client("coordinator"), people.client("monitor")]
    services.close_account(person=one.person, at=AT, by=BY, reason="left")
    assert [client.get("/account/").status_code for client in clients] == [302, 302, 200]
    assert Session.objects.count() == 1
    assert reads.grants(one.person, at=AT + timedelta(seconds=1)) == ()
    assert GrantEnd.objects.filter(grant=later).exists()
    assert reads.grants(one.person, at=AT + timedelta(days=31)) == ()
    assert reads.grants(other.person, at=AT) != ()
    assert reads.names([one.person]) == {one.person: one.name}
    account = one.account
    assert (account.is_active, account.has_usable_password()) == (False, False)
    event = Event.objects.using("default").latest("id")
    assert (event.action, event.subjects, event.reason, event.actor) == (
        "account.closed",
        one.person,
        "left",
        BY,
    )


def test_a_closed_account_gets_no_role_and_no_password_and_is_closed_once(
    study: Path, newcomer: Somebody
) -> None:
    services.close_account(person=newcomer.person, at=AT, by=BY, reason="never came")
    for act in (
        lambda: give(newcomer.person, "auditor"),
        lambda: services.close_account(person=newcomer.person, at=AT, by=BY, reason="again"),
        lambda: services.set_one_time_password(
            person=newcomer.person, password=PASSWORD, at=AT, by=BY, reason="lost"
        ),
    ):
        with pytest.raises(RecordError, match="their access has ended"):
            act()


def test_nobody_closes_their_own_account_or_the_last_administrators_or_without_a_reason(
    study: Path, people: People, newcomer: Somebody
) -> None:
    administrator = people.system_administrator.person
    with pytest.raises(RecordError) as refusal:
        services.close_account(person=administrator, at=AT, by=administrator, reason=" ")
    assert what(refusal) == ["reason", "person", "person"]
    assert "this is the last system administrator" in str(refusal.value)
    assert people.system_administrator.account.is_active
    give(newcomer.person, "system_administrator")
    services.close_account(person=administrator, at=AT, by=newcomer.person, reason="retired")
    with pytest.raises(RecordError, match="last system administrator"):
        services.close_account(person=newcomer.person, at=AT, by="system", reason="too")


def test_an_address_changes_and_those_before_it_stay_on_record(study: Path, newcomer: Somebody) -> None:
    for email in ("nia@example.org", "NIA@example.org"):
        services.change_address(person=newcomer.person, email=email, at=AT, by=BY, reason="moved")
    kept = (
        AccountAddress.objects.filter(person=newcomer.person).order_by("seq").values_list("email", flat=True)
    )
    assert list(kept) == [newcomer.email, "nia@example.org", "NIA@example.org"]
    assert reads.person_of(newcomer.email) is None
    assert reads.person_of("nia@EXAMPLE.org") == newcomer.person
    assert Event.objects.using("default").latest("id").action == "account.address_changed"


def test_an_address_that_is_taken_or_none_is_refused_and_another_persons_needs_a_reason(
    study: Path, people: People, newcomer: Somebody
) -> None:
    taken = people.monitor.email.upper()
    for email, paths in ((taken, ["reason", "email"]), ("nobody", ["reason", "email"])):
        with pytest.raises(RecordError) as refusal:
            services.change_address(person=newcomer.person, email=email, at=AT, by=BY)
        assert what(refusal) == paths
    with pytest.raises(RecordError, match="this is their address already"):
        services.change_address(
            person=newcomer.person, email=f" {newcomer.email} ", at=AT, by=newcomer.person
        )
    assert newcomer.account.email == newcomer.email


def test_what_people_services_write_verifies(study: Path, newcomer: Somebody) -> None:
    train(newcomer.person, "effects", TODAY)
    grant = give(newcomer.person, "session_monitor", site="SEA")
    services.delegate(
        person=newcomer.person, site="SEA", tasks="Sit in", from_on=TODAY, until_on=None, at=AT, by=BY
    )
    services.end_grant(grant=grant, at=AT, by=BY, reason="left")
    with pytest.raises(RecordError, match="last system"):
        services.end_grant(grant=give(newcomer.person, "system_administrator"), at=AT, by=BY, reason="x")
    assert verifying.verify(settings.read(study)).problems == ()


def test_everybody_is_listed_with_the_same_few_queries(study: Path, people: People) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connections["default"]) as queries:
            reads.members(trainings=(EFFECTS,), at=AT, today=TODAY)
        return len(queries)

    people.add("auditor", name="First")
    few = asked()
    for n in range(5):
        people.add("auditor", name=f"Auditor {n}")
    assert asked() == few
