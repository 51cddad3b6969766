"""What pages do, programs do: each operation is carried out once by somebody, and refused to somebody else."""

import io
import zipfile
from typing import Any

import pytest
from django.db import OperationalError
from tests.conduct.api.conftest import Programs
from tests.conduct.pages.conftest import HERE, THERE

from equipoise.conduct.audit import chains
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture.services import alerts, saving
from equipoise.records import read

NEVER = "a" * 13


def answers_to(page: dict[str, Any], **given: str) -> list[dict[str, Any]]:
    """Return an answer to every question that a form asks."""
    return [
        {"item": one["item"], "text": given.get(one["item"], first(one)), "seen": one["seq"]}
        for one in page["items"]
        if one["visible"]
    ]


def first(one: dict[str, Any]) -> str:
    if one["type"] == "number":
        return str(int(one["low"] or 1))
    return one["codes"][0]["code"] if one["codes"] else "2026-11-20"


def test_a_form_goes_from_begun_to_locked(programs: Programs) -> None:
    ask = programs.ask
    coordinator, monitor, investigator, manager = (
        programs.client(who) for who in ("coordinator", "monitor", "investigator", "data_manager")
    )
    opened = ask(coordinator, f"/participants/{HERE}/forms", {"form": "madrs", "visit": "PREP1"})
    form = f"/forms/{opened['form']}"
    page = ask(coordinator, form)
    assert (page["state"], page["asked"], page["editable"]) == ("in_progress", 10, True)
    missing = ask(coordinator, f"{form}/complete", {}, status=422)
    assert {one["field"] for one in missing["problems"]} == {one["item"] for one in page["items"]}
    assert missing["result"]["done"] is False
    saved = ask(coordinator, f"{form}/answers", {"answers": answers_to(page)})
    assert (saved["answered"], saved["scores"]) == (10, {"total": 0.0})
    assert ask(coordinator, f"{form}/complete", {})["done"] is True
    unreasoned = [{"item": "lassitude", "text": "3", "seen": 1}]
    ask(coordinator, f"{form}/answers", {"answers": unreasoned}, status=422)
    ask(coordinator, f"{form}/answers", {"answers": unreasoned, "reason": "Misheard"})
    versions = ask(coordinator, f"{form}/history/lassitude?row=0")
    assert [(one["answer"], one["reason"]) for one in versions] == [("3", "Misheard"), ("0", "")]
    ask(coordinator, f"{form}/complete", {})
    ask(coordinator, f"{form}/verify", {}, status=403)
    ask(monitor, f"{form}/verify", {})
    ask(investigator, f"{form}/sign", {"password": "guessed", "code": "000000"}, status=422)
    confirmed = programs.confirming("investigator")
    ask(investigator, f"{form}/sign", confirmed)
    ask(investigator, f"{form}/sign", confirmed, status=409)
    ask(manager, f"{form}/lock", {})
    locked = ask(coordinator, f"{form}/answers", {"answers": unreasoned, "reason": "x"}, status=409)
    assert locked["problems"][0]["message"] == "this form is locked"
    ask(manager, f"{form}/unlock", {"reason": " "}, status=422)
    ask(manager, f"{form}/unlock", {"reason": "Typing error"})
    assert [one["valid"] for one in ask(coordinator, form)["signatures"]] == [True]
    assert chains.check("trial", anchors=[]).problems == ()


def test_too_many_wrong_codes_make_everybody_wait(programs: Programs) -> None:
    world, client = programs.world, programs.client("investigator")
    form = world.fill(world.opened("madrs", "PREP1"))
    programs.ask("monitor", f"/forms/{form}/verify", {})
    wrong = {"password": "guessed", "code": "000000"}
    statuses = [
        client.post(f"/api/v1/forms/{form}/sign", wrong, content_type="application/json") for _ in range(6)
    ]
    assert [one.status_code for one in statuses] == [422] * 5 + [429]
    assert int(statuses[-1].headers["Retry-After"]) > 0


def test_whoever_has_no_second_factor_signs_nothing(programs: Programs) -> None:
    world = programs.world
    form = world.fill(world.opened("madrs", "PREP1"))
    programs.ask("monitor", f"/forms/{form}/verify", {})
    client = programs.client("investigator")
    world.people.investigator.account.authenticator_set.all().delete()
    programs.ask(client, f"/forms/{form}/sign", {"password": "guessed", "code": "000000"}, status=403)


