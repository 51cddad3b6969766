"""Signing in end to end, on both stores: password, code, waits, sessions, and what is left on record."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connections
from django.test import Client
from tests.conduct.people import SECRET, People, Somebody, clock_at, sign_in_as

from equipoise.conduct.accounts import services, sign_in
from equipoise.conduct.accounts.models import SignInAttempt, UsedCode
from equipoise.conduct.audit.models import Event
from equipoise.errors import IntegrityError, RecordError

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"  # noqa: S105 - a test's
WRONG = "wrong horse battery staple"
ELSEWHERE = "203.0.113.9"
pytestmark = pytest.mark.both_stores


@pytest.fixture(autouse=True)
def our_limits() -> None:
    """The library's own limits count in memory, ours are what is tested here."""
    cache.clear()


@pytest.fixture
def clock(study: Path) -> Iterator[list[datetime]]:
    with clock_at(AT) as hand:
        yield hand


@pytest.fixture
def coordinator(people: People) -> Somebody:
    return with_password(people.coordinator)


@pytest.fixture
def investigator(people: People) -> Somebody:
    return with_password(people.investigator)


def with_password(one: Somebody) -> Somebody:
    account = one.account
    account.set_password(PASSWORD)
    account.save()
    return one


def enter(
    client: Client, one: Somebody | str, password: str = PASSWORD, *, address: str = "127.0.0.1", **more: str
):
    email = one if isinstance(one, str) else one.email
    return client.post("/sign-in/", {"login": email, "password": password, **more}, REMOTE_ADDR=address)


def code(secret: str = SECRET) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def actions() -> list[str]:
    return list(Event.objects.using("default").order_by("id").values_list("action", flat=True))


def signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_a_right_password_signs_in_and_leaves_an_event(clock: list[datetime], coordinator: Somebody) -> None:
    client = Client()
    assert coordinator.account.password.startswith("argon2$argon2id$")
    answer = enter(client, coordinator)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"
    assert signed_in(client)
    last = Event.objects.using("default").latest("id")
    assert (last.action, last.actor, last.at) == (
        "account.signed_in",
        coordinator.person,
        "2026-11-23T09:00:00.000000Z",
    )


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    clock: list[datetime], coordinator: Somebody
) -> None:
    client = Client()
    known, unknown = enter(client, coordinator, WRONG), enter(client, "nobody@example.org", WRONG)
    assert known.status_code == unknown.status_code == 200
    strip = lambda answer, email: answer.content.decode().replace(email, "")  # noqa: E731
    token = known.wsgi_request.META["CSRF_COOKIE"]
    assert token
    body = strip(known, coordinator.email).split("<main")[1].split("csrfmiddlewaretoken")[0]
    assert body == strip(unknown, "nobody@example.org").split("<main")[1].split("csrfmiddlewaretoken")[0]
    assert not signed_in(client)


def test_the_address_typed_is_never_stored(clock: list[datetime], coordinator: Somebody) -> None:
    enter(Client(), "my-secret-password@example.org", WRONG)
    attempt = SignInAttempt.objects.latest("id")
    assert not attempt.ok
    for table in connections["default"].introspection.table_names():
        with connections["default"].cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names of our tables
            assert "my-secret-password" not in str(cursor.fetchall()), table


def test_failures_of_an_account_make_it_wait_longer_and_longer_but_never_for_ever(
    clock: list[datetime], coordinator: Somebody
) -> None:
    def left() -> float:
        return sign_in.wait(coordinator.email, address=ELSEWHERE, at=clock[0]).total_seconds()

    for n in range(4):
        sign_in.failed(coordinator.email, address=f"198.51.100.{n}", at=clock[0])
    assert left() == 0
    waits = []
    for n in range(10):
        sign_in.failed(coordinator.email, address=f"192.0.2.{n}", at=clock[0])
        waits.append(left())
        clock[0] += timedelta(seconds=waits[-1])
        assert left() == 0
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900, 900, 900]
    client = Client()
    enter(client, coordinator, address=ELSEWHERE)
    assert signed_in(client)
    enter(Client(), coordinator, WRONG, address=ELSEWHERE)
    assert left() == 0, "a success lets an account begin anew"


