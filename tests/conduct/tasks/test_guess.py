"""After a rating comes the rater's guess, which nobody sees before the data are locked; others' guesses likewise."""

import pytest
from tests.conduct.pages.conftest import AT, HERE, text_of, words_of
from tests.conduct.tasks.conftest import Rating

from equipoise.conduct.capture import dataset, visibility
from equipoise.conduct.capture import reads as forms
from equipoise.conduct.capture import services as saving
from equipoise.conduct.capture.models import Entry, FormState, Query
from equipoise.conduct.capture.results import Given
from equipoise.conduct.tasks import services, states
from equipoise.conduct.tasks.models import Task
from equipoise.errors import PermissionRefused

GUESS = "rater_guess"
SURE = [Given("guess", text="1"), Given("certainty", text="4"), Given("reason", text="2")]
MASKED = (
    "coordinator",
    "investigator",
    "facilitator",
    "session_monitor",
    "data_manager",
    "monitor",
    "auditor",
)


def guessed(rating: Rating) -> str:
    """Let the rater rate and guess; return the task's code."""
    code = rating.begun()
    rating.rate(code)
    by = rating.viewer("rater")
    assert services.save(task=code, given=SURE, at=AT, by=by).done
    assert services.complete(task=code, at=AT, by=by).done
    return code


@pytest.mark.both_stores
def test_a_rating_is_stored_before_the_guess_and_the_task_is_open_until_it(rating: Rating) -> None:
    code = rating.begun()
    client = rating.client()
    rating.rate(code)
    assert FormState.objects.get(form=rating.row()).state == "complete"
    assert rating.page(code).line.state == "guess"
    assert "One question left" in words_of(client.get("/tasks/"))
    page = words_of(client.get(f"/tasks/{code}/"))
    assert "Treatment believed to have been given" in page
    assert "I would rather not guess" in page
    assert states.of(Task.objects.get(code=code)) == states.BEGUN


def test_a_guess_cannot_be_passed_silently(rating: Rating) -> None:
    code = rating.begun()
    rating.rate(code)
    client = rating.client()
    assert client.post(f"/tasks/{code}/", {"complete": "1"}).status_code == 422
    assert rating.page(code).line.state == "guess"
    assert client.post(f"/tasks/{code}/decline/").status_code == 302
    row = rating.row(form=GUESS)
    assert set(Entry.objects.filter(form=row).values_list("missing_reason", flat=True)) == {"declined"}
    assert states.of(Task.objects.get(code=code)) == states.DONE
    assert client.post(f"/tasks/{code}/decline/").status_code == 404


@pytest.mark.both_stores
def test_a_sealed_guess_is_seen_by_nobody_before_the_lock(rating: Rating) -> None:
    code = guessed(rating)
    row = rating.row(form=GUESS)
    for role in MASKED:
        client = rating.client(role)
        page = client.get(f"/forms/{row.code}/")
        assert page.status_code == 200, role
        assert "sealed" in words_of(page)
        assert "believed" not in text_of(page)
        assert client.get(f"/forms/{row.code}/history/guess/0/").status_code == 404
        if role in ("data_manager", "monitor"):
            asked = client.post(f"/forms/{row.code}/query/", {"about": "guess:0", "text": "Why?"})
            assert asked.status_code == 404
    assert rating.client("monitor").post(f"/forms/{row.code}/verify/").status_code == 403
    task = words_of(rating.client().get(f"/tasks/{code}/"))
    assert "believed" not in task
    assert GUESS not in dataset.collect().values.form.unique()
    saving.lock_study(locked=True, reason="done", at=AT, by=rating.viewer("data_manager"))
    assert "believed" in text_of(rating.client("monitor").get(f"/forms/{row.code}/"))
    values = dataset.collect().values
    assert set(values[values.form == GUESS].item) >= {"guess", "certainty"}


def test_nobody_is_asked_about_a_sealed_guess_since_nobody_could_read_the_answer(rating: Rating) -> None:
    guessed(rating)
    form, client = rating.row(form=GUESS).code, rating.client("monitor")
    assert "Ask about this form" not in words_of(client.get(f"/forms/{form}/"))
    assert client.post(f"/forms/{form}/query/", {"about": ":0", "text": "Is it so?"}).status_code == 404
    assert not Query.objects.filter(form__code=form).exists()
    assert "Ask about this form" in words_of(client.get(f"/forms/{rating.row().code}/"))


def test_who_answered_sees_that_it_is_given_and_not_what(rating: Rating) -> None:
    by = rating.viewer("facilitator")
    form = saving.open_form(participant=HERE, visit="D28", form="facilitator_guess", at=AT, by=by)
    assert saving.save(form=form, given=SURE, at=AT, by=by).done
    page = forms.form_page(form, viewer=by)
    assert page is not None
    assert [one.answer for one in page.items][:2] == ["1", "4"]
    other = forms.form_page(form, viewer=rating.viewer("investigator"))
    assert other is not None
    assert other.items == ()
    assert saving.complete(form=form, at=AT, by=by).done
    page = forms.form_page(form, viewer=by)
    assert page is not None
    assert (page.items, page.editable, page.state) == ((), False, "complete")
    refused = saving.save(
        form=form, given=[Given("guess", text="2", seen=1)], at=AT, by=by, reason="changed my mind"
    )
    assert refused.problem is not None
    assert not refused.kept
    assert Entry.objects.filter(form__code=form, item="guess").count() == 1


def test_who_rated_and_guessed_may_rate_again(rating: Rating) -> None:
    guessed(rating)
    again = rating.begun("SCR")
    rating.fill(again)
    assert rating.page(again).line.state == "done"


def test_nobody_enters_a_raters_guess_for_them(rating: Rating) -> None:
    guessed(rating)
    by = rating.viewer("coordinator")
    with pytest.raises(PermissionRefused):
        saving.open_form(participant=HERE, visit="SCR", form=GUESS, at=AT, by=by)
    with pytest.raises(PermissionRefused):
        saving.save(form=rating.row(form=GUESS).code, given=SURE, at=AT, by=by)
    assert saving.open_form(participant=HERE, visit="SCR", form="madrs", at=AT, by=by), (
        "a rating may be on paper"
    )


def test_a_planted_hole_in_the_seal_is_noticed(rating: Rating, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the seal each of the looks above shows the guess: so the tests above can fail."""
    guessed(rating)
    monkeypatch.setattr(visibility.Sight, "sealed", lambda *_: False)
    page = rating.client("investigator").get(f"/forms/{rating.row(form=GUESS).code}/")
    assert "believed" in text_of(page)
