"""Review: queries, verification, signatures, locks and alerts, as people meet them on pages."""

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client
from tests.conduct.pages.conftest import HERE, World, fields_of, text_of, words_of
from tests.conduct.people import SECRET, SINCE

from equipoise.conduct.accounts.models import RoleGrant
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act

PASSWORD = "a long enough password"  # noqa: S105 - a test's


@pytest.fixture
def madrs(world: World) -> str:
    return world.fill(world.opened("madrs", "PREP1"))


def code() -> str:
    return format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time())))


def investigator(world: World) -> Client:
    """Return the investigator's browser; they have a password to sign with."""
    account = world.people.investigator.account
    account.set_password(PASSWORD)
    account.save()
    return world.client("investigator")


def said(answer: object) -> str:
    return words_of(answer)


def test_a_form_goes_to_signed_and_locked_and_back(world: World, madrs: str) -> None:
    page = f"/forms/{madrs}/"
    answer = world.client("monitor").post(f"{page}verify/", follow=True)
    assert "Verified." in said(answer)
    client = investigator(world)
    shown = client.get(f"{page}sign/")
    assert "I reviewed these answers and they are complete and correct." in said(shown)
    assert world.page(madrs).items[0].label in said(shown)
    wrong = client.post(f"{page}sign/", {"password": PASSWORD, "code": "000000"})
    assert (wrong.status_code, "Nothing was signed." in said(wrong)) == (422, True)
    assert PASSWORD not in text_of(wrong)
    assert world.page(madrs).state == "verified"
    signed = client.post(f"{page}sign/", {"password": PASSWORD, "code": code()}, follow=True)
    assert "Signature Investigator, 23 Nov 2026 10:00: I reviewed these answers" in said(signed)
    assert world.page(madrs).state == "signed"
    manager = world.client("data_manager")
    assert "Locked." in said(manager.post(f"{page}lock/", follow=True))
    assert "This form is locked." in said(world.get("coordinator", page))
    refused = manager.post(f"{page}unlock/", {"reason": "  "})
    assert (refused.status_code, "Not done yet" in said(refused)) == (422, True)
    unlocked = manager.post(f"{page}unlock/", {"reason": "Typing error found"}, follow=True)
    assert "Unlocked Data manager, 23 Nov 2026 10:00: Typing error found" in said(unlocked)
    fields = {
        **fields_of(world.client("coordinator").get(page)),
        "a:apparent_sadness:0": "3",
        "reason": "Misread",
    }
    world.client("coordinator").post(page, fields)
    assert "Void signature" in world.get("coordinator", page)


def test_a_wrong_password_signs_nothing(world: World, madrs: str) -> None:
    world.post("monitor", f"/forms/{madrs}/verify/")
    client = investigator(world)
    assert client.post(f"/forms/{madrs}/sign/", {"password": "guessed", "code": code()}).status_code == 422
    assert client.post(f"/forms/{madrs}/sign/", {}).status_code == 422
    assert world.page(madrs).state == "verified"


def test_without_a_second_factor_nobody_signs(world: World, madrs: str) -> None:
    world.post("monitor", f"/forms/{madrs}/verify/")
    bare = world.people.add("facilitator", name="Bare", site="SEA")

    with act("trial", "people.granted", at=SINCE, by="system") as one:
        one.add(RoleGrant(person=bare.person, role="investigator", site="SEA", from_at=instant(SINCE)))
    answer = world.client(bare).get(f"/forms/{madrs}/sign/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/account/")
    assert "second factor" in said(answer)
    assert world.page(madrs).state == "verified"


def test_what_cannot_be_signed_now_says_so(world: World, madrs: str) -> None:
    answer = world.client("investigator").get(f"/forms/{madrs}/sign/", follow=True)
    assert answer.redirect_chain == [(f"/forms/{madrs}/", 302)]
    assert "This form cannot be signed now. Look at its state." in said(answer)


def test_steps_out_of_turn_are_refused_with_the_reason(world: World, madrs: str) -> None:
    answer = world.client("data_manager").post(f"/forms/{madrs}/lock/", follow=True)
    assert "It is complete. It must be signed for that." in said(answer)
    world.post("monitor", f"/forms/{madrs}/verify/")
    again = world.client("monitor").post(f"/forms/{madrs}/verify/", follow=True)
    assert "It is verified. It must be complete for that." in said(again)