def test_the_right_password_waits_too_and_attempts_meanwhile_do_not_lengthen_the_wait(
    clock: list[datetime], coordinator: Somebody
) -> None:
    for _ in range(5):
        enter(Client(), coordinator, WRONG)
    before = SignInAttempt.objects.count()
    client = Client()
    answer = enter(client, coordinator)
    assert b"Wait 1 minute" in answer.content
    assert not signed_in(client)
    assert SignInAttempt.objects.count() == before
    clock[0] += timedelta(seconds=31)
    enter(client, coordinator)
    assert signed_in(client)


def test_nobody_locks_a_colleague_out_from_elsewhere(clock: list[datetime], coordinator: Somebody) -> None:
    enter(Client(), coordinator, address="198.51.100.7")
    for _ in range(5):
        enter(Client(), coordinator, WRONG, address=ELSEWHERE)
    stranger, owner = Client(), Client()
    enter(stranger, coordinator, address=ELSEWHERE)
    assert not signed_in(stranger)
    enter(owner, coordinator, address="198.51.100.7")
    assert signed_in(owner)


def test_an_address_that_tries_many_accounts_waits_and_its_own_success_does_not_help(
    clock: list[datetime], coordinator: Somebody
) -> None:
    for n in range(19):
        sign_in.failed(f"guess{n}@example.org", address=ELSEWHERE, at=AT)
    client = Client()
    enter(client, coordinator, address=ELSEWHERE)
    assert signed_in(client)
    enter(Client(), "guess20@example.org", WRONG, address=ELSEWHERE)
    assert sign_in.wait("another@example.org", address=ELSEWHERE, at=clock[0]) == timedelta(seconds=30)
    assert sign_in.wait("another@example.org", address="198.51.100.7", at=clock[0]) == timedelta(0)
    clock[0] += timedelta(hours=1, seconds=1)
    assert sign_in.wait("another@example.org", address=ELSEWHERE, at=clock[0]) == timedelta(0)


def test_a_code_is_asked_for_after_the_password(clock: list[datetime], investigator: Somebody) -> None:
    client = Client()
    answer = enter(client, investigator, next="/account/")
    assert answer.headers["Location"] == "/sign-in/code/"
    assert not signed_in(client)
    assert client.get("/sign-in/code/").status_code == 200
    answer = client.post("/sign-in/code/", {"code": code()})
    assert answer.headers["Location"] == "/account/"
    assert signed_in(client)


def test_a_code_works_once_whichever_worker_it_comes_to(
    clock: list[datetime], investigator: Somebody
) -> None:
    first, second = Client(), Client()
    same = code()
    for client in (first, second):
        enter(client, investigator)
        cache.clear()
        client.post("/sign-in/code/", {"code": same})
    assert signed_in(first)
    assert not signed_in(second)


def test_a_code_is_used_up_beyond_the_hour_and_for_its_owner_only(
    clock: list[datetime], investigator: Somebody, people: People
) -> None:
    owner, late = investigator.account, datetime(2026, 11, 23, 9, 59, 50, tzinfo=UTC)
    assert sign_in.take_code(owner, "123456", at=late)
    assert not sign_in.take_code(owner, " 123456", at=late + timedelta(seconds=15))
    assert sign_in.take_code(people.pharmacist.account, "123456", at=late)
    assert sign_in.take_code(owner, "123456", at=late + timedelta(hours=2))
    assert "123456" not in str(list(UsedCode.objects.values()))


def test_wrong_codes_count_as_failures_and_a_right_password_between_does_not_help(
    clock: list[datetime], investigator: Somebody
) -> None:
    client = Client()
    for _ in range(5):
        enter(client, investigator)
        client.post("/sign-in/code/", {"code": "000000"})
    answer = client.post("/sign-in/code/", {"code": code()})
    assert b"Wait 1 minute" in answer.content
    assert not signed_in(client)
    assert actions().count("account.sign_in_failed") == 5


def test_a_recovery_code_signs_in_once_and_is_noted(clock: list[datetime], investigator: Somebody) -> None:
    codes = RecoveryCodes.activate(investigator.account).generate_codes()
    client, again = Client(), Client()
    for one in (client, again):
        enter(one, investigator)
        one.post("/sign-in/code/", {"code": codes[0]})
    assert signed_in(client)
    assert not signed_in(again)
    assert actions().count("account.recovery_code_used") == 1


