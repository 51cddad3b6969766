"""Tests of what a fit answers: contrasts, adjusted means, hypotheses, predictions, residuals, draws."""

import numpy as np
import pandas as pd
import pytest

from equipoise.errors import FitError
from equipoise.statistics import mmrm
from equipoise.statistics.estimate import Estimate

COLUMNS = ["estimate", "std_error", "df", "statistic", "p_value", "ci_low", "ci_high"]


@pytest.fixture(scope="module")
def trial(invented):
    return invented(seed=11)


@pytest.fixture(scope="module")
def fit(trial, fit_trial):
    return fit_trial(trial)


def test_a_contrast_of_one_coefficient_is_its_row(fit):
    row = fit.coefficients.set_index("term").loc["base"]
    contrast = fit.contrast({"base": 1.0})
    assert isinstance(contrast, Estimate)
    assert [getattr(contrast, name) for name in COLUMNS] == pytest.approx(row[COLUMNS].tolist(), rel=1e-12)
    moved = fit.contrast({"base": 2.0}, rhs=1.0)
    assert moved.statistic == pytest.approx((2 * contrast.estimate - 1) / (2 * contrast.std_error), rel=1e-12)


def test_a_joint_test_ignores_rows_that_follow_from_others(fit):
    rows = np.eye(len(fit.terms))[[1, 2, 3]]
    joint = fit.contrast(rows)
    again = fit.contrast(np.vstack([rows, rows[0] + rows[1], 3 * rows[2]]))
    assert again.numerator_df == joint.numerator_df == 3
    assert again.statistic == pytest.approx(joint.statistic, rel=1e-10)
    assert again.df == pytest.approx(joint.df, rel=1e-10)
    with pytest.raises(ValueError, match="contradict"):
        fit.contrast(np.vstack([rows, rows[0]]), rhs=[0, 0, 0, 1])
    assert "F(3" in joint.summary()
    assert joint.to_frame().shape == (1, 4)


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger", "residual", "normal"])
def test_a_joint_test_of_one_row_is_the_square_of_its_t(df, trial, fit_trial):
    fit = fit_trial(trial, df=df)
    row = np.eye(len(fit.terms))[[4]]
    joint, single = fit.contrast(np.vstack([row, 2 * row])), fit.contrast(row)
    assert joint.numerator_df == 1
    assert joint.statistic == pytest.approx(single.statistic**2, rel=1e-9)
    assert joint.p_value == pytest.approx(single.p_value, rel=1e-6)


def test_few_degrees_of_freedom_in_one_direction_give_two_in_all(sleep):
    data = pd.concat([sleep.assign(occasion=sleep["drug"])])
    few = data[data["person"] < 4]
    fit = mmrm.fit(few, formula="extra ~ drug - 1", subject="person", visit="occasion", df="satterthwaite")
    assert fit.contrast(np.eye(2)).df > 2
    fewer = data[data["person"] < 3]
    fit = mmrm.fit(fewer, formula="extra ~ drug - 1", subject="person", visit="occasion", df="satterthwaite")
    assert fit.contrast(np.eye(2)).df == 2


def test_wrong_contrasts_are_refused(fit):
    with pytest.raises(ValueError, match="one number a term"):
        fit.contrast([1.0, 2.0])
    with pytest.raises(ValueError, match="no such terms: bse"):
        fit.contrast({"bse": 1.0})
    with pytest.raises(ValueError, match="confidence level"):
        fit.lsmeans("arm", level=95)
    with pytest.raises(ValueError, match="weights are"):
        fit.lsmeans("arm", weights="cells")
    with pytest.raises(ValueError, match="need different factors"):
        fit.lsmeans("base")
    with pytest.raises(ValueError, match="is no level"):
        fit.differences("arm", reference="placebo")
    with pytest.raises(ValueError, match="2 or 3"):
        fit.anova(1)


def test_means_hold_covariates_at_their_mean_and_average_over_visits(fit, trial):
    by_visit = fit.lsmeans("arm", "visit")
    overall = fit.lsmeans("arm")
    assert list(by_visit.columns) == ["arm", "visit", *COLUMNS]
    average = by_visit.groupby("arm")["estimate"].mean()
    assert overall["estimate"].tolist() == pytest.approx(average.tolist(), rel=1e-12)
    grid = pd.DataFrame({"arm": "active", "visit": "V1", "base": [trial["base"].mean()], "id": "new"})
    predicted = fit.predict(grid)["estimate"].iloc[0]
    cell = by_visit[(by_visit["arm"] == "active") & (by_visit["visit"] == "V1")]["estimate"].iloc[0]
    assert predicted == pytest.approx(cell, rel=1e-12)