def test_a_query_is_asked_answered_and_closed(world: World, madrs: str) -> None:
    page = f"/forms/{madrs}/"
    assert "Ask about this form" in world.get("monitor", page)
    assert "Ask about this form" not in world.get("coordinator", page)
    asked = world.client("monitor").post(
        f"{page}query/", {"about": "reduced_sleep:0", "text": "Is 0 right?"}, follow=True
    )
    assert "The query is open." in said(asked)
    assert "Query open" in world.get("coordinator", page)
    assert "1 open query" in world.get("coordinator", "/")
    listed = said(world.get("coordinator", "/queries/"))
    assert "Is 0 right?" in listed
    assert "Monitor (CRA)" in listed
    empty = world.post("coordinator", f"/queries/{world.query}/", text=" ", answer="1")
    assert empty.status_code == 422
    long = "so " * 3000
    refused = world.post("coordinator", f"/queries/{world.query}/", text=long, answer="1")
    assert (refused.status_code, fields_of(refused)["text"]) == (422, long)
    assert (
        world.client("coordinator").post(f"/queries/{world.query}/", {"text": "x", "close": "1"}).status_code
        == 403
    )
    answered = world.client("coordinator").post(
        f"/queries/{world.query}/", {"text": "Yes, it is", "answer": "1"}, follow=True
    )
    assert "Yes, it is" in said(answered)
    closed = world.client("monitor").post(
        f"/queries/{world.query}/", {"text": "Thank you", "close": "1"}, follow=True
    )
    assert "The query is closed." in said(closed)
    assert "No query is open. Nothing to do here." in said(world.get("coordinator", "/queries/"))
    assert "Is 0 right?" in world.get("coordinator", "/queries/", closed="1")
    late = world.post("coordinator", f"/queries/{world.query}/", text="I was writing this", answer="1")
    assert late.status_code == 422
    assert "It is closed. Open a new one." in words_of(late)
    assert "Not stored. What you wrote: I was writing this" in words_of(late)


def test_a_refused_question_keeps_its_text_and_what_it_is_about(world: World, madrs: str) -> None:
    long = "why " * 3000
    refused = world.post("monitor", f"/forms/{madrs}/query/", about="reduced_sleep:0", text=long)
    assert refused.status_code == 422
    fields = fields_of(refused)
    assert (fields["text"], fields["about"]) == (long, "reduced_sleep:0")
    sent = world.client("monitor").post(f"/forms/{madrs}/query/", {**fields, "text": "Why?"}, follow=True)
    assert "The query is open." in said(sent)


def test_queries_are_found_by_participant(world: World, madrs: str) -> None:
    world.post("monitor", f"/forms/{madrs}/query/", about=":0", text="First")
    assert "First" in world.get("monitor", "/queries/", find="sea-001")
    assert "No query is about such an id." in said(world.get("monitor", "/queries/", find="NYC"))


def test_an_automatic_query_says_what_asked_and_closes_by_itself(world: World) -> None:
    form = world.opened("vitals", "DOSE")
    world.fill(form, heart_rate="9999")
    page = world.get("coordinator", "/queries/")
    assert "automatic check" in said(page)
    [code] = re.findall(r'href="/queries/([a-z2-7]{13})/"', page)
    page = said(world.get("coordinator", f"/queries/{code}/"))
    assert "Automatic check, 23 Nov 2026 10:00" in page
    assert "It closes by itself when the answer is corrected." in page
    world.save(form, reason="Read again", heart_rate="72")
    assert "Closed" in said(world.get("coordinator", f"/queries/{code}/"))


def test_an_alert_is_seen_and_closed_by_who_may(world: World) -> None:
    form = world.opened("madrs", "PREP1")
    world.save(form, suicidal_thoughts="6")
    assert "1 alert" in said(world.get("coordinator", "/participants/"))
    assert "1 alert" in said(world.get("investigator", "/"))
    assert "alert" not in said(world.get("data_manager", "/"))
    seen = world.client("coordinator").post(
        f"/alerts/{world.alert}/", {"status": "seen", "text": "On my way", "next": "/alerts/"}, follow=True
    )
    assert seen.redirect_chain == [("/alerts/", 302)]
    assert "Seen Coordinator, 23 Nov 10:00: On my way" in said(seen)
    assert "Close it" not in said(seen)
    assert (
        world.post("coordinator", f"/alerts/{world.alert}/", status="closed", text="Done").status_code == 403
    )
    empty = world.post("investigator", f"/alerts/{world.alert}/", status="closed", text="", next="/alerts/")
    assert (empty.status_code, fields_of(empty)["status"]) == (422, "closed")
    away = world.post(
        "investigator", f"/alerts/{world.alert}/", status="closed", text="Spoke; safe", next="//evil.example/"
    )
    assert away.headers["Location"] == "/"
    assert "No alert is open." in said(world.get("coordinator", "/alerts/"))
    assert "Spoke; safe" in world.get("coordinator", "/alerts/", closed="1")


def test_a_participants_lock_is_said_on_every_page_and_lifted(world: World, madrs: str) -> None:
    path = f"/participants/{HERE}/lock/"
    refused = world.post("data_manager", path, locked="1", reason="")
    assert (refused.status_code, fields_of(refused)["locked"]) == (422, "1")
    locked = world.client("data_manager").post(path, {"locked": "1", "reason": "All clean"}, follow=True)
    assert "The participant's data are locked." in said(locked)
    page = world.get("coordinator", f"/participants/{HERE}/")
    assert "Locked" in said(page)
    assert "Record this visit" not in page
    assert "Begin:" not in page
    lifted = world.client("data_manager").post(path, {"locked": "0", "reason": "One more"}, follow=True)
    assert "The lock is lifted." in said(lifted)
