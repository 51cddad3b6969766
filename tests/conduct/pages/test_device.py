"""The clinic's device in a participant's hands shows their pages and nothing else, until staff take it back."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from tests.conduct.accounts.test_routes import ROWS, sample
from tests.conduct.consenting import FORM, enrolled, provide_form
from tests.conduct.pages.conftest import HERE, THERE, World, fields_of, text_of, words_of

from equipoise.conduct.accounts import access
from equipoise.conduct.accounts.models import HandBack, HandOver
from equipoise.conduct.accounts.permission import Guest
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import reads
from equipoise.conduct.capture.models import Alert, Entry, Form, FormState, Participant
from equipoise.conduct.consent import reads as consents
from equipoise.conduct.consent.models import Consent, Understanding
from equipoise.conduct.identity.reads import contacts

PASSWORD = "four plain words here"  # noqa: S105 - a test's
DEVICE = "/device/"


@pytest.fixture
def handed(world: World) -> Client:
    """A browser in which a consent form was handed over."""
    with_password(world)
    client = world.client("coordinator")
    answer = client.post("/participants/new/", {"site": "SEA", "language": "en"})
    assert answer.headers["Location"] == DEVICE
    return client


@pytest.fixture
def asked(world: World) -> Client:
    """A browser in which the participant's questions of a visit were handed over."""
    with_password(world)
    client = world.client("coordinator")
    answer = client.post(f"/participants/{HERE}/device/", {"visit": "PREP1", "repeat": "1"})
    assert answer.headers["Location"] == DEVICE
    return client


def with_password(world: World, who: str = "coordinator") -> None:
    account = world.people[who].account
    account.set_password(PASSWORD)
    account.save()


def take_back(client: Client) -> Any:
    return client.post("/device/back/", {"password": PASSWORD})


def read_to_the_end(client: Client, *, name: str = "Jo Doe") -> Any:
    """Go through a consent form as its reader does, and sign it."""
    answer = client.get(DEVICE, follow=True)
    for _ in range(20):
        fields = fields_of(answer)
        if "name" in fields:
            return client.post(answer.request["PATH_INFO"], {"name": name}, follow=True)
        form = consents.signing(_token())
        assert form is not None
        place = int(answer.request["PATH_INFO"].split("/")[-2]) - len(form.version.document.sections)
        sent = {}
        if place > 0:
            choices = form.version.document.questions[place - 1].choices
            sent = {"choice": str(next(n for n, one in enumerate(choices, start=1) if one.right))}
        answer = client.post(answer.request["PATH_INFO"], sent, follow=True)
    raise AssertionError("the form never ends")


def _token() -> str:
    return HandOver.objects.order_by("-id").first().about.split()[1]  # type: ignore[union-attr]


def addresses() -> Iterator[tuple[str, str]]:
    """Yield method and address of everything that is no page of a participant's."""
    for row in ROWS:
        found = get_resolver().resolve(sample(row.pattern))
        if not getattr(found.func, "guest", False):
            yield row.method, sample(row.pattern)


