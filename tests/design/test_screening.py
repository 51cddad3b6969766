"""Who fails screening: the stated share, for the stated reasons, in between the others."""

from typing import Any

import numpy as np
import pytest

from equipoise.design import draw
from equipoise.design.dates import dates_of
from equipoise.design.screening import Roster, roster_of


def _roster(ready: Any, scenario_with: Any, failure: float, n: int = 1500) -> Roster:
    screening = {"failure": failure, "reasons": {"I1": 0.5, "E1": 0.2}}
    batch = draw(ready(scenario_with(screening=screening), participants=n), [0], seed=4)
    return roster_of(batch, dates_of(batch))


@pytest.mark.parametrize("failure", [0.05, 0.4, 0.9])
def test_the_stated_share_fails(ready: Any, scenario_with: Any, failure: float) -> None:
    roster = _roster(ready, scenario_with, failure)
    expected = 1500 * failure / (1 - failure)
    spread = np.sqrt(1500 * failure) / (1 - failure)
    assert abs(roster.failed.size - expected) < 4 * spread


def test_reasons_have_their_shares_and_the_rest_declines(ready: Any, scenario_with: Any) -> None:
    reasons = _roster(ready, scenario_with, 0.6).reasons
    for reason, share in {"I1": 0.5, "E1": 0.2, "declined": 0.3}.items():
        assert abs((reasons == reason).mean() - share) < 4 * np.sqrt(share * (1 - share) / reasons.size)


def test_everybody_has_one_number_in_order_of_screening(ready: Any, scenario_with: Any) -> None:
    roster = _roster(ready, scenario_with, 0.4)
    assert roster.ids.tolist() == [f"SIM-{n + 1:03d}" for n in range(roster.ids.size)]
    everybody = np.sort(np.concatenate([roster.randomized, roster.failed]))
    assert everybody.tolist() == list(range(roster.ids.size))


def test_failures_lie_between_the_arrivals_around_them(ready: Any, scenario_with: Any) -> None:
    screening = {"failure": 0.5, "reasons": {}}
    batch = draw(ready(scenario_with(screening=screening), participants=200), [0], seed=4)
    dates = dates_of(batch)
    roster = roster_of(batch, dates)
    arrivals = dates.visit[:, 0]
    assert np.all(
        roster.dates <= np.maximum(arrivals[roster.before], arrivals[np.maximum(roster.before - 1, 0)])
    )


def test_no_screening_means_no_failures(ready: Any) -> None:
    batch = draw(ready(), [0], seed=4)
    roster = roster_of(batch, dates_of(batch))
    assert roster.failed.size == 0
    assert roster.reasons.size == 0
