"""Leaving: how many, and of which kind."""

from typing import Any

import numpy as np
import pytest

from equipoise.design import Batch, draw
from equipoise.design.departure import HAZARD_DAYS

MONTHLY = 0.1
PARTICIPANTS = 2000


def _batch(ready: Any, scenario_with: Any, **dropout: Any) -> Batch:
    truth = ready(scenario_with(dropout={"per_28_days": MONTHLY, **dropout}), participants=PARTICIPANTS)
    return draw(truth, range(4), seed=2)


def _stays(batch: Batch, visit: str) -> np.ndarray:
    at = batch.truth.timeline.of_visit(visit)
    assert at is not None
    return batch.left > at


def test_without_dependence_the_stated_share_leaves_in_28_days(ready: Any, scenario_with: Any) -> None:
    batch = _batch(ready, scenario_with, mechanism="mcar")
    days = 28 + 7  # From randomization at the baseline visit, seven days before the dose.
    expected = (1 - MONTHLY) ** (days / HAZARD_DAYS)
    share = _stays(batch, "D28").mean()
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / batch.left.size)


def test_nobody_leaves_before_randomization(ready: Any, scenario_with: Any) -> None:
    batch = _batch(ready, scenario_with, mechanism="mcar")
    assert batch.held[:, :, : batch.truth.timeline.randomized + 1].all()


def test_what_is_held_ends_for_good_with_leaving(ready: Any, scenario_with: Any) -> None:
    batch = _batch(ready, scenario_with, mechanism="mar", score="madrs.total", odds_ratio_per_point=1.1)
    places = np.arange(len(batch.truth.timeline))
    assert not np.any(batch.held & (places >= batch.left[:, :, None]))


@pytest.mark.parametrize(("mechanism", "earlier"), [("mar", True), ("mnar", False)])
def test_leaving_depends_on_the_score_its_mechanism_names(
    ready: Any, scenario_with: Any, mechanism: str, earlier: bool
) -> None:
    batch = _batch(ready, scenario_with, mechanism=mechanism, score="madrs.total", odds_ratio_per_point=1.15)
    scored = batch.scores["madrs.total"]
    at = batch.truth.timeline.of_visit("D28")
    here = _stays(batch, "D7")
    leaves = here & (batch.left > batch.truth.timeline.of_visit("D7")) & (batch.left <= at)
    stays = here & (batch.left > at)
    control = batch.arm == 1
    last = scored.values[:, :, scored.visits.index("D7")]
    coming = scored.values[:, :, scored.visits.index("D28")]
    named, other = (last, coming) if earlier else (coming, last)
    gap_named = named[leaves & control].mean() - named[stays & control].mean()
    gap_other = other[leaves & control].mean() - other[stays & control].mean()
    assert gap_named > gap_other + 1
    assert gap_named > 4


def test_a_worse_course_in_one_arm_makes_it_leave_more(ready: Any, scenario_with: Any) -> None:
    batch = _batch(ready, scenario_with, mechanism="mar", score="madrs.total", odds_ratio_per_point=1.08)
    stays = _stays(batch, "D84")
    drug, control = stays[batch.arm == 0].mean(), stays[batch.arm == 1].mean()
    assert drug > control + 4 * np.sqrt(2 * 0.25 / (batch.left.size / 2))


def test_an_odds_ratio_of_one_is_no_dependence(ready: Any, scenario_with: Any) -> None:
    plain = _batch(ready, scenario_with, mechanism="mcar")
    same = _batch(ready, scenario_with, mechanism="mnar", score="madrs.total", odds_ratio_per_point=1.0)
    assert np.array_equal(plain.left, same.left)