def test_differences_are_differences_of_means(fit):
    means = fit.lsmeans("visit", "arm").set_index(["visit", "arm"])["estimate"]
    every, against = fit.differences("visit", "arm"), fit.differences("visit", "arm", reference="V2")
    assert len(every) == 12
    assert len(against) == 6
    for table in (every, against):
        for row in table.itertuples():
            assert row.estimate == pytest.approx(
                means[row.visit, row.arm] - means[row.reference, row.arm], abs=1e-10
            )


def test_a_mean_that_the_data_do_not_determine_is_missing_and_said_so(trial, fit_trial):
    data = trial[(trial["visit"] != "V3") | (trial["arm"] == "active")]
    fit = fit_trial(data, "y ~ visit * arm")
    assert len(fit.status.dropped_columns) == 1
    means = fit.lsmeans("arm", "visit").set_index(["arm", "visit"])["estimate"]
    assert means.isna().sum() == 1
    assert np.isnan(means["control", "V3"])
    assert fit.differences("arm", "visit")["estimate"].isna().sum() == 1
    with pytest.raises(FitError, match="do not determine"):
        fit.contrast({fit.status.dropped_columns[0]: 1.0})
    assert fit.status.dropped_columns[0] in fit.summary()
    with pytest.raises(FitError, match="combinations"):
        fit_trial(data, "y ~ visit * arm", drop_collinear=False)


def test_type_3_tests_do_not_depend_on_the_reference_levels(trial, fit_trial):
    turned = trial.assign(
        arm=pd.Categorical(trial["arm"], categories=["control", "active"]),
        site=np.where(trial["id"].str[-1] < "4", "x", "y"),
    )
    trial = trial.assign(site=turned["site"])
    formula = "y ~ visit * arm * site + base:visit + base"
    first, second = fit_trial(trial, formula).anova(3), fit_trial(turned, formula).anova(3)
    assert first["term"].tolist() == second["term"].tolist()
    columns = ["numerator_df", "df", "statistic", "p_value"]
    assert second[columns].to_numpy() == pytest.approx(first[columns].to_numpy(), rel=1e-7)
    by_hand = fit_trial(trial, formula).differences("arm").iloc[0]
    assert first.set_index("term").loc["arm", "df"] > 0
    assert np.isfinite(by_hand["statistic"])


def test_types_2_and_3_agree_where_no_term_contains_another(trial, fit_trial):
    fit = fit_trial(trial, "y ~ visit + arm + base")
    assert fit.anova(2).iloc[:, 1:].to_numpy() == pytest.approx(fit.anova(3).iloc[:, 1:].to_numpy(), rel=1e-8)


def test_a_type_3_test_of_two_levels_is_their_difference(trial, fit_trial):
    fit = fit_trial(trial, "y ~ visit * arm + base")
    row, difference = fit.anova().set_index("term").loc["arm"], fit.differences("arm").iloc[0]
    assert row["statistic"] == pytest.approx(difference["statistic"] ** 2, rel=1e-9)
    assert row["p_value"] == pytest.approx(difference["p_value"], rel=1e-6)


def test_a_conditional_prediction_is_the_regression_on_what_was_observed(fit, trial):
    person = trial[trial["id"] == trial["id"].value_counts().index[0]].copy()
    person.loc[person["visit"] == "V3", "y"] = np.nan
    conditional = fit.predict(person, kind="conditional").set_index("visit")
    marginal = fit.predict(person).set_index("visit")
    sigma, y = fit.covariance["all"].to_numpy(), person.set_index("visit")["y"]
    slope = np.linalg.solve(sigma[:3, :3], sigma[:3, 3])
    before = ["V0", "V1", "V2"]
    expected = marginal.loc["V3", "estimate"] + slope @ (y[before] - marginal.loc[before, "estimate"])
    assert conditional.loc["V3", "estimate"] == pytest.approx(expected, rel=1e-10)
    assert conditional.loc[before, "estimate"].tolist() == y[before].tolist()
    assert (conditional.loc[before, "std_error"] == 0).all()
    wide = fit.predict(person, kind="conditional", interval="prediction").set_index("visit").loc["V3"]
    rest = sigma[3, 3] - sigma[3, :3] @ slope
    assert wide["std_error"] ** 2 == pytest.approx(conditional.loc["V3", "std_error"] ** 2 + rest, rel=1e-10)


