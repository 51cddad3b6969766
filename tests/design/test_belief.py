"""Functional unblinding: shares that guess right, spurious effects, and who is thought to have what."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import stdtr

from equipoise.design import draw
from equipoise.design.belief import DO_NOT_KNOW, beliefs, shifts
from equipoise.design.streams import Streams
from equipoise.protocol.scenarios import Expectancy, SideEffectShift

GOLDEN = Path(__file__).parents[1] / "golden" / "expectancy" / "expected.csv"
REPLICATES = 900
LEVEL = 0.05
SZIGETI = {
    "right": {"drug": 0.9, "control": 0.5},
    "bias": {"diary.score": 8.0},
    "bias_sd": {"diary.score": 2.0},
}


def _diary(data: dict[str, Any]) -> None:
    """The model's own score: N(20, 4), without bounds, no drug effect."""
    score = {"id": "score", "label": "Score", "type": "number", "decimals": 0}
    data["forms"].append({"id": "diary", "label": "Diary", "filled_by": "participant", "items": [score]})
    for visit in data["visits"]:
        if visit["id"] in {"BASE", "D28"}:
            visit["forms"].append("diary")
    moments = {"mean": 20, "sd": 4}
    course = {"baseline": moments, "response": {}, "sd": 4, "correlation": {"baseline": 0, "visits": 0.5}}
    scenario = data["simulation"]["scenarios"][0]
    scenario.update(outcomes={"diary.score": course}, expectancy=SZIGETI, between_outcomes=0)


def _differences(ready: Any, participants: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the difference at D28 and its two-sided p by the pooled t test, one each for every replicate."""
    truth = ready(_diary, participants=participants)
    batch = draw(truth, range(REPLICATES), seed=11)
    scored = batch.scores["diary.score"]
    values = scored.values[:, :, scored.visits.index("D28")]
    groups = [np.where(batch.arm == arm, values, np.nan) for arm in (0, 1)]
    means = [np.nanmean(group, axis=1) for group in groups]
    variance = sum(
        np.nansum((group - mean[:, None]) ** 2, axis=1) for group, mean in zip(groups, means, strict=True)
    )
    half = participants / 2
    difference = means[0] - means[1]
    t = difference / np.sqrt(variance / (participants - 2) * 2 / half)
    return difference, 2 * stdtr(participants - 2, -np.abs(t))


def _expected() -> dict[str, dict[str, str]]:
    with GOLDEN.open(encoding="utf-8", newline="") as stream:
        return {row["quantity"]: row for row in csv.DictReader(stream)}


@pytest.mark.parametrize("participants", [40, 100])
def test_expectancy_alone_makes_the_published_spurious_effects(ready: Any, participants: int) -> None:
    difference, p = _differences(ready, participants)
    expected = _expected()
    spurious = float(expected["difference"]["value"])
    assert abs(difference.mean() - spurious) < 4 * difference.std() / np.sqrt(REPLICATES)
    row = expected[f"significant_{participants}"]
    share = float(row["value"])
    error = np.sqrt(share * (1 - share) / REPLICATES)
    assert abs((p < LEVEL).mean() - share) < 4 * error + float(row["tolerance"])


def test_without_bias_the_test_keeps_its_level(ready: Any) -> None:
    """The planted fault of the test above: were the guess to leak otherwise, this share would rise."""

    def unbiased(data: dict[str, Any]) -> None:
        _diary(data)
        data["simulation"]["scenarios"][0]["expectancy"] = {"right": {"drug": 0.9, "control": 0.5}}

    _, p = _differences(lambda _edit, participants: ready(unbiased, participants=participants), 40)
    assert abs((p < LEVEL).mean() - LEVEL) < 4 * np.sqrt(LEVEL * (1 - LEVEL) / REPLICATES)


@pytest.mark.parametrize(
    "right", [{"drug": 0.9, "control": 0.5}, {"drug": 0.93, "control": 0.8}, {"drug": 1, "control": 0}]
)
def test_the_stated_shares_guess_right(ready: Any, scenario_with: Any, right: dict[str, float]) -> None:
    truth = ready(scenario_with(expectancy={"right": right}), participants=400)
    batch = draw(truth, range(16), seed=3)
    assert batch.beliefs is not None
    for at, (arm, share) in enumerate(right.items()):
        hits = (batch.beliefs.guess == at)[batch.arm == at]
        assert abs(hits.mean() - share) <= 4 * np.sqrt(share * (1 - share) / hits.size), arm


def test_a_stated_shift_gives_the_published_share(ready: Any) -> None:
    expectancy = Expectancy(side_effect_shift={"drug": SideEffectShift(mean=0.135, sd=0.03)})
    streams = Streams(1, "x", tuple(range(8)))
    arms = ready().arms
    received = np.zeros((8, 2000), dtype=np.int64)
    found = beliefs(expectancy, arms, received=received, streams=streams)
    share = float(_expected()["right_after_shift"]["value"])
    assert abs(found.active.mean() - share) < 4 * np.sqrt(share * (1 - share) / found.active.size)


def test_the_shift_for_a_share_is_the_normal_quantile(ready: Any) -> None:
    means, _ = shifts(Expectancy(right={"drug": 0.5, "control": 0.5}), ready().arms)
    assert means.tolist() == [0.0, 0.0]


def test_the_share_that_cannot_say_names_no_arm_and_has_no_bias(ready: Any) -> None:
    streams = Streams(1, "x", (0,))
    received = np.zeros((1, 4000), dtype=np.int64)
    found = beliefs(Expectancy(do_not_know=0.2), ready().arms, received=received, streams=streams)
    silent = found.guess == DO_NOT_KNOW
    assert abs(silent.mean() - 0.2) < 4 * np.sqrt(0.16 / 4000)
    assert not np.any(found.active & silent)


def test_in_three_arms_the_stated_shares_name_their_own_arm(dose_response: Any) -> None:
    arms = dose_response.protocol.arms
    right = {"high": 0.9, "middle": 0.4, "low": 0.7}
    received = np.repeat(np.arange(3)[None, :], 3000, axis=1)
    found = beliefs(Expectancy(right=right), arms, received=received, streams=Streams(2, "x", (0,)))
    for at, arm in enumerate(arms):
        hits = (found.guess == at)[received == at]
        assert abs(hits.mean() - right[arm.id]) < 4 * np.sqrt(0.25 / hits.size)


def test_once_told_the_bias_follows_what_was_received(ready: Any, scenario_with: Any) -> None:
    expectancy = {"right": {"drug": 0, "control": 0}, "bias": {"madrs.total": -10}}
    plain = draw(ready(scenario_with(), participants=400), [0], seed=5)
    biased = draw(ready(scenario_with(expectancy=expectancy), participants=400), [0], seed=5)
    moved = biased.scores["madrs.total"].values - plain.scores["madrs.total"].values
    visits = biased.scores["madrs.total"].visits
    drug = biased.arm[0] == 0
    assert not moved[0, :, : visits.index("D7")].any()
    assert not moved[0, drug, visits.index("D7") : visits.index("D28") + 1].any()
    assert (moved[0, ~drug, visits.index("D28")] < 0).mean() > 0.8
    assert not moved[0, ~drug, visits.index("D84")].any()
    assert (moved[0, drug, visits.index("D84")] < 0).mean() > 0.8
