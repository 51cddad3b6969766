"""Tests of `equipoise.statistics.sequential.crossing`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.statistics.sequential.boundaries import (
    POCOCK,
    beta_spending_boundaries,
    shaped_boundaries,
    spending_boundaries,
)
from equipoise.statistics.sequential.crossing import crossing, drift_for, fixed_drift, inflation

THIRDS = [1 / 3, 2 / 3, 1]
DESIGNS = {
    "OF": shaped_boundaries(THIRDS, alpha=0.025, sides=1),
    "P": shaped_boundaries(THIRDS, alpha=0.025, sides=1, shape=POCOCK),
    "asOF": spending_boundaries(THIRDS, alpha=0.025, sides=1),
    "asP": spending_boundaries(THIRDS, alpha=0.025, sides=1, spending="pocock"),
}


def test_power_inflation_and_mean_sample_size_agree_with_rpact(golden_rows):
    computed: dict[str, float] = {
        "inflation.two_sided.1": inflation(spending_boundaries(THIRDS, alpha=0.05), 0.9)
    }
    for name, made in DESIGNS.items():
        drift, factor = drift_for(made, 0.8), inflation(made, 0.8)
        computed[f"inflation.{name}.1"] = factor
        for place, share in enumerate((0, 0.5, 1), start=1):
            found = crossing(made, share * drift)
            computed[f"mean.{name}.{place}"] = factor * found.expected_fraction
        for look, power in enumerate(np.cumsum(crossing(made, drift).upper), start=1):
            computed[f"power.{name}.{look}"] = power
    rows = [row for row in golden_rows("sequential", "expected.csv") if row["quantity"] in computed]
    assert len(rows) == len(computed)
    for row in rows:
        value = computed[row["quantity"]]
        assert value == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"])), row


@settings(max_examples=20)
@given(st.sampled_from(sorted(DESIGNS)), st.floats(0.1, 0.99))
def test_the_drift_for_a_power_has_that_power(name, power):
    made = DESIGNS[name]
    assert crossing(made, drift_for(made, power)).power == pytest.approx(power, abs=1e-9)


@settings(max_examples=20)
@given(st.sampled_from(sorted(DESIGNS)), st.floats(-1, 4))
def test_every_trial_ends_at_one_look(name, drift):
    found = crossing(DESIGNS[name], drift)
    assert sum(found.stopping) == pytest.approx(1)
    assert 1 / 3 <= found.expected_fraction <= 1


def test_looks_at_an_effect_shorten_the_trial_and_cost_little_power():
    made = DESIGNS["asOF"]
    assert crossing(made, 3.5).expected_fraction < crossing(made, 0).expected_fraction
    assert 1 < inflation(made, 0.9) < 1.02
    assert fixed_drift(0.025, 0.9) == pytest.approx(3.2415155, abs=1e-6)


def test_probabilities_agree_with_simulated_paths():
    made, drift = beta_spending_boundaries(THIRDS, alpha=0.025, power=0.9)
    paths, rng = 40_000, np.random.default_rng(20261123)
    score = np.cumsum(rng.normal(drift / 3, np.sqrt(1 / 3), size=(paths, 3)), axis=1)
    z = score / np.sqrt(THIRDS)
    going = np.ones(paths, dtype=bool)
    found = crossing(made, drift)
    for look in range(3):
        up = going & (z[:, look] >= made.upper[look])
        down = going & (z[:, look] <= made.lower[look])
        for share, expected in ((up.mean(), found.upper[look]), (down.mean(), found.lower[look])):
            assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / paths)
        going &= ~(up | down)
    assert found.power == pytest.approx(0.9, abs=1e-9)


def test_the_sides_of_a_two_sided_test_are_alike_without_effect():
    found = crossing(spending_boundaries(THIRDS, alpha=0.05), 0.0)
    assert found.upper == pytest.approx(found.lower, abs=1e-13)
    assert found.power == pytest.approx(0.05, abs=1e-10)
    assert (
        found.summary()
        == "power 5.0%, ends at the looks in 0.0%, 1.2%, 98.8%, mean information 99.6% of the most"
    )
    assert list(found.to_frame()["ends"]) == pytest.approx(found.stopping)


def test_a_power_out_of_reach_is_refused():
    with pytest.raises(ValueError, match="a power lies"):
        drift_for(DESIGNS["OF"], 0.02)