def test_predictions_for_what_the_fit_has_not_seen_are_refused(fit, trial):
    for change, match in (({"visit": "V9"}, "V9"), ({"arm": "third"}, "third"), ({"base": np.nan}, "base")):
        with pytest.raises(FitError, match=match):
            fit.predict(trial.head(2).assign(**change))
    with pytest.raises(ValueError, match="kind is"):
        fit.predict(kind="joint")


def test_residuals_are_what_they_say(trial, fit_trial):
    fit = fit_trial(trial, weights="weight", df="satterthwaite", covariance="ar1h")
    rows = trial.sort_values(["id", "visit"]).reset_index(drop=True)
    response = fit.residuals()["residual"].to_numpy()
    assert response == pytest.approx(rows["y"].to_numpy() - fit.predict()["estimate"].to_numpy(), abs=1e-9)
    sigma = fit.covariance["all"]
    deviations = np.sqrt(np.diag(sigma))[[int(v[1]) for v in rows["visit"]]] / np.sqrt(rows["weight"])
    assert fit.residuals("pearson")["residual"].to_numpy() == pytest.approx(response / deviations, rel=1e-9)
    first = rows[rows["id"] == rows["id"].iloc[0]]
    where = [int(v[1]) for v in first["visit"]]
    v = sigma.to_numpy()[np.ix_(where, where)] / np.sqrt(np.outer(first["weight"], first["weight"]))
    expected = np.linalg.solve(np.linalg.cholesky(v), response[: len(first)])
    assert fit.residuals("normalized")["residual"].to_numpy()[: len(first)] == pytest.approx(
        expected, rel=1e-9
    )
    with pytest.raises(ValueError, match="residuals are"):
        fit.residuals("studentized")


def test_draws_have_the_mean_and_the_covariance_of_the_fit(fit):
    draws = 4000
    drawn = fit.simulate(np.random.default_rng(3), draws=draws)
    mean, rows = fit.predict()["estimate"].to_numpy(), fit.predict()
    sigma = np.diag(fit.covariance["all"])
    variances = sigma[[int(v[1]) for v in rows["visit"]]]
    assert (np.abs(drawn.mean(axis=0) - mean) < 5 * np.sqrt(variances / draws)).all()
    assert (np.abs(drawn.var(axis=0) / variances - 1) < 5 * np.sqrt(2 / draws)).all()
    assert (
        fit.simulate(np.random.default_rng(3), draws=2) == fit.simulate(np.random.default_rng(3), draws=2)
    ).all()


def test_the_sandwich_by_participant_is_the_sum_of_squared_scores(trial, fit_trial):
    fit = fit_trial(trial, "y ~ visit + arm", covariance="cs", vcov="empirical", df="residual")
    sigma, residuals = fit.covariance["all"].to_numpy(), fit.residuals()
    bread, meat = np.zeros((5, 5)), np.zeros((5, 5))
    arms = trial.drop_duplicates("id").set_index("id")["arm"] == "control"
    for name, rows in residuals.groupby("id"):
        where = [int(v[1]) for v in rows["visit"]]
        x = np.array([[1.0, *(float(a == b) for b in (1, 2, 3)), float(arms[name])] for a in where])
        z = np.linalg.solve(sigma[np.ix_(where, where)], x)
        order = [
            fit.terms.index(t)
            for t in ("Intercept", "visit[T.V1]", "visit[T.V2]", "visit[T.V3]", "arm[T.control]")
        ]
        score = z.T @ rows["residual"].to_numpy()
        bread, meat = bread + x.T @ z, meat + np.outer(score, score)
    expected = np.linalg.solve(bread, np.linalg.solve(bread, meat).T)
    assert fit.vcov.to_numpy()[np.ix_(order, order)] == pytest.approx(expected, rel=1e-8)


