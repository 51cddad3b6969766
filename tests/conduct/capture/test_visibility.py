"""What is hidden from one role a person holds does not exist for them: no form, item, query, alert or count."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.http import Http404

from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.capture import dataset, reads, services
from equipoise.conduct.capture.results import Given
from equipoise.conduct.capture.visibility import EVERYBODY, LOCK, Sight, may_fill, transcribed
from equipoise.conduct.studies import reads as studies

Open = Callable[..., Any]
HIDING = """
  - id: secret
    filled_by: coordinator
    items:
      - {id: open_one, label: Open, type: number, range: [0, 9]}
      - {id: hidden_one, label: Hidden, type: number, range: [0, 9], hidden_from: [facilitator], until: lock}
      - {id: following, label: Following, type: text, show_if: hidden_one > 1, required: false}
    checks:
      - {id: both, rule: open_one <= hidden_one, message: The open one is larger}
  - {id: whole, filled_by: coordinator, hidden_from: [facilitator], until: lock, items: [{id: w, label: W, type: text}]}
"""
ANCHOR = "  - {id: demographics, standard: demographics, filled_by: coordinator}\n"
RULE = "safety_rules:\n"
ALERTING = (
    "  - {id: secret_rule, when: secret.hidden_one > 5, alert: routine, notify: [investigator], "
    "within_minutes: 60, instruction: Look.}\n"
)


@pytest.fixture
def protocol_text(flagship: str) -> str:
    """The flagship with a form of which one item is hidden from facilitators, and one hidden whole."""
    assert flagship.count(ANCHOR) == 1
    text = flagship.replace(ANCHOR, ANCHOR + HIDING.strip("\n") + "\n").replace(RULE, RULE + ALERTING)
    return text.replace("logs: [", "logs: [secret, whole, ")


@pytest.fixture
def secret(desk: Open) -> Any:
    """A filled form whose hidden item breaks a check and raises an alert."""
    one = desk("secret")
    given = [Given("open_one", text="8"), Given("hidden_one", text="7"), Given("following", text="because")]
    assert services.save(form=one.form, given=given, at=one.at, by=one.by).done
    services.complete(form=one.form, at=one.at, by=one.by)
    return one


def lines(page: Any) -> list[str]:
    return [line.item for line in page.items]


def test_a_hidden_item_takes_what_follows_from_it_along(secret: Any, staff: Any, at: datetime) -> None:
    assert lines(secret.page) == ["open_one", "hidden_one", "following"]
    page = reads.form_page(secret.form, viewer=staff.facilitator)
    assert page is not None
    assert lines(page) == ["open_one"]
    assert (page.answered, page.asked) == (1, 1)
    assert reads.item_history(secret.form, item="hidden_one", viewer=staff.facilitator) is None
    assert reads.item_history(secret.form, item="open_one", viewer=staff.facilitator) is not None


def test_queries_and_alerts_that_speak_of_hidden_answers_are_hidden(
    secret: Any, staff: Any, at: datetime
) -> None:
    assert len(reads.queries(viewer=staff.coordinator)) == 1
    assert reads.queries(viewer=staff.facilitator) == ()
    assert [line.rule for line in reads.alerts(viewer=staff.coordinator, at=at)] == ["secret_rule"]
    assert reads.alerts(viewer=staff.facilitator, at=at) == ()
    [query] = reads.queries(viewer=staff.coordinator)
    assert reads.query(query.query, viewer=staff.facilitator) is None
    for name, more in (("answer_query", {"query": query.query, "text": "x"}),):
        with pytest.raises(Http404):
            getattr(services, name)(at=at, by=staff.facilitator, **more)
    [alert] = reads.alerts(viewer=staff.coordinator, at=at)
    with pytest.raises(Http404):
        services.note_alert(alert=alert.alert, status="seen", text="", at=at, by=staff.facilitator)
    [shown] = reads.participants(viewer=staff.facilitator, at=at)
    assert (shown.queries, shown.alerts) == (0, 0)
    home = reads.home(viewer=staff.facilitator, at=at)
    assert home is not None
    assert (home.queries, home.alerts) == (0, ())


def test_one_role_from_which_it_is_hidden_hides_it_from_the_person(secret: Any, staff: Any) -> None:
    both = staff.with_roles("coordinator", "facilitator")
    page = reads.form_page(secret.form, viewer=both)
    assert page is not None
    assert lines(page) == ["open_one"]


def test_a_form_hidden_whole_is_nowhere(
    secret: Any, desk: Open, participant: str, staff: Any, at: datetime
) -> None:
    one = desk("whole")
    one.save(w="x")
    assert reads.form_page(one.form, viewer=staff.facilitator) is None
    with pytest.raises(Http404):
        services.save(form=one.form, given=[], at=at, by=staff.facilitator)
    with pytest.raises(Http404):
        services.open_form(participant=participant, form="whole", at=at, by=staff.facilitator)
    page = reads.timeline(participant, viewer=staff.facilitator, at=at)
    assert page is not None
    assert "whole" not in {log.form for log in page.logs}
    assert {"secret"} == {log.form for log in page.logs if log.entries}


def test_what_a_person_may_not_know_of_is_refused_as_if_it_did_not_exist(
    secret: Any, staff: Any, at: datetime
) -> None:
    both = staff.with_roles("coordinator", "facilitator")
    answers = []
    for item in ("hidden_one", "no_such_one"):
        given = [Given(item, text="not a number")]
        saved = services.save(form=secret.form, given=given, at=at, by=both)
        answers.append(str(saved).replace(item, "ITEM"))
        assert [one.kind for one in saved.refused] == ["unknown_item"]
    assert answers[0] == answers[1]


def test_alike_histories_give_alike_answers(secret: Any, staff: Any, at: datetime) -> None:
    def seen() -> str:
        return str(
            [
                reads.form_page(secret.form, viewer=staff.facilitator),
                reads.timeline(secret.page.participant, viewer=staff.facilitator, at=at),
                reads.participants(viewer=staff.facilitator, at=at),
                reads.home(viewer=staff.facilitator, at=at),
                reads.queries(viewer=staff.facilitator),
                reads.alerts(viewer=staff.facilitator, at=at),
            ]
        )

    before = seen()
    query = services.open_query(form=secret.form, item="hidden_one", text="Sure?", at=at, by=staff.monitor)
    services.answer_query(query=query, text="Yes", at=at, by=staff.coordinator)
    assert seen() == before


def test_nobody_signs_what_they_may_not_see(secret: Any, staff: Any, at: datetime) -> None:
    services.verify(form=secret.form, at=at, by=staff.monitor)
    both = staff.with_roles("investigator", "facilitator")
    page = reads.form_page(secret.form, viewer=both)
    assert page is not None
    assert page.moves == ()
    with pytest.raises(Exception, match="may not sign"):
        services.sign(form=secret.form, meaning="reviewed", at=at, by=both)


def test_the_lock_of_the_study_ends_the_hiding(secret: Any, staff: Any, at: datetime, tmp_path: Path) -> None:
    assert "hidden_one" not in set(dataset.collect().values["item"])
    services.lock_study(locked=True, reason="end", at=at, by=staff.data_manager)
    page = reads.form_page(secret.form, viewer=staff.facilitator)
    assert page is not None
    assert lines(page) == ["open_one", "hidden_one", "following"]
    assert "hidden_one" in set(dataset.collect().values["item"])


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_sees_exactly_the_forms_the_protocol_shows_it(begun: Path, role: str) -> None:
    resolved = studies.resolved(1)
    telling = {"expectancy", "guess", "facilitator_guess", "meq30", "intensity", "effects"}
    hidden = {"facilitator": {"whole"}, "rater": telling, "statistician": telling | {"rater_guess"}}
    sight = Sight(frozenset({role}), resolved)
    assert {form for form in resolved.forms if not sight.form(form)} == hidden.get(role, set())
    assert not sight.visit("OL_DOSE")
    assert Sight(frozenset({role}), resolved, frozenset({LOCK})).form("guess")


def test_a_rule_is_hidden_with_any_answer_it_reads(begun: Path) -> None:
    sight = Sight(EVERYBODY, studies.resolved(1))
    assert sight.rule("madrs.total > 3", form="")
    assert not sight.rule("madrs.total > 3 or guess.certainty > 1", form="")
    assert not sight.rule("vitals.systolic@OL_DOSE > 100", form="")
    assert not sight.rule("nobody.knows > 1", form="")
    assert not sight.rule("this is no rule", form="")


def test_who_fills_a_form_and_for_whom(begun: Path) -> None:
    forms = studies.resolved(1).forms
    assert may_fill(forms["madrs"], {"rater"})
    assert transcribed(forms["madrs"], {"coordinator"}) == "rater"
    assert transcribed(forms["vitals"], {"coordinator"}) == ""
    assert not may_fill(forms["madrs"], {"facilitator"})
    assert not may_fill(forms["dose_given"], {"coordinator"})
