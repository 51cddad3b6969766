"""The form page: saved at once or together, refused or contested, complete or not, and nothing typed is lost."""

import json
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import override_settings
from tests.conduct.pages.conftest import HERE, World, fields_of, text_of, words_of

from equipoise.conduct.accounts.models import GrantEnd, RoleGrant
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture import reads
from equipoise.conduct.capture.services import alerts, saving

JSON = {"Accept": "application/json"}
CALL = "Call the investigator."


def autosave(world: World, form: str, who: str = "coordinator", **given: str) -> Any:
    sent = {name.replace("__", ":"): value for name, value in given.items()}
    return world.client(who).post(f"/forms/{form}/save/", sent, headers=JSON)


@pytest.fixture
def madrs(world: World) -> str:
    return world.opened("madrs", "PREP1")


def test_an_answer_is_saved_with_its_version(world: World, madrs: str) -> None:
    answer = autosave(world, madrs, a__apparent_sadness__0="3", s__apparent_sadness__0="0")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    told = answer.json()
    assert told["items"] == {"apparent_sadness:0": {"seq": 1}}
    assert told["progress"] == "1 of 10 answered"
    assert told["scores"] == {"total": "–"}
    assert (told["problem"], told["refused"], told["conflicts"], told["alerts"]) == ("", [], [], [])
    again = autosave(world, madrs, a__apparent_sadness__0="4", s__apparent_sadness__0="1").json()
    assert again["items"]["apparent_sadness:0"] == {"seq": 2}
    assert "1 change<" in world.get("coordinator", f"/forms/{madrs}/")


def test_scores_are_told_as_soon_as_they_are_known(world: World, madrs: str) -> None:
    items = [line.item for line in world.page(madrs).items]
    told = autosave(world, madrs, **{f"a__{item}__0": "2" for item in items}).json()
    assert told["scores"] == {"total": "20"}
    assert told["progress"] == "10 of 10 answered"


def test_a_skipped_question_is_named_as_hidden(world: World) -> None:
    form = world.opened("cssrs", "SCR", by="investigator")
    told = autosave(world, form, "investigator", a__wish_dead__0="0", a__active_thoughts__0="0").json()
    now = {line.item for line in world.page(form, "investigator").items if not line.visible}
    assert "method_thoughts" in now
    assert {key.removesuffix(":0") for key in told["hidden"]} == now
    page = world.get("investigator", f"/forms/{form}/")
    for item in now:
        assert f'id="field-{item}:0" hidden' in page


def test_a_refused_answer_says_why_and_the_others_are_stored(world: World) -> None:
    form = world.opened("vitals", "DOSE")
    told = autosave(world, form, a__systolic__0="abc", a__diastolic__0="80").json()
    assert told["items"]["diastolic:0"] == {"seq": 1}
    assert "problem" in told["items"]["systolic:0"]
    assert told["refused"] == ["systolic:0"]


def test_two_people_on_one_answer_are_both_told(world: World, madrs: str) -> None:
    autosave(world, madrs, a__inner_tension__0="2", s__inner_tension__0="0")
    second = autosave(world, madrs, a__inner_tension__0="5", s__inner_tension__0="0")
    assert second.status_code == 409
    [clash] = second.json()["conflicts"]
    label = world.page(madrs).items[2].codes[2].label
    assert clash["message"] == f"Coordinator answered “{label}” meanwhile. Yours is not saved yet."
    assert (clash["theirs"], clash["seq"]) == ("2", 1)
    assert world.page(madrs).items[2].answer == "2"
    mine = autosave(world, madrs, a__inner_tension__0="5", s__inner_tension__0="1")
    assert mine.status_code == 200
    assert world.page(madrs).items[2].answer == "5"


def test_an_alert_shows_its_instruction_at_once_and_on_every_later_page(world: World, madrs: str) -> None:
    told = autosave(world, madrs, a__suicidal_thoughts__0="4").json()
    [alert] = told["alerts"]
    assert alert["instruction"].endswith(CALL)
    assert alert["notify"] == (
        "No mail is set up here: tell them yourself, to act within 60 minutes: Investigator, On-call physician."
    )
    with override_settings(ALERTS_BY_MAIL=True):
        told = autosave(world, madrs, a__suicidal_thoughts__0="6", s__suicidal_thoughts__0="1").json()
    assert told["alerts"][0]["notify"] == "Told: Investigator, On-call physician, to act within 60 minutes."
    assert alert["failed"] == ""
    for path in (f"/forms/{madrs}/", f"/participants/{HERE}/", "/", "/alerts/"):
        assert CALL in world.get("coordinator", path), path


