"""Who was randomized, when visits took place, and what the arms are."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis.evidence import gather
from equipoise.errors import RecordError


def test_without_marks_everybody_who_passed_screening_counts_as_randomized(study: Callable[..., Any]) -> None:
    bare = study()
    bare.add("participants", participant="A", status="randomized")
    bare.add("participants", participant="B", status="screen_failure")
    assert bare.pooled.randomized == ("A",)


def test_screened_people_without_a_randomization_date_are_not_randomized(six: Any) -> None:
    six.add("participants", participant="S", status="screening")
    assert six.pooled.randomized == ("P1", "P2", "P3", "P4", "P5", "P6")


def test_an_allocation_of_other_people_is_refused_with_every_problem(six: Any) -> None:
    six.assigned = [{"participant": "P1", "arm": "elsewhere"}, {"participant": "X9", "arm": "active"}]
    with pytest.raises(RecordError) as caught:
        gather(six.resolved, six.records, six.allocation)
    messages = [problem.message for problem in caught.value.problems]
    assert len(messages) == 1 + 1 + 5
    assert "elsewhere" not in str(caught.value)


def test_the_arm_treated_is_that_of_what_was_given(six: Any) -> None:
    six.assigned[0]["actual_intervention"] = "dummy"
    six.assigned[3]["actual_intervention"] = None
    evidence = six.evidence
    assert (evidence.arms["P1"], evidence.arms_treated["P1"]) == ("active", "control")
    assert evidence.arms_treated["P4"] == "control"


def test_the_last_repeat_of_a_visit_counts(six: Any) -> None:
    six.visit("P1", "D28", 30, repeat=2).score("P1", "D28", "madrs", "total", 5, repeat=2)
    evidence = six.evidence
    assert evidence.values_at("madrs.total", "D28")["P1"] == 5
    assert evidence.occasions["P1", "D28"].day == 30


def test_one_item_of_a_scale_can_be_read_like_a_score(six: Any) -> None:
    six.score("P1", "D7", "madrs", "lassitude", 4)
    assert six.evidence.values_at("madrs.lassitude", "D7") == {"P1": 4.0}


def test_the_day_of_a_visit_counts_from_the_first_anchor(six: Any) -> None:
    assert [six.evidence.study_day(visit) for visit in ("BASE", "D28", "OL", "OL7")] == [-7, 28, 35, 42]


def test_a_visit_not_held_is_placed_where_it_was_due(six: Any) -> None:
    assert six.evidence.when("P1", "D56").date == "2030-03-07"
