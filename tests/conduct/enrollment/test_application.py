"""The public page on which people apply, walked through as on a phone without an account."""

import html
import re
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.test import Client
from tests.conduct.pages.conftest import World

from equipoise.conduct.enrollment.pages import application
from equipoise.conduct.enrollment.services import applying
from equipoise.conduct.identity.reads import applicants as reads
from equipoise.conduct.identity.reads.applicants import Filter

AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
GOOD = ["41", "nurse", "6", "8", "1", "0", "0", "9", "1", "1"]
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@pytest.fixture(autouse=True)
def _nobody_applied_before() -> None:
    cache.clear()


class Phone:
    """A browser that carries what the page carries."""

    def __init__(self) -> None:
        self.client = Client()
        self.text = ""
        self.open()

    def open(self) -> None:
        self.read(self.client.get("/apply/"))

    def read(self, answer: object) -> None:
        self.status = answer.status_code  # type: ignore[attr-defined]
        self.text = html.unescape(answer.content.decode())  # type: ignore[attr-defined]
        self.raw = answer.content.decode()  # type: ignore[attr-defined]

    def press(self, go: str = "next", **given: str) -> None:
        carried = {name: html.unescape(value) for name, value in HIDDEN.findall(self.raw)}
        self.read(self.client.post("/apply/", {**carried, "go": go, **given}))

    def answer_all(self, answers: list[str]) -> None:
        self.press(site="SEA")
        for place, one in enumerate(answers):
            self.press(**{f"q{place}": one})


def listed() -> list[reads.ApplicationLine]:
    return list(reads.listed(["SEA", "NYC"], Filter()).lines)


def test_somebody_applies_question_by_question_and_is_sorted(world: World) -> None:
    phone = Phone()
    assert "Nothing is kept until you send it" in phone.text
    phone.answer_all(GOOD)
    assert "How may we reach you?" in phone.text
    phone.press(name="Ada Núñez", email="ada@example.org", phone="")
    assert "Check your answers" in phone.text
    assert "Ada Núñez" in phone.text
    assert "41" in phone.text
    assert listed() == []
    phone.press("send")
    [line] = listed()
    assert (line.site, line.name, line.verdict, line.unmet) == ("SEA", "Ada Núñez", "likely", ())
    assert line.applicant in phone.text
    opened = reads.opened(line.applicant, sites=["SEA"])
    assert opened is not None
    assert list(opened.answers.values()) == GOOD
    assert [one.kind for one in opened.letters] == ["received"]


def test_an_answer_that_cannot_be_read_is_asked_again_with_what_was_typed(world: World) -> None:
    phone = Phone()
    phone.press(site="SEA")
    phone.press(q0="forty-one")
    assert phone.status == 422
    assert 'value="forty-one"' in phone.raw
    assert "Please check this" in phone.text
    phone.press(q0="41")
    assert "Question 2 of" in phone.text


def test_questions_may_be_passed_over_and_changed_later(world: World) -> None:
    phone = Phone()
    phone.answer_all([""] * len(GOOD))
    phone.press(name="Ben", email="", phone="555 0100")
    phone.press("page-2")
    phone.press(q1="other")
    for _ in GOOD[2:]:
        phone.press()
    phone.press(name="Ben", phone="555 0100")
    phone.press("send")
    [line] = listed()
    assert (line.verdict, line.unmet) == ("unlikely", ("I2",))


def test_back_goes_to_the_question_before_with_its_answer(world: World) -> None:
    phone = Phone()
    phone.answer_all(GOOD[:2])
    phone.press("back")
    assert "Question 2 of" in phone.text
    assert re.search(r'value="nurse" checked', phone.raw)


def test_without_a_way_to_be_reached_nothing_is_sent_and_nothing_is_lost(world: World) -> None:
    phone = Phone()
    phone.answer_all(GOOD)
    phone.press(name="", email="nowhere", phone="")
    phone.press("send")
    assert phone.status == 422
    assert "How may we reach you?" in phone.text
    assert "The name is missing" in phone.text
    assert "This is no email address" in phone.text
    phone.press(name="Ada", email="ada@example.org", phone="")
    phone.press("send")
    assert [one.verdict for one in listed()] == ["likely"]


def test_scripts_in_what_is_typed_never_run(world: World) -> None:
    phone = Phone()
    phone.answer_all(GOOD)
    phone.press(name="<script>alert(1)</script>", email="", phone='"><img src=x>')
    phone.press("send")
    [line] = listed()
    for page in (phone.raw, world.get("coordinator", f"/applicants/{line.applicant}/")):
        assert "<script>alert" not in page.replace("<script src", "")
        assert "<img src=x" not in page


def test_a_flood_from_one_address_has_to_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "SENT_AN_HOUR", 1)
    for _ in range(2):
        phone = Phone()
        phone.answer_all(GOOD)
        phone.press(name="Ada", email="ada@example.org")
        phone.press("send")
    assert phone.status == 429
    assert "try again in an hour" in phone.text
    assert len(listed()) == 1


@pytest.mark.parametrize(
    "given",
    [{"site": "MARS"}, {"q0": "\0", "page": "1"}, {"page": "999"}, {"page": "-3"}, {"page": "x" * 99}],
)
def test_a_page_nobody_made_is_answered_without_an_error_of_ours(world: World, given: dict[str, str]) -> None:
    answer = Client().post("/apply/", {"go": "next", "site": "SEA", **given})
    assert answer.status_code in (200, 404, 422)
    assert listed() == []


def test_only_counts_and_reasons_reach_the_trial_store(world: World) -> None:
    phone = Phone()
    phone.answer_all(GOOD)
    phone.press(name="Ada Núñez", email="ada@example.org")
    phone.press("send")
    assert applying.count(at=AT) == 1
    assert applying.count(at=AT) == 0
    assert applying.tallies() == {("SEA", "new", ""): 1}
    [line] = listed()
    world.post(
        "coordinator",
        "/applicants/decide/",
        applicant=line.applicant,
        decision="declined",
        reason="places",
        back="",
    )
    assert applying.tallies() == {("SEA", "declined", "places"): 1}


def test_what_is_sent_again_after_a_lost_connection_is_kept_once(world: World) -> None:
    phone = Phone()
    phone.answer_all(GOOD)
    phone.press(name="Ada Núñez", email="ada@example.org", phone="")
    before = phone.raw
    phone.press("send")
    first = phone.text
    phone.raw = before
    phone.press("send")
    [line] = listed()
    assert line.applicant in first
    assert line.applicant in phone.text
    phone.raw = before
    phone.press("send", phone="206 555 0100")
    assert len(listed()) == 2
    other = Phone()
    other.answer_all(GOOD)
    other.press(name="Ada Núñez", email="ada@example.org", phone="")
    other.press("send")
    assert len(listed()) == 3
