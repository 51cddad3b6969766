"""Tests that bad input gives a clear refusal or a status, never a wrong number."""

import numpy as np
import pandas as pd
import pytest

from equipoise.errors import FitError


@pytest.fixture(scope="module")
def trial(invented):
    return invented(seed=2, gaps="none", n=40)


def _with_visits(trial, visits):
    rng = np.random.default_rng(1)
    people = trial.drop_duplicates("id").head(12)
    who = np.repeat(np.arange(len(people)), visits)
    rows = people.iloc[who].reset_index(drop=True)
    return rows.assign(
        visit=[f"V{a:02d}" for a in np.tile(range(visits), len(people))], y=rng.normal(size=who.size)
    )


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda d: d.assign(y=3.0), "does not vary"),
        (lambda d: d.assign(y=1e9), "does not vary"),
        (lambda d: d.assign(y=d["base"] * 3), "does not vary"),
        (lambda d: pd.concat([d, d.head(3)]), "repeat a participant's visit"),
        (lambda d: d.assign(y=d["y"].where(d.index != 4, np.inf)), "infinite"),
        (lambda d: d.assign(y=np.nan), "no row has a value"),
        (lambda d: d.drop(columns="base"), "no column 'base'"),
        (lambda d: d.assign(y="a"), "not one column of numbers"),
        (lambda d: d.assign(base=d["base"].where(d.index != 4, -np.inf)), "base is infinite in 1 rows"),
        (lambda d: d.assign(base=d["base"] * 1e300), "base reaches .* change its unit"),
        (lambda d: d.assign(y=d["y"].astype(object)), "to_numeric"),
        (lambda d: d.head(0), "no row has a value"),
        (lambda d: d[d["id"] == "P000"], "cannot carry"),
        (lambda d: d[(d["id"] < "P020") == (d["visit"] < "V2")], "No participant has both visits V0 and V2"),
    ],
)
def test_data_that_cannot_be_fitted_are_refused(change, match, trial, fit_trial):
    with pytest.raises(FitError, match=match):
        fit_trial(change(trial))


@pytest.mark.parametrize("weight", [0.0, -1.0])
def test_weights_that_are_not_positive_are_refused(weight, trial, fit_trial):
    with pytest.raises(FitError, match="zero or negative"):
        fit_trial(trial.assign(weight=trial["weight"].where(trial.index > 2, weight)), weights="weight")


def test_weights_too_unequal_to_be_added_are_refused(trial, fit_trial):
    unequal = trial.assign(weight=np.where(trial.index % 2, 1e-7, 1e7))
    with pytest.raises(FitError, match="1e\\+12 times the smallest"):
        fit_trial(unequal, weights="weight", covariance="cs")


@pytest.mark.parametrize("covariance", ["us", "cs", "ar1", "sp_exp"])
def test_one_participant_cannot_carry_a_covariance(covariance, trial, fit_trial):
    alone = trial[trial["id"] == "P000"]
    with pytest.raises(FitError, match="One participant cannot show"):
        fit_trial(
            alone, "y ~ 1", covariance=covariance, coordinates="day" if covariance == "sp_exp" else None
        )


def test_collinear_columns_are_dropped_and_named_or_refused_by_name(trial, fit_trial):
    twice = trial.assign(again=2 * trial["base"] + 1)
    fit = fit_trial(twice, "y ~ visit * arm + base + again")
    assert fit.status.dropped_columns == ("again",)
    assert "again" in fit.summary()
    plain = fit_trial(trial, "y ~ visit * arm + base")
    assert fit.differences("arm", "visit")["estimate"].to_numpy() == pytest.approx(
        plain.differences("arm", "visit")["estimate"].to_numpy(), rel=1e-9
    )
    with pytest.raises(FitError, match="columns again are combinations"):
        fit_trial(twice, "y ~ visit * arm + base + again", drop_collinear=False)


def test_a_visit_missing_in_one_arm_leaves_the_other_comparisons(trial, fit_trial):
    gap = trial[(trial["arm"] != "active") | (trial["visit"] != "V2")]
    fit = fit_trial(gap, "y ~ visit * arm + base")
    assert fit.status.converged
    assert len(fit.status.dropped_columns) == 1
    table = fit.differences("arm", "visit").set_index("visit")["estimate"]
    assert table.isna().tolist() == [False, False, True, False]
    with pytest.raises(FitError, match="group active has both visits V0 and V2"):
        fit_trial(gap, "y ~ visit * arm + base", group="arm")


