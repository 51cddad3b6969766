"""The array path gives what the formula path gives, for a design crossed with visit."""

import numpy as np
import pytest

from equipoise.errors import FitError
from equipoise.statistics import mmrm
from equipoise.statistics.mmrm import crossed
from equipoise.statistics.mmrm.crossed import fit_crossed

VISITS = ["4", "5", "6", "7"]
ASKED = [
    {},
    {"df": "satterthwaite", "covariance": "toeph"},
    {"df": "kenward-roger-second-order", "covariance": "ar1h"},
    {"df": "residual", "vcov": "empirical"},
    {"df": "between-within", "covariance": "cs"},
    {"df": "normal"},
]


@pytest.fixture(scope="module")
def wide(antidepressant):
    frame = antidepressant.pivot(index="PATIENT", columns="VISIT", values="CHANGE")[VISITS]
    first = antidepressant.drop_duplicates("PATIENT").set_index("PATIENT").loc[frame.index]
    drug = (first["THERAPY"] == "DRUG").to_numpy(dtype=float)
    return frame.to_numpy(dtype=float), np.column_stack([drug, first["BASVAL"]])


def differences(n_columns=3):
    contrasts = np.zeros((4, 4, n_columns))
    contrasts[range(4), range(4), 1] = 1
    return contrasts


@pytest.mark.parametrize("options", ASKED, ids=lambda options: " ".join(options.values()) or "defaults")
def test_arrays_and_formula_agree(options, wide, antidepressant):
    formula = "CHANGE ~ BASVAL*VISIT + THERAPY*VISIT"
    fit = mmrm.fit(antidepressant, formula=formula, subject="PATIENT", visit="VISIT", **options)
    rows = fit.differences("THERAPY", by="VISIT", reference="PLACEBO").to_dict("records")
    found = fit_crossed(*wide, **options)
    assert found.minus2_log_likelihood == pytest.approx(fit.minus2_log_likelihood, abs=1e-8)
    for row, one in zip(rows, found.estimates(differences(), level=0.95), strict=True):
        assert one.estimate == pytest.approx(row["estimate"], rel=1e-7)
        assert one.std_error == pytest.approx(row["std_error"], rel=1e-7)
        # The two name terms differently, which is what between-within counts by.
        if options.get("df") != "between-within":
            assert (one.df or np.inf) == pytest.approx(row["df"], rel=1e-6)
            assert one.p_value == pytest.approx(row["p_value"], rel=1e-6)


def test_each_group_has_its_own_covariance(wide, antidepressant):
    formula = "CHANGE ~ BASVAL*VISIT + THERAPY*VISIT"
    fit = mmrm.fit(antidepressant, formula=formula, subject="PATIENT", visit="VISIT", group="THERAPY")
    found = fit_crossed(*wide, group=wide[1][:, 0])
    assert found.minus2_log_likelihood == pytest.approx(fit.minus2_log_likelihood, abs=1e-8)
    assert found.sigma[1] == pytest.approx(fit.covariance["DRUG"].to_numpy(), rel=1e-6)


def test_participants_without_any_outcome_are_left_out(wide):
    outcome, covariates = wide
    more = np.vstack([outcome, np.full((1, 4), np.nan)])
    found = fit_crossed(more, np.vstack([covariates, [[1.0, 20.0]]]))
    assert found.used.tolist() == list(range(len(outcome)))
    assert found.estimates(differences(), level=0.95) == fit_crossed(*wide).estimates(
        differences(), level=0.95
    )


def test_a_covariate_that_says_nothing_new_leaves_the_difference_and_no_mean_of_its_own(wide):
    outcome, covariates = wide
    doubled = np.column_stack([covariates, 2 * covariates[:, 1]])
    (found,) = fit_crossed(outcome, doubled).estimates(differences(4)[3:], level=0.95)
    (plain,) = fit_crossed(outcome, covariates).estimates(differences()[3:], level=0.95)
    assert found.estimate == pytest.approx(plain.estimate, rel=1e-7)
    alone = np.zeros((1, 4, 4))
    alone[0, 3, 3] = 1
    assert fit_crossed(outcome, doubled).estimates(alone, level=0.95) == (None,)


def test_a_fit_without_a_maximum_says_why_and_has_no_estimates():
    rng = np.random.default_rng(5)
    outcome = rng.normal(size=(30, 1)) @ np.ones((1, 3))
    found = fit_crossed(outcome, rng.normal(size=(30, 1)))
    assert not found.converged
    with pytest.raises(FitError, match="singular"):
        found.estimates(np.zeros((1, 3, 2)), level=0.95)


def test_nobody_with_an_outcome_is_refused():
    with pytest.raises(FitError, match="nobody has an outcome"):
        fit_crossed(np.full((4, 2), np.nan), np.ones((4, 1)))


def test_a_search_that_leaves_the_numbers_a_machine_has_is_no_fit(wide, monkeypatch):
    def diverging(*_, **__):
        raise np.linalg.LinAlgError("Eigenvalues did not converge")

    monkeypatch.setattr(crossed, "solve", diverging)
    with pytest.raises(FitError, match="a covariance that is singular"):
        fit_crossed(*wide)