def test_a_cluster_of_several_participants_adds_their_scores(trial, fit_trial):
    shared = trial.assign(facilitator=trial["id"].str[-1])
    options = {"covariance": "cs", "vcov": "empirical", "df": "residual"}
    alone = fit_trial(shared, **options).vcov.to_numpy()
    same = fit_trial(
        shared.assign(facilitator=shared["id"]), cluster="facilitator", **options
    ).vcov.to_numpy()
    together = fit_trial(shared, cluster="facilitator", **options).vcov.to_numpy()
    assert same == pytest.approx(alone, rel=1e-12)
    assert np.abs(together - alone).max() > 1e-3 * np.abs(alone).max()


def test_between_within_counts_participants_for_arms_and_rows_for_visits(trial, fit_trial):
    fit = fit_trial(trial, "y ~ visit + arm", covariance="cs", df="between-within")
    table = fit.coefficients.set_index("term")["df"]
    participants, rows = trial["id"].nunique(), len(trial)
    assert table["arm[T.control]"] == participants - 2
    assert table["visit[T.V1]"] == rows - participants - 3


def test_a_summary_says_what_was_fitted_and_how_it_went(fit, trial):
    text = fit.summary()
    for words in (
        "unstructured, REML",
        "Kenward-Roger",
        f"{len(trial)} observations",
        "converged",
        "arm[T.control]",
    ):
        assert words in text
    assert list(fit.coefficients.columns) == ["term", *COLUMNS]
    assert fit.aic == pytest.approx(fit.minus2_log_likelihood + 20)
    assert fit.bic == pytest.approx(fit.minus2_log_likelihood + 10 * np.log(fit.n_participants))


@pytest.mark.parametrize(
    ("formula", "degrees"),
    [
        ("y ~ C(day_number) * arm + log(base)", [3, 1, 1, 3]),
        ("y ~ C(day_number) * arm + poly(base, 2)", [3, 1, 2, 3]),
        ("y ~ C(day_number) * arm + center(base):C(day_number)", [3, 1, 3, 4]),
        ("y ~ C(day_number):arm + base - 1", [1, 8]),
        ("y ~ day_number * arm + base", [1, 1, 1, 1]),
        ("y ~ C(day_number) * C(arm, contr.sum)", [3, 1, 3]),
    ],
)
def test_functions_and_codings_in_formulas_give_every_answer(formula, degrees, trial, fit_trial):
    data = trial.assign(day_number=trial["visit"].str[1:].astype(int))
    fit = fit_trial(data, formula)
    assert fit.anova(3)["numerator_df"].tolist() == degrees
    assert fit.anova(2)["numerator_df"].tolist() == degrees
    means = fit.lsmeans("arm")
    assert np.isfinite(means["std_error"]).all()
    plain = fit_trial(data, "y ~ C(day_number) * arm").lsmeans("arm")
    assert means["estimate"].to_numpy() == pytest.approx(plain["estimate"].to_numpy(), abs=1.0)


def test_a_coding_changes_no_answer(trial, fit_trial):
    treatment, total = fit_trial(trial, "y ~ visit * arm"), fit_trial(trial, "y ~ visit * C(arm, contr.sum)")
    for answer in (lambda f: f.differences("arm", "visit"), lambda f: f.lsmeans("arm"), lambda f: f.anova()):
        first, second = answer(treatment), answer(total)
        columns = first.select_dtypes("number").columns
        assert second[columns].to_numpy() == pytest.approx(first[columns].to_numpy(), rel=1e-8)


def test_a_function_that_has_no_value_is_refused(trial, fit_trial):
    with pytest.raises(FitError, match="log"):
        fit_trial(trial, "y ~ visit * arm + log(base - 30)")


def test_a_category_that_no_row_has_is_no_level(trial, fit_trial):
    levels = ["V3", "V0", "V2", "V1", "V9"]
    data = trial.assign(visit=pd.Categorical(trial["visit"], categories=levels))
    fit = fit_trial(data)
    assert list(fit.covariance["all"].columns) == levels[:4]
    assert fit.terms[1] == "visit[T.V0]"
    assert fit.predict()["estimate"].notna().all()
    assert fit.minus2_log_likelihood == pytest.approx(fit_trial(trial).minus2_log_likelihood, rel=1e-10)
