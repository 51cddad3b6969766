"""Rules over interim looks, each on a planted fault."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

LOOK = "trigger: {visit: D28, fraction: 0.5}, spending: {method: obrien_fleming}, seen_by: [dsmb_member]}"
SIZE = "sample_size: {n: 40, justification: By simulation}"
POWERED = "sample_size: {n: 40, justification: By simulation, power: 0.8}"
FIXED = "multiplicity: {method: fixed_sequence, order: [main], alpha: 0.05}"
POWER = "futility: {method: conditional_power, threshold: 0.2}, "


def _with(extra: str) -> str:
    return LOOK.replace("seen_by", f"{extra}seen_by")


def _again(second: str = LOOK) -> str:
    return LOOK + "\n  - {id: again, estimand: main, " + second.replace("0.5", "0.7")


@pytest.mark.parametrize(
    "extra",
    [
        POWER,
        "futility: {method: conditional_power, threshold: 0.2, under: trend, binding: true}, ",
        "futility: {method: predictive_power, threshold: 0.1}, ",
        "futility: {method: statistic, statistic: 0.0}, ",
        "decided_by: dsmb_member, ",
    ],
)
def test_a_sound_look_is_accepted(plant: Plant, extra: str) -> None:
    assert not plant((LOOK, _with(extra)))


def test_looks_that_follow_one_another_are_accepted(plant: Plant) -> None:
    assert not plant((LOOK, _again()))


def test_what_was_planned_may_be_spent(plant: Plant) -> None:
    spent = "futility: {method: beta_spending, spending: hwang_shih_decani, gamma: -2}, "
    assert not plant((LOOK, _with(spent)), (SIZE, POWERED))
    assert not plant((LOOK, _with(POWER.replace("0.2", "0.2, under: planned"))), (SIZE, POWERED))


@pytest.mark.parametrize(
    ("new", "place", "message"),
    [
        (LOOK.replace("fraction: 0.5", "fraction: 0.5, participants: 20"), "interims.0.trigger", "nothing or two things say when look takes place"),
        (LOOK.replace("fraction: 0.5", "participants: 40"), "interims.0.trigger.participants", "after 40 of 40 participants"),
        (LOOK.replace("obrien_fleming", "hwang_shih_decani"), "interims.0.spending", "`gamma` goes with hwang_shih_decani"),
        (LOOK.replace("[dsmb_member]", "[]"), "interims.0.seen_by", "nobody sees look"),
        (LOOK.replace("[dsmb_member]", "[unblinded_statistician]"), "interims.0.seen_by", "dsmb_member decides on look without seeing it"),
        (_with("decided_by: unblinded_statistician, "), "interims.0.decided_by", "unblinded_statistician decides on look without"),
        (_again().replace("0.7", "0.5"), "interims.1.trigger", "again comes no later than the look before it"),
        (_again(LOOK.replace("obrien_fleming", "pocock")), "interims.1.spending", "again and look look at main under different rules of spending"),
        (_again(_with(POWER)), "interims.1.futility", "different rules of futility"),
        (_with(POWER).replace("threshold: 0.2", "statistic: 1"), "interims.0.futility.statistic", "`statistic` does not go with conditional_power"),
        (_with(POWER).replace(", threshold: 0.2", ""), "interims.0.futility.method", "conditional_power needs `threshold`"),
        (_with(POWER).replace("0.2", "1"), "interims.0.futility.threshold", "a power of 1 is reached never or always"),
        (_with(POWER).replace("0.2", "0.2, under: planned"), "interims.0.futility", "nothing says which power was planned"),
        (_with("futility: {method: beta_spending, spending: pocock}, "), "interims.0.futility", "nothing says which power was planned"),
        (_with("futility: {method: beta_spending, spending: pocock, gamma: 1}, "), "interims.0.futility.spending", "`gamma` goes with hwang_shih_decani"),
        (LOOK.replace("fraction: 0.5", "fraction: 1.5"), "interims.0.trigger.fraction", "1"),
    ],
)  # fmt: skip
def test_a_fault_of_a_look_is_an_error(plant: Plant, new: str, place: str, message: str) -> None:
    found = [problem for problem in plant((LOOK, new)) if problem.path == place]
    assert any(message in problem.message and problem.severity == "error" for problem in found), found
    assert all(problem.line for problem in found)


def test_alpha_that_is_not_there_cannot_be_spent(plant: Plant) -> None:
    (found,) = plant((FIXED + "\n", ""))
    assert (found.path, found.severity) == ("interims.0.spending", "error")
    assert found.message == "look spends alpha that main does not have"


def test_no_look_is_called_like_the_final_analysis(plant: Plant) -> None:
    (found,) = plant(("{id: look, estimand: main", "{id: end, estimand: main"))
    assert (found.path, found.severity) == ("interims.0.id", "error")


def test_a_share_of_nothing_planned_is_an_error(plant: Plant) -> None:
    found = plant((SIZE + "\n", ""))
    assert any("a planned number that nobody has given" in problem.message for problem in found), found


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (LOOK, LOOK.replace("[dsmb_member]", "[dsmb_member, investigator]"), "interims.0.seen_by", "investigator would see unblinded results"),
        (FIXED, FIXED.replace("fixed_sequence", "hochberg"), "interims.0.spending", "Hochberg's procedure is not known to keep alpha"),
        (LOOK, LOOK.replace("visit: D28", "visit: SCR"), "interims.0.trigger.visit", "look waits for SCR, and main is read at D28"),
    ],
)  # fmt: skip
def test_a_doubt_about_a_look_is_a_warning(
    plant: Plant, old: str, new: str, place: str, message: str
) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert [problem.severity for problem in found] == ["warning"]
    assert message in found[0].message


def test_everything_wrong_with_a_look_is_said_at_once(plant: Plant) -> None:
    bad = "trigger: {visit: D28}, spending: {method: pocock, gamma: 1}, futility: {method: statistic}, seen_by: []}"
    found = {problem.path for problem in plant((LOOK, bad))}
    assert found == {
        "interims.0.trigger",
        "interims.0.spending",
        "interims.0.futility.method",
        "interims.0.seen_by",
    }
