"""Completed data sets keep what was seen, do not depend on units, and follow each participant's strategy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics import imputation
from equipoise.statistics.imputation import draws
from equipoise.statistics.imputation.draws import draw, draw_parameters

STANDARD_ERRORS = 4


def made(trial, *, outcome=None, **changed):
    """Return the trial with other outcomes or another strategy."""
    names = list(imputation.STRATEGIES)
    given = {"strategy": [names[code] for code in trial.strategy], "since": trial.since} | changed
    y = trial.outcome if outcome is None else outcome
    return imputation.incomplete(
        y, trial.arm, covariates=trial.covariates, reference=trial.reference, **given
    )


@pytest.mark.parametrize("by_arm", [False, True])
def test_what_was_seen_stays_and_what_was_not_is_drawn(invented, by_arm):
    trial = invented()
    sets = draw(trial, n=4, rng=np.random.default_rng(1), covariance_by_arm=by_arm, burn_in=2)
    assert sets.shape == (4, trial.n, trial.visits)
    assert (sets[:, trial.present] == trial.outcome[trial.present]).all()
    assert np.isfinite(sets).all()
    assert (np.ptp(sets, axis=0)[trial.missing] > 0).all()


def test_the_same_state_of_chance_gives_the_same_data_sets_and_another_does_not(invented):
    trial = invented()
    one, same, other = (draw(trial, n=3, rng=np.random.default_rng(seed), burn_in=2) for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other)[:, trial.missing].all()


@settings(max_examples=10)
@given(st.sampled_from([1e-300, 1e-6, 1.0, 1e6]), st.sampled_from([0.0, 1e3, -1e7]), st.booleans())
def test_units_and_a_common_shift_change_nothing_else(invented, size, shift, by_arm):
    trial = invented()
    moved = made(trial, outcome=(trial.outcome + shift) * size)
    options = {"n": 3, "covariance_by_arm": by_arm, "burn_in": 2}
    before = draw(trial, rng=np.random.default_rng(1), **options)
    after = draw(moved, rng=np.random.default_rng(1), **options)
    assert after / size - shift == pytest.approx(before, abs=1e-7)


def test_blocks_hold_every_data_set_once(invented, monkeypatch):
    trial = invented()
    monkeypatch.setattr(draws, "LARGEST_BLOCK", 2 * trial.outcome.size)
    sizes = [
        block.shape[0] for block in draws.draw_in_blocks(trial, n=5, rng=np.random.default_rng(1), burn_in=1)
    ]
    assert sizes == [2, 2, 1]


def test_an_outcome_seen_after_an_event_is_conditioned_on_but_does_not_inform_the_model(invented):
    trial = invented(strategies=("jr",))
    who = int(np.flatnonzero(trial.present.all(axis=1) & (trial.arm == 1))[0])
    since = trial.since.copy()
    since[who] = 1
    y = trial.outcome.copy()
    y[who, 1] = np.nan
    low, high = y.copy(), y.copy()
    low[who, 2], high[who, 2] = -50.0, 50.0
    pair = [made(trial, outcome=values, since=since) for values in (low, high)]
    one, other = (draw_parameters(each, n=2, rng=np.random.default_rng(1), burn_in=1) for each in pair)
    assert (one.b == other.b).all()
    below, above = (draw(each, n=20, rng=np.random.default_rng(1), burn_in=1)[:, who, 1] for each in pair)
    assert (below != above).all()


@pytest.mark.parametrize("by_arm", [False, True])
@pytest.mark.parametrize("strategy", list(imputation.STRATEGIES))
def test_draws_average_to_the_conditional_means_of_a_large_trial(invented, strategy, by_arm):
    trial = invented(n=2000, strategies=(strategy,), seed=5)
    # Covariances that differ between arms, and covariates that one arm has more of.
    y = np.where(trial.arm[:, None] == 1, 3 * trial.outcome, trial.outcome)
    trial = made(trial, outcome=y + trial.arm[:, None] * trial.covariates[:, :1])
    sets = draw(trial, n=60, rng=np.random.default_rng(6), burn_in=5, covariance_by_arm=by_arm)
    model = imputation.fit_model(trial, covariance_by_arm=by_arm)
    expected = imputation.conditional_means(trial, model)
    # One number a data set: its average over everything imputed at the last visit, in the active arm.
    place = trial.missing[:, -1] & (trial.arm == 1)
    averages = sets[:, place, -1].mean(axis=1)
    assert abs(averages.mean() - expected[place, -1].mean()) < STANDARD_ERRORS * averages.std() / np.sqrt(60)


def test_strategies_are_told_apart_by_their_averages(invented):
    averages = {}
    for strategy in imputation.STRATEGIES:
        trial = invented(n=2000, strategies=(strategy,), seed=5)
        sets = draw(trial, n=10, rng=np.random.default_rng(6), burn_in=5)
        averages[strategy] = sets[:, trial.missing[:, -1] & (trial.arm == 1), -1].mean()
    assert min(np.diff(sorted(averages.values()))) > 0.01


def test_a_trial_without_gaps_is_given_back(invented):
    trial = invented()
    whole = made(trial, outcome=np.where(trial.present, trial.outcome, 7.0 + np.arange(trial.n)[:, None] / 9))
    assert (draw(whole, n=2, rng=np.random.default_rng(1)) == whole.outcome).all()


def test_a_small_trial_and_a_constant_outcome_are_refused(invented):
    with pytest.raises(FitError, match="no posterior to rely on"):
        draw(invented(n=6), n=2, rng=np.random.default_rng(1))
    trial = invented()
    with pytest.raises(FitError, match="does not vary"):
        draw(made(trial, outcome=np.where(trial.present, 3.0, np.nan)), n=2, rng=np.random.default_rng(1))
