"""Arrival: gaps, sites that open later, shares of sites, and who failed before."""

from typing import Any

import numpy as np
import pytest

from equipoise.design import Batch, draw
from equipoise.design.accrual import DAYS_PER_MONTH

PARTICIPANTS = 300
REPLICATES = range(32)
PER_MONTH = 6.0
STANDARD_ERRORS = 4.0
START = "2030-01-01"


def _batch(ready: Any, scenario_with: Any, *, sites: int = 3, **changes: Any) -> Batch:
    accrual = {"start_date": START, "per_month": PER_MONTH, **changes.pop("accrual", {})}
    edit = scenario_with(sites=sites, accrual=accrual, **changes)
    return draw(ready(edit, participants=PARTICIPANTS), REPLICATES, seed=3)


def _near(values: np.ndarray, expected: float) -> None:
    error = values.std(ddof=1) / np.sqrt(values.size)
    assert abs(values.mean() - expected) < STANDARD_ERRORS * error


def test_participants_arrive_at_the_stated_rate(ready: Any, scenario_with: Any) -> None:
    arrival = _batch(ready, scenario_with).arrival
    assert np.all(arrival[:, 0] == 0)
    _near(np.diff(arrival, axis=1), DAYS_PER_MONTH / PER_MONTH)


def test_sites_enroll_by_their_shares(ready: Any, scenario_with: Any) -> None:
    site = _batch(ready, scenario_with, accrual={"shares": [3, 2, 1]}).site
    for place, share in enumerate((3 / 6, 2 / 6, 1 / 6)):
        _near((site == place).astype(float), share)


def test_a_site_that_is_not_open_enrolls_nobody_and_slows_arrival(ready: Any, scenario_with: Any) -> None:
    opening = [60, 0, 200]
    batch = _batch(ready, scenario_with, accrual={"shares": [3, 2, 1], "opening_days": opening})
    for place, day in enumerate(opening):
        assert np.all(batch.arrival[batch.site == place] >= day)
    counts = {
        (start, end): ((batch.arrival > start) & (batch.arrival <= end)).sum(axis=1).astype(float)
        for start, end in ((0, 30), (0, 60), (60, 200), (200, 260))
    }
    for (start, end), open_share in zip(counts, (2 / 6, 2 / 6, 5 / 6, 1), strict=True):
        _near(counts[start, end], open_share * PER_MONTH / DAYS_PER_MONTH * (end - start))
    early = batch.site[(batch.arrival > 60) & (batch.arrival <= 200)]
    _near((early == 0).astype(float), 3 / 5)


def test_the_first_participant_comes_when_the_first_site_opens(ready: Any, scenario_with: Any) -> None:
    batch = _batch(ready, scenario_with, accrual={"opening_days": [20, 10, 30]})
    assert np.all(batch.arrival[:, 0] == 10)
    assert np.all(batch.site[:, 0] == 1)


@pytest.mark.parametrize("failure", [0.0, 0.6])
def test_the_stated_share_of_those_screened_fails(ready: Any, scenario_with: Any, failure: float) -> None:
    screened = _batch(ready, scenario_with, screening={"failure": failure}).screened
    if failure == 0:
        assert not screened.any()
    else:
        _near(screened.astype(float), failure / (1 - failure))
