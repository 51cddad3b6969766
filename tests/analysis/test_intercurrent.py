"""Intercurrent events: found in the data, and handled as the estimand says."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis.estimates import estimate
from equipoise.analysis.intercurrent import happened_before, occurrences
from equipoise.analysis.question import Question
from equipoise.analysis.windows import Occasion
from equipoise.protocol.plan import Handled

RESPONSE = {"score": "madrs.total", "type": "response", "visit": "D28"}


def found(study: Any, event: str) -> dict[str, Occasion]:
    planned = {one.id: one for one in study.resolved.protocol.intercurrent_events}
    return occurrences(study.evidence, planned[event])


def outcome(study: Any) -> dict[str, float]:
    return Question(study.evidence, study.resolved.protocol.primary).outcome


def handled(strategy: str, event: str = "rescue", **more: Any) -> dict[str, Any]:
    return {"intercurrent_events": [{"event": event, "strategy": strategy}], **more}


def test_a_row_of_a_log_is_found_by_its_rule_and_dated_by_its_item(six: Any) -> None:
    six.note("P1", "rescue", 12).note("P1", "rescue", 9, row=2).note("P2", "other", 9)
    assert found(six, "rescue") == {"P1": Occasion("2030-01-19", None)}


def test_a_standard_log_is_searched_in_its_own_table(six: Any) -> None:
    rows = [("P1", "antidepressant", "2030-02"), ("P2", "analgesic", "2030-01-20")]
    for row, (who, kind, start) in enumerate(rows, 1):
        six.add("medications", participant=who, row=row, name="x", medication_class=kind, start_date=start)
    assert found(six, "antidepressant") == {"P1": Occasion("2030-02", None)}


def test_a_visit_held_is_an_event(six: Any) -> None:
    six.visit("P4", "OL", 30)
    assert found(six, "opened") == {"P4": Occasion("2030-02-09", 0)}


def test_a_disposition_is_an_event(six: Any) -> None:
    six.add(
        "dispositions", participant="P2", stage="treatment", status="discontinued", date="2030-01-20", day=10
    )
    six.add("dispositions", participant="P3", stage="study", status="withdrew", date="2030-01-21", day=11)
    assert list(found(six, "stopped")) == ["P2"]
    assert list(found(six, "left")) == ["P3"]


def test_events_recorded_by_hand_count_as_well_and_the_first_one_counts(six: Any) -> None:
    six.note("P1", "rescue", 12).add(
        "intercurrent_events", participant="P1", event="rescue", date="2030-01-15", day=5
    )
    assert found(six, "rescue")["P1"].date == "2030-01-15"


def test_what_came_before_treatment_is_history(six: Any) -> None:
    six.note("P1", "rescue", -3).note("P2", "rescue", 0)
    rows = [("P3", "2029-12"), ("P4", "2030-01")]
    for row, (who, start) in enumerate(rows, 1):
        six.add(
            "medications",
            participant=who,
            row=row,
            name="x",
            medication_class="antidepressant",
            start_date=start,
        )
    assert list(found(six, "rescue")) == ["P2"]
    assert list(found(six, "antidepressant")) == ["P4"]


@pytest.mark.parametrize(
    ("event", "visit", "before"),
    [
        (("2030-02-06", None), ("2030-02-07", 28.0), True),
        (("2030-02-07", None), ("2030-02-07", 28.0), False),
        (("2030-02", None), ("2030-02-07", 28.0), True),
        ((None, 27.0), (None, 28.0), True),
        ((None, 28.0), (None, 28.0), False),
        ((None, None), ("2030-02-07", 28.0), True),
    ],
)
def test_an_event_counts_when_it_came_on_an_earlier_day(event: Any, visit: Any, *, before: bool) -> None:
    assert happened_before(Occasion(*event), Occasion(*visit)) is before


@pytest.mark.parametrize(
    ("strategy", "value"), [("treatment_policy", -20), ("hypothetical", None), ("while_on_treatment", -10)]
)
def test_strategies_change_the_value_as_they_say(
    strategy: str, value: float | None, study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    chosen = filled(study(estimand=handled(strategy))).note("P1", "rescue", 10)
    assert outcome(chosen).get("P1") == value
    assert outcome(chosen)["P2"] == -16


def test_while_on_treatment_has_no_value_when_nothing_was_rated_before_the_event(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    chosen = filled(study(estimand=handled("while_on_treatment"))).note("P1", "rescue", 2)
    assert "P1" not in outcome(chosen)


def test_an_event_after_the_visit_changes_nothing(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    chosen = filled(study(estimand=handled("hypothetical"))).note("P1", "rescue", 28).note("P2", "rescue", 40)
    assert len(outcome(chosen)) == 6


def test_a_composite_strategy_makes_a_responder_a_failure(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    more = {"variable": RESPONSE, "summary": "risk_difference", "estimator": {"name": "risk_difference"}}
    chosen = filled(study(estimand=handled("composite", **more))).note("P1", "rescue", 10)
    chosen.person("P7", "active", BASE=30).note("P7", "rescue", 10)
    assert outcome(chosen) == {"P1": 0, "P2": 1, "P3": 1, "P4": 0, "P5": 0, "P6": 0, "P7": 0}


@pytest.mark.parametrize(("value", "expected"), [("worst", 60 - 30), ("baseline", 0)])
def test_a_composite_strategy_on_a_number_uses_what_the_option_names(
    value: str, expected: float, study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    estimator = {"name": "t_change", "options": {"composite": value}}
    chosen = filled(study(estimand=handled("composite", estimator=estimator))).note("P1", "rescue", 10)
    assert outcome(chosen)["P1"] == expected
    assert outcome(chosen)["P2"] == -16


def test_a_score_without_a_bad_end_has_no_worst_value(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    variable = {"score": "stress.level", "type": "value", "visit": "D28"}
    estimator = {"name": "t_change", "options": {"composite": "worst"}}
    chosen = filled(study(estimand=handled("composite", estimator=estimator, variable=variable)))
    chosen.note("P1", "rescue", 10).score("P1", "D28", "stress", "level", 4)
    result = estimate(Question(chosen.evidence, chosen.resolved.protocol.primary))
    assert result.status == "not estimable: no worst value of stress.level is known to stand for a failure"


def test_a_principal_stratum_is_refused_in_the_row(six: Any) -> None:
    stratum = (Handled(event="rescue", strategy="principal_stratum"),)
    estimand = six.resolved.protocol.primary.model_copy(update={"intercurrent_events": stratum})
    result = estimate(Question(six.evidence, estimand))
    assert result.estimate is None
    assert "not observed" in result.status


def test_notes_say_how_many_values_a_strategy_touched(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    chosen = filled(study(estimand=handled("hypothetical"))).note("P1", "rescue", 10)
    result = estimate(Question(chosen.evidence, chosen.resolved.protocol.primary))
    assert result.notes == ("rescue (hypothetical): 1 affected", "1 of 6 without the variable, left out")
