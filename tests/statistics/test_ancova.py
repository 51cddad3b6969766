"""Tests of `equipoise.statistics.ancova`."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.ancova import ancova, indicators
from equipoise.statistics.two_sample import pooled_t

REPOSITORY = Path(__file__).parents[2]


def _antidepressant():
    folder = Path(os.environ.get("EQUIPOISE_REFERENCE_DATA", REPOSITORY / ".." / "shared" / "data"))
    path = folder / "antidepressant_trial.csv"
    if not path.exists():
        message = f"the antidepressant trial is not at {path}; set EQUIPOISE_REFERENCE_DATA"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    with path.open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["VISIT"] == "7"]


def _quantities(fit):
    computed = {"n": fit.n, "df": fit.df, "residual_sd": fit.residual_sd}
    kinds = {"difference": fit.differences, "ls_mean": fit.ls_means, "coefficient": fit.coefficients}
    for kind, estimates in kinds.items():
        for term, estimate in estimates.items():
            for field in ("estimate", "std_error", "df", "p_value", "ci_low", "ci_high"):
                computed[f"{kind}.{term}.{field}"] = getattr(estimate, field)
    return computed


def _three_arms(golden_rows):
    rows = golden_rows("ancova", "three_arms.csv")
    sites, site_names = indicators([row["site"] for row in rows], name="site")
    numbers = np.array([[float(row["baseline"]), float(row["age"])] for row in rows])
    return {
        "outcome": np.array([float(row["change"]) for row in rows]),
        "arm": [row["arm"] for row in rows],
        "reference": "dose1",
        "covariates": np.hstack([numbers, sites]),
        "names": ["baseline", "age", *site_names],
    }


def _fit(arguments):
    rest = {key: value for key, value in arguments.items() if key not in ("outcome", "arm")}
    return ancova(arguments["outcome"], arguments["arm"], **rest)


def test_the_antidepressant_trial_gives_its_reference_values(agrees):
    rows = _antidepressant()
    fit = ancova(
        [float(row["CHANGE"]) for row in rows],
        [row["THERAPY"] for row in rows],
        reference="PLACEBO",
        covariates=[float(row["BASVAL"]) for row in rows],
        names=["BASVAL"],
    )
    computed = _quantities(fit)
    plain = {name.replace("difference.DRUG.", "difference."): value for name, value in computed.items()}
    agrees("antidepressant_ancova", plain)


def test_three_arms_covariates_and_a_factor_agree_with_statsmodels(golden_rows, agrees):
    agrees("ancova", _quantities(_fit(_three_arms(golden_rows))))


def test_without_covariates_two_arms_give_the_pooled_t_test():
    x, y = [1.0, 4.0, 2.0, 8.0], [3.0, 3.5, 9.0]
    fit = ancova([*x, *y], [1] * 4 + [0] * 3, reference=0)
    expected = pooled_t(x, y)
    for field in ("estimate", "std_error", "df", "p_value"):
        assert getattr(fit.differences[1], field) == pytest.approx(getattr(expected, field), rel=1e-12)


def test_collinear_and_constant_columns_are_dropped_and_named(golden_rows):
    arguments = _three_arms(golden_rows)
    plain = _fit(arguments)
    x = arguments["covariates"]
    # A value per arm whose means round, so that centering leaves a trace of it.
    by_arm = np.array([{"dose1": 0.1, "dose10": 0.3, "dose25": 0.7}[arm] for arm in arguments["arm"]])
    extra = [np.full(len(x), 0.1), x[:, 0] * 2 - x[:, 1], by_arm]
    arguments["covariates"] = np.column_stack([x, *extra])
    arguments["names"] = [*arguments["names"], "constant", "combination", "arm again"]
    fit = _fit(arguments)
    assert fit.dropped == ("constant", "combination", "arm again")
    assert "dropped as collinear: constant, combination, arm again" in fit.summary()
    assert fit.differences["dose25"].estimate == pytest.approx(
        plain.differences["dose25"].estimate, rel=1e-12
    )
    assert fit.df == plain.df


def test_an_early_duplicate_does_not_push_out_a_later_covariate(golden_rows):
    arguments = _three_arms(golden_rows)
    x = arguments["covariates"]
    arguments["covariates"] = np.column_stack([x[:, 0], x[:, 0], x[:, 1:]])
    arguments["names"] = ["baseline", "copy", *arguments["names"][1:]]
    assert _fit(arguments).dropped == ("copy",)


@settings(max_examples=25)
@given(shift=st.sampled_from([0.0, 1e3, 1e6, 1e9]), order=st.randoms(use_true_random=False))
def test_a_shift_of_a_covariate_and_the_row_order_change_no_difference(golden_rows, shift, order):
    arguments = _three_arms(golden_rows)
    plain = _fit(arguments)
    rows = order.sample(range(40), 40)
    arguments["outcome"] = arguments["outcome"][rows]
    arguments["arm"] = [arguments["arm"][row] for row in rows]
    arguments["covariates"] = (arguments["covariates"] + np.array([shift, 0, 0, 0]))[rows]
    moved = _fit(arguments)
    for arm in ("dose10", "dose25"):
        assert moved.differences[arm].estimate == pytest.approx(plain.differences[arm].estimate, abs=1e-6)
        assert moved.differences[arm].std_error == pytest.approx(plain.differences[arm].std_error, abs=1e-6)


def test_differences_are_differences_of_the_adjusted_means(golden_rows):
    fit = _fit(_three_arms(golden_rows))
    for arm, difference in fit.differences.items():
        assert difference.estimate == pytest.approx(
            fit.ls_means[arm].estimate - fit.ls_means["dose1"].estimate, rel=1e-12
        )


def test_the_frame_has_a_row_for_each_difference_mean_and_coefficient(golden_rows):
    frame = _fit(_three_arms(golden_rows)).to_frame()
    assert frame.quantity.value_counts().to_dict() == {"difference": 2, "ls_mean": 3, "coefficient": 4}


@pytest.mark.parametrize(
    ("arms", "reference", "count"), [(["a", "a", "a"], "a", 1), (["a", "a", "a"], "b", 2), ([], "b", 2)]
)
def test_arms_that_cannot_be_compared_are_refused_with_all_reasons(arms, reference, count):
    with pytest.raises(FitError) as caught:
        ancova([1.0, 2.0, 4.0][: len(arms)], arms, reference=reference)
    assert len(caught.value.problems) == count


def test_too_few_participants_for_the_covariates_are_refused():
    with pytest.raises(FitError, match="no degree of freedom"):
        ancova([1.0, 2.0, 4.0], ["a", "b", "b"], reference="a", covariates=[1.0, 2.0, 5.0])


def test_an_outcome_that_never_varies_within_arms_is_refused():
    with pytest.raises(FitError, match="does not vary"):
        ancova([0.1, 0.1, 0.1, 0.7, 0.7], ["a", "a", "a", "b", "b"], reference="a")


def test_an_outcome_that_a_covariate_explains_but_for_rounding_is_refused(golden_rows):
    arguments = _three_arms(golden_rows)
    arguments["outcome"] = 0.1 * arguments["covariates"][:, 0] + 0.3
    with pytest.raises(FitError, match="does not vary"):
        _fit(arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": np.array([1.0, np.nan])}, "outcome has 1 missing"),
        ({"covariates": np.full((40, 4), np.inf)}, "covariates have 160 missing"),
        ({"covariates": np.zeros((3, 4))}, "3 rows of covariates"),
        ({"names": ["one"]}, "1 names for 4"),
        ({"arm": ["dose1"]}, "1 arms for 40"),
    ],
)
def test_a_wrong_shape_or_missing_value_is_a_programmers_mistake(golden_rows, change, message):
    with pytest.raises(ValueError, match=message):
        _fit({**_three_arms(golden_rows), **change})


def test_indicators_leave_out_the_first_level():
    columns, names = indicators(["b", "a", "c", "a"], name="site")
    assert names == ["site=b", "site=c"]
    assert columns.tolist() == [[1, 0], [0, 0], [0, 1], [0, 0]]


def test_a_factor_with_one_level_has_no_columns():
    columns, names = indicators(["a", "a"], name="site")
    assert (columns.shape, names) == ((2, 0), [])
