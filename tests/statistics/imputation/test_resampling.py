import numpy as np
import pytest

from equipoise.statistics.imputation.resampling import (
    Reweighted,
    bootstrap_error,
    draw_again,
    each_left_out,
    everybody,
    jackknife_error,
)


def _sums(each, segment, segments):
    return np.stack([each[segment == s].sum(axis=0) for s in range(segments)])


def test_sums_without_somebody_are_sums_over_the_others():
    rng = np.random.default_rng(0)
    each, segment = rng.normal(size=(9, 2)), np.array([0, 1, 2, 0, 1, -1, 0, 1, 0])
    found = each_left_out(9).sums(each, segment, whole=_sums(each, segment, 3))
    for i in range(9):
        kept = np.delete(np.arange(9), i)
        assert found[i] == pytest.approx(_sums(each[kept], segment[kept], 3))


def test_weights_count_participants():
    rng = np.random.default_rng(0)
    each, segment = rng.normal(size=(5, 2)), np.array([0, 1, 0, -1, 1])
    weight = np.array([[2, 0, 1, 1, 1.0]])
    found = Reweighted(weight).sums(each, segment, whole=np.zeros((2, 2)))
    again = np.repeat(np.arange(5), weight[0].astype(int))
    assert found[0] == pytest.approx(_sums(each[again], segment[again], 2))
    assert everybody(5).sums(each, segment, whole=np.zeros((2, 2)))[0] == pytest.approx(
        _sums(each, segment, 2)
    )


def test_the_jackknife_of_a_mean_is_its_standard_error():
    x = np.random.default_rng(3).normal(size=(20, 2))
    left_out = (x.sum(axis=0) - x) / 19
    assert jackknife_error(left_out) == pytest.approx(x.std(axis=0, ddof=1) / np.sqrt(20))
    assert bootstrap_error(x) == pytest.approx(x.std(axis=0, ddof=1))


def test_a_bootstrap_trial_has_as_many_participants_in_each_arm():
    arm = np.array([0, 0, 1, 1, 1, 2])
    drawn = draw_again(arm, count=40, rng=np.random.default_rng(1))
    assert drawn.count == 40
    for code, size in enumerate((2, 3, 1)):
        assert (drawn.weight[:, arm == code].sum(axis=1) == size).all()
    again = draw_again(arm, count=40, rng=np.random.default_rng(1))
    assert np.array_equal(drawn.weight, again.weight)
    assert np.unique(drawn.weight, axis=0).shape[0] > 10