def test_a_stale_answer_overwrites_nothing_and_the_rest_is_stored(programs: Programs) -> None:
    world = programs.world
    form = world.opened("vitals", "DOSE")
    world.save(form, systolic="120")
    sent = [{"item": "systolic", "text": "130"}, {"item": "diastolic", "text": "80"}]
    said = programs.ask("coordinator", f"/forms/{form}/answers", {"answers": sent}, status=409)
    assert (said["problems"][0]["field"], said["problems"][0]["where"]) == ("systolic", "conflict")
    assert said["result"]["conflicts"][0]["theirs"] == "120"
    assert [one["item"] for one in said["result"]["kept"]] == ["diastolic"]
    wrong = [{"item": "systolic", "text": "abc", "seen": 1}, {"item": "nothing", "text": "1"}]
    said = programs.ask("coordinator", f"/forms/{form}/answers", {"answers": wrong}, status=422)
    assert {(one["field"], one["where"]) for one in said["problems"]} == {
        ("systolic", "type"),
        ("nothing", "unknown_item"),
    }


def test_an_alarming_answer_says_what_to_do_even_if_the_store_is_away(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = programs.world.opened("madrs", "PREP1")
    client = programs.client("coordinator")
    programs.ask(client, "/me")
    sent = {"answers": [{"item": "suicidal_thoughts", "text": "6"}]}

    def away(*_given: object, **_named: object) -> None:
        raise OperationalError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(saving, "_write", away)
        patch.setattr(alerts, "act", away)
        said = programs.ask(client, f"/forms/{form}/answers", sent, status=503)
    (told,) = said["result"]["instructions"]
    assert (told["level"], told["stored"]) == ("same_day", False)
    assert programs.ask(client, f"/forms/{form}/answers", sent)["instructions"][0]["stored"] is True
    (alert,) = programs.ask("investigator", "/alerts")["items"]
    note = f"/alerts/{alert['alert']}/notes"
    programs.ask("coordinator", note, {"status": "seen", "text": "On my way"})
    programs.ask("coordinator", note, {"status": "closed", "text": "Done"}, status=403)
    programs.ask("investigator", note, {"status": "closed", "text": "Called them"})
    assert programs.ask("investigator", "/alerts")["items"] == []
    (closed,) = programs.ask("investigator", "/alerts?closed=true")["items"]
    assert [one["text"] for one in closed["notes"]] == ["On my way", "Called them"]


def test_visits_are_planned_begun_and_recorded(programs: Programs) -> None:
    there, client = f"/participants/{HERE}", programs.client("coordinator")
    programs.ask(client, f"{there}/days", {"anchor": "dose", "date": "2026-12-20", "reason": "Moved"})
    programs.ask(client, f"{there}/days", {"anchor": "dose", "date": "2026-12-21"}, status=422)
    programs.ask(client, f"{there}/visits", {"visit": "SCR", "status": "held", "date": "2026-11-23"})
    programs.ask(client, f"{there}/visits", {"visit": "NONE", "status": "held"}, status=404)
    programs.ask(client, f"{there}/visits", {"visit": "SCR", "status": "gone"}, status=422)
    programs.ask(client, f"{there}/visits/begin", {"visit": "UNS"})
    line = programs.ask(client, there)
    assert line["anchors"][0]["planned_on"] == "2026-12-20"
    held = {one["visit"]: one["held_on"] for one in line["visits"] if one["begun"]}
    assert held == {"SCR": "2026-11-23", "UNS": None}
    manager = programs.client("data_manager")
    programs.ask(manager, f"{there}/lock", {"locked": True, "reason": "Done"})
    programs.ask(client, f"{there}/visits/begin", {"visit": "UNS"}, status=422)
    assert programs.ask(client, there)["locked"] is True


def test_queries_are_asked_answered_and_closed(programs: Programs) -> None:
    form = programs.world.opened("vitals", "SCR")
    monitor, coordinator = programs.client("monitor"), programs.client("coordinator")
    asked = programs.ask(monitor, f"/forms/{form}/queries", {"item": "systolic", "text": "Is it so?"})[
        "query"
    ]
    programs.ask(coordinator, f"/queries/{asked}/close", {"text": "Yes"}, status=403)
    programs.ask(coordinator, f"/queries/{asked}/answer", {"text": "It is"})
    programs.ask(monitor, f"/queries/{asked}/close", {"text": "Thank you"})
    thread = programs.ask(monitor, f"/queries/{asked}")
    assert [one["text"] for one in thread["notes"]] == ["Is it so?", "It is", "Thank you"]
    for place in range(3):
        programs.ask(monitor, f"/forms/{form}/queries", {"text": f"Question {place}"})
    seen, after = [], ""
    while True:
        part = programs.ask(monitor, f"/queries?limit=2&after={after}")
        seen += [one["notes"][0]["text"] for one in part["items"]]
        after = part["next"]
        if not after:
            break
    assert seen == ["Question 2", "Question 1", "Question 0"]
    assert [one["query"] for one in programs.ask(monitor, "/queries?closed=true")["items"]] == [asked]
    assert programs.ask(monitor, "/queries?find=NYC")["items"] == []
    programs.ask(monitor, "/queries?after=nowhere", status=422)


def test_participants_come_in_parts_of_those_one_may_know(programs: Programs) -> None:
    manager = programs.client("data_manager")
    first = programs.ask(manager, "/participants?limit=1")
    assert [one["participant"] for one in first["items"]] == [HERE]
    rest = programs.ask(manager, f"/participants?limit=1&after={first['next']}")
    assert ([one["participant"] for one in rest["items"]], rest["next"]) == ([THERE], "")
    assert programs.ask(manager, "/participants?find=nyc")["items"] == rest["items"]
    # A place that one may not know of is as unknown as one that never was.
    coordinator = programs.client("coordinator")
    assert [one["participant"] for one in programs.ask(coordinator, "/participants")["items"]] == [HERE]
    outside = programs.ask(manager, "/participants?limit=100")["items"][1]["participant"]
    mark = programs.ask("outsider", "/participants")["items"][0]["participant"]
    assert mark == outside
    programs.ask(coordinator, "/participants?after=RlJPTlRMSU5FLU5ZQy0wMDE", status=422)
    programs.ask("rater", "/participants", status=403)
    assert programs.ask(coordinator, "/find?q=001") == {"participants": [HERE], "forms": [], "more": False}


def test_the_study_is_described(programs: Programs) -> None:
    client = programs.client("coordinator")
    assert programs.ask(client, "/study")["trial"] == "FRONTLINE"
    assert [one["site"] for one in programs.ask(client, "/sites")] == ["SEA", "NYC"]
    (version,) = programs.ask(client, "/protocol-versions")
    whole = programs.ask(client, f"/protocol-versions/{version['number']}")
    assert whole["hashes"] == version["hashes"]
    assert "FRONTLINE" in whole["text"]
    programs.ask(client, "/protocol-versions/9", status=404)
    programs.ask("statistician", "/protocol-versions", status=403)
    assert programs.ask(client, "/today")["recruitment"][0]["entered"] == 2
    recruited = programs.ask("statistician", "/recruitment")
    assert (recruited["whole"]["entered"], recruited["months"][-1]["total"]) == (2, 2)
    programs.ask("rater", "/today", status=404)
    programs.ask("rater", "/recruitment", status=404)


def test_the_audit_trail_is_filtered_and_comes_in_parts(programs: Programs) -> None:
    form = programs.world.opened("vitals", "DOSE")
    programs.world.save(form, systolic="120")
    client = programs.client("auditor")
    saved = programs.ask(client, f"/audit?subject=form-{form}&action=form.saved")
    assert [one["by"] for one in saved["items"]] == ["Coordinator"]
    part = programs.ask(client, "/audit?limit=3")
    after = programs.ask(client, f"/audit?limit=3&after={part['next']}")
    whole = programs.ask(client, "/audit?limit=6")
    assert part["items"] + after["items"] == whole["items"]
    assert programs.ask(client, "/audit?to_day=2020-01-01")["items"] == []
    programs.ask(client, "/audit?from_day=yesterday", status=422)
    programs.ask("coordinator", "/audit", status=403)


def test_an_export_is_for_blinded_people_and_names_who_asked(programs: Programs, tmp_path: Any) -> None:
    world = programs.world
    world.fill(world.opened("madrs", "PREP1"))
    programs.ask("coordinator", "/datasets", {}, status=403)
    here_only = world.people.add("data_manager", name="Here only", site="SEA")
    programs.ask(here_only, "/datasets", {}, status=403)
    archive = zipfile.ZipFile(io.BytesIO(programs.ask("statistician", "/datasets", {})))
    archive.extractall(tmp_path)
    assert len(read(tmp_path / "records").values) == 11
    event = Event.objects.using("default").filter(action="data.exported").latest("id")
    assert event.actor == "p-statistician"


GETS = ("/participants/{participant}", "/forms/{form}", "/forms/{form}/history/lassitude", "/queries/{query}")
POSTS: dict[str, dict[str, Any]] = {
    "/participants/{participant}/days": {"anchor": "dose", "date": None},
    "/participants/{participant}/visits": {"visit": "SCR", "status": "missed"},
    "/participants/{participant}/visits/begin": {"visit": "UNS"},
    "/participants/{participant}/forms": {"form": "madrs", "visit": "PREP1"},
    "/participants/{participant}/lock": {"locked": True, "reason": "Done"},
    "/forms/{form}/answers": {"answers": []},
    "/forms/{form}/complete": {},
    "/forms/{form}/verify": {},
    "/forms/{form}/sign": {"password": "x", "code": "y"},
    "/forms/{form}/lock": {},
    "/forms/{form}/unlock": {"reason": "Typing error"},
    "/forms/{form}/queries": {"text": "Why?"},
    "/queries/{query}/answer": {"text": "Because"},
    "/queries/{query}/close": {"text": "Because"},
    "/alerts/{alert}/notes": {"status": "seen"},
}


def test_an_id_of_another_site_is_as_unknown_as_one_that_never_was(programs: Programs) -> None:
    world = programs.world
    form = world.opened("madrs", "PREP1")
    world.save(form, suicidal_thoughts="5")
    programs.ask("monitor", f"/forms/{form}/queries", {"text": "Is it so?"})
    here = {"participant": HERE, "form": form, "query": world.query, "alert": world.alert}
    never = {"participant": "FRONTLINE-SEA-999", "form": NEVER, "query": NEVER, "alert": NEVER}
    roles = ("coordinator", "investigator", "monitor", "data_manager", "medical_monitor")
    elsewhere = programs.client(world.people.add(*roles, name="Everything elsewhere", site="NYC"))
    everywhere = world.people.add(*roles, name="Everything", site="")
    narrowed = programs.client(everywhere, site="NYC")
    for client in (elsewhere, narrowed):
        for path in GETS:
            found = [programs.ask(client, path.format(**ids), status=404) for ids in (here, never)]
            assert found[0] == found[1]
        for path, sent in POSTS.items():
            found = [programs.ask(client, path.format(**ids), sent, status=404) for ids in (here, never)]
            assert found[0] == found[1]
    for path in GETS:
        programs.ask(everywhere, path.format(**here))


def test_a_token_narrowed_to_one_role_shows_nothing_hidden_from_another(programs: Programs) -> None:
    """The flagship hides expectancy from raters: whoever rates too does not read it as a coordinator."""
    world = programs.world
    form = world.opened("expectancy", "PREP1")
    programs.ask("coordinator", f"/forms/{form}")
    both = world.people.add("coordinator", "rater", name="Rates too", site="SEA")
    programs.ask(programs.client(both, role="coordinator"), f"/forms/{form}", status=404)


@pytest.mark.parametrize("odd", ["%00", "%ED%A0%80", "x" * 200, "💊", "..%2F..", "%27%20OR%201=1"])
@pytest.mark.parametrize("engine", ["postgresql18"], indirect=True)
def test_no_text_breaks_an_operation(programs: Programs, odd: str) -> None:
    client = programs.client(programs.world.people.add("coordinator", "monitor", "data_manager", name="All"))
    there = [path.format(participant=odd, form=odd, query=odd, alert=odd) for path in (*GETS, *POSTS)]
    for path in (*there, f"/participants?find={odd}&after={odd}", f"/queries?find={odd}", f"/find?q={odd}"):
        assert client.get(f"/api/v1{path}").status_code < 500, path
    for path, sent in POSTS.items():
        address = f"/api/v1{path}".format(participant=odd, form=odd, query=odd, alert=odd)
        assert client.post(address, sent, content_type="application/json").status_code < 500, path


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b'{"answers": 1}',
        b'{"answers": [], "more": 1}',
        b"[" * 9_999,
    ],
)
def test_a_body_that_cannot_be_read_is_refused(programs: Programs, body: bytes) -> None:
    form = programs.world.opened("madrs", "PREP1")
    client = programs.client("coordinator")
    address = f"/api/v1/forms/{form}/answers"
    answer = client.post(address, body, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.json()["problems"]


def test_what_is_too_long_is_refused_before_it_is_read(programs: Programs) -> None:
    client = programs.client("coordinator")
    answer = client.post(
        f"/api/v1/participants/{HERE}/days", b"{}", content_type="application/json", CONTENT_LENGTH="99999999"
    )
    assert answer.status_code == 413
