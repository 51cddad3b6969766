"""Outcomes off treatment come from who stopped and was followed, or the analysis is refused."""

import numpy as np
import pytest

from equipoise.errors import FitError
from equipoise.statistics import imputation
from equipoise.statistics.imputation.comparison import compare
from equipoise.statistics.imputation.multiple import analyze_multiple
from equipoise.statistics.imputation.retrieved import (
    FALLBACKS,
    SHARED,
    analyze_retrieved,
    draw_retrieved,
    sources,
)

STANDARD_ERRORS = 4
VISITS = 3


def followed(*, n=240, seed=1, lost=0.5, worse=4.0):
    """Return a trial, when each participant stopped, and the outcomes that nobody knows.

    A third stop treatment, do worse by `worse` from then on, and a share `lost` of them leave.
    """
    rng = np.random.default_rng(seed)
    arm, base = np.arange(n) % 2, rng.normal(size=n)
    stopped = np.where(rng.random(n) < 1 / 3, rng.integers(1, VISITS, n), VISITS)
    stopped[0] = VISITS
    off = np.arange(VISITS) >= stopped[:, None]
    y = base[:, None] + arm[:, None] + rng.normal(size=(n, 1)) + rng.normal(size=(n, VISITS)) + worse * off
    seen = np.where(off & (rng.random(n) < lost)[:, None], np.nan, y)
    seen[0, 0] = np.nan
    return imputation.incomplete(seen, arm, covariates=base), stopped, y


def regressed(trial, stopped, arm, visit):
    """Return y and X of retrieved dropouts, X of those to impute and who they are, written out by hand."""
    y, x, gone, who = [], [], [], []
    for i in range(trial.n):
        if trial.arm[i] != arm or visit < stopped[i]:
            continue
        last = [value for value in trial.outcome[i, : stopped[i]] if not np.isnan(value)][-1]
        row = [1.0, trial.covariates[i, 0], last]
        if np.isnan(trial.outcome[i, visit]):
            gone.append(row)
            who.append(i)
        else:
            x.append(row)
            y.append(trial.outcome[i, visit])
    return np.array(y), np.array(x), np.array(gone), who


def test_outcomes_off_treatment_have_the_predictive_distribution_of_the_regression():
    trial, stopped, _ = followed()
    n = 4000
    sets = np.concatenate(list(draw_retrieved(trial, stopped=stopped, n=n, rng=np.random.default_rng(1))))
    assert np.isfinite(sets).all()
    assert (sets[:, trial.present] == trial.outcome[trial.present]).all()
    for arm in (0, 1):
        y, x, gone, who = regressed(trial, stopped, arm, 2)
        b, rss, *_ = np.linalg.lstsq(x, y, rcond=None)
        freedom = len(y) - 3
        lever = 1 + np.einsum("ij,jk,ik->i", gone, np.linalg.inv(x.T @ x), gone)
        variance = rss[0] / (freedom - 2) * lever
        drawn = sets[:, who, 2]
        assert (np.abs(drawn.mean(axis=0) - gone @ b) / np.sqrt(variance / n)).max() < STANDARD_ERRORS
        squares = (drawn - gone @ b) ** 2
        assert (
            np.abs(squares.mean(axis=0) - variance) / squares.std(axis=0)
        ).max() < STANDARD_ERRORS / np.sqrt(n)


def test_the_estimate_is_that_of_predicted_outcomes_up_to_monte_carlo_error():
    trial, stopped, _ = followed(seed=2)
    found = analyze_retrieved(trial, arm=1, stopped=stopped, rng=np.random.default_rng(1), visit=2)
    filled = trial.outcome[:, 2].copy()
    for arm in (0, 1):
        y, x, gone, who = regressed(trial, stopped, arm, 2)
        filled[who] = gone @ np.linalg.lstsq(x, y, rcond=None)[0]
    expected = compare(trial, np.repeat(filled[None, :, None], VISITS, axis=2)).difference[0, 1, 2]
    error = float(found.notes[-1].split("at most ")[1].split(" ")[0])
    assert abs(found.at(2).estimate - expected) < STANDARD_ERRORS * error


def test_retrieved_dropouts_find_the_effect_of_stopping_that_missing_at_random_misses():
    gaps = {"retrieved": [], "missing at random": []}
    for seed in range(15):
        trial, stopped, y = followed(n=200, seed=seed, lost=0.6)
        on = np.where(np.arange(VISITS) >= stopped[:, None], np.nan, y)
        whole = compare(trial, y[None]).mean[0, 1, 2]
        options = {"arm": 1, "n": 10, "visit": 2, "rng": np.random.default_rng(seed)}
        hypothetical = imputation.incomplete(on, trial.arm, covariates=trial.covariates)
        retrieved = analyze_retrieved(trial, stopped=stopped, **options).means[1, 2].estimate
        random = analyze_multiple(hypothetical, **options).means[1, 2].estimate
        gaps["retrieved"].append(retrieved - whole)
        gaps["missing at random"].append(random - whole)
    off = {name: np.mean(values) / (np.std(values) / np.sqrt(15)) for name, values in gaps.items()}
    assert abs(off["retrieved"]) < STANDARD_ERRORS
    assert off["missing at random"] < -STANDARD_ERRORS


