"""Ratings are given, done, corrected, asked about and taken away; whose form it is no rater reads."""

from datetime import timedelta

import pytest
from tests.conduct.pages.conftest import HERE, fields_of, text_of, words_of
from tests.conduct.tasks.conftest import AT, DUE, Rating

from equipoise.conduct.accounts.models import GrantEnd, RoleGrant
from equipoise.conduct.audit import chains
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture import services as forms
from equipoise.conduct.capture.models import Alert, Entry, FormState, QueryNote
from equipoise.conduct.capture.results import Given
from equipoise.conduct.frame import codes
from equipoise.conduct.tasks import reads, roster, services, states
from equipoise.conduct.tasks.models import Task
from equipoise.errors import Problem, RecordError

SECRET = Problem("secret of the participant", "", "consent")


def said(error: pytest.ExceptionInfo[RecordError]) -> str:
    return " ".join(one.message for one in error.value.problems)


@pytest.mark.both_stores
def test_a_rating_goes_from_the_coordinator_to_the_rater_and_onto_the_timeline(rating: Rating) -> None:
    code = rating.assign(meeting="https://meet.example.org/k3x")
    line = rating.page(code).line
    assert (line.label, line.due_at, line.state) == (
        "Montgomery-Åsberg Depression Rating Scale",
        DUE,
        "waiting",
    )
    assert "with a rater" in words_of(
        rating.world.get("coordinator", f"/participants/{HERE}/", visit="PREP1")
    )
    client = rating.client()
    assert client.post(f"/tasks/{code}/begin/").status_code == 302
    rating.fill(code)
    assert FormState.objects.filter(form=rating.row()).last().state == "complete"
    assert Entry.objects.filter(form=rating.row(), item="apparent_sadness").last().origin == "staff"
    given = reads.mine(rating.viewer("rater"), at=rating.at)
    assert [one.code for one in given.given] == [code]
    assert not given.open
    steps = [step.state for step in Task.objects.get(code=code).taskstep_set.order_by("seq")]
    assert steps == ["assigned", "begun", "done"]
    assert chains.check("trial", anchors=[]).problems == ()


def test_a_list_is_sorted_by_when_a_rating_is_wanted_and_says_nothing_else(rating: Rating) -> None:
    late = rating.assign("PREP1", due_at=AT + timedelta(days=3))
    soon = rating.assign("SCR", due_at=AT + timedelta(days=1))
    page = text_of(rating.client().get("/tasks/"))
    assert page.index(soon) < page.index(late)
    for name in (HERE, "SEA", "Seattle", "PREP1", "SCR", "Screening", "Preparation"):
        assert name not in page


def test_no_page_of_a_task_says_whose_it_is(rating: Rating) -> None:
    code = rating.begun()
    client = rating.client()
    page = text_of(client.get(f"/tasks/{code}/"))
    form = rating.row()
    for name in (HERE, "SEA", "Seattle", "America/Los_Angeles", "PREP1", "Preparation", form.code, "/forms/"):
        assert name not in page, name
    assert f'data-autosave="/tasks/{code}/save/"' in page


def test_a_rater_sees_tasks_and_nothing_else(rating: Rating) -> None:
    client = rating.client()
    assert client.get("/").headers["Location"] == "/tasks/"
    for path in ("/participants/", f"/participants/{HERE}/", "/audit/", "/queries/", "/alerts/", "/ratings/"):
        assert client.get(path).status_code == 403, path
    assert "Recruitment" not in text_of(client.get("/tasks/"))


@pytest.mark.both_stores
@pytest.mark.parametrize("after", ["begin/", "save/", "decline/", "back/", "question/1/", ""])
def test_another_raters_task_is_as_unknown_as_one_that_never_was(rating: Rating, after: str) -> None:
    code = rating.begun()
    rating.world.people.made["second"] = rating.world.people.add("rater", name="Second rater")
    client = rating.client("second")
    asked = client.get if not after else client.post
    theirs, never, odd = (asked(f"/tasks/{one}/{after}") for one in (code, "a" * 13, "..%00"))
    assert {theirs.status_code, never.status_code, odd.status_code} == {404}
    assert text_of(theirs) == text_of(never).replace("a" * 13, code)


