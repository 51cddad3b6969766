"""The allocation section as a plan, and participants walked down its list."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from equipoise.allocation import plan_of
from equipoise.design import draw


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({"method": "complete"}, ("complete", (), None, None)),
        ({"method": "permuted_blocks", "block_sizes": [2, 4]}, ("permuted_blocks", (2, 4), None, None)),
        ({"method": "big_stick", "maximum_imbalance": 3}, ("big_stick", (), 3, None)),
        ({"method": "efron", "bias": 0.65}, ("efron", (), None, 0.65)),
    ],
)
def test_every_method_becomes_a_valid_plan(
    small: Any, section: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    def edit(data: dict[str, Any]) -> None:
        data["allocation"] = {"ratio": {"drug": 1, "control": 1}, **section}

    plan = plan_of(small(edit).protocol)
    assert (plan.method, plan.block_sizes, plan.maximum_imbalance, plan.bias) == expected
    assert [one for one in plan.check() if one.severity == "error" and one.path != "length"] == []


def test_unknown_block_sizes_are_twice_the_ratio_s_sum(small: Any) -> None:
    def edit(data: dict[str, Any]) -> None:
        data["allocation"] = {
            "method": "permuted_blocks",
            "ratio": {"drug": 2, "control": 1},
            "block_sizes": {"value": None},
        }

    assert plan_of(small(edit).protocol).block_sizes == (6,)


def test_each_stratum_is_balanced_by_itself(ready: Any) -> None:
    def stratified(data: dict[str, Any]) -> None:
        data["allocation"]["strata"] = [
            {"id": "use", "item": "intake.used_before@SCR", "levels": ["never", "ever"]},
            {"id": "site", "levels": ["north", "south"]},
        ]

    truth = ready(stratified, participants=200)
    batch = draw(truth, range(3), seed=1)
    assert set(batch.stratum.ravel().tolist()) == {0, 1, 2, 3}
    for replicate in range(3):
        for stratum in range(4):
            arms = batch.arm[replicate][batch.stratum[replicate] == stratum]
            assert abs(int((arms == 0).sum()) - int((arms == 1).sum())) <= 2
    assert truth.assignment.sites == ("north", "south")


def test_kits_have_enough_digits_for_a_long_list(ready: Any) -> None:
    batch = draw(ready(), [0], seed=1)
    assignment = replace(batch.truth.assignment, plan=replace(batch.truth.assignment.plan, kit_digits=3))
    slots = assignment.draw_list(batch.streams, np.zeros(500, dtype=np.int64))
    assert len({slot.kit for slot in slots}) == 500
    assert {len(slot.kit) for slot in slots} == {4}


def test_minimization_balances_each_factor_and_gives_each_participant_a_kit(ready: Any) -> None:
    def minimized(data: dict[str, Any]) -> None:
        del data["allocation"]["block_sizes"]
        data["allocation"] |= {"method": "minimization", "imbalance": "range", "bias": 0.9}
        data["allocation"]["strata"] = [
            {"id": "use", "item": "intake.used_before@SCR", "levels": ["never", "ever"]},
            {"id": "site", "levels": ["north", "south"]},
        ]

    truth = ready(minimized, participants=100)
    batch = draw(truth, range(2), seed=1)
    for replicate in range(2):
        for factor in (batch.stratum[replicate] // 2, batch.stratum[replicate] % 2):
            for level in range(2):
                arms = batch.arm[replicate][factor == level]
                assert abs(int((arms == 0).sum()) - int((arms == 1).sum())) <= 8
    drawn = truth.assignment.draw_list(batch.streams, batch.stratum[0], spare=1)
    slots = truth.assignment.slots(drawn, batch.stratum[0])
    arms = [truth.assignment.arms.index(slot.arm) for slot in slots]
    assert arms == batch.arm[0].tolist()
    assert len({slot.kit for slot in drawn}) == len(drawn) == 108
