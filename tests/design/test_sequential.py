"""Trials with looks, rehearsed: against the formula, and with outcomes that take their time."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from equipoise.analysis.batched import estimate_batch
from equipoise.analysis.looks import looks_of
from equipoise.design import Truth, draw
from equipoise.design.rehearsed import Rehearsed
from equipoise.design.seen import NOBODY, Seen
from equipoise.design.sequential import SequentialOC, crossing_by_formula, operating_characteristics

RULE = {"method": "conditional_power", "threshold": 0.1}
REPLICATES = 250


def looking(
    *fractions: float, effect: float = -5.0, per_month: float = 4, **look: Any
) -> Callable[[dict[str, Any]], None]:
    def edit(data: dict[str, Any]) -> None:
        data["sample_size"] = {"n": 60, "justification": "By simulation", "power": 0.8}
        data["multiplicity"] = {"method": "fixed_sequence", "order": ["primary"], "alpha": 0.05}
        data["interims"] = [
            {"id": f"look{at}", "estimand": "primary", "trigger": {"visit": "D28", "fraction": share}, "spending": {"method": "pocock"}, "seen_by": ["dsmb_member"], **look}
            for at, share in enumerate(fractions, start=1)
        ]  # fmt: skip
        scenario = data["simulation"]["scenarios"][0]
        scenario["participants"] = 60
        scenario["accrual"]["per_month"] = per_month
        course = scenario["outcomes"]["madrs.total"]
        course["effect"] = {"drug": {"D28": effect}} if effect else {}
        course["sd"] = 8

    return edit


@pytest.fixture(scope="module")
def rehearsed(ready: Callable[..., Truth]) -> dict[float, SequentialOC]:
    """The same design under an effect and under none."""
    found = {}
    for effect in (-5.0, 0.0):
        given = ready(looking(0.5, 0.75, effect=effect, futility=RULE))
        (found[effect],) = operating_characteristics(given, replicates=REPLICATES, seed=5)
    return found


@pytest.mark.parametrize("effect", [-5.0, 0.0])
def test_what_is_rehearsed_is_what_the_formula_says(
    rehearsed: dict[float, SequentialOC], effect: float
) -> None:
    found = rehearsed[effect]

    def close(share: float | None, expected: float | None) -> bool:
        assert share is not None
        assert expected is not None
        # Small numbers at a look and whole points are worth up to .02.
        return abs(share - expected) < 0.02 + 4 * math.sqrt(expected * (1 - expected) / REPLICATES)

    assert close(found.power, found.power_by_formula)
    for look in found.looks:
        assert close(look.success, look.success_by_formula), look
    for look in found.looks[:-1]:
        assert close(look.futility, look.futility_by_formula), look


def test_looks_save_participants_and_time_and_cost_power(rehearsed: dict[float, SequentialOC]) -> None:
    found, null = rehearsed[-5.0], rehearsed[0.0]
    assert null.expected_n < found.expected_n < found.n
    assert found.expected_days < found.days_without
    assert found.power < found.power_without
    assert null.power < 0.05 + 4 * math.sqrt(0.05 * 0.95 / REPLICATES)
    assert found.overrun > 0


def test_a_trial_that_stops_for_success_overstates_the_effect(ready: Callable[..., Truth]) -> None:
    (found,) = operating_characteristics(ready(looking(0.5)), replicates=120, seed=5)
    assert found.bias_of_stopping < -4 * found.bias_of_stopping_mcse


def test_faster_accrual_leaves_more_in_the_pipeline(ready: Callable[..., Truth]) -> None:
    slow, fast = (
        operating_characteristics(ready(looking(0.5, per_month=rate)), replicates=40, seed=5)[0]
        for rate in (4, 20)
    )
    assert fast.overrun > 3 * slow.overrun
    assert fast.expected_days < slow.expected_days
    assert fast.looks[0].randomized > slow.looks[0].randomized


def test_replicates_are_the_same_in_one_block_or_in_two(ready: Callable[..., Truth]) -> None:
    given = ready(looking(0.5))
    (whole,) = operating_characteristics(given, replicates=20, seed=5)
    parts = [operating_characteristics(given, replicates=10, seed=5, first=at)[0] for at in (0, 10)]
    assert whole.expected_n == pytest.approx(np.mean([part.expected_n for part in parts]))
    assert whole.power == pytest.approx(np.mean([part.power for part in parts]))


def test_a_look_never_reached_stops_nothing(ready: Callable[..., Truth]) -> None:
    def edit(data: dict[str, Any]) -> None:
        looking(0.95)(data)
        data["simulation"]["scenarios"][0]["dropout"] = {"per_28_days": 0.3, "mechanism": "mcar"}

    (found,) = operating_characteristics(ready(edit), replicates=30, seed=5)
    assert found.never == 1.0
    assert found.looks[0].success == found.looks[0].harm == 0
    assert found.looks[0].analyzed is None
    assert found.expected_n == found.n


def test_binding_futility_and_a_look_that_spends_nothing_are_rehearsed_too(
    ready: Callable[..., Truth],
) -> None:
    binding = {"method": "statistic", "statistic": 0.5, "binding": True}
    (bound,) = operating_characteristics(
        ready(looking(0.5, effect=0.0, futility=binding)), replicates=100, seed=5
    )
    assert bound.looks[0].futility == pytest.approx(0.69, abs=4 * math.sqrt(0.69 * 0.31 / 100) + 0.02)
    assert bound.looks[0].harm == 0
    (quiet,) = operating_characteristics(
        ready(looking(0.5, spending={"method": "none"})), replicates=50, seed=5
    )
    assert quiet.looks[0].success == 0
    assert quiet.power == quiet.power_without


def test_a_protocol_without_looks_has_nothing_to_rehearse(ready: Callable[..., Truth]) -> None:
    assert operating_characteristics(ready(), replicates=5, seed=1) == ()
    with pytest.raises(ValueError, match="without a replicate"):
        operating_characteristics(ready(), replicates=0, seed=1)


def test_the_rows_are_plain_data(rehearsed: dict[float, SequentialOC]) -> None:
    row = rehearsed[-5.0].row()
    assert [look["look"] for look in row["looks"]] == ["look1", "look2", "end"]
    assert row["estimand"] == "primary"
    assert "power" in rehearsed[-5.0].summary()


def test_a_formula_needs_a_formula(ready: Callable[..., Truth]) -> None:
    given = ready(looking(0.5, effect=-15.0), participants=900)
    looks = looks_of(given.resolved, "primary")
    assert looks is not None
    assert crossing_by_formula(given, looks) is None


def test_a_look_sees_what_was_there_and_nothing_later(ready: Callable[..., Truth]) -> None:
    given = ready(looking(0.5))
    whole = Rehearsed(draw(given, range(6), seed=2))
    (estimand,) = given.resolved.protocol.estimands
    day = np.median(whole.calendar.visit("D28"), axis=1)
    seen = Seen(whole, estimand, day)
    after = whole.calendar.visit("D28") > day[:, None]
    assert after.any()
    waves = seen.waves("madrs.total")
    assert waves is not None
    assert np.isnan(waves.at("D28")[after]).all()
    assert (seen.arm[after & ~seen.due] == NOBODY).all()
    assert (seen.arm[seen.due] == whole.arm[seen.due]).all()
    early = whole.calendar.randomized > day[:, None]
    assert not seen.member[early].any()
    answers = estimate_batch(seen, [estimand])["primary"]
    assert (answers.n == (~after).sum(axis=1)).all()


def test_at_the_end_a_look_is_the_final_analysis(ready: Callable[..., Truth]) -> None:
    given = ready(looking(0.5))
    whole = Rehearsed(draw(given, range(4), seed=2))
    (estimand,) = given.resolved.protocol.estimands
    seen = Seen(whole, estimand, np.full(4, np.inf))
    one, other = (estimate_batch(trials, [estimand])["primary"] for trials in (seen, whole))
    assert np.array_equal(one.estimate, other.estimate)
    assert np.array_equal(one.p_value, other.p_value)