def test_every_other_address_answers_with_the_participants_page(handed: Client) -> None:
    tried = 0
    for method, address in addresses():
        answer = handed.generic(method, address)
        if address.startswith("/api/"):
            # No session counts there.
            assert answer.status_code == 401, address
            continue
        assert (answer.status_code, answer.headers["Location"]) == (302, DEVICE), address
        tried += 1
    assert tried > 60
    for address in (
        "/nowhere/",
        "/participants/../audit/",
        "//",
        f"/participants/{HERE}/?visit=SCR",
        "/static/nothing.css",
    ):
        answer = handed.get(address)
        assert answer.headers["Location"] == DEVICE, address
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert handed.generic(method, "/participants/").headers["Location"] == DEVICE
    answer = handed.get(f"/forms/{'a' * 13}/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()) == (403, {"problem": "Please give the device back first."})
    answer = handed.get("/participants/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (403, DEVICE)


def test_a_gate_that_forgot_the_device_would_be_noticed(
    handed: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted fault: without the confinement a page of the staff opens."""
    monkeypatch.setattr(access.Access, "_confined", lambda self, asked: None)
    assert handed.get("/participants/").status_code == 200


def test_no_page_of_the_participant_shows_what_is_the_staffs(handed: Client, world: World) -> None:
    for address in (DEVICE, "/device/read/1/", "/device/later/", "/help-now/"):
        answer = handed.get(address, follow=True)
        said = text_of(answer)
        assert answer.status_code == 200
        for word in ("Participants", HERE, "Audit trail", "Sign out", "data-person", 'href="/"', "Alerts"):
            assert word not in said, (address, word)
        assert "I need help now" in said or "Help is here" in said


def test_a_form_is_read_page_by_page_and_signed(handed: Client, world: World) -> None:
    answer = handed.get(DEVICE, follow=True)
    assert "Page 1 of 4" in words_of(answer)
    assert handed.get("/device/read/4/").headers["Location"] == "/device/read/1/"
    answer = read_to_the_end(handed, name="Jo عبد 🌻")
    assert "Please give the device back now." in words_of(answer)
    assert Participant.objects.filter(site="SEA").count() == 2
    found = contacts.contact(consents.holder("FRONTLINE-SEA-002"))
    assert found is not None
    assert found.name == "Jo عبد 🌻"
    # The back button leads nowhere: what is signed is signed.
    assert handed.get("/device/read/4/", follow=True).redirect_chain[-1][0] == DEVICE
    assert handed.post("/device/read/4/", {"name": "Again"}, follow=True).redirect_chain[-1][0] == DEVICE
    assert Consent.objects.count() == 3


def test_a_wrong_answer_is_explained_kindly_and_asked_again(handed: Client) -> None:
    handed.post("/device/read/1/")
    said = handed.get("/device/read/2/")
    assert "It is no test of you." in words_of(said)
    answer = handed.post("/device/read/2/", {"choice": "1"})
    assert answer.status_code == 422
    assert "Not quite. Here it is again: You may stop at any time. You need not say why." in words_of(answer)
    assert handed.get("/device/read/3/").headers["Location"] == "/device/read/2/"
    answer = handed.post("/device/read/2/", {"choice": "2"}, follow=True)
    assert "That is right." in words_of(answer)
    for nothing in ({}, {"choice": "x"}, {"choice": "99"}):
        assert handed.post("/device/read/3/", nothing).status_code == 422
    assert Understanding.objects.order_by("-id").first().attempt == 2  # type: ignore[union-attr]


def test_a_form_is_stopped_and_gone_on_with_later(handed: Client, world: World) -> None:
    handed.post("/device/read/1/")
    assert "What you have done so far is saved." in words_of(handed.get("/device/later/"))
    assert take_back(handed).headers["Location"] == "/participants/new/"
    assert "Begun and not signed" in words_of(handed.get("/participants/new/"))
    [token] = re.findall(r'name="signing" value="([0-9a-f]{32})"', text_of(handed.get("/participants/new/")))[
        :1
    ]
    answer = handed.post("/participants/new/again/", {"signing": token}, follow=True)
    assert answer.redirect_chain[-1][0] == "/device/read/2/"


def test_the_device_comes_back_with_the_password_only(handed: Client, world: World) -> None:
    answer = handed.post("/device/back/", {"password": "not this one"})
    assert (answer.status_code, "This is not the password." in words_of(answer)) == (422, True)
    assert handed.get("/participants/").headers["Location"] == DEVICE
    before = handed.cookies["sessionid"].value
    take_back(handed)
    assert handed.get("/participants/").status_code == 200
    assert handed.cookies["sessionid"].value != before
    assert HandBack.objects.get().person == world.people.coordinator.person
    actions = [one.action for one in Event.objects.using("default").order_by("-id")[:3]]
    assert actions[0] == "device.handed_back"


def test_who_has_a_second_factor_needs_its_code(world: World) -> None:
    with_password(world, "investigator")
    client = world.client("investigator")
    client.post("/participants/new/", {"site": "SEA", "language": "en"})
    assert take_back(client).status_code == 422
    assert client.get("/participants/").headers["Location"] == DEVICE


def test_guessing_the_password_makes_one_wait(handed: Client, world: World) -> None:
    for _ in range(6):
        handed.post("/device/back/", {"password": "guess"})
    assert take_back(handed).status_code == 422
    world.hand[0] += timedelta(minutes=16)
    assert take_back(handed).status_code == 302


def test_a_session_that_ends_loses_nothing_and_lets_nobody_in(handed: Client, world: World) -> None:
    handed.post("/device/read/1/")
    world.hand[0] += timedelta(minutes=31)
    answer = handed.post("/device/read/2/", {"choice": "2"}, follow=True)
    assert answer.redirect_chain == [("/device/ended/", 302)]
    assert "What you had sent is saved." in words_of(answer)
    assert handed.get("/participants/").headers["Location"].startswith("/sign-in/")
    again = world.client("coordinator")
    assert "Begun and not signed" in words_of(again.get("/participants/new/"))


def test_signing_in_again_in_the_same_session_does_not_free_the_device(handed: Client, world: World) -> None:
    assert handed.get("/sign-in/").headers["Location"] == DEVICE
    assert handed.post("/sign-in/", {"login": "x@example.org", "password": "x"}).headers["Location"] == DEVICE
    assert handed.post("/sign-out/").headers["Location"] == DEVICE
    answer = handed.post("/device/leave/")
    assert answer.headers["Location"] == "/sign-in/"
    assert handed.get("/participants/").headers["Location"].startswith("/sign-in/")


def test_a_form_superseded_while_it_is_read_says_so(handed: Client, world: World) -> None:
    handed.post("/device/read/1/")
    provide_form("SEA", at=world.hand[0], text=FORM)
    answer = handed.get("/device/read/2/")
    assert answer.status_code == 422
    assert "There is a newer text" in words_of(answer)
    assert "Nothing was signed." in words_of(answer)


@pytest.mark.parametrize("name", ["", "x" * 201, "Jo\x00"])
def test_a_name_that_cannot_be_kept_is_said_beside_it(handed: Client, name: str) -> None:
    answer = read_to_the_end(handed, name=name)
    assert answer.status_code == 422
    assert "Not signed yet" in words_of(answer)
    assert Participant.objects.filter(site="SEA").count() == 1


def test_help_is_there_for_everybody(world: World, handed: Client) -> None:
    answer = Client().get("/help-now/")
    assert (answer.status_code, "call the emergency number" in words_of(answer)) == (200, True)
    assert "close by" not in words_of(answer)
    assert "close by" in words_of(handed.get("/help-now/"))


def test_the_pages_of_a_device_that_was_not_handed_over_lead_home(world: World) -> None:
    client = world.client("coordinator")
    for address in (DEVICE, "/device/read/1/", "/device/questions/1/", "/device/later/", "/device/back/"):
        answer = client.get(address, follow=True)
        assert answer.redirect_chain[-1][0] == "/", address


def test_a_participant_answers_one_question_after_the_other(asked: Client, world: World) -> None:
    answer = asked.get(DEVICE, follow=True)
    total = int(re.search(r"Question 1 of (\d+)", words_of(answer)).group(1))  # type: ignore[union-attr]
    forms = set(Form.objects.filter(participant=HERE).values_list("form", flat=True))
    assert forms == {"spfi", "pcl5", "expectancy"}
    for number in range(1, total + 1):
        page = asked.get(f"/device/questions/{number}/")
        options = re.findall(r'type="radio" name="answer" value="([^"]*)"', text_of(page))
        answer = asked.post(
            f"/device/questions/{number}/", {"answer": options[0] if options else "5", "seen": "0"}
        )
        assert answer.headers["Location"] == f"/device/questions/{number + 1}/", number
    end = asked.get(f"/device/questions/{total + 1}/")
    assert "That was the last question" in words_of(end)
    done = asked.post(f"/device/questions/{total + 1}/", follow=True)
    assert "You have answered everything. It is saved." in words_of(done)
    assert set(FormState.objects.values_list("state", flat=True)) == {"complete"}
    entry = Entry.objects.exclude(origin="derived")
    assert set(entry.values_list("origin", flat=True)) == {"epro"}
    event = Event.objects.using("default").filter(action="form.saved").order_by("-id").first()
    assert event is not None
    assert (event.actor, event.on_behalf) == (world.people.coordinator.person, "participant")
    assert asked.get("/device/questions/1/", follow=True).redirect_chain[-1][0] == DEVICE


def test_questions_are_gone_on_with_where_they_were_left(asked: Client, world: World) -> None:
    asked.post("/device/questions/1/", {"answer": "1", "seen": "0"})
    asked.post("/device/questions/2/", {"decline": "1", "seen": "0"})
    assert Entry.objects.order_by("-id").first().missing_reason == "declined"  # type: ignore[union-attr]
    take_back(asked)
    answer = asked.post(f"/participants/{HERE}/device/", {"visit": "PREP1", "repeat": "1"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/device/questions/3/"
    # The back button: the first answer stands there and may be changed.
    page = asked.get("/device/questions/1/")
    assert 'value="1" checked' in text_of(page)
    seen = fields_of(page)["seen"]
    assert asked.post("/device/questions/1/", {"answer": "2", "seen": seen}).status_code == 302
    stale = asked.post("/device/questions/1/", {"answer": "3", "seen": "0"})
    assert "answered somewhere else just now" in words_of(stale)


def test_an_answer_out_of_range_is_asked_again(asked: Client) -> None:
    answer = asked.post("/device/questions/1/", {"answer": "99", "seen": "0"})
    assert answer.status_code == 422
    assert Entry.objects.count() == 0
    for odd in ("0", "999", "1000000"):
        assert asked.get(f"/device/questions/{odd}/").headers["Location"] == "/device/questions/1/"


def test_what_is_hidden_from_the_coordinator_is_answered_and_stays_hidden(world: World) -> None:
    world.client("coordinator").post(f"/participants/{HERE}/device/", {"visit": "PREP1", "repeat": "1"})
    form = Form.objects.get(form="expectancy")
    rater = world.people.add("coordinator", "statistician", name="Both")
    assert world.client(rater).get(f"/forms/{form.code}/").status_code == 404
    assert world.client("coordinator").get(f"/forms/{form.code}/").status_code == 200


def test_a_participant_knows_of_nobody_else(world: World) -> None:
    second = enrolled("SEA", at=world.hand[0], by=world.people.coordinator.viewer())
    guest = Guest(world.people.coordinator.person, "", site="SEA", participant=HERE)
    form = world.opened("spfi", "PREP1", participant=second)
    assert reads.timeline(HERE, viewer=guest, at=world.hand[0]) is not None
    assert reads.timeline(second, viewer=guest, at=world.hand[0]) is None
    assert reads.timeline(THERE, viewer=guest, at=world.hand[0]) is None
    assert reads.form_page(form, viewer=guest) is None
    for action in ("participant.list", "audit.view", "consent.take", "visit.record", "query.view"):
        assert not guest.may(action)


def test_only_known_visits_are_handed_over(world: World) -> None:
    client = world.client("coordinator")
    for sent, status in (
        ({"visit": "NOPE", "repeat": "1"}, 404),
        ({"visit": "OL_DOSE", "repeat": "1"}, 404),
        ({"visit": "PREP1", "repeat": "x"}, 404),
        ({"visit": "PREP1\x00", "repeat": "1"}, 404),
        ({}, 404),
    ):
        assert client.post(f"/participants/{HERE}/device/", sent).status_code == status, sent
    assert (
        world.client("monitor").post(f"/participants/{HERE}/device/", {"visit": "PREP1"}).status_code == 403
    )
    assert (
        world.client("outsider").post(f"/participants/{HERE}/device/", {"visit": "PREP1"}).status_code == 404
    )


def test_a_visit_that_consent_does_not_allow_is_not_handed_over(world: World) -> None:
    provide_form("SEA", at=world.hand[0], text=FORM)
    answer = world.client("coordinator").post(
        f"/participants/{HERE}/device/", {"visit": "PREP1", "repeat": "1"}, follow=True
    )
    assert answer.redirect_chain[-1][0].startswith(f"/participants/{HERE}/")
    assert "A newer consent form is in force at the site." in words_of(answer)
    assert HandOver.objects.count() == 0


def test_an_answer_that_must_reach_somebody_does_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flagship's participants are asked nothing that a safety rule names; here its rater's form is theirs."""
    from equipoise.conduct.studies import reads as studies  # noqa: PLC0415 - the version is changed in place

    resolved = studies.resolved(1)
    madrs = resolved.forms["madrs"]
    monkeypatch.setitem(resolved.forms, "madrs", type(madrs)(**{**vars(madrs), "fillers": ("participant",)}))
    client = world.client("coordinator")
    client.post(f"/participants/{HERE}/device/", {"visit": "D1", "repeat": "1"})
    number = next(
        place
        for place in range(1, 12)
        if madrs.item("suicidal_thoughts").label in words_of(client.get(f"/device/questions/{place}/"))
    )
    answer = client.post(f"/device/questions/{number}/", {"answer": "5", "seen": "0"}, follow=True)
    assert answer.redirect_chain == [("/help-now/?told=1", 302)]
    assert "Please talk to somebody of the team now." in words_of(answer)
    assert "Call the investigator" not in words_of(answer)
    assert Alert.objects.count() == 1
    # They are told once; the questions go on.
    client.post(f"/device/questions/{number - 1}/", {"answer": "1", "seen": "0"})
    again = client.post(f"/device/questions/{number}/", {"answer": "6", "seen": "1"})
    assert again.headers["Location"] == f"/device/questions/{number + 1}/"
