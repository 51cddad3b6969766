"""Rating tasks by program: the rater learns what the page shows, and not one word more."""

import json
from collections.abc import Callable
from typing import Any

from tests.conduct.api.conftest import Programs
from tests.conduct.pages.conftest import HERE
from tests.conduct.tasks.conftest import FORM, Rating

from equipoise.conduct.tasks.models import Task


def answered(task: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an answer to everything a task asks."""
    return [
        {
            "item": one["item"],
            "text": one["codes"][0]["code"] if one["codes"] else str(int(one["low"] or 1)),
            "seen": one["seq"],
        }
        for one in task["form"]["questions"]
        if one["visible"] and one["required"]
    ]


def test_a_rater_does_a_whole_task_and_is_told_nobody(programs: Programs, rating: Rating) -> None:
    code = rating.assign(meeting="https://meet.example/x")
    client, there = programs.client("rater"), f"/tasks/{code}"
    (line,) = programs.ask(client, "/tasks")["open"]
    assert (line["code"], line["state"]) == (code, "waiting")
    before = programs.ask(client, there)
    assert (before["form"], before["meeting"]) == (None, "https://meet.example/x")
    programs.ask(client, f"{there}/begin", {}, status=204)
    task = programs.ask(client, there)
    saved = programs.ask(client, f"{there}/answers", {"answers": answered(task)})
    assert saved["refused"] == []
    row = rating.row()
    visit = programs.world.page(row.code, "monitor").visit_label
    programs.ask(
        "monitor", f"/forms/{row.code}/queries", {"item": "lassitude", "text": "Is it so?"}, status=200
    )
    said = json.dumps([task, saved, programs.ask(client, there), programs.ask(client, "/tasks")])
    assert "Is it so?" in said
    for hidden in (HERE, "SEA", "PREP1", visit, row.code, "p-coordinator", "p-monitor", "Monitor"):
        assert hidden not in said, hidden
    assert programs.ask(client, f"{there}/complete", {})["done"]
    assert programs.ask(client, there)["line"]["state"] in ("guess", "done")


def test_what_cannot_be_stored_is_refused_and_a_foreign_task_is_unknown(
    programs: Programs, rating: Rating
) -> None:
    code = rating.begun()
    wrong = {"answers": [{"item": "lassitude", "text": "99"}]}
    said = programs.ask("rater", f"/tasks/{code}/answers", wrong, status=422)
    assert said["problems"][0]["field"] == "lassitude"
    second = programs.world.people.add("rater", name="Second")
    programs.ask(second, f"/tasks/{code}", status=404)
    programs.ask("rater", f"/tasks/{'a' * 13}", status=404)
    programs.ask("coordinator", f"/tasks/{code}", status=403)


def test_a_rater_who_was_shown_the_arm_is_told_kindly_and_does_nothing_more(
    programs: Programs, rating: Rating
) -> None:
    code = rating.begun()
    rating.expose()
    assert programs.ask("rater", "/tasks")["gone"] == 1
    for path, given in (("", None), ("/complete", {}), ("/give-back", {"reason": "x"})):
        said = programs.ask("rater", f"/tasks/{code}{path}", given, status=410)
        assert said["problems"][0]["message"] == "this rating is no longer yours"


def test_a_coordinator_gives_a_rating_and_takes_it_back(programs: Programs, rating: Rating) -> None:
    rater = programs.world.people["rater"].person
    (first, *_) = programs.ask("coordinator", "/ratings")["wanted"]
    assert first["participant"] == HERE
    sent = {"participant": HERE, "visit": "PREP1", "form": FORM, "rater": rater}
    programs.ask("coordinator", "/ratings", sent | {"due_at": "2026-11-25T17:00"}, status=204)
    assert Task.objects.get().due_at.startswith("2026-11-26T01:00"), "five in the afternoon at Seattle"
    (given,) = programs.ask("coordinator", "/ratings")["given"]
    programs.ask("coordinator", f"/ratings/{given['code']}/release", {"reason": "Ill"}, status=204)
    assert programs.ask("coordinator", "/ratings")["given"] == []
    programs.ask("rater", "/ratings", status=403)


def test_while_the_allocation_store_is_away_nobody_learns_whose_tasks_are_whose(
    programs: Programs, rating: Rating, away: Callable[[], None]
) -> None:
    client, code = programs.client("rater"), rating.assign()
    away()
    for path in ("/tasks", f"/tasks/{code}"):
        assert programs.ask(client, path, status=503)["problems"]


def test_a_rater_answers_a_question_would_rather_not_guess_and_gives_a_task_back(
    programs: Programs, rating: Rating
) -> None:
    code = rating.begun()
    rating.rate(code)
    programs.ask("monitor", f"/forms/{rating.row().code}/queries", {"item": "lassitude", "text": "Is it so?"})
    (asked,) = programs.ask("rater", f"/tasks/{code}")["questions"]
    there = f"/tasks/{code}/questions/{asked['place']}"
    programs.ask("rater", there, {"text": "It is."}, status=204)
    (answered_now,) = programs.ask("rater", f"/tasks/{code}")["questions"]
    assert (answered_now["status"], answered_now["words"][-1]) == ("answered", "It is.")
    programs.ask("rater", f"/tasks/{code}/questions/9", {"text": "It is."}, status=404)
    assert programs.ask("rater", f"/tasks/{code}")["line"]["state"] == "guess"
    assert programs.ask("rater", f"/tasks/{code}/decline", {})["done"]
    assert programs.ask("rater", f"/tasks/{code}")["line"]["state"] == "done"
    second = rating.assign("SCR")
    programs.ask("rater", f"/tasks/{second}/give-back", {"reason": ""}, status=422)
    programs.ask("rater", f"/tasks/{second}/give-back", {"reason": "On leave"}, status=204)
    assert [one["code"] for one in programs.ask("rater", "/tasks")["open"]] == []