@pytest.mark.both_stores
def test_whoever_was_shown_the_arm_is_never_given_a_rating(rating: Rating) -> None:
    rating.expose()
    with pytest.raises(RecordError) as error:
        rating.assign()
    assert "was shown the participant's arm" in said(error)
    assert {one.candidates for one in roster.wanted(rating.viewer("coordinator"), at=AT)} == {()}


def test_a_store_that_is_away_is_no_proof_of_blindness(rating: Rating, away) -> None:
    code = rating.begun()
    away()
    with pytest.raises(RecordError) as error:
        rating.assign("SCR")
    assert "does not answer" in said(error)
    client = rating.client()
    client.raise_request_exception = False
    assert client.get("/tasks/").status_code == 503
    assert client.get(f"/tasks/{code}/").status_code == 503
    sent = client.post(
        f"/tasks/{code}/save/", {"a:suicidal_thoughts:0": "5"}, headers={"Accept": "application/json"}
    )
    assert sent.status_code == 503
    assert sent.json()["alerts"], "a safety answer is heard whatever else is away"
    assert Alert.objects.count() == 1
    assert not Entry.objects.exists()


def test_a_task_vanishes_kindly_once_its_rater_learned_an_arm(rating: Rating) -> None:
    code = rating.begun()
    client = rating.client()
    rating.expose()
    assert "1 rating went to somebody else" in words_of(client.get("/tasks/"))
    assert code not in text_of(client.get("/tasks/"))
    page = client.get(f"/tasks/{code}/")
    assert page.status_code == 410
    assert "no longer yours" in words_of(page)
    assert HERE not in text_of(page)
    sent = client.post(
        f"/tasks/{code}/save/", {"a:suicidal_thoughts:0": "5"}, headers={"Accept": "application/json"}
    )
    assert sent.status_code == 423
    assert "you were shown" in sent.json()["problem"].lower()
    assert Alert.objects.count() == 1, "what they heard still reaches the site"
    assert not Entry.objects.exists()
    (unfit,) = roster.given(rating.viewer("coordinator"), at=AT)
    assert unfit.unfit


def test_a_rating_of_an_unfit_rater_goes_to_another_with_what_was_answered(rating: Rating) -> None:
    code = rating.begun()
    services.save(task=code, given=[Given("apparent_sadness", text="3")], at=AT, by=rating.viewer("rater"))
    second = rating.world.people.made["second"] = rating.world.people.add("rater", name="Second rater")
    with pytest.raises(RecordError) as error:
        rating.assign(rater="second")
    assert "has this rating already" in said(error)
    rating.expose()
    other = rating.assign(rater="second", instead=True)
    assert states.of(Task.objects.get(code=code)) == states.EXPIRED
    services.begin(task=other, at=AT, by=second.viewer())
    form = rating.page(other, "second").form
    assert form is not None
    assert next(one.answer for one in form.items if one.item == "apparent_sadness") == "3"


@pytest.mark.parametrize("other", ["coordinator", "facilitator", "session_monitor", "monitor", "pharmacist"])
def test_nobody_rates_who_does_something_else_in_the_trial(rating: Rating, other: str) -> None:
    rating.world.people.made["both"] = rating.world.people.add("rater", other, name="Both", site="")
    with pytest.raises(RecordError) as error:
        rating.assign(rater="both")
    assert "knows more of participants" in said(error)


def test_who_treated_the_participant_before_never_rates_them(rating: Rating) -> None:
    people = rating.world.people
    both = people.made["both"] = people.add("rater", "facilitator", name="Both", site="SEA")
    forms.open_form(participant=HERE, visit="PREP1", form="session_held", at=AT, by=both.viewer())
    later = AT + timedelta(hours=1)
    with act("trial", "people.role_ended", at=AT, by="system", subjects=[both.person]) as one:
        grant = RoleGrant.objects.get(person=both.person, role="facilitator")
        one.add(GrantEnd(grant=grant, at=instant(AT)))
    rating.world.hand[0] = later
    with pytest.raises(RecordError) as error:
        rating.assign(rater="both")
    assert said(error) == "this person worked with the participant before"


