"""Every summary is its definition, and always comes with its Monte Carlo error."""

import numpy as np
import pytest

from equipoise.analysis.answers import Answers
from equipoise.design import characteristics
from equipoise.design.characteristics import row, share
from equipoise.design.comparison import compare
from equipoise.design.rehearsal import Series
from equipoise.design.true_value import TrueValue
from equipoise.protocol.plan import Estimand

TRUTH = TrueValue("primary", -2.0, 0.001, -2.0, 0.001, 1000)


def estimand_of(summary="difference_in_means"):
    return Estimand.model_validate(
        {
            "id": "primary",
            "role": "primary",
            "population": "everybody",
            "treatment": {"experimental": "a", "reference": "b"},
            "variable": {"score": "madrs.total", "type": "change", "visit": "D28"},
            "summary": summary,
            "estimator": {"name": "t_change"},
            "missing": "complete_cases",
        }
    )


def answers_of(estimate, half=1.0):
    estimate = np.array(estimate, dtype=np.float64)
    nothing = np.full(estimate.shape, np.nan)
    return Answers(
        estimate=estimate,
        std_error=np.where(np.isnan(estimate), np.nan, half / 2),
        df=nothing,
        p_value=nothing,
        ci_low=estimate - half,
        ci_high=estimate + half,
        estimated=np.isfinite(estimate),
        n=np.where(np.isnan(estimate), np.nan, 30.0),
    )


def summarized(estimate, *, significant, truth=TRUTH, summary="difference_in_means"):
    flags = np.array(significant, dtype=bool)
    return row(estimand_of(summary), answers_of(estimate), rejected=flags, alone=flags, truth=truth)


def test_bias_coverage_and_signs_are_counted_by_hand():
    found = summarized([-2.5, -1.0, 3.0, np.nan], significant=[True, False, True, False])
    assert found["power"] == 0.5
    assert found["converged"] == 0.75
    assert found["bias"] == pytest.approx((-0.5 + 1.0 + 5.0) / 3)
    assert found["rmse"] == pytest.approx(np.sqrt((0.25 + 1 + 25) / 3))
    assert found["coverage"] == pytest.approx(2 / 3)
    assert found["wrong_sign"] == pytest.approx(1 / 3)
    assert found["significantly_wrong"] == pytest.approx(1 / 4)
    assert found["mean_width"] == pytest.approx(2.0)
    assert found["type_1_error"] is None


def test_no_effect_makes_power_a_type_1_error_and_has_no_wrong_sign():
    none = TrueValue("primary", 0.002, 0.001, 0.0, 0.001, 1000)
    found = summarized([-1.0, 1.0, 0.5, 2.0], significant=[False, False, False, True], truth=none)
    assert found["type_1_error"] == 0.25
    assert found["wrong_sign"] is None
    # What only simulation moves off zero is not held against the estimates.
    assert found["bias"] == pytest.approx(2.5 / 4)


def test_ratios_are_judged_on_the_logarithm():
    truth = TrueValue("primary", 2.0, 0.0, 2.0, 0.0, 1000)
    found = summarized([2.0, 8.0], significant=[False, True], truth=truth, summary="odds_ratio")
    assert found["bias"] == pytest.approx(np.log(4) / 2)
    assert found["scale"] == "log"


def test_without_a_true_value_there_is_power_and_no_bias():
    found = summarized([1.0, 2.0], significant=[True, True], truth=None)
    assert (found["power"], found["bias"], found["coverage"], found["true_value"]) == (1.0, None, None, None)


def test_nothing_estimated_is_no_power_and_no_number():
    found = summarized([np.nan, np.nan], significant=[False, False])
    assert (found["power"], found["converged"], found["bias"], found["mean_width"]) == (0.0, 0.0, None, None)


@pytest.mark.parametrize(("count", "error"), [(0, 0.0), (50, 0.05), (100, 0.0)])
def test_the_error_of_a_share_is_binomial_and_never_zero(count, error):
    found = share(np.arange(100) < count)
    assert found.value == count / 100
    assert found.mcse == pytest.approx(error, abs=0.011)
    assert found.mcse > 0


def test_a_share_of_nobody_is_none():
    assert share(np.zeros(0, dtype=bool)) == characteristics.NOTHING


def test_designs_are_compared_replicate_by_replicate():
    first, second = np.arange(400) % 4 == 0, np.arange(400) % 4 < 2
    series = [Series({"primary": answers_of(np.zeros(400))}, {"primary": one}, {}) for one in (first, second)]
    own, other = compare([("a", series[0], "primary"), ("b", series[1], "primary")])
    assert (own.difference, own.difference_mcse) == (0.0, 0.0)
    assert other.difference == pytest.approx(0.25)
    paired = np.std(second.astype(float) - first, ddof=1) / 20
    apart = np.sqrt((0.25 * 0.75 + 0.25) / 400)
    assert other.difference_mcse == pytest.approx(paired)
    assert other.independent_mcse == pytest.approx(apart)
    assert other.sharper == pytest.approx(apart / paired)
    with pytest.raises(ValueError, match="replicate by replicate"):
        compare([("a", series[0], "primary"), ("c", Series({}, {"primary": first[:10]}, {}), "primary")])
