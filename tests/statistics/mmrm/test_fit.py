"""Tests of `equipoise.statistics.mmrm.fit` against SAS and R."""

from itertools import groupby

import pytest

from equipoise.statistics import mmrm

FEV = ("model", "covariance", "group", "weights", "coordinates", "method", "df_method", "vcov")
GROWTH = ("data", "method", "covariance", "df_method")


def _grouped(rows, keys):
    ordered = sorted(rows, key=lambda row: [row[key] for key in keys])
    return [
        (key, list(found)) for key, found in groupby(ordered, key=lambda row: tuple(row[k] for k in keys))
    ]


def test_the_fev_trial_gives_the_numbers_of_sas(fev, golden_rows, agrees_with_golden):
    rows = golden_rows("mmrm_fev", "expected.csv")
    compared = 0
    for (model, covariance, group, weights, coordinates, method, df, vcov), own in _grouped(rows, FEV):
        fit = mmrm.fit(
            fev,
            formula=model,
            subject="USUBJID",
            visit="AVISIT",
            covariance=covariance,
            group=group or None,
            weights=weights or None,
            coordinates=coordinates.split() or None,
            method=method or "reml",
            df=df or "kenward-roger",
            vcov=vcov or None,
        )
        assert fit.status.converged
        compared += agrees_with_golden(fit, own)
    assert compared == len(rows)


def test_the_antidepressant_trial_gives_the_numbers_of_sas(antidepressant, golden_rows, agrees_with_golden):
    fit = mmrm.fit(
        antidepressant, formula="CHANGE ~ BASVAL*VISIT + THERAPY*VISIT", subject="PATIENT", visit="VISIT"
    )
    assert agrees_with_golden(fit, golden_rows("mmrm_antidepressant", "expected.csv"))


def test_growth_data_give_the_numbers_of_nlme_pbkrtest_and_emmeans(
    growth, growth_with_gaps, golden_rows, agrees_with_golden
):
    rows = golden_rows("mmrm_growth", "expected.csv")
    for (data, method, covariance, df), own in _grouped(rows, GROWTH):
        fit = mmrm.fit(
            growth if data == "growth" else growth_with_gaps,
            formula="distance ~ Sex * age" if data == "growth" else "distance ~ Sex * fage",
            subject="Subject",
            visit="age",
            covariance=covariance,
            method=method,
            df=df,
            coordinates="age" if covariance == "sp_exp" else None,
        )
        assert agrees_with_golden(fit, own)


def test_two_visits_are_the_exact_paired_t_test(golden_rows, sleep):
    expected = {row["quantity"]: float(row["value"]) for row in golden_rows("mmrm_sleep", "expected.csv")}
    fit = mmrm.fit(sleep, formula="extra ~ drug", subject="person", visit="drug")
    difference = fit.differences("drug").iloc[0]
    for name, value in expected.items():
        assert difference[name] == pytest.approx(value, rel=1e-9)


def test_the_comparison_notices_a_wrong_number(antidepressant, golden_rows, agrees_with_golden):
    fit = mmrm.fit(
        antidepressant,
        formula="CHANGE ~ BASVAL*VISIT + THERAPY*VISIT",
        subject="PATIENT",
        visit="VISIT",
        df="satterthwaite",
    )
    # Model-based standard errors are not Kenward and Roger's, and the difference is beyond the tolerance.
    errors = [
        row for row in golden_rows("mmrm_antidepressant", "expected.csv") if "std_error" in row["quantity"]
    ]
    with pytest.raises(AssertionError):
        agrees_with_golden(fit, errors)
    likelihood = [
        row for row in golden_rows("mmrm_antidepressant", "expected.csv") if "log" in row["quantity"]
    ]
    worse = [{**row, "value": str(float(row["value"]) - 1e-3)} for row in likelihood]
    with pytest.raises(AssertionError):
        agrees_with_golden(fit, worse)
