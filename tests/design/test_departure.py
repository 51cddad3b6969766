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


def test_a_later_rate_holds_from_its_day_on(ready: Any, scenario_with: Any) -> None:
    later = [{"from_day": 14, "per_28_days": 0.3}, {"from_day": 35, "per_28_days": 0.0}]
    batch = _batch(ready, scenario_with, mechanism="mcar", later=later)
    slow, fast = 7 + 14, 28 - 14
    for visit, days in (("D28", (slow, fast)), ("D84", (slow, 35 - 14))):
        expected = (1 - MONTHLY) ** (days[0] / HAZARD_DAYS) * 0.7 ** (days[1] / HAZARD_DAYS)
        share = _stays(batch, visit).mean()
        assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / batch.left.size)


def test_whoever_believes_to_have_had_the_control_leaves_by_the_stated_odds(
    ready: Any, scenario_with: Any
) -> None:
    def edit(data: dict[str, Any]) -> None:
        dropout = {"per_28_days": MONTHLY, "mechanism": "mcar", "disappointment": {"drug": 1, "control": 3}}
        expectancy = {"right": {"drug": 0.5, "control": 0.5}}
        scenario_with(dropout=dropout, expectancy=expectancy)(data)

    batch = draw(ready(edit, participants=PARTICIPANTS), range(4), seed=2)
    assert batch.beliefs is not None
    day_14, day_28 = (batch.truth.timeline.of_visit(visit) for visit in ("INT", "D28"))
    assert day_14 is not None
    assert day_28 is not None
    chance = 1 - (1 - MONTHLY) ** (14 / HAZARD_DAYS)
    tripled = 3 * chance / (1 - chance) / (1 + 3 * chance / (1 - chance))
    there = batch.left > day_14
    for arm, active, expected in ((0, False, chance), (1, False, tripled), (1, True, chance)):
        asked = there & (batch.arm == arm) & (batch.beliefs.active == active)
        share = (batch.left[asked] == day_28).mean()
        assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / asked.sum())
