"""What is too long, too deep, too many, cut off or no text at all: refused in our words, and nothing is changed."""

import json
from datetime import date
from io import BytesIO
from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.test.client import encode_multipart
from tests.blinding.sent import SENT
from tests.conduct.attack.addresses import ROWS, address, api
from tests.conduct.pages.conftest import World, words_of

from equipoise.conduct.accounts.routes import PUBLIC
from equipoise.conduct.audit import chains
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture.models import EntryCurrent

JSON = {"Accept": "application/json"}
MOST = 20_000_000
DEEP = 200_000
NUMBERS = (
    "9" * 30,
    "9" * 5_000,
    "-1",
    "0",
    "1e309",
    "NaN",
    "٣",
    "0x10",
    "1" + "0" * 18,
    str(2**63),
    str(2**31),
)
DAYS = (
    *("0001-01-01", "9999-12-31", "10000-01-01", "0000-00-00", "2026-02-30", "-2026-01-01", "20261123"),
    *("1582-10-10", "9999-12-31T23:59", "2026-11-23T25:61", "0001-01-01T00:00", "2026-W48-1", "٢٠٢٦-١١-٢٣"),
)
NO_TEXT = ("\x00", "\ud800", "\udfff\ud800", "\x1b[2J", "\u202e", "\ufeff", "\uffff", "a\u0300" * 300)


class Body:
    """What somebody sends without end."""

    asked = 0

    def read(self, size: int = -1) -> bytes:
        self.asked += 1
        return b"x" * max(size, 0)

    readline = read


def test_a_file_sent_to_a_form_that_takes_none_is_refused_before_it_is_read(world: World) -> None:
    """Django writes files to disk while it reads them, whatever they are for; anybody could fill it."""
    for client, path in ((Client(), "/apply/"), (Client(), "/sign-in/"), (world.client("coordinator"), "/")):
        body = Body()
        answer = client.generic(
            "POST", path, b"", content_type="multipart/form-data; boundary=b",
            CONTENT_LENGTH=str(10 * MOST), **{"wsgi.input": body},
        )  # fmt: skip
        assert (answer.status_code, body.asked) == (413, 0), path
        assert "too long" in words_of(answer)


@pytest.mark.parametrize("length", ["-1", "abc", "1e9", "9" * 40, "20000001", " ", "٣"])
def test_a_length_that_means_nothing_is_refused(world: World, length: str) -> None:
    answer = Client(raise_request_exception=False).generic("POST", "/apply/", b"", CONTENT_LENGTH=length)
    assert answer.status_code == 413


