"""Tests of `equipoise.statistics.cox`."""

import math

import numpy as np
import pytest

from equipoise.errors import FitError
from equipoise.statistics.cox import hazard_ratios


def _columns(rows):
    return (
        np.array([float(row["weeks"]) for row in rows]),
        np.array([float(row["relapsed"]) for row in rows]),
        np.array([row["arm"] for row in rows]),
    )


@pytest.fixture(scope="module")
def relapse(golden_rows):
    rows = golden_rows("survival", "relapse.csv")
    more = {"covariates": [float(row["baseline"]) for row in rows], "names": ["baseline"]}
    return _columns(rows), more, [row["site"] for row in rows]


def test_ratios_agree_with_other_software(relapse, golden_rows):
    columns, more, sites = relapse
    fits = {
        "leukemia cox": hazard_ratios(
            *_columns(golden_rows("survival", "leukemia.csv")), reference="placebo"
        ),
        "relapse cox": hazard_ratios(*columns, reference="a"),
        "relapse cox adjusted": hazard_ratios(*columns, reference="a", **more),
        "relapse cox stratified": hazard_ratios(*columns, reference="a", strata=sites, **more),
    }
    computed = {}
    for name, fit in fits.items():
        computed[f"{name} log_likelihood"] = fit.log_likelihood
        computed[f"{name} null_log_likelihood"] = fit.null_log_likelihood
        terms = {f"arm{arm}": ratio for arm, ratio in fit.ratios.items()} | dict(fit.covariates)
        for term, ratio in terms.items():
            computed[f"{name} {term} log"] = math.log(ratio.estimate)
            computed[f"{name} {term} std_error"] = ratio.std_error
    rows = [row for row in golden_rows("survival", "expected.csv") if " cox " in row["quantity"]]
    assert {row["quantity"] for row in rows} == set(computed)
    for row in rows:
        found = computed[row["quantity"]]
        assert found == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"])), row


def test_exchanging_the_reference_inverts_the_ratio(golden_rows):
    columns = _columns(golden_rows("survival", "leukemia.csv"))
    one, two = (hazard_ratios(*columns, reference=arm) for arm in ("placebo", "6-MP"))
    assert one.ratios["6-MP"].estimate * two.ratios["placebo"].estimate == pytest.approx(1)
    assert one.log_likelihood == pytest.approx(two.log_likelihood)


def test_units_and_row_order_do_not_matter(relapse):
    columns, more, _ = relapse
    order = np.random.default_rng(3).permutation(90)
    turned = hazard_ratios(
        *(column[order] for column in columns),
        reference="a",
        covariates=np.array(more["covariates"])[order] * 1000 + 1e8,
    )
    plain = hazard_ratios(*columns, reference="a", **more)
    assert turned.ratios["b"].estimate == pytest.approx(plain.ratios["b"].estimate, rel=1e-7)
    assert turned.covariates["x1"].std_error * 1000 == pytest.approx(plain.covariates["baseline"].std_error)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_units_out_of_all_proportion_do_not_matter(relapse, unit):
    columns, more, _ = relapse
    plain = hazard_ratios(*columns, reference="a", **more)
    scaled = hazard_ratios(*columns, reference="a", covariates=np.array(more["covariates"]) * unit)
    assert scaled.ratios["b"].estimate == pytest.approx(plain.ratios["b"].estimate, rel=1e-9)
    assert scaled.covariates["x1"].p_value == pytest.approx(plain.covariates["baseline"].p_value, rel=1e-9)


def test_collinear_covariates_are_dropped_and_named(relapse):
    columns, more, _ = relapse
    twice = np.column_stack([more["covariates"], np.array(more["covariates"]) * 2])
    fit = hazard_ratios(*columns, reference="a", covariates=twice, names=["baseline", "double"])
    assert fit.dropped == ("double",)
    assert list(fit.covariates) == ["baseline"]


def test_an_arm_without_events_has_no_finite_ratio_and_is_named():
    with pytest.raises(FitError, match="no finite fit") as caught:
        hazard_ratios([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], list("xxxyyy"), reference="x")
    assert [problem.path for problem in caught.value.problems] == ["arm y"]


def test_arms_that_never_meet_at_risk_are_refused():
    with pytest.raises(FitError, match="do not determine"):
        hazard_ratios([1, 2, 3, 4], [1, 1, 1, 1], list("xxyy"), reference="x", strata=list("sstt"))
    with pytest.raises(FitError, match="do not determine"):
        hazard_ratios([1, 5, 6], [0, 1, 1], ["x", "y", "y"], reference="x")


def test_nobody_with_the_event_and_one_arm_are_refused():
    with pytest.raises(FitError, match="Nobody had the event"):
        hazard_ratios([1, 2], [0, 0], ["x", "y"], reference="x")
    with pytest.raises(FitError, match="two are needed"):
        hazard_ratios([1, 2], [1, 1], ["x", "x"], reference="x")


def test_a_mistaken_call_is_refused():
    with pytest.raises(ValueError, match="missing"):
        hazard_ratios([1, 2], [1, 1], ["x", "y"], reference="x", covariates=[1, np.nan])
    with pytest.raises(ValueError, match="2 names for 1"):
        hazard_ratios([1, 2], [1, 1], ["x", "y"], reference="x", covariates=[1, 2], names=["a", "b"])


def test_the_summary_and_the_frame_say_what_was_compared(relapse):
    columns, more, _ = relapse
    fit = hazard_ratios(*columns, reference="a", **more)
    assert fit.summary().splitlines()[0].startswith("b / a: hazard ratio 0.50 (95% CI 0.24 to 1.02)")
    assert fit.to_frame()["term"].tolist() == ["b", "c", "baseline"]
