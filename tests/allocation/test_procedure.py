"""Tests of `equipoise.allocation.procedure`."""

import random
from collections import Counter
from itertools import accumulate, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.allocation import Plan
from equipoise.allocation.procedure import sequence

RATIOS = st.dictionaries(st.sampled_from("abcde"), st.integers(1, 4), min_size=2, max_size=4)
EQUAL = {"a": 1, "b": 1}


def _arms(plan, n, seed):
    return list(islice(sequence(plan, _chance(seed)), n))


def _chance(seed):
    return random.Random(seed).randrange  # noqa: S311 - a test's chance, never a list's


@settings(max_examples=50)
@given(ratio=RATIOS, times=st.integers(1, 3), seed=st.integers())
def test_every_block_of_a_fixed_size_keeps_the_ratio(ratio, times, seed):
    size = sum(ratio.values()) * times
    arms = _arms(Plan("permuted_blocks", ratio, block_sizes=(size,)), 5 * size, seed)
    for start in range(0, len(arms), size):
        assert Counter(arms[start : start + size]) == {arm: weight * times for arm, weight in ratio.items()}


@settings(max_examples=50)
@given(times=st.lists(st.integers(1, 3), min_size=1, max_size=3), seed=st.integers())
def test_blocks_of_mixed_sizes_are_balanced_at_one_of_their_ends(times, seed):
    sizes = tuple(2 * t for t in times)
    arms = _arms(Plan("permuted_blocks", EQUAL, block_sizes=sizes), 60, seed)
    ahead = [0, *accumulate(1 if arm == "a" else -1 for arm in arms)]
    assert max(map(abs, ahead)) <= max(sizes) // 2
    reached, ends = {0}, 0
    while reached and max(reached) < 60 - max(sizes):
        reached = {
            end + size for end in reached for size in sizes if end + size <= 60 and ahead[end + size] == 0
        }
        ends += 1
    assert reached, f"no chain of block ends after {ends} blocks"


@settings(max_examples=50)
@given(maximum=st.integers(1, 6), seed=st.integers())
def test_the_big_stick_never_passes_its_maximum(maximum, seed):
    arms = _arms(Plan("big_stick", EQUAL, maximum_imbalance=maximum), 200, seed)
    assert max(map(abs, accumulate(1 if arm == "a" else -1 for arm in arms))) <= maximum


def _within(observed, expected, count):
    return abs(observed - expected) < 4 * (expected * (1 - expected) / count) ** 0.5


def test_complete_randomization_follows_its_weights():
    arms = _arms(Plan("complete", {"a": 2, "b": 1, "c": 1}), 4000, 1)
    assert all(
        _within(arms.count(arm) / 4000, share, 4000) for arm, share in (("a", 0.5), ("b", 0.25), ("c", 0.25))
    )


def test_each_of_the_six_blocks_of_four_comes_up_equally_often():
    arms = "".join(_arms(Plan("permuted_blocks", EQUAL, block_sizes=(4,)), 12_000, 2))
    tally = Counter(arms[start : start + 4] for start in range(0, 12_000, 4))
    assert len(tally) == 6
    assert all(_within(count / 3000, 1 / 6, 3000) for count in tally.values())


def test_each_block_size_comes_up_equally_often():
    drawn = []

    def below(n):
        drawn.append(n)
        return chance(n)

    chance = _chance(3)
    plan = Plan("permuted_blocks", EQUAL, block_sizes=(2, 8, 4))
    list(islice(sequence(plan, below), 14_000))
    # A block of eight is the only one whose shuffle draws below 8.
    eights = drawn.count(8)
    # Every shuffle ends with one draw below 2.
    blocks = drawn.count(2)
    assert _within(eights / blocks, 1 / 3, blocks)


def test_efron_gives_the_arm_behind_its_bias():
    arms = _arms(Plan("efron", EQUAL, bias=0.65), 6000, 4)
    ahead, behind, uneven = 0, 0, 0
    for arm in arms:
        uneven += ahead != 0
        behind += ahead != 0 and (arm == "a") == (ahead < 0)
        ahead += 1 if arm == "a" else -1
    assert _within(behind / uneven, 0.65, uneven)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="unknown method"):
        sequence(Plan("urn", EQUAL), _chance(0))
