"""Tests of `equipoise.allocation.plan`."""

import traceback

import pytest

from equipoise.allocation import Plan, StratumFactor, draw
from equipoise.errors import ProtocolError, RecordError

SITE = StratumFactor("site", ("seattle", "denver"))
PRIOR = StratumFactor("prior_use", ("yes", "no"))
EQUAL = {"psilocybin": 1, "niacin": 1}


def _paths(plan, severity="error"):
    return [problem.path for problem in plan.check() if problem.severity == severity]


@pytest.mark.parametrize(
    "plan",
    [
        Plan("complete", {"a": 2, "b": 1, "c": 3}),
        Plan("permuted_blocks", EQUAL, block_sizes=(2, 4), strata=(PRIOR, SITE), length=20),
        Plan("permuted_blocks", {"a": 2, "b": 1}, block_sizes=(3, 6)),
        Plan("big_stick", EQUAL, maximum_imbalance=4),
        Plan("efron", EQUAL, bias=0.65),
    ],
)
def test_a_sound_plan_has_no_problem(plan):
    assert plan.check() == []


@pytest.mark.parametrize(
    ("plan", "paths"),
    [
        (Plan("complete", {"a": 0, "b": 1}), ["ratio.a"]),
        (Plan("complete", {"a": 1.5, "b": True}), ["ratio.a", "ratio.b"]),
        (Plan("complete", {"a": 1}), ["ratio"]),
        (Plan("complete", {" ": 1, "b": 1}), ["ratio"]),
        (Plan("complete", {"zu\u0308rich": 1, "b": 1}), ["ratio"]),
        (Plan("blocks", EQUAL), ["method"]),
        (Plan("permuted_blocks", EQUAL), ["block_sizes"]),
        (Plan("permuted_blocks", EQUAL, block_sizes=(4, 3, 0)), ["block_sizes.1", "block_sizes.2"]),
        (
            Plan("complete", EQUAL, block_sizes=(4,), maximum_imbalance=2, bias=0.6),
            ["block_sizes", "maximum_imbalance", "bias"],
        ),
        (Plan("big_stick", EQUAL), ["maximum_imbalance"]),
        (Plan("big_stick", {"a": 2, "b": 1}, maximum_imbalance=3), ["ratio"]),
        (Plan("efron", {"a": 1, "b": 1, "c": 1}, bias=0.65), ["ratio"]),
        (Plan("efron", EQUAL, bias=0.5), ["bias"]),
        (Plan("efron", EQUAL, bias=1.0), ["bias"]),
        (Plan("complete", EQUAL, strata=(StratumFactor("site", ("one",)),)), ["strata.0.levels"]),
        (Plan("complete", EQUAL, strata=(StratumFactor("site", ("a", "b", "a")),)), ["strata.0.levels"]),
        (Plan("complete", EQUAL, strata=(SITE, SITE)), ["strata.0", "strata.1"]),
        (Plan("complete", EQUAL, strata=(StratumFactor("a=b", ("x;", "y")),)), ["strata.0", "strata.0"]),
        (Plan("complete", EQUAL, length=0), ["length"]),
        (Plan("complete", EQUAL, length=20, kit_digits=2), ["kit_digits"]),
        (Plan("complete", EQUAL, kit_digits=0), ["kit_digits"]),
    ],
)
def test_each_fault_is_found_at_its_place(plan, paths):
    assert _paths(plan) == paths


def test_all_problems_come_at_once():
    plan = Plan(
        "permuted_blocks", {"a": 0, "b": 1}, block_sizes=(2,), strata=(StratumFactor("s", ("x",)),), length=-1
    )
    assert set(_paths(plan)) == {"ratio.a", "strata.0.levels", "length"}


def test_a_misspelled_method_is_answered_with_the_nearest_one():
    assert Plan("bigstick", EQUAL).check()[0].hint == "did you mean big_stick?"


@pytest.mark.parametrize(
    "plan", [Plan("permuted_blocks", EQUAL, block_sizes=(2,)), Plan("big_stick", EQUAL, maximum_imbalance=1)]
)
def test_plans_whose_next_arm_is_often_certain_are_warned_about_and_drawn(plan, seed, canonical):
    assert len(_paths(plan, "warning")) == 1
    assert len(draw(plan, seed=seed, canonical=canonical, length=4)) == 4


def test_strata_are_the_products_of_the_levels():
    plan = Plan("complete", EQUAL, strata=(PRIOR, SITE))
    assert plan.stratum_names == (
        "prior_use=yes;site=seattle",
        "prior_use=yes;site=denver",
        "prior_use=no;site=seattle",
        "prior_use=no;site=denver",
    )
    assert plan.stratum({"site": "denver", "prior_use": "no"}) == "prior_use=no;site=denver"
    assert Plan("complete", EQUAL).stratum({}) == "all"


def test_unknown_levels_are_refused_all_at_once():
    with pytest.raises(RecordError) as caught:
        Plan("complete", EQUAL, strata=(PRIOR, SITE)).stratum({"site": "boston"})
    assert [(p.path, p.message) for p in caught.value.problems] == [
        ("prior_use", "no level is given"),
        ("site", "'boston' is not a level"),
    ]


def test_the_repr_hides_arms_ratio_and_block_sizes():
    shown = repr(Plan("permuted_blocks", EQUAL, block_sizes=(2, 4)))
    assert shown == "<Plan of 2 arms in 1 strata, details hidden>"


def test_a_plan_with_faults_cannot_be_drawn(seed, canonical):
    with pytest.raises(ProtocolError) as caught:
        draw(Plan("permuted_blocks", EQUAL, block_sizes=(3,)), seed=seed, canonical=canonical)
    assert [p.path for p in caught.value.problems] == ["block_sizes.0", "length"]
    assert "niacin" not in "".join(traceback.format_exception(caught.value))
