"""Tests of `equipoise.statistics.standardization`."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.ancova import indicators
from equipoise.statistics.proportion import Count, risk_difference
from equipoise.statistics.standardization import CONVENTIONS, standardize

GOLDEN = Path(__file__).parents[1] / "golden" / "standardization"


@pytest.fixture(scope="module")
def trial():
    with (GOLDEN / "trial.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    sites, site_names = indicators(columns["site"], name="site")
    measured = np.array([columns["baseline"], columns["age"]], dtype=float).T
    return {
        "event": np.array(columns["response"], dtype=float),
        "arm": columns["arm"],
        "site": columns["site"],
        "covariates": np.hstack([measured, sites]),
        "names": ["baseline", "age", *site_names],
    }


def _standardize(trial, **changes):
    options = {
        "event": trial["event"],
        "arm": trial["arm"],
        "covariates": trial["covariates"],
        "names": trial["names"],
        "reference": "a",
    } | changes
    return standardize(options.pop("event"), options.pop("arm"), **options)


def test_risks_and_comparisons_agree_with_other_software(trial, agrees):
    fits = {name: _standardize(trial, variance=name) for name in CONVENTIONS}
    fits["superpopulation_strata"] = _standardize(trial, strata=trial["site"])
    computed = {}
    for name, fit in fits.items():
        kinds = {
            "risk": fit.risks,
            "difference": fit.differences,
            "ratio": fit.ratios,
            "odds_ratio": fit.odds_ratios,
        }
        for kind, estimates in kinds.items():
            for arm, estimate in estimates.items():
                computed[f"{name} {kind} {arm} estimate"] = estimate.estimate
                computed[f"{name} {kind} {arm} std_error"] = estimate.std_error
    agrees("standardization", computed)


def test_every_output_names_its_convention(trial):
    for variance, words in CONVENTIONS.items():
        fit = _standardize(trial, variance=variance)
        assert fit.convention == words
        assert words in fit.differences["b"].method
        assert words in fit.summary()
    assert "strata" in _standardize(trial, strata=trial["site"]).convention


def test_without_covariates_risks_are_the_observed_shares(trial):
    fit = standardize(trial["event"], trial["arm"], reference="a")
    x = Count(fit.events_by_arm["b"], fit.n_by_arm["b"])
    y = Count(fit.events_by_arm["a"], fit.n_by_arm["a"])
    assert fit.differences["b"].estimate == pytest.approx(risk_difference(x, y).estimate, abs=1e-12)
    model = standardize(trial["event"], trial["arm"], reference="a", variance="finite_sample_model")
    assert model.differences["b"].std_error == pytest.approx(risk_difference(x, y).std_error, rel=1e-9)


def test_units_and_row_order_do_not_matter(trial):
    fit = _standardize(trial)
    order = np.random.default_rng(1).permutation(len(trial["arm"]))
    turned = standardize(
        trial["event"][order],
        np.array(trial["arm"])[order],
        reference="a",
        covariates=trial["covariates"][order] * 1e6 + 1e9,
    )
    for arm in ("b", "c"):
        assert turned.differences[arm].estimate == pytest.approx(fit.differences[arm].estimate, abs=1e-8)
        assert turned.ratios[arm].std_error == pytest.approx(fit.ratios[arm].std_error, abs=1e-8)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_units_out_of_all_proportion_do_not_matter(trial, unit):
    fit, scaled = _standardize(trial), _standardize(trial, covariates=trial["covariates"] * unit)
    assert scaled.differences["b"].std_error == pytest.approx(fit.differences["b"].std_error, rel=1e-9)


def test_collinear_and_constant_covariates_are_dropped_and_named(trial):
    x = trial["covariates"]
    more = np.column_stack([x, x[:, 0] * 2 - x[:, 1], np.full(len(x), 7.0)])
    fit = _standardize(trial, covariates=more, names=[*trial["names"], "double", "same"])
    assert fit.dropped == ("double", "same")
    assert fit.differences["b"].estimate == pytest.approx(_standardize(trial).differences["b"].estimate)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_intervals_of_risks_stay_between_0_and_1_and_hold_the_risk(seed):
    rng = np.random.default_rng(seed)
    event = np.concatenate([[0, 1, 0, 1], rng.integers(0, 2, 40)])
    arm = np.array(["a", "a", "b", "b", *rng.choice(["a", "b"], 40)])
    fit = standardize(event, arm, reference="a", covariates=rng.normal(size=44))
    for risk in fit.risks.values():
        assert 0 < risk.ci_low < risk.estimate < risk.ci_high < 1
        assert risk.p_value is None


def test_the_superpopulation_standard_error_is_the_spread_over_repeated_trials():
    rng = np.random.default_rng(20261123)
    repeats, n = 250, 200
    found, errors = [], []
    for _ in range(repeats):
        x = rng.normal(size=n)
        arm = rng.permutation(np.arange(n) % 2)
        chance = 1 / (1 + np.exp(0.3 - 0.8 * arm - 1.5 * x + 0.8 * x**2))
        difference = standardize(
            (rng.random(n) < chance).astype(float), arm, reference=0, covariates=x
        ).differences[1]
        found.append(difference.estimate)
        errors.append(difference.std_error)
    # The relative standard error of a standard deviation from r normal draws is 1 / sqrt(2 r).
    assert np.mean(errors) == pytest.approx(np.std(found, ddof=1), rel=4 / np.sqrt(2 * repeats))


def test_the_interval_of_a_difference_is_cut_at_1():
    difference = standardize([1, 0, 1, 0], ["a", "a", "b", "b"], reference="a").differences["b"]
    assert (difference.ci_low, difference.ci_high) == (-1, 1)


def test_a_separating_covariate_is_refused_by_name(trial):
    with pytest.raises(FitError, match="separate") as caught:
        _standardize(trial, covariates=np.column_stack([trial["covariates"], trial["event"]]), names=())
    assert "x5" in [problem.path for problem in caught.value.problems]


def test_quasi_separation_is_refused_too():
    event = [0, 1, 0, 1, 0, 1, 0, 1]
    arm = ["a", "a", "a", "a", "b", "b", "b", "b"]
    with pytest.raises(FitError, match="separate"):
        standardize(event, arm, reference="a", covariates=[0, 0, 0, 1, 0, 0, 0, 1])


def test_arms_with_all_or_no_events_are_refused_all_at_once():
    with pytest.raises(FitError) as caught:
        standardize([0, 0, 1, 1, 0, 1], ["a", "a", "b", "b", "c", "c"], reference="a")
    assert [problem.path for problem in caught.value.problems] == ["arm a", "arm b"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"event": [0, 1, 2, 1]}, "0 or 1"),
        ({"event": [0, 1, np.nan, 1]}, "missing"),
        ({"covariates": [1, 2, np.inf, 3]}, "missing or infinite"),
        ({"covariates": [1, 2, 3]}, "row"),
        ({"arm": ["a", "b", "a"]}, "3 arms"),
        ({"variance": "robust"}, "unknown variance"),
        ({"variance": "finite_sample", "strata": [1, 1, 2, 2]}, "superpopulation variance only"),
        ({"strata": [1, 2]}, "2 strata"),
    ],
)
def test_a_mistaken_call_is_refused(changes, words):
    options = {"event": [0, 1, 0, 1], "arm": ["a", "a", "b", "b"], "reference": "a"} | changes
    with pytest.raises(ValueError, match=words):
        standardize(options.pop("event"), options.pop("arm"), **options)


def test_one_arm_or_no_reference_is_refused():
    with pytest.raises(FitError, match="two are needed"):
        standardize([0, 1], ["b", "b"], reference="a")


def test_the_frame_has_a_row_per_quantity(trial):
    frame = _standardize(trial).to_frame()
    assert frame["quantity"].value_counts().to_dict() == {
        "risk": 3,
        "difference": 2,
        "ratio": 2,
        "odds_ratio": 2,
    }