def test_a_role_that_needs_a_second_factor_does_nothing_before_it_is_set_up(
    clock: list[datetime], people: People
) -> None:
    administrator = with_password(people.system_administrator)
    Authenticator.objects.all().delete()
    client = Client()
    enter(client, administrator)
    assert client.get("/people/").headers["Location"] == "/account/code/"
    assert client.get("/people/", headers={"Accept": "application/json"}).status_code == 403
    assert client.get("/account/").status_code == 200
    page = client.get("/account/code/")
    secret = page.context["form"].secret
    assert client.post("/account/code/", {"code": "000000"}).status_code == 200
    answer = client.post("/account/code/", {"code": code(secret)})
    assert answer.headers["Location"] == "/account/recovery/"
    assert client.get("/account/recovery/").status_code == 200
    assert client.get("/people/").status_code == 200
    assert "account.second_factor_set_up" in actions()


def test_the_secret_of_a_second_factor_lies_sealed_in_the_database(
    clock: list[datetime], people: People
) -> None:
    one = with_password(people.coordinator)
    client = Client()
    enter(client, one)
    secret = client.get("/account/code/").context["form"].secret
    assert secret not in str([row.get_decoded() for row in Session.objects.all()])
    client.post("/account/code/", {"code": code(secret)})
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        stored = str(cursor.fetchall())
    assert stored.count("secret") == 1
    assert secret not in stored
    row = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert row.wrap().validate_code(code(secret)) is True
    sealed = row.data["secret"]
    row.data["secret"] = sealed[:-4] + ("AAA=" if sealed[-4:] != "AAA=" else "BBB=")
    with pytest.raises(IntegrityError, match="altered"):
        row.wrap().validate_code("000000")


def test_changes_of_password_and_second_factor_leave_events(
    clock: list[datetime], investigator: Somebody
) -> None:
    client = Client()
    enter(client, investigator)
    client.post("/sign-in/code/", {"code": code()})
    new = "another sentence nobody knows"
    wrong = {"oldpassword": WRONG, "password1": new, "password2": new}
    assert client.post("/account/password/", wrong).status_code == 200
    same = {"oldpassword": PASSWORD, "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/account/password/", same).status_code == 200
    assert "account.password_changed" not in actions()
    right = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post("/account/password/", right).status_code == 302
    client.post("/account/recovery/new/")
    client.post("/account/code/remove/")
    client.post("/sign-out/")
    assert actions()[-6:] == [
        "account.signed_in",
        "account.sign_in_failed",
        "account.password_changed",
        "account.recovery_codes_made",
        "account.second_factor_removed",
        "account.signed_out",
    ]


def test_a_second_factor_changes_only_after_the_password_was_entered_lately(
    clock: list[datetime], investigator: Somebody
) -> None:
    client = Client()
    enter(client, investigator)
    client.post("/sign-in/code/", {"code": code()})
    clock[0] += timedelta(minutes=6)
    answer = client.post("/account/code/remove/")
    assert answer.headers["Location"].startswith("/account/confirm/")
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).exists()
    client.post("/account/confirm/", {"password": WRONG})
    assert actions()[-1] == "account.sign_in_failed"
    client.post("/account/confirm/?next=/account/code/remove/", {"password": PASSWORD})
    client.post("/account/code/remove/")
    assert not Authenticator.objects.filter(type=Authenticator.Type.TOTP).exists()


def test_whoever_finds_an_open_session_cannot_guess_on(clock: list[datetime], investigator: Somebody) -> None:
    client = Client()
    enter(client, investigator)
    client.post("/sign-in/code/", {"code": code()})
    new = "another sentence nobody knows"
    for _ in range(4):
        client.post("/account/password/", {"oldpassword": WRONG, "password1": new, "password2": new})
    client.post("/account/confirm/code/", {"code": "000000"})
    right = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    refused = client.post("/account/password/", right, follow=True)
    assert b"Wait 1 minute" in refused.content
    assert investigator.account.check_password(PASSWORD)
    clock[0] += timedelta(seconds=31)
    cache.clear()
    client.post("/account/password/", right)
    assert investigator.account.check_password(new)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "too much like the address"), ("es", "se parece demasiado al correo electrónico")],
)
def test_a_password_like_the_address_is_refused_in_words_of_the_language(
    clock: list[datetime], coordinator: Somebody, language: str, said: str
) -> None:
    client = Client(headers={"Accept-Language": language})
    enter(client, coordinator)
    like = {"oldpassword": PASSWORD, "password1": coordinator.email, "password2": coordinator.email}
    answer = client.post("/account/password/", like)
    assert said in answer.content.decode()
    assert coordinator.account.check_password(PASSWORD)


