"""Guesses of the arm, certainty and expectancy."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis.guesses import (
    certainty_table,
    expectancy_table,
    guesses_of,
    guesses_table,
    indices_table,
)
from equipoise.statistics.blinding import bang, bang_with_certainty, james


def guessed(six: Any) -> Any:
    """Everybody on active drug guesses it; of the controls one is right, one wrong, one cannot say."""
    for who, code, certain in (
        ("P1", 1, 5),
        ("P2", 1, 4),
        ("P3", 1, 3),
        ("P4", 2, 2),
        ("P5", 1, 1),
        ("P6", 9, None),
    ):
        six.score(who, "D28", "guess", "guess", code)
        if certain is not None:
            six.score(who, "D28", "guess", "certainty", certain)
    return six


def test_guesses_are_counted_by_arm_and_judged(six: Any) -> None:
    rows = guesses_table(guessed(six).evidence)
    counts = {(row["arm"], row["guess"]): (row["count"], row["right"]) for row in rows}
    assert counts == {
        ("active", "active"): (3, True),
        ("active", "control"): (0, False),
        ("active", "unsure"): (0, None),
        ("control", "active"): (1, False),
        ("control", "control"): (1, True),
        ("control", "unsure"): (1, None),
    }
    assert {(row["role"], row["visit"]) for row in rows} == {("participant", "D28")}


def test_the_indices_are_those_of_bang_and_james(six: Any) -> None:
    rows = {(row["method"], row["arm"]): row for row in indices_table(guessed(six).evidence)}
    expected = {
        ("Bang", "active"): bang(correct=3, wrong=0, unknown=0),
        ("Bang", "control"): bang(correct=1, wrong=1, unknown=1),
        ("James", None): james([[3, 1], [0, 1], [0, 1]]),
    }
    assert {key for key in rows if key[0] in ("Bang", "James")} == set(expected)
    for key, estimate in expected.items():
        assert [rows[key]["index"], rows[key]["std_error"]] == [estimate.estimate, estimate.std_error]
    assert [rows["Bang", "active"]["n"], rows["James", None]["n"]] == [3, 6]


def test_the_indices_stand_again_with_guesses_weighted_by_certainty(six: Any) -> None:
    study = guessed(six)
    rows = {(row["method"], row["arm"]): row for row in indices_table(study.evidence)}
    (one,) = guesses_of(study.evidence)
    rated = sorted(who for who in one.guessed if who in one.certain or one.guessed[who] == "unsure")
    arms = [study.evidence.arms[who] for who in rated]
    weights = [(one.certain.get(who, 1) - 1) / 4 for who in rated]
    found = bang_with_certainty(
        [one.guessed[who] for who in rated], arms, weights, order=["active", "control"], unknown="unsure"
    )
    for arm, estimate in found.items():
        row = rows["Bang, weighted by certainty", arm]
        assert (row["index"], row["std_error"], row["n"]) == (
            estimate.estimate,
            estimate.std_error,
            arms.count(str(arm)),
        )
    assert rows["James, weighted by certainty", None]["n"] == len(rated)


def test_without_a_rating_of_certainty_there_is_no_weighted_index(six: Any) -> None:
    study = guessed(six)
    study.rows["values"] = [row for row in study.rows["values"] if row["item"] != "certainty"]
    assert {row["method"] for row in indices_table(study.evidence)} == {"Bang", "James"}


def test_certainty_is_averaged_by_arm(six: Any) -> None:
    rows = certainty_table(guessed(six).evidence)
    assert [(row["arm"], row["n"], row["mean"]) for row in rows] == [("active", 3, 4.0), ("control", 2, 1.5)]
    assert rows[0]["label"] == "How certain: 1 a pure guess to 5 completely certain"


def test_codes_name_arms_as_the_form_says(
    study: Callable[..., Any], filled: Callable[..., Any], pocket_data: Any
) -> None:
    forms = [form for form in pocket_data["forms"] if form["id"] != "guess"]
    own = {
        "id": "guess",
        "instrument": "treatment_guess",
        "filled_by": "rater",
        "hidden_from": [],
        "codes": {"guess": {"7": "Drug", "8": "Dummy", "9": "No idea"}},
        "arms": {"7": "active", "8": "control"},
    }
    chosen = filled(study(forms=[*forms, own])).score("P1", "D28", "guess", "guess", 8)
    (row,) = [row for row in guesses_table(chosen.evidence) if row["count"]]
    assert [row["arm"], row["guess"], row["right"], row["role"]] == ["active", "control", False, "rater"]


def test_expectancy_is_shown_at_baseline(six: Any) -> None:
    for who, value in (("P1", 6), ("P2", 7), ("P4", 5)):
        six.score(who, "BASE", "expectancy", "positive", value)
    rows = expectancy_table(six.evidence)
    assert [(row["arm"], row["n"], row["mean"]) for row in rows] == [("active", 2, 6.5), ("control", 1, 5.0)]
    assert [rows[0]["score"], rows[0]["scale_max"]] == ["expectancy.positive", 10]


@pytest.mark.parametrize("table", [guesses_table, indices_table, certainty_table, expectancy_table])
def test_without_an_allocation_there_is_nothing_to_see(table: Callable[..., Any], six: Any) -> None:
    guessed(six).score("P1", "BASE", "expectancy", "positive", 6)
    assert table(six.pooled) == []
    assert table(six.evidence) != []