@pytest.mark.parametrize(
    "meeting",
    [
        "Call for frontline-sea-001",
        "room of Day 28",
        "D28",
        "at Seattle",
        "the screening visit",
        "x" * 501,
        "\x00",
    ],
)
def test_a_meeting_that_names_the_participant_or_the_visit_is_refused(rating: Rating, meeting: str) -> None:
    with pytest.raises(RecordError):
        rating.assign(meeting=meeting)
    assert not Task.objects.exists()


def test_what_cannot_be_given_is_refused_with_all_that_is_wrong(rating: Rating) -> None:
    with pytest.raises(RecordError) as error:
        rating.assign(rater="monitor", due_at=AT, meeting="D28")
    assert "no rater" in said(error)
    assert "time is over" in said(error)
    assert "learn from it" in said(error)
    for odd in (
        {"visit": "NEVER"},
        {"form": "spfi"},
        {"form": "guess"},
        {"participant": "X"},
        {"visit_repeat": 9},
    ):
        answer = rating.client("coordinator").post(
            "/ratings/assign/",
            {
                "participant": HERE,
                "visit": "PREP1",
                "form": "madrs",
                "rater": "p-rater",
                "due": "2026-12-01T10:00",
                **odd,
            },
        )
        assert answer.status_code == 404, odd
    assert not Task.objects.exists()


def test_a_coordinator_gives_a_rating_in_one_step(rating: Rating) -> None:
    page = rating.client("coordinator").get("/ratings/")
    assert "Rater (0 open)" in words_of(page)
    sent = fields_of(page)
    sent["rater"] = rating.world.people.rater.person
    answer = rating.client("coordinator").post("/ratings/assign/", sent)
    assert answer.status_code == 302
    assert Task.objects.count() == 1
    assert rating.world.client("data_manager").get("/ratings/").status_code == 200
    assert rating.client("outsider").post("/ratings/assign/", sent).status_code == 404


def test_the_home_page_counts_visits_without_a_rater(rating: Rating) -> None:
    before = words_of(rating.world.get("coordinator", "/"))
    assert "2 visits without a rater" in before
    rating.assign("SCR")
    assert "1 visit without a rater" in words_of(rating.world.get("coordinator", "/"))
    rating.assign("PREP1")
    assert "without a rater" not in words_of(rating.world.get("coordinator", "/"))


def test_an_alert_reaches_the_site_and_the_rater_learns_how_to_call_back(
    rating: Rating, settings_on_call
) -> None:
    code = rating.begun()
    sent = rating.client().post(
        f"/tasks/{code}/save/", {"a:suicidal_thoughts:0": "5"}, headers={"Accept": "application/json"}
    )
    (alert,) = sent.json()["alerts"]
    assert "Investigator" in alert["notify"]
    assert f"call +1 206 555 0100 and say the task's code: {code}" in alert["notify"]
    assert HERE not in sent.content.decode()
    assert HERE in words_of(rating.world.get("investigator", "/alerts/"))


@pytest.fixture
def settings_on_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.ON_CALL", "+1 206 555 0100")


