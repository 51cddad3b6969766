"""Analysis sets."""

from collections.abc import Callable
from typing import Any

from equipoise.analysis.sets import members

ADULTS = {
    "id": "adults",
    "text": "Adults",
    "participants": "randomized",
    "arm": "as_randomized",
    "rule": "demographics.age@BASE >= 30",
}


def test_as_randomized_keeps_the_arm_drawn(six: Any) -> None:
    six.assigned[0]["actual_intervention"] = "dummy"
    assert members(six.evidence, "all_randomized").arms["P1"] == "active"


def test_as_treated_takes_the_arm_of_what_was_given_and_leaves_out_the_untreated(six: Any) -> None:
    six.assigned[0]["actual_intervention"] = "dummy"
    six.person("P7", "active", dosed=False, BASE=30)
    found = members(six.evidence, "all_treated")
    assert found.arms["P1"] == "control"
    assert "P7" not in found.arms
    assert "P7" in members(six.evidence, "all_randomized").arms


def test_a_rule_decides_and_what_it_cannot_decide_is_left_out_and_counted(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    chosen = filled(study(analysis_sets=[ADULTS]))
    for who, age in (("P1", 40), ("P2", 29), ("P4", 30)):
        chosen.score(who, "BASE", "demographics", "age", age)
    found = members(chosen.evidence, "adults")
    assert list(found.arms) == ["P1", "P4"]
    assert found.unknown == ("P3", "P5", "P6")
    assert found.notes == ("3 left out because the analysis set's rule could not be decided",)


def test_sets_work_without_an_allocation(six: Any) -> None:
    assert members(six.pooled, "all_randomized").arms == dict.fromkeys(("P1", "P2", "P3", "P4", "P5", "P6"))
