"""Discrete distributions: restricted by rules, drawn by inversion."""

from typing import Any

import numpy as np
import pytest

from equipoise.design.characteristic import Distribution, distribution_of
from equipoise.protocol import Resolved
from equipoise.protocol.scenarios import Characteristic

THREE = Distribution(np.array(["a", "b", "c"], dtype=object), np.array([0.5, 0.0, 0.5]))


def test_one_uniform_number_draws_one_value() -> None:
    assert THREE.draw(np.array([0.01, 0.49, 0.51, 0.999999])).tolist() == ["a", "a", "c", "c"]


def test_a_value_without_weight_is_never_drawn() -> None:
    last = Distribution(np.array([1.0, 2.0, 3.0]), np.array([0.3, 0.3, 0.0]))
    assert last.draw(np.array([1 - 2**-53])).tolist() == [2.0]


def test_restricting_keeps_proportions_and_never_leaves_nothing() -> None:
    allowed = np.array([True, False, False])
    assert THREE.restricted(allowed).weights.tolist() == [0.5, 0, 0]
    assert THREE.restricted(np.array([False, True, False])).weights.tolist() == [0, 1, 0]
    assert THREE.restricted(np.zeros(3, dtype=bool)) is THREE


def test_a_number_has_the_stated_moments(trial: Resolved) -> None:
    found = distribution_of(trial, "intake.age", stated=Characteristic(mean=40, sd=6))
    mean = (found.values * found.weights).sum()
    assert found.weights.sum() == pytest.approx(1)
    assert mean == pytest.approx(40, abs=0.01)
    assert np.sqrt((found.weights * (found.values - mean) ** 2).sum()) == pytest.approx(6, abs=0.05)


def test_nothing_said_means_equal_codes_and_the_middle_of_a_range(trial: Resolved) -> None:
    assert distribution_of(trial, "intake.used_before").weights.tolist() == [1, 1]
    ages = distribution_of(trial, "intake.age")
    assert (ages.values * ages.weights).sum() == pytest.approx(54, abs=0.1)


@pytest.mark.parametrize(
    ("name", "stated", "said"),
    [
        ("intake.used_before", {"probabilities": {"often": 1.0}}, "no code `often`"),
        ("intake.used_before", {"probabilities": {"ever": 0.4}}, "sum to 0.4"),
        ("intake.age", {"mean": 200, "sd": 1}, "outside its range"),
    ],
)
def test_what_cannot_be_drawn_is_refused(trial: Resolved, name: str, stated: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        distribution_of(trial, name, stated=Characteristic(**stated))


def test_a_scale_s_codes_are_numbers_as_in_rules(trial: Resolved) -> None:
    assert distribution_of(trial, "madrs.lassitude").values.tolist() == [0, 1, 2, 3, 4, 5, 6]
