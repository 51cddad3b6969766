"""Asking, asking again, refusals: over a line that answers as it is told."""

import json
from datetime import date
from typing import Any

import pytest

from equipoise.client import Answer, Client, RequestRefused, Response, over_http
from equipoise.client.shapes.shared import Saved

AWAY = Response(502, {}, b"<h1>Bad Gateway</h1>")
BUSY = Response(503, {"retry-after": "3"}, b'{"problems": [{"message": "busy"}], "result": null}')
DONE = Response(204, {}, b"")
INSTRUCTION = {
    "rule": "r",
    "level": "urgent",
    "instruction": "Call",
    "notify": [],
    "within_minutes": 5,
    "certain": True,
    "stored": False,
}


class Line:
    """Gives one answer after the other; raises those that are errors."""

    def __init__(self, *answers: Response | OSError) -> None:
        self.answers, self.heads, self.paths, self.waited = [*answers], [], [], []
        self.bodies: list[bytes] = []

    def __call__(self, method: str, path: str, headers: Any, body: bytes) -> Response:
        """Answer."""
        self.heads.append(headers)
        self.paths.append(path)
        self.bodies.append(body)
        answer = self.answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    def client(self, **given: Any) -> Client:
        return Client(self, token="", pause=self.waited.append, **given)


@pytest.mark.parametrize("lost", [ConnectionResetError(), AWAY, BUSY], ids=["cut off", "proxy", "busy"])
def test_what_was_lost_is_asked_again_under_the_same_key(lost: Response | OSError) -> None:
    line = Line(lost, DONE, DONE)
    study = line.client()
    study.forms.lock("f")
    study.forms.lock("f")
    first, again, other = (one["Idempotency-Key"] for one in line.heads)
    assert first == again != other
    assert line.waited == [3.0 if lost is BUSY else 0.0]


def test_an_installation_that_stays_away_is_asked_four_times_and_then_told_of() -> None:
    line = Line(*[ConnectionRefusedError()] * 9)
    with pytest.raises(ConnectionRefusedError):
        line.client().me()
    assert (len(line.paths), line.waited) == (4, [0.0, 1.0, 5.0])
    line = Line(*[BUSY] * 9)
    with pytest.raises(RequestRefused, match="busy") as caught:
        line.client().me()
    assert (caught.value.status, caught.value.retry_s, len(line.paths)) == (503, 3, 4)


def test_without_keys_a_change_is_never_sent_twice() -> None:
    for lost in (ConnectionResetError(), AWAY, BUSY):
        line = Line(lost, DONE)
        with pytest.raises((OSError, RequestRefused)):
            line.client(keys=None).forms.lock("f")
        assert len(line.paths) == 1


@pytest.mark.parametrize("wait", ["0", "3600", "Tue, 24 Nov 2026 07:28:00 GMT", ""])
def test_nobody_waits_for_an_hour_or_where_nothing_says_how_long(wait: str) -> None:
    line = Line(Response(503, {"retry-after": wait}, b"{}"), DONE)
    with pytest.raises(RequestRefused):
        line.client().forms.lock("f")
    assert line.waited == []


def test_an_instruction_that_comes_with_a_refusal_is_given_at_once_and_typed() -> None:
    said = {"problems": [{"message": "away"}], "result": {"instructions": [INSTRUCTION]}}
    line = Line(Response(503, {"retry-after": "5"}, json.dumps(said).encode()), DONE)
    with pytest.raises(RequestRefused) as caught:
        line.client().forms.save("f", answers=[Answer(item="item", text="5")])
    assert (line.waited, type(caught.value.result)) == ([], Saved)
    assert caught.value.result.instructions[0].instruction == "Call"
    odd = json.dumps({"result": {"instructions": "Call"}}).encode()
    with pytest.raises(RequestRefused) as caught:
        Line(Response(409, {}, odd)).client().forms.save("f", answers=[])
    assert caught.value.result == {"instructions": "Call"}


def test_a_list_is_asked_for_part_by_part_as_it_is_read() -> None:
    part = {"participant": "A", "kit": "K-1", "name": "N", "role": "r", "cause": "c", "reason": "", "at": ""}
    answers = [
        Response(
            200, {}, json.dumps({"items": [{**part, "at": f"2026-11-2{day}T10:00:00Z"}], "next": go}).encode()
        )
        for day, go in ((1, "mark"), (2, ""))
    ]
    line = Line(*answers)
    shown = line.client().unblinding.exposures(find="A")
    assert line.paths == []
    assert next(shown).at.date() == date(2026, 11, 21)
    assert line.paths == ["/api/v1/exposures?find=A&limit=100&after="]
    assert [one.at.day for one in shown] == [22]
    assert line.paths[1].endswith("after=mark")


def test_ids_are_quoted_and_none_leads_elsewhere() -> None:
    line = Line(DONE, DONE)
    line.client().forms.lock("a/../b?c")
    assert line.paths == ["/api/v1/forms/a%2F..%2Fb%3Fc/lock"]
    for odd in ("", ".", ".."):
        with pytest.raises(ValueError, match="no id"):
            line.client().forms.lock(odd)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"site": "SEA"}', b""])
def test_an_answer_that_is_none_is_no_success(body: bytes) -> None:
    with pytest.raises(RequestRefused, match="none that this client knows"):
        Line(Response(200, {}, body)).client().study()


@pytest.mark.parametrize("body", [b"<h1>Forbidden</h1>", b"[]", b"", b"\xff"])
def test_a_refusal_by_something_else_is_one_all_the_same(body: bytes) -> None:
    with pytest.raises(RequestRefused) as caught:
        Line(Response(403, {}, body)).client().study()
    assert (caught.value.status, caught.value.problems, caught.value.result) == (403, (), None)


@pytest.mark.parametrize("address", ["http://study.example.org", "study.example.org", "ftp://x", ""])
def test_a_token_goes_to_no_other_machine_unencrypted(address: str) -> None:
    with pytest.raises(RequestRefused):
        over_http(address)