def test_a_new_password_ends_other_sessions(clock: list[datetime], coordinator: Somebody) -> None:
    here, there = Client(), Client()
    enter(here, coordinator)
    enter(there, coordinator)
    new = "another sentence nobody knows"
    here.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert signed_in(here)
    assert not signed_in(there)


def test_a_session_ends_when_idle_and_at_the_latest_after_twelve_hours(
    clock: list[datetime], coordinator: Somebody
) -> None:
    client = Client()
    enter(client, coordinator)
    clock[0] += timedelta(minutes=29)
    assert signed_in(client)
    clock[0] += timedelta(minutes=29)
    assert signed_in(client)
    clock[0] += timedelta(minutes=31)
    assert not signed_in(client)
    enter(client, coordinator)
    for _ in range(24):
        clock[0] += timedelta(minutes=29)
        assert signed_in(client)
    clock[0] += timedelta(minutes=25)
    assert not signed_in(client)


def test_a_clock_set_back_ends_no_session(clock: list[datetime], coordinator: Somebody) -> None:
    client = Client()
    enter(client, coordinator)
    clock[0] -= timedelta(hours=1)
    assert signed_in(client)


def test_signing_in_gives_the_session_a_new_name(clock: list[datetime], coordinator: Somebody) -> None:
    client = Client()
    client.get("/sign-in/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    planted = session.session_key
    enter(client, coordinator)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    stranger = Client()
    stranger.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert not signed_in(stranger)


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(
    clock: list[datetime], coordinator: Somebody
) -> None:
    client = Client()
    enter(client, coordinator)
    kept = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = kept
    assert not signed_in(thief)
    assert client.post("/sign-out/").status_code == 302


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/account/?x=1", "/account/?x=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_after_signing_in_people_return_to_their_page_and_to_no_other_server(
    clock: list[datetime], coordinator: Somebody, wanted: str, given: str
) -> None:
    assert enter(Client(), coordinator, next=wanted).headers["Location"] == given


def test_somebody_whose_access_ended_gets_the_answer_of_a_wrong_password(
    clock: list[datetime], coordinator: Somebody
) -> None:
    client = Client()
    enter(client, coordinator)
    account = coordinator.account
    account.is_active = False
    account.save()
    assert not signed_in(client)
    answer = enter(client, coordinator)
    assert answer.status_code == 200
    assert b"do not go together" in answer.content


def test_a_password_set_by_somebody_else_is_changed_first(clock: list[datetime], people: People) -> None:
    person = services.add_person(
        name="New", email="new@example.org", password=PASSWORD, one_time=True, at=AT, by="system"
    )
    services.grant_role(person=person, role="coordinator", site="SEA", trainings=(), at=AT, by="system")
    client = Client()
    enter(client, "new@example.org")
    assert client.get("/audit/").status_code == 403
    assert client.get("/").headers["Location"] == "/account/password/"
    new = "another sentence nobody knows"
    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert client.get("/").status_code != 302


def test_a_signature_asks_for_password_and_code(
    clock: list[datetime], investigator: Somebody, people: People
) -> None:
    def confirm(one: Somebody, password: str = PASSWORD, digits: str = "") -> bool:
        return sign_in.confirm(
            one.account, password=password, code=digits or code(), address="127.0.0.1", at=clock[0]
        ).right

    assert not confirm(investigator, WRONG)
    assert not confirm(investigator, digits="000000")
    assert confirm(investigator)
    cache.clear()
    assert not confirm(investigator), "a code confirms once"
    assert not confirm(with_password(people.coordinator)), "without a second factor nobody signs"


def test_a_change_and_its_event_are_kept_together_or_not_at_all(
    clock: list[datetime], coordinator: Somebody
) -> None:
    account = coordinator.account

    def fail() -> None:
        with services.changing(account, "account.password_changed", at=AT):
            account.set_password("something else entirely")
            account.save()
            raise RecordError("planted")

    with pytest.raises(RecordError, match="planted"):
        fail()
    assert coordinator.account.check_password(PASSWORD)
    assert "account.password_changed" not in actions()


def test_a_session_that_ended_leads_back_to_the_page_after_password_and_code(
    clock: list[datetime], investigator: Somebody
) -> None:
    client = Client()
    sign_in_page = client.get("/people/?find=ada").headers["Location"]
    hidden = re.search(r'name="next" value="([^"]*)"', client.get(sign_in_page).content.decode())
    assert hidden is not None
    enter(client, investigator, next=html.unescape(hidden[1]))
    assert client.post("/sign-in/code/", {"code": code()}).headers["Location"] == "/people/?find=ada"


def test_somebody_signed_in_is_not_asked_to_sign_in(clock: list[datetime], coordinator: Somebody) -> None:
    client = Client()
    enter(client, coordinator)
    assert client.get("/sign-in/?next=/account/").headers["Location"] == "/account/"
    assert client.get("/sign-in/code/").headers["Location"] == "/"


def test_the_code_page_leads_back_to_the_password_for_whoever_did_not_enter_it(study: Path) -> None:
    assert Client().get("/sign-in/code/").headers["Location"] == "/sign-in/"


def test_hammering_gets_a_page_of_ours(clock: list[datetime], coordinator: Somebody) -> None:
    client = Client()
    enter(client, coordinator)
    answers = [client.post("/account/confirm/", {"password": WRONG}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert b"Too many attempts" in answers[-1].content


def test_what_was_typed_as_password_comes_back_to_nobody(
    clock: list[datetime], coordinator: Somebody
) -> None:
    client = Client()
    answer = client.post(
        "/sign-in/", {"login": coordinator.email, "password": WRONG}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200
    assert coordinator.email in answer.content.decode()
    assert WRONG not in answer.content.decode()


def test_ones_own_address_changes_with_the_password_and_lets_in_from_then_on(
    clock: list[datetime], coordinator: Somebody
) -> None:
    client, new = Client(), "moved@example.org"
    enter(client, coordinator)
    wrong = client.post("/account/address/", {"email": new, "password": WRONG})
    assert (wrong.status_code, coordinator.account.email) == (422, coordinator.email)
    assert WRONG not in wrong.content.decode()
    assert new in wrong.content.decode()
    taken = client.post("/account/address/", {"email": "no address", "password": PASSWORD})
    assert (taken.status_code, b"This is no address." in taken.content) == (422, True)
    changed = client.post("/account/address/", {"email": new, "password": PASSWORD}, follow=True)
    assert b"From now on you sign in with this address." in changed.content
    assert b"do not go together" in enter(Client(), coordinator).content
    assert enter(Client(), new).status_code == 302


def test_whoever_has_a_second_factor_gives_its_code_to_change_the_address(
    clock: list[datetime], investigator: Somebody
) -> None:
    client, new = Client(), {"email": "moved@example.org", "password": PASSWORD}
    sign_in_as(client, investigator)
    assert client.post("/account/address/", new).status_code == 422
    assert client.post("/account/address/", {**new, "code": "000000"}).status_code == 422
    assert client.post("/account/address/", {**new, "code": code()}).status_code == 302
    assert investigator.account.email == "moved@example.org"


def test_guessing_the_password_on_the_page_of_the_address_waits_too(
    clock: list[datetime], coordinator: Somebody
) -> None:
    client, sent = Client(), {"email": "moved@example.org"}
    enter(client, coordinator)
    for _ in range(sign_in.FREE_FAILURES):
        client.post("/account/address/", {**sent, "password": WRONG})
    waiting = client.post("/account/address/", {**sent, "password": PASSWORD})
    assert (waiting.status_code, b"Too many attempts" in waiting.content) == (422, True)
    assert coordinator.account.email == coordinator.email