def test_all_problems_of_the_data_come_at_once(trial, fit_trial):
    spoiled = trial.assign(weight=0.0, y=trial["y"].where(trial.index != 4, np.inf))
    with pytest.raises(FitError) as raised:
        fit_trial(spoiled, weights="weight")
    assert len(raised.value.problems) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"covariance": "foo", "method": "x", "df": "bar", "vcov": "y"}, ["foo", "'x'", "bar", "'y'"]),
        ({"vcov": "empirical"}, ["between-within or residual or normal"]),
        ({"vcov": "kenward-roger", "df": "satterthwaite"}, ["satterthwaite degrees of freedom do not go"]),
        ({"vcov": "empirical", "df": "satterthwaite"}, ["do not go with"]),
        ({"method": "ml"}, ["defined for REML"]),
        ({"covariance": "sp_exp"}, ["needs coordinates"]),
        ({"coordinates": "day"}, ["coordinates mean nothing"]),
        ({"cluster": "arm"}, ["for the sandwich only"]),
        ({"group": "visit"}, ["changes within a participant"]),
        ({"formula": "~ arm"}, ["no single outcome"]),
        ({"formula": "y ~ arm +* visit"}, ["cannot be read"]),
        ({"formula": "y ~ nobody"}, ["no column 'nobody'"]),
    ],
)
def test_options_that_make_no_sense_are_refused_with_every_problem(options, words, trial, fit_trial):
    with pytest.raises(FitError) as raised:
        fit_trial(trial, **options)
    for word in words:
        assert word in str(raised.value)


def test_one_visit_is_the_analysis_of_covariance(trial, fit_trial):
    data = trial[trial["visit"] == "V0"]
    x = np.column_stack([np.ones(len(data)), data["arm"] == "control", data["base"]]).astype(float)
    b, rss, *_ = np.linalg.lstsq(x, data["y"].to_numpy(), rcond=None)
    for covariance in ("us", "csh", "ar1", "toep"):
        row = fit_trial(data, "y ~ arm + base", covariance=covariance).coefficients.iloc[1]
        error = np.sqrt(rss[0] / (len(data) - 3) * np.linalg.inv(x.T @ x)[1, 1])
        assert row[["estimate", "std_error", "df"]].tolist() == pytest.approx(
            [b[1], error, len(data) - 3], rel=1e-9
        )


def test_rows_with_missing_values_are_dropped_and_counted(trial, fit_trial):
    gaps = trial.assign(
        y=trial["y"].where(trial.index % 7 != 0), base=trial["base"].where(trial.index % 11 != 0)
    )
    fit, whole = fit_trial(gaps), fit_trial(gaps.dropna())
    assert fit.status.n_dropped == gaps[["y", "base"]].isna().any(axis=1).sum()
    assert fit.minus2_log_likelihood == whole.minus2_log_likelihood


@pytest.mark.parametrize("covariance", ["us", "cs", "ar1", "toeph"])
def test_a_covariance_that_is_singular_at_the_optimum_is_a_status(covariance, trial, fit_trial):
    same = trial.assign(y=trial.groupby("id")["y"].transform("first"))
    fit = fit_trial(same, covariance=covariance)
    assert not fit.status.converged
    assert "singular" in fit.status.reason
    assert fit.status.reason in fit.summary()
    with pytest.raises(FitError, match="no maximum"):
        _ = fit.coefficients
    with pytest.raises(FitError, match="no maximum"):
        fit.simulate(np.random.default_rng(1))


def test_a_visit_with_one_observation_does_not_pass_for_a_fit(trial, fit_trial):
    alone = trial[(trial["visit"] != "V3") | (trial["id"] == "P000")]
    status = fit_trial(alone, "y ~ arm * visit + base").status
    assert not status.converged
    assert "one participant alone has the visit V3" in status.reason
    assert fit_trial(alone, "y ~ arm + visit + base", covariance="cs").status.converged
    assert not fit_trial(alone, "y ~ arm + visit + base", covariance="csh").status.converged


def test_spatial_correlation_that_vanishes_is_a_status(trial, fit_trial):
    back_and_forth = trial.assign(y=trial["base"] * np.where(trial["visit"].isin(["V0", "V2"]), 1, -1))
    fit = fit_trial(back_and_forth, "y ~ arm", covariance="sp_exp", coordinates="day")
    assert "no range is determined" in fit.status.reason
    nowhere = fit_trial(trial.assign(day=0.0), "y ~ arm", covariance="sp_exp", coordinates="day")
    assert "no covariance to start from" in nowhere.status.reason


def test_sixty_visits_fit_with_few_parameters(trial, fit_trial):
    with pytest.raises(FitError, match="cannot carry an unstructured covariance of 60 visits"):
        fit_trial(_with_visits(trial, 60), "y ~ arm")
    fit = fit_trial(_with_visits(trial, 60), "y ~ arm", covariance="ar1")
    assert fit.status.converged
    assert abs(fit.parameters["estimate"].iloc[1]) < 0.2


def test_a_group_of_one_shares_nothing_and_needs_a_structure(trial, fit_trial):
    solo = trial.assign(g=np.where(trial["id"] == "P000", "solo", "rest"))
    with pytest.raises(FitError, match="1 participants of the group solo"):
        fit_trial(solo, group="g")
    assert fit_trial(solo, group="g", covariance="cs").status.converged


def test_a_spatial_fit_has_no_one_covariance_matrix(trial, fit_trial):
    fit = fit_trial(
        trial.assign(y=trial["y"] + trial["base"]), "y ~ arm", covariance="sp_exp", coordinates="day"
    )
    assert fit.status.converged
    with pytest.raises(ValueError, match="spatial"):
        _ = fit.covariance
    assert fit.predict(kind="marginal", interval="prediction")["std_error"].gt(0).all()