@pytest.mark.parametrize("kind", ["json", "form", "multipart"])
def test_what_arrived_in_part_is_not_taken_for_the_whole(world: World, kind: str) -> None:
    """A connection that breaks must not leave half an answer: "Headache" is no "Head"."""
    form = world.opened("adverse_events")
    client, there = world.client("coordinator"), f"/forms/{form}/save/"
    sent = {"s:term:0": "0", "a:term:0": "Headache"}
    whole, type_ = {
        "json": (json.dumps(sent).encode(), "application/json"),
        "form": (b"s:term:0=0&a:term:0=Headache", "application/x-www-form-urlencoded"),
        "multipart": (encode_multipart("b", sent), "multipart/form-data; boundary=b"),
    }[kind]
    for cut in (4, len(whole) // 2, len(whole) - 1):
        came = {"wsgi.input": BytesIO(whole[:-cut]), "CONTENT_LENGTH": str(len(whole))}
        answer = client.generic("POST", there, b"x", content_type=type_, headers=JSON, **came)
        assert answer.status_code == 400, (kind, cut)
    assert not EntryCurrent.objects.filter(form__code=form).exists()
    answer = client.generic("POST", there, whole, content_type=type_, headers=JSON)
    assert answer.status_code == 200
    assert [line.answer for line in world.page(form).items if line.answer] == ["Headache"]


@pytest.mark.parametrize(
    "text",
    [
        "[" * DEEP,
        '{"a":' * DEEP,
        "[" * DEEP + "]" * DEEP,
        '{"a:term:0": ' + "9" * 5_000 + "}",
        '{"a:term:0": 1e999}',
        "NaN",
        '"text"',
        "null",
        '{"a:term:0": {"$ne": ""}}',
        '{"__proto__": {"admin": true}}',
    ],
    ids=lambda text: text[:16],
)
def test_json_that_is_none_of_ours_is_refused(world: World, text: str) -> None:
    form = world.opened("adverse_events")
    client = world.client("coordinator")
    client.raise_request_exception = False
    there = f"/forms/{form}/save/"
    answer = client.post(there, text, content_type="application/json", headers=JSON)
    assert (answer.status_code, list(answer.json())) == (400, ["problem"])


def test_text_that_no_store_can_hold_is_refused_or_cleaned_and_breaks_nothing(world: World) -> None:
    client = world.client("coordinator")
    client.raise_request_exception = False
    for odd in NO_TEXT:
        form = world.opened("adverse_events")
        there = f"/forms/{form}/save/"
        sent = json.dumps({"a:term:0": odd, "s:term:0": "0", "reason": odd, odd: odd})
        answer = client.post(there, sent, content_type="application/json", headers=JSON)
        assert answer.status_code < 500, odd.encode("unicode-escape")
    for raw in (
        b"a:term:0=%00",
        b"a:term:0=\xff\xfe",
        b"a:term:0=%ff%fe",
        b"\xff=\xff",
        b"%ud800=1",
        b"a" * 9_000,
    ):
        answer = client.generic(
            "POST", there, raw, content_type="application/x-www-form-urlencoded", headers=JSON
        )
        assert answer.status_code < 500, raw[:20]
    assert chains.check("trial", anchors=[]).problems == ()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql18"], indirect=True)
def test_cookies_and_headers_that_are_no_text_break_nothing(world: World) -> None:
    odd = ('"abcdefgh\\000ijkl"', "\xff" * 12, "a" * 4_000, "../../x", "' OR 1=1 --", '"\\ud800"', "{{7*7}}")
    for name, value in product(("sessionid", "csrftoken", "messages", "django_language"), odd):
        client = Client(raise_request_exception=False, headers={"Cookie": f"{name}={value}"})
        for answer in (client.get("/"), client.get("/sign-in/"), client.post("/sign-in/", {"login": "x"})):
            assert answer.status_code in (200, 302, 403), (name, value)
    for header in (
        "Accept-Language",
        "Accept",
        "Referer",
        "User-Agent",
        "HX-Current-URL",
        "If-Modified-Since",
    ):
        for value in (*odd, ",".join(["en;q=0.1"] * 900), "x;q=" + "9" * 500):
            client = Client(raise_request_exception=False, headers={header: value})
            assert client.get("/sign-in/").status_code == 200, (header, value[:20])
            file = client.get("/static/frame/keys.js")
            file.close()
            assert file.status_code in (200, 304), (header, value[:20])


def test_more_fields_than_a_form_has_are_refused(world: World) -> None:
    given = {f"x{number}": "1" for number in range(5_001)}
    for client, path in ((Client(), "/apply/"), (world.client("coordinator"), "/participants/new/")):
        answer = client.post(
            path, "&".join(f"{one}=1" for one in given), content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 400, path


def roles(world: World) -> dict[str, Client]:
    """Return a browser for each role that sends numbers and days, none of which ends the session."""
    names = (
        "coordinator",
        "investigator",
        "data_manager",
        "system_administrator",
        "pharmacist",
        "rater",
        "monitor",
    )
    found = {role: world.client(role) for role in names}
    for client in found.values():
        client.raise_request_exception = False
    return found


def test_no_number_in_an_address_breaks_a_page(world: World) -> None:
    clients = roles(world)
    for row, number in product(ROWS, NUMBERS):
        if "<int" not in row.pattern:
            continue
        client = next((clients[role] for role in clients if role in row.roles), Client())
        answer = client.generic(row.method, address(row, dict.fromkeys(("number", "row", "place"), number)))
        assert answer.status_code < 500, (row.method, row.pattern, number[:20])


ENDS = ("account_logout", "person_close", "person_role_end", "enrollment:hand_visit", "enrollment:withdraw")
"""Sendings after which whoever sends could send no more."""


def odd_for(value: str, name: str) -> tuple[str, ...]:
    """Return what is tried in the place of an answer."""
    if (value[:4].isdecimal() and value[4:5] == "-") or name in (
        "date",
        "due",
        "on",
        "from_on",
        "completed_on",
    ):
        return DAYS[:9]
    return NUMBERS[:6] if value.isdecimal() or name in ("page", "repeat", "count") else ()


def test_no_number_or_day_in_a_form_breaks_a_page(world: World) -> None:
    """What is sent otherwise is what a page would send: so the odd value gets as far as it can."""
    world.opened("madrs", "PREP1")
    clients = roles(world)
    tried, broken = 0, []
    for row in ROWS:
        if row.method != "POST" or row.route in ENDS or api(row):
            continue
        client = next((clients[role] for role in clients if role in row.roles), Client())
        client = Client(raise_request_exception=False) if row.action == PUBLIC else client
        for given in SENT[row.route]({})[:2]:
            for name, value in given.items():
                for odd in odd_for(value, name):
                    status = client.post(address(row), {**given, name: odd}).status_code
                    broken += [(row.pattern, name, odd[:30])] * (status >= 500)
                    tried += 1
    assert broken == []
    assert tried > 200
    assert chains.check("trial", anchors=[]).problems == ()


def test_a_planned_day_at_the_end_of_time_leaves_every_page_readable(world: World) -> None:
    there, client = "/participants/FRONTLINE-SEA-001/", world.client("coordinator")
    for day in DAYS:
        client.post(f"{there}anchor/", {"anchor": "dose", "date": day, "reason": "Moved"})
        for path in (there, "/", "/participants/", "/ratings/"):
            assert client.get(path).status_code == 200, (path, day)


def test_a_day_in_every_question_about_days(world: World) -> None:
    form = world.opened("demographics", "SCR")
    ask: Any = world.client("coordinator")
    lines = [
        line
        for line in world.page(form).items
        if line.type in ("date", "partial_date", "instant", "number", "time")
    ]
    for line in lines:
        for odd in (*DAYS, *NUMBERS):
            answer = ask.post(
                f"/forms/{form}/save/", {f"a:{line.item}:0": odd, f"s:{line.item}:0": "0"}, headers=JSON
            )
            assert answer.status_code < 500, (line.item, odd[:30])
    assert lines
    assert date.max.isoformat() in DAYS
    assert Event.objects.using("default").exists()
