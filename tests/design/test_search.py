"""The search finds the size that theory gives, and its interval says how sure it is."""

import numpy as np
import pytest
from scipy.special import nctdtr, stdtrit

from equipoise.design.search import smallest_n
from equipoise.statistics.many import pooled_t_many

CHUNK = 4096
# Two-sample t, two-sided 5 %, d = 0.5, power 80 %: tests/golden holds the digits; a search cannot reach them.
ROOT, NEEDED = 127.53, 128


def counts_of(seed, *, effect=0.5):
    def count(participants, trials):
        rng, found, left = np.random.default_rng([seed, participants]), 0, trials
        while left:
            outcome = rng.standard_normal((min(left, CHUNK), participants))
            arm = np.zeros(outcome.shape, dtype=bool)
            arm[:, : participants // 2] = True
            outcome[arm] += effect
            found += int((pooled_t_many(outcome, arm, level=0.95).p_value <= 0.05).sum())
            left -= outcome.shape[0]
        return found

    return count


def test_the_size_of_a_t_test_is_found():
    found = smallest_n(counts_of(1), target=0.8, start=30, unit=2, tolerance=0.015)
    assert abs(found.root - ROOT) < 4 * found.root_error
    assert found.low <= NEEDED <= found.high
    assert found.n % 2 == 0
    assert found.root_error < 1.2


def drawn_counts(seed):
    """Return counts drawn from the power that theory gives, far faster than trials."""

    def count(participants, trials):
        df, shift = participants - 2, 0.5 * np.sqrt(participants) / 2
        limit = stdtrit(df, 0.975)
        power = 1 - nctdtr(df, shift, limit) + nctdtr(df, shift, -limit)
        rng = np.random.default_rng([seed, participants])
        return int((rng.uniform(size=trials) < power).sum())

    return count


def test_the_interval_covers_as_often_as_it_says():
    ends = [smallest_n(drawn_counts(seed), target=0.8, start=60, unit=1) for seed in range(40)]
    covered = sum(abs(one.root - ROOT) <= 1.96 * one.root_error for one in ends)
    # 95 % of 40, less four standard errors.
    assert covered >= 40 * 0.95 - 4 * np.sqrt(40 * 0.95 * 0.05)


@pytest.mark.parametrize("start", [4, 3000])
def test_the_start_does_not_matter(start):
    found = smallest_n(counts_of(2), target=0.8, start=start, unit=2)
    assert abs(found.root - ROOT) < 4 * found.root_error


def test_no_effect_has_no_size():
    found = smallest_n(counts_of(3, effect=0.0), target=0.8, start=20, unit=2, most_participants=200)
    assert found.n is None
    assert "200 participants" in found.reason
    assert "no number of participants" in found.summary()


def test_a_search_ends_where_its_trials_do():
    found = smallest_n(counts_of(4), target=0.8, start=100, unit=2, tolerance=1e-4, most_trials=20_000)
    assert sum(point.trials for point in found.points) < 20_000 + 5_000
    assert found.low < found.n < found.high


def test_a_power_is_a_probability():
    with pytest.raises(ValueError, match="between 0 and 1"):
        smallest_n(counts_of(1), target=1.0, start=10)