def test_the_instruction_shows_when_the_alert_cannot_be_stored(
    world: World, madrs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(alerts, "_store", broken)
    told = autosave(world, madrs, a__suicidal_thoughts__0="4").json()
    assert told["alerts"][0]["instruction"].endswith(CALL)
    assert told["alerts"][0]["failed"].startswith("The alert could not be stored. Tell them yourself, now")
    page = world.post(
        "coordinator", f"/forms/{madrs}/", a__suicidal_thoughts__0="5", s__suicidal_thoughts__0="1"
    )
    assert CALL in text_of(page)
    assert "Tell them yourself, now: Investigator, On-call physician." in text_of(page)


def test_the_instruction_shows_when_the_save_fails_and_nothing_typed_is_lost(
    world: World, madrs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(saving, "_save", broken)
    answer = autosave(world, madrs, a__suicidal_thoughts__0="4")
    assert answer.status_code == 503
    assert answer.json()["alerts"][0]["instruction"].endswith(CALL)
    assert answer.json()["problem"].startswith("Nothing was stored")
    given = {"a__suicidal_thoughts__0": "4", "a__apparent_sadness__0": "6", "m__reduced_sleep__0": "declined"}
    page = world.post("coordinator", f"/forms/{madrs}/", a__reduced_sleep__0="", **given)
    assert page.status_code == 422
    assert CALL in text_of(page)
    kept = fields_of(page)
    assert (kept["a:suicidal_thoughts:0"], kept["a:apparent_sadness:0"]) == ("4", "6")
    assert kept["m:reduced_sleep:0"] == "declined"


def test_rules_over_a_forms_own_answers_travel_with_its_page(world: World, madrs: str) -> None:
    [watch] = world.page(madrs).watches
    assert (watch.rule, watch.when) == ("madrs_suicidal", [">=", "suicidal_thoughts:0", 4])
    vitals = world.opened("vitals", "DOSE")
    [pressure] = world.page(vitals).watches
    assert pressure.when == ["or", [">", "systolic:0", 200], [">", "diastolic:0", 110]]
    # This one reads a score, which only the server can work out.
    assert world.page(world.opened("cssrs", "SCR", by="investigator"), "investigator").watches == ()
    assert world.page(madrs, "monitor").watches == ()


def test_a_locked_form_says_so_and_is_not_retried(world: World, madrs: str) -> None:
    world.post("data_manager", f"/participants/{HERE}/lock/", locked="1", reason="Database lock")
    answer = autosave(world, madrs, a__apparent_sadness__0="3")
    assert answer.status_code == 423
    assert (
        answer.json()["problem"] == "The participant's data are locked. Ask the data manager to unlock them."
    )
    page = world.get("coordinator", f"/forms/{madrs}/")
    assert "The participant's data are locked." in page.replace("&#x27;", "'")
    assert "data-autosave" not in page


def test_a_session_that_ended_is_told_as_data(world: World, madrs: str) -> None:
    client = world.client("coordinator")
    client.session.flush()
    answer = client.post(f"/forms/{madrs}/save/", {"a:apparent_sadness:0": "3"}, headers=JSON)
    assert (answer.status_code, answer.json()) == (401, {"problem": "Sign in again."})
    assert world.page(madrs).items[0].answer == ""


def test_without_scripts_everything_is_saved_together(world: World, madrs: str) -> None:
    items = {f"a__{line.item}__0": "1" for line in world.page(madrs).items}
    answer = world.post("coordinator", f"/forms/{madrs}/", **items)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/forms/{madrs}/")
    client = world.client("coordinator")
    fields = {**fields_of(client.get(f"/forms/{madrs}/")), "complete": "1"}
    done = client.post(f"/forms/{madrs}/", fields, follow=True)
    assert done.redirect_chain == [(f"/participants/{HERE}/?visit=PREP1&repeat=1", 302)]
    assert "The form is complete." in text_of(done)
    assert world.page(madrs).state == "complete"


def test_without_scripts_refused_answers_stay_in_their_fields(world: World) -> None:
    form = world.opened("vitals", "DOSE")
    answer = world.post(
        "coordinator",
        f"/forms/{form}/",
        a__systolic__0="<b>high</b>",
        a__diastolic__0="80",
        a__heart_rate__0="7x",
    )
    page = text_of(answer)
    assert answer.status_code == 422
    assert fields_of(answer)["a:systolic:0"] == "<b>high</b>"
    assert fields_of(answer)["a:heart_rate:0"] == "7x"
    assert "<b>high" not in page
    assert "2 answers need a look" in words_of(page)
    assert (
        "Systolic blood pressure: “<b>high</b>” is not a number. Expected a whole number from 60"
        in words_of(page)
    )
    assert "mmHg" in words_of(page)
    assert 'href="#field-systolic:0"' in page
    assert 'id="field-systolic:0"' in page
    assert 'aria-describedby="about-systolic:0"' in page
    assert [line.answer for line in world.page(form).items] == ["", "", "80", ""]


def test_without_scripts_a_contested_answer_stays_in_its_field_and_may_be_kept(
    world: World, madrs: str
) -> None:
    client = world.client("coordinator")
    fields = fields_of(client.get(f"/forms/{madrs}/"))
    world.save(madrs, apparent_sadness="2")
    clash = client.post(f"/forms/{madrs}/", {**fields, "a:apparent_sadness:0": "5"})
    assert clash.status_code == 422
    assert "meanwhile. Yours is not saved yet." in words_of(clash)
    assert fields_of(clash)["a:apparent_sadness:0"] == "5"
    assert client.post(f"/forms/{madrs}/", fields_of(clash)).status_code == 302
    assert world.page(madrs).items[0].answer == "5"


def test_completing_with_gaps_lists_them_on_top_with_links(world: World, madrs: str) -> None:
    answer = world.post("coordinator", f"/forms/{madrs}/", a__apparent_sadness__0="1", complete="1")
    page = text_of(answer)
    assert answer.status_code == 422
    assert "9 answers are missing" in page
    labels = [line.label for line in world.page(madrs).items[1:]]
    for line in world.page(madrs).items[1:]:
        assert f'href="#field-{line.item}:0"' in page
    said = words_of(answer)
    assert [said.index(f"{label}") for label in labels] == sorted(said.index(f"{label}") for label in labels)
    assert world.page(madrs).state == "in_progress"
    assert world.page(madrs).items[0].answer == "1"


def test_a_change_after_completion_needs_a_reason_and_keeps_what_was_typed(world: World, madrs: str) -> None:
    world.fill(madrs, apparent_sadness="1")
    page = world.get("coordinator", f"/forms/{madrs}/")
    assert "Why do you change it?" in page
    assert "data-reason" in page
    client = world.client("coordinator")
    fields = {**fields_of(client.get(f"/forms/{madrs}/")), "a:apparent_sadness:0": "6"}
    refused = client.post(f"/forms/{madrs}/", fields)
    assert refused.status_code == 422
    assert fields_of(refused)["a:apparent_sadness:0"] == "6"
    assert "1 answer needs a look" in text_of(refused)
    assert 'href="#reason"' in text_of(refused)
    long = "because " * 600
    refused = client.post(f"/forms/{madrs}/", {**fields, "reason": long})
    assert (refused.status_code, fields_of(refused)["reason"]) == (422, long)
    assert client.post(f"/forms/{madrs}/", {**fields, "reason": "Misread"}).status_code == 302
    assert world.page(madrs).state == "in_progress"
    history = world.get("coordinator", f"/forms/{madrs}/history/apparent_sadness/0/")
    assert "Misread" in history
    said, codes = words_of(history), world.page(madrs).items[0].codes
    assert said.index(codes[6].label) < said.index("Misread") < said.index(codes[1].label)
    steps = words_of(world.get("coordinator", f"/forms/{madrs}/"))
    assert "Changed again Coordinator, 23 Nov 2026 10:00: Misread" in steps


def test_a_missing_answer_is_named_in_words(world: World, madrs: str) -> None:
    told = autosave(world, madrs, a__reduced_sleep__0="", m__reduced_sleep__0="declined").json()
    assert told["items"]["reduced_sleep:0"] == {"seq": 1}
    page = world.get("coordinator", f"/forms/{madrs}/")
    assert '<option value="declined" selected>Participant declined</option>' in page
    assert '<details class="why" open>' in page
    assert "Participant declined" in world.get("monitor", f"/forms/{madrs}/")
    both = autosave(world, madrs, a__lassitude__0="2", m__lassitude__0="declined").json()
    assert both["refused"] == ["lassitude:0"]


def test_who_may_not_fill_reads_words_and_not_codes(world: World) -> None:
    form = world.opened("adverse_events")
    world.save(form, term="Headache", onset_at="2026-11-20T09:00")
    page = words_of(world.get("monitor", f"/forms/{form}/"))
    assert "20 Nov 2026 09:00" in page
    assert "2026-11-20T09:00" not in page
    assert "Headache · 20 Nov 2026 09:00" in words_of(world.get("monitor", f"/participants/{HERE}/"))


def test_transcribing_is_said(world: World, madrs: str) -> None:
    assert "Filled on paper by: Rater. You enter what it says, and the audit trail says so." in words_of(
        world.get("coordinator", f"/forms/{madrs}/")
    )
    world.save(madrs, apparent_sadness="2")
    assert "from paper of: Rater" in words_of(world.get("monitor", "/audit/"))


HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{7*7}}\u202e 🌲"


def test_what_people_type_is_never_markup(world: World) -> None:
    form = world.opened("adverse_events")
    texts = {line.item: HOSTILE for line in world.page(form).items if line.type == "text"}
    assert texts
    world.save(form, onset_at="2026-11-20T09:00", **texts)
    world.post("monitor", f"/forms/{form}/query/", about=":0", text=HOSTILE)
    world.post("coordinator", f"/queries/{world.query}/", text=HOSTILE, answer="1")
    world.post(
        "coordinator", f"/participants/{HERE}/anchor/", anchor="dose", date="2026-12-20", reason=HOSTILE
    )
    world.post(
        "coordinator",
        f"/participants/{HERE}/visit/",
        visit="SCR",
        repeat="1",
        status="missed",
        reason=HOSTILE,
    )
    madrs = world.opened("madrs", "PREP1")
    world.save(madrs, suicidal_thoughts="6")
    world.post("investigator", f"/alerts/{world.alert}/", status="seen", text=HOSTILE)
    world.post("data_manager", f"/participants/{HERE}/lock/", locked="1", reason=HOSTILE)
    shown = 0
    for who, path in (
        ("coordinator", f"/forms/{form}/"),
        ("monitor", f"/forms/{form}/"),
        ("monitor", f"/forms/{form}/history/term/0/"),
        ("coordinator", f"/participants/{HERE}/?visit=SCR&repeat=1"),
        ("coordinator", f"/queries/{world.query}/"),
        ("monitor", "/queries/"),
        ("investigator", "/alerts/"),
        ("investigator", "/"),
        ("monitor", "/audit/"),
    ):
        page = world.get(who, path)
        assert "<script>alert" not in page, path
        assert "<img" not in page, path
        shown += "&lt;script&gt;" in page
    assert shown >= 7
    hostile = f"/audit/?subject={HOSTILE}&action=%3Cb%3E&person=%22%3E&from_day=%3Cb%3E"
    assert "<script>alert" not in world.get("monitor", hostile)
    for path in ("/participants/?find=", "/queries/?find="):
        assert "<script>alert" not in world.get("monitor", f"{path}{HOSTILE}")


def test_autosave_answers_are_data_and_not_pages(world: World) -> None:
    form = world.opened("adverse_events")
    answer = autosave(world, form, a__term__0="x" * 30_000, a__severity__0=HOSTILE)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert set(json.loads(answer.content)["refused"]) == {"term:0", "severity:0"}


def test_odd_fields_are_left_alone(world: World, madrs: str) -> None:
    answer = autosave(
        world,
        madrs,
        a__="1",
        a__nothing="1",
        a__apparent_sadness__x="1",
        a__apparent_sadness__99999999="1",
        a__no_such__0="1",
        b__c__0="2",
    )
    assert answer.status_code == 200
    assert answer.json()["refused"] == ["no_such:0"]
    assert world.page(madrs).answered == 0


def test_a_form_page_asks_the_same_of_the_store_however_full_it_is(world: World, madrs: str) -> None:
    empty = statements(world, madrs)
    world.fill(madrs)
    assert statements(world, madrs) <= empty + 4


def statements(world: World, form: str) -> int:
    client, count = world.client("coordinator"), 0

    def counted(execute: Any, *statement: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*statement)

    with connection.execute_wrapper(counted):
        assert client.get(f"/forms/{form}/").status_code == 200
    assert reads.form_page(form, viewer=world.people.coordinator.viewer()) is not None
    return count


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x" * 10_000_000, False),
        ("with a \x00 byte", False),
        ("שלום — مرحبا 🌲🧪", True),
        ("\u202eright to left", True),
        ("e\u0301 and é", True),
    ],
    ids=["10 MB", "NUL", "right to left", "override", "combining"],
)
def test_odd_texts_are_stored_as_typed_or_refused_whole(world: World, text: str, kept: bool) -> None:
    form = world.opened("adverse_events")
    answer = autosave(world, form, a__term__0=text)
    assert answer.status_code == 200
    assert (answer.json()["refused"] == []) is kept
    assert world.page(form).items[0].answer == (text if kept else "")
    assert len(answer.content) < 10_000


def test_a_role_that_ended_mid_form_is_refused_as_data(world: World, madrs: str) -> None:
    client = world.client("coordinator")
    grant = RoleGrant.objects.get(person="p-coordinator")
    with act("trial", "people.grant_ended", at=world.hand[0], by="system") as one:
        one.add(GrantEnd(grant=grant, at=instant(world.hand[0])))
    answer = client.post(f"/forms/{madrs}/save/", {"a:apparent_sadness:0": "3"}, headers=JSON)
    assert (answer.status_code, answer.json()) == (403, {"problem": "Your role does not include this."})