def test_the_result_tells_where_every_outcome_came_from():
    trial, stopped, _ = followed()
    found = analyze_retrieved(trial, arm=1, stopped=stopped, n=5, rng=np.random.default_rng(1))
    plan = sources(trial, stopped=stopped)
    assert {(source.arm, source.visit) for source in plan} == {(0, 1), (0, 2), (1, 1), (1, 2)}
    assert sum(source.imputed for source in plan) == trial.missing.sum() - 1
    assert tuple(str(source) for source in plan) == found.notes[: len(plan)]
    assert "retrieved dropouts of the same arm" in found.convention
    assert "information-anchored (Rubin)" in found.convention


def few(retrieved):
    """Return a trial in which so many of arm 1 stopped and were followed, and when participants stopped."""
    trial, stopped, y = followed(lost=0.0)
    off = stopped < VISITS
    lost = np.flatnonzero(off & (trial.arm == 1))[retrieved:]
    seen = trial.outcome.copy()
    seen[lost] = np.where(np.arange(VISITS) >= stopped[lost][:, None], np.nan, y[lost])
    return imputation.incomplete(seen, trial.arm, covariates=trial.covariates), stopped


def test_too_few_retrieved_dropouts_are_refused_with_arm_visit_numbers_and_what_to_do():
    trial, stopped = few(3)
    with pytest.raises(FitError, match="Too few participants who stopped treatment were followed") as refused:
        analyze_retrieved(trial, arm=1, stopped=stopped, rng=np.random.default_rng(1))
    problem = refused.value.problems[-1]
    assert problem.message.startswith("arm 1, visit 3: 3 participants off treatment were seen")
    assert "takes 6" in problem.message
    assert all(name in problem.hint for name in FALLBACKS)


def test_a_visit_that_nobody_asks_for_is_not_refused():
    trial, stopped = few(3)
    found = analyze_retrieved(trial, arm=1, stopped=stopped, n=3, rng=np.random.default_rng(1), visit=0)
    assert found.visits == (0,)


@pytest.mark.parametrize("fallback", list(FALLBACKS))
def test_a_fallback_takes_over_where_retrieved_dropouts_are_too_few_and_says_so(fallback):
    trial, stopped = few(3)
    options = {"arm": 1, "stopped": stopped, "n": 5, "fallback": fallback}
    found = analyze_retrieved(trial, rng=np.random.default_rng(1), **options)
    assert f"where too few {FALLBACKS[fallback]}" in found.convention
    assert any(FALLBACKS[fallback] in note and "too few" in note for note in found.notes)
    assert np.isfinite([estimate.std_error for estimate in found.estimates]).all()


def test_a_shift_needs_more_than_one_participant():
    trial, stopped = few(1)
    with pytest.raises(FitError) as refused:
        sources(trial, stopped=stopped, fallback=SHARED)
    assert SHARED not in refused.value.problems[0].hint
    assert "jr" in refused.value.problems[0].hint


def test_shared_slopes_shift_those_off_treatment():
    trial, stopped = few(4)
    block = next(draw_retrieved(trial, stopped=stopped, n=100, rng=np.random.default_rng(1), fallback=SHARED))
    gone = trial.missing[:, 2] & (trial.arm == 1)
    on = (trial.arm == 1) & (stopped == VISITS)
    assert block[:, gone, 2].mean() > trial.outcome[on, 2].mean() + 2


def test_somebody_who_stopped_before_any_outcome_needs_a_baseline():
    trial, stopped, _ = followed()
    early = stopped.copy()
    early[5] = 0
    with pytest.raises(FitError, match="1 participants stopped before any outcome") as refused:
        sources(trial, stopped=early)
    assert refused.value.problems[0].path == "baseline"
    sources(trial, stopped=early, baseline=np.zeros(trial.n))


def test_a_last_outcome_that_is_the_same_for_all_is_left_out():
    trial, stopped, _ = followed()
    at_once = np.where(stopped < VISITS, 0, VISITS)
    y = np.where(
        np.isnan(trial.outcome).any(axis=1)[:, None] & (at_once == 0)[:, None], np.nan, trial.outcome
    )
    left = imputation.incomplete(y, trial.arm, covariates=trial.covariates)
    found = analyze_retrieved(
        left, arm=1, stopped=at_once, n=3, rng=np.random.default_rng(1), baseline=np.zeros(trial.n)
    )
    assert np.isfinite(found.at(2).std_error)


def test_nothing_is_drawn_from_the_model_when_everybody_on_treatment_was_seen():
    trial, stopped, y = followed(n=150, seed=4, lost=0.4)
    seen = trial.outcome.copy()
    seen[0, 0] = y[0, 0]
    whole = imputation.incomplete(seen, trial.arm, covariates=trial.covariates)
    sets = next(draw_retrieved(whole, stopped=stopped, n=2, rng=np.random.default_rng(1), visit=2))
    assert np.isnan(sets[:, whole.missing[:, 1], 1]).all()
    assert np.isfinite(sets[:, :, 2]).all()


def test_every_problem_of_a_request_is_told():
    trial, stopped, _ = followed()
    with pytest.raises(FitError) as refused:
        sources(trial, stopped=stopped + 0.5, fallback="mar")
    assert {problem.path for problem in refused.value.problems} == {"stopped", "fallback"}
    with pytest.raises(FitError, match="values for 240 participants"):
        sources(trial, stopped=stopped[:5])
    with pytest.raises(FitError, match="one finite value a participant"):
        sources(trial, stopped=stopped, baseline=[1.0])
    ruled = imputation.incomplete(trial.outcome, trial.arm, strategy="jr")
    with pytest.raises(FitError, match="a strategy governs"):
        sources(ruled, stopped=stopped)
