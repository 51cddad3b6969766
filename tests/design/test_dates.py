"""Arrival, windows and texts."""

from typing import Any

import numpy as np
import pytest

from equipoise.design import draw
from equipoise.design.accrual import DAYS_PER_MONTH
from equipoise.design.dates import dates_of, iso_dates, iso_instants, opening


def test_instants_and_dates_are_iso_texts() -> None:
    day = np.datetime64("2022-03-05", "D").astype(np.int64)
    assert iso_dates(np.array([day, day + 1])).tolist() == ["2022-03-05", "2022-03-06"]
    assert iso_instants(opening(np.array([day]))).tolist() == ["2022-03-05T17:00:00Z"]
    assert iso_dates(np.array([], dtype=np.int64)).tolist() == []


def test_participants_arrive_at_the_stated_rate_from_the_stated_day(ready: Any) -> None:
    dates = dates_of(draw(ready(participants=3000), [0], seed=1))
    arrivals = dates.origin - 20
    assert np.all(np.diff(dates.visit[:, 0] - dates.visit[0, 0]) > -12)
    mean_gap = (arrivals[-1] - arrivals[0]) / 2999
    expected = DAYS_PER_MONTH / 4
    assert abs(mean_gap - expected) < 4 * expected / np.sqrt(3000)


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_the_stated_share_of_visits_falls_outside_its_window(
    ready: Any, scenario_with: Any, share: float
) -> None:
    dates = dates_of(draw(ready(scenario_with(late_visits=share), participants=2000), [0], seed=1))
    late = dates.late[:, 3]
    assert abs(late.mean() - share) <= 4 * np.sqrt(share * (1 - share) / 2000)
    assert not dates.late[:, :2].any()


def test_most_visits_are_on_their_day_and_all_days_of_a_window_are_used(ready: Any) -> None:
    days = dates_of(draw(ready(participants=2000), [0], seed=1)).day
    d28 = days[:, 5]
    assert set(d28.tolist()) == set(range(25, 32))
    # Six in ten by plan, and one in seven of the rest by chance.
    expected = 0.6 + 0.4 / 7
    assert abs((d28 == 28).mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / 2000)


def test_leavers_leave_after_their_last_visit_and_by_the_first_they_miss(
    ready: Any, scenario_with: Any
) -> None:
    batch = draw(ready(scenario_with(dropout={"per_28_days": 0.4}), participants=500), [0], seed=1)
    dates = dates_of(batch)
    rows = np.flatnonzero(batch.left[0] < len(batch.truth.timeline))
    last = np.where(batch.held[0], dates.visit, -(2**40)).max(axis=1)
    missed = dates.visit[rows, batch.left[0, rows]]
    assert rows.size > 100
    assert np.all(dates.left[rows] > last[rows])
    assert np.all(dates.left[rows] <= np.maximum(missed, last[rows] + 1))
