"""What programs send: taken as it is meant, or refused with every word of why; never guessed at."""

import json
from typing import Any

import pytest
from tests.conduct.api.conftest import JSON, Programs
from tests.conduct.pages.conftest import HERE, World

from equipoise.conduct.capture.models import AnchorDate

VISITS = f"/api/v1/participants/{HERE}/visits"
HELD = {"visit": "SCR", "status": "held", "date": "2026-11-20"}


def said(answer: Any) -> list[tuple[str, str]]:
    return [(one["where"], one["message"]) for one in answer.json()["problems"]]


@pytest.mark.parametrize(
    "body",
    [
        '{"visit": "SCR", "status": "missed", "status": "held", "date": "2026-11-20"}',
        '{"visit": "SCR", "status": "held", "date": "2026-11-20", "date": "2026-11-21"}',
        '{"visit": "SCR", "status": "missed", "reason": {"a": 1, "a": 2}}',
    ],
)
def test_a_name_that_is_sent_twice_is_refused(programs: Programs, body: str) -> None:
    """One of the two would be lost, and nobody would be told which."""
    answer = programs.client("coordinator").post(VISITS, body, content_type=JSON)
    assert answer.status_code == 400
    assert said(answer) == [("", "what was sent could not be read")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", 0),
        ("date", 1763856000),
        ("date", "1763856000"),
        ("date", "2026-11-20T00:00:00"),
        ("date", "20261120"),
        ("date", True),
        ("repeat", "1"),
        ("repeat", 1.0),
        ("repeat", True),
    ],
)
def test_a_number_is_no_day_and_a_text_no_number(programs: Programs, name: str, value: Any) -> None:
    """What is read in another way than it was meant is worse than what is refused."""
    client = programs.client("coordinator")
    answer = client.post(VISITS, json.dumps({**HELD, name: value}), content_type=JSON)
    assert answer.status_code == 422
    assert [where for where, _ in said(answer)] == [name]
    assert client.post(VISITS, json.dumps(HELD), content_type=JSON).status_code == 204


@pytest.mark.parametrize("value", ["yes", "off", 1, 0, "true", None])
def test_only_true_and_false_lock_and_unlock(programs: Programs, value: Any) -> None:
    sent = {"locked": value, "reason": "Done"}
    assert programs.ask("data_manager", f"/participants/{HERE}/lock", sent, status=422)


@pytest.mark.parametrize("value", [0, 20261125, "20261125", "5", "2026-11-25", "tomorrow", 1e300])
def test_a_day_or_a_number_is_no_instant(programs: Programs, value: Any) -> None:
    sent = {"participant": HERE, "visit": "SCR", "form": "madrs", "rater": "p-rater", "due_at": value}
    answer = programs.ask("coordinator", "/ratings", sent, status=422)
    assert [one["where"] for one in answer["problems"]] == ["due_at"]
    opened = {"code": "X", "status": "opened", "happened_at": value}
    answer = programs.ask("coordinator", "/sealed-files/reports", opened, status=422)
    assert [one["where"] for one in answer["problems"]] == ["happened_at"]


def test_a_day_may_be_left_out_or_null(programs: Programs) -> None:
    there = f"/participants/{HERE}/days"
    programs.ask("coordinator", there, {"anchor": "dose", "date": "2026-12-20", "reason": "x"}, status=204)
    programs.ask("coordinator", there, {"anchor": "dose", "date": None, "reason": "x"}, status=204)
    planned = AnchorDate.objects.filter(anchor="dose", kind="planned").order_by("seq")
    assert [one.date for one in planned][-2:] == ["2026-12-20", ""]


@pytest.mark.parametrize(
    "asked",
    ["status=new", "find=a&find=b", "limit=1&limit=2", "lmit=1", "find=a&x", "%00=1", "after=&after="],
)
def test_a_question_that_is_not_asked_or_asked_twice_is_refused(programs: Programs, asked: str) -> None:
    """A list that was to be narrowed and is not would be taken for the narrowed one."""
    answer = programs.client("coordinator").get(f"/api/v1/participants?{asked}")
    assert answer.status_code == 422
    assert said(answer)


def test_what_is_sent_answers_no_questions(programs: Programs) -> None:
    client = programs.client("coordinator")
    answer = client.post(f"{VISITS}?reason=Moved", json.dumps(HELD), content_type=JSON)
    assert (answer.status_code, said(answer)[0][0]) == (422, "reason")
    assert client.post(VISITS, json.dumps(HELD), content_type=JSON).status_code == 204


@pytest.mark.both_stores
@pytest.mark.parametrize("odd", ["\x00@example.org", "\ud800", "x@\x00.org"])
def test_an_address_that_no_store_can_hold_is_nobodys(programs: Programs, odd: str) -> None:
    """PostgreSQL fails on it; a code break must not."""
    there = f"/participants/{HERE}/code-break"
    right = programs.confirming("investigator")
    sent = {"reason": "Fever", **right, "second_email": odd, "second_password": odd, "second_code": odd}
    answer = programs.ask("investigator", there, sent, status=422)
    assert answer["problems"][0]["where"] == "second_email"


@pytest.mark.both_stores
def test_on_the_page_an_address_that_no_store_can_hold_is_nobodys_either(
    world: World, one_code: None
) -> None:
    right = Programs(world).confirming("investigator")
    sent = {"reason": "Fever", **right, "second_email": "\x00@example.org", "second_password": "x"}
    answer = world.client("investigator").post(f"/participants/{HERE}/break/", sent)
    assert answer.status_code == 422