def test_a_question_reaches_the_rater_and_names_nobody(rating: Rating) -> None:
    code = rating.begun()
    rating.fill(code)
    asker = rating.viewer("data_manager")
    for telling in (f"{HERE}: is it so?", "At Day 28 it was less", "compare PREP1"):
        with pytest.raises(RecordError):
            forms.open_query(form=rating.row().code, item="apparent_sadness", text=telling, at=AT, by=asker)
    forms.open_query(form=rating.row().code, item="apparent_sadness", text="Is it so?", at=AT, by=asker)
    client = rating.client()
    assert "A question waits" in words_of(client.get("/tasks/"))
    page = client.get(f"/tasks/{code}/")
    assert "Is it so?" in words_of(page)
    assert "Data manager" not in text_of(page)
    assert HERE not in text_of(page)
    assert client.post(f"/tasks/{code}/question/1/", {"text": ""}).status_code == 422
    assert client.post(f"/tasks/{code}/question/2/", {"text": "Yes"}).status_code == 404
    assert client.post(f"/tasks/{code}/question/1/", {"text": "Yes, it is."}).status_code == 302
    assert QueryNote.objects.last().status == "answered"


def test_a_rating_is_corrected_with_a_reason_until_it_is_verified(rating: Rating) -> None:
    code = rating.begun()
    rating.fill(code)
    by = rating.viewer("rater")
    change = [Given("apparent_sadness", text="4", seen=1)]
    assert services.save(task=code, given=change, at=AT, by=by).refused
    assert services.save(task=code, given=change, at=AT, by=by, reason="misheard").done
    assert rating.page(code).line.state == "rating"
    assert services.complete(task=code, at=AT, by=by).done
    assert states.of(Task.objects.get(code=code)) == states.DONE
    forms.verify(form=rating.row().code, at=AT, by=rating.viewer("monitor"))
    again = [Given("apparent_sadness", text="5", seen=2)]
    assert services.save(task=code, given=again, at=AT, by=by, reason="again").problem is not None
    page = text_of(rating.client().get(f"/tasks/{code}/"))
    assert "was checked" in page
    assert "data-autosave" not in page
    assert not reads.mine(by, at=AT).given


def test_two_windows_of_a_rater_lose_nothing_and_name_nobody(rating: Rating) -> None:
    code = rating.begun()
    by, paper = rating.viewer("rater"), rating.viewer("coordinator")
    services.save(task=code, given=[Given("apparent_sadness", text="3")], at=AT, by=by)
    forms.save(form=rating.row().code, given=[Given("apparent_sadness", text="4", seen=1)], at=AT, by=paper)
    sent = rating.client().post(
        f"/tasks/{code}/save/",
        {"a:apparent_sadness:0": "5", "s:apparent_sadness:0": "1"},
        headers={"Accept": "application/json"},
    )
    assert sent.status_code == 409
    assert "Somebody" in sent.json()["conflicts"][0]["message"]
    assert "Coordinator" not in sent.content.decode()


def test_a_rating_waits_where_the_site_has_something_to_settle(rating: Rating, monkeypatch) -> None:
    code = rating.assign()
    monkeypatch.setattr("equipoise.conduct.capture.gates.form_problems", lambda *_, **__: [SECRET])
    answer = rating.client().post(f"/tasks/{code}/begin/", follow=True)
    assert "has something to settle" in words_of(answer)
    assert "secret" not in text_of(answer)
    assert rating.page(code).line.state == "waiting"


def test_a_task_is_given_back_or_taken_back_with_a_reason(rating: Rating) -> None:
    code = rating.assign()
    client = rating.client()
    assert client.post(f"/tasks/{code}/back/", {"reason": " "}).status_code == 422
    assert client.post(f"/tasks/{code}/back/", {"reason": "ill"}).status_code == 302
    assert client.get(f"/tasks/{code}/").status_code == 404
    again = rating.assign()
    assert again != code
    office = rating.client("coordinator")
    assert office.post(f"/ratings/{again}/release/", {"reason": "moved"}).status_code == 302
    assert office.post(f"/ratings/{again}/release/", {"reason": "moved"}).status_code == 422
    assert rating.client("outsider").post(f"/ratings/{again}/release/", {"reason": "x"}).status_code == 404


def test_a_code_depends_on_the_rater_and_the_number_only(rating: Rating) -> None:
    first = rating.assign("SCR")
    services.release(task=first, reason="x", at=AT, by=rating.viewer("coordinator"))
    assert first == codes.code("task", rating.world.people.rater.person, 1)
