"""A key under which a request is carried out once, whatever becomes of its answer."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from tests.conduct.api.conftest import JSON, Programs
from tests.conduct.pages.conftest import HERE

from equipoise.conduct.accounts import reads, services, tokens
from equipoise.conduct.api import repeats, review
from equipoise.conduct.api.models import Answer
from equipoise.conduct.capture.models import Query
from equipoise.conduct.stores import clock

KEY = "a key of ours".replace(" ", "-")


def asked(programs: Programs) -> tuple[object, str]:
    """Return a monitor's program and where it asks."""
    return programs.client("monitor"), f"/forms/{programs.world.opened('vitals', 'SCR')}/queries"


def test_a_request_sent_again_under_its_key_is_answered_as_before_and_acts_once(programs: Programs) -> None:
    client, there = asked(programs)
    first = programs.ask(client, there, {"text": "Is it so?"}, key=KEY)
    again = programs.ask(client, there, {"text": "Is it so?"}, key=KEY)
    assert first == again
    assert Query.objects.count() == 1
    other = programs.ask(client, there, {"text": "Is it so?"}, key="another")
    assert other != first
    assert Query.objects.count() == 2


def test_a_key_names_one_request_of_one_token(programs: Programs) -> None:
    client, there = asked(programs)
    programs.ask(client, there, {"text": "Is it so?"}, key=KEY)
    said = programs.ask(client, there, {"text": "Is it?"}, key=KEY, status=422)
    assert said["problems"][0]["message"] == "this key was used for something else"
    assert Query.objects.count() == 1
    programs.ask("monitor", there, {"text": "Is it?"}, key=KEY)
    assert Query.objects.count() == 2


def test_a_refusal_is_kept_too_and_a_failure_is_not(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, there = asked(programs)
    programs.ask(client, there, {"text": " "}, key=KEY, status=422)
    programs.ask(client, there, {"text": " "}, key=KEY, status=422)

    def fails(**_given: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(review.services, "open_query", fails)
        programs.ask(client, there, {"text": "Sure?"}, key="mended", status=500)
    programs.ask(client, there, {"text": "Sure?"}, key="mended")
    assert Query.objects.count() == 1


def test_a_request_that_was_cut_off_is_not_carried_out_again(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, there = asked(programs)
    with monkeypatch.context() as patch:
        patch.setattr(repeats, "_keep", lambda *_given, **_named: None)
        programs.ask(client, there, {"text": "Is it so?"}, key=KEY)
    said = programs.ask(client, there, {"text": "Is it so?"}, key=KEY, status=409)
    assert "nobody knows" in said["problems"][0]["message"]
    assert Query.objects.count() == 1


def test_answers_are_kept_for_a_day(programs: Programs) -> None:
    client, there = asked(programs)
    programs.ask(client, there, {"text": "Is it so?"}, key=KEY)
    programs.world.hand[0] += timedelta(hours=25)
    programs.ask(client, there, {"text": "And now?"}, key="later")
    assert [one.key for one in Answer.objects.all()] == ["later"]
    assert clock.now() == programs.world.hand[0]


def test_what_may_tell_an_arm_is_not_kept(programs: Programs) -> None:
    client = programs.client("data_manager")
    row = Answer(token_id=1, key=KEY, status=200, asked="", at="")
    assert row.body == ""
    programs.ask(client, "/datasets", {}, key=KEY)
    (kept,) = Answer.objects.all()
    assert (kept.status, kept.body) == (200, "")
    said = programs.ask(client, "/datasets", {}, key=KEY, status=409)
    assert said["problems"][0]["message"] == "this was carried out; its answer is not kept"


@pytest.mark.both_stores
def test_the_same_request_that_comes_twice_at_once_acts_once(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second finds the key taken while the first is under way, whichever process answers it."""
    client, there = asked(programs)
    other = Client(
        raise_request_exception=False, headers={"Authorization": client.defaults["HTTP_AUTHORIZATION"]}
    )
    opened, met = review.services.open_query, []

    def slow(**given: Any) -> str:
        if not met:
            met.append(None)
            met[0] = programs.ask(other, there, {"text": "Is it so?"}, key=KEY, status=409)
        return opened(**given)

    monkeypatch.setattr(review.services, "open_query", slow)
    programs.ask(client, there, {"text": "Is it so?"}, key=KEY)
    assert "under way" in met[0]["problems"][0]["message"]
    assert Query.objects.count() == 1


@pytest.mark.both_stores
def test_two_threads_that_claim_a_key_in_one_moment_do_not_both_get_it(programs: Programs) -> None:
    client, there = asked(programs)
    token = client.defaults["HTTP_AUTHORIZATION"]
    start, found = threading.Barrier(2), []

    def ask() -> None:
        program = Client(raise_request_exception=False, headers={"Authorization": token})
        start.wait()
        try:
            sent = {"text": "Is it so?"}
            answer = program.post(
                f"/api/v1{there}", sent, content_type=JSON, headers={"Idempotency-Key": KEY}
            )
            found.append(answer.status_code)
        finally:
            connections.close_all()

    programs.ask(client, "/me")
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert Query.objects.count() == 1
    assert sorted(found) in ([200, 200], [200, 409])


def test_whoever_lost_or_got_a_role_since_is_not_told_again(programs: Programs) -> None:
    """What they were answered may be of a site that is theirs no longer, or hidden from a role of theirs now."""
    world, at = programs.world, programs.world.hand[0]
    both = world.people.add("coordinator", name="Both sites", site="SEA")
    there = f"/participants/{HERE}/forms"
    sent = {"form": "adverse_events"}

    def give(role: str, site: str) -> None:
        services.grant_role(person=both.person, role=role, site=site, trainings=(), at=at, by="system")

    give("coordinator", "NYC")
    client = programs.client(both)
    first = programs.ask(client, there, sent, key=KEY)
    assert programs.ask(client, there, sent, key=KEY) == first
    give("rater", "NYC")
    said = programs.ask(client, there, sent, key=KEY, status=409)
    assert said["problems"][0]["message"].endswith("what you may know has changed since")
    programs.ask(client, there, sent, key="before-it-ends")
    here = next(one for one in reads.history([both.person]) if one.site == "SEA")
    services.end_grant(grant=here.number, at=at, by="system", reason="Left")
    said = programs.ask(client, there, sent, key="before-it-ends", status=409)
    assert first["form"] not in str(said)
    programs.ask(client, there, sent, key="new", status=404)


def test_a_token_that_was_revoked_is_answered_nothing_again(programs: Programs) -> None:
    client, there = asked(programs)
    programs.ask(client, there, {"text": "Is it so?"}, key=KEY)
    person, at = programs.world.people.monitor.person, programs.world.hand[0]
    (line,) = tokens.of(person, at=at)
    tokens.revoke(person=person, code=line.code, at=at)
    programs.ask(client, there, {"text": "Is it so?"}, key=KEY, status=401)


@pytest.mark.parametrize("key", ["x" * 129, "a b", "é"])
def test_a_key_is_short_and_printable(programs: Programs, key: str) -> None:
    client, there = asked(programs)
    programs.ask(client, there, {"text": "Is it so?"}, key=key, status=400)
