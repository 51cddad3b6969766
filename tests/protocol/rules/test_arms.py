"""Rules over arms and randomization, each on a planted fault."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

BLOCKS = "{value: [2, 4], concealed: true}"
STRATA = "[{id: sex, item: demographics.sex@SCR, levels: [F, M, X]}]"
RATIO = "ratio: {active: 1, placebo: 1}"


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (RATIO, "ratio: {active: 0, placebo: 1}", "allocation.ratio.active", "weight 0 nobody is ever allocated to active"),
        (RATIO, "ratio: {active: 1}", "allocation.ratio", "the ratio does not name placebo"),
        (BLOCKS, "{value: [2, 3], concealed: true}", "allocation.block_sizes.value.1", "a block of 3 cannot hold the ratio 1:1"),
        (BLOCKS, "{value: [], concealed: true}", "allocation.block_sizes.value", "there is no block size"),
        (f"block_sizes: {BLOCKS}", "bias: 0.6", "allocation.method", "permuted_blocks needs `block_sizes`"),
        (f"block_sizes: {BLOCKS}", f"bias: 0.6\n  block_sizes: {BLOCKS}", "allocation.bias", "`bias` goes with efron"),
        ("levels: [F, M, X]", "levels: [F]", "allocation.strata.0.levels", "the stratum sex has 1 level, so it divides nobody"),
        ("levels: [F, M, X]", "levels: [F, M, M, X]", "allocation.strata.0.levels", "the level `M` stands twice"),
        ("levels: [F, M, X]", "levels: [F, M]", "allocation.strata.0.levels", "whoever answers X belongs to no stratum"),
        ("levels: [F, M, X]", "levels: [F, M, X, Y]", "allocation.strata.0.levels.3", "`Y` is no code of demographics.sex@SCR"),
        ("item: demographics.sex@SCR, ", "", "allocation.strata.0", "nothing says how a participant's level of sex is found"),
        ("item: demographics.sex@SCR", "item: demographics.sexe@SCR", "allocation.strata.0.item", "nobody collects `demographics.sexe`"),
        ("item: demographics.sex@SCR", "item: demographics.age@SCR", "allocation.strata.0.item", "demographics.age is no coded item"),
        ("item: demographics.sex@SCR", "item: mood.reason@D14", "allocation.strata.0.item", "is not known when a participant is randomized"),
        ("gates: [phq9]", "gates: [mood]", "allocation.gates.0", "mood is filled only after the dose"),
        ("gates: [phq9]", "gates: [medications]", "allocation.gates.0", "no visit fills medications"),
        ("elements: {treatment: sugar}", "elements: {}", "arms.1.elements", "the arm placebo receives nothing"),
        ("dose_mg: 10,", "dose_mg: 10, dose_mg_per_kg: 0.1,", "interventions.0.dose_mg_per_kg", "fixed or follows body weight, not both"),
    ],
)  # fmt: skip
def test_a_fault_of_the_allocation_is_an_error(
    plant: Plant, old: str, new: str, place: str, message: str
) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert any(message in problem.message and problem.severity == "error" for problem in found), found


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (BLOCKS, "{value: null, concealed: true}", "allocation.block_sizes", "neither randomized nor rehearsed"),
        (BLOCKS, "{value: [2], concealed: true}", "allocation.block_sizes.value", "the last arm of each block can be foreseen"),
        ("n: 40, justification", "n: 5, justification", "allocation.strata", "3 strata with blocks of 2 or more are too many for 5"),
        ("- {id: sugar, label: Placebo}", "- {id: sugar, label: Placebo}\n  - {id: spare, label: Spare}", "interventions.2.id", "no arm receives spare"),
        ("substance: exemplum, ", "", "interventions.0", "a dose of an unnamed substance"),
    ],
)  # fmt: skip
def test_a_doubtful_allocation_is_a_warning(
    plant: Plant, old: str, new: str, place: str, message: str
) -> None:
    found = plant((old, new))
    assert [(problem.path, problem.severity) for problem in found] == [(place, "warning")]
    assert message in found[0].message


def test_one_arm_is_no_randomized_trial(plant: Plant) -> None:
    problems = plant(
        ("  - {id: placebo, role: control, elements: {treatment: sugar}}\n", ""),
        (RATIO, "ratio: {active: 1}"),
    )
    assert "a randomized trial has at least two arms" in [problem.message for problem in problems]


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("method: big_stick\n  maximum_imbalance: 3", "big_stick is for two arms of equal weight"),
        ("method: efron\n  bias: 0.65", "efron is for two arms of equal weight"),
        ("method: efron\n  bias: 0.5", "a bias of 0.5 is not between 0.5 and 1"),
        ("method: efron\n  bias: 1", "a bias of 1 is not between 0.5 and 1"),
        ("method: big_stick\n  maximum_imbalance: 1", "every second allocation is certain"),
        ("method: complete", "strata change nothing"),
        ("method: big_stick", "big_stick needs `maximum_imbalance`"),
    ],
)
def test_each_method_has_conditions_of_its_own(plant: Plant, method: str, message: str) -> None:
    problems = plant(
        ("method: permuted_blocks", method),
        (f"  block_sizes: {BLOCKS}\n", ""),
        (RATIO, "ratio: {active: 2, placebo: 1}" if "two arms" in message else RATIO),
    )
    assert any(message in problem.message for problem in problems)


MINIMIZATION = "method: minimization\n  imbalance: range\n  bias: 0.8"


@pytest.mark.parametrize(
    ("section", "place", "message"),
    [
        ("method: minimization\n  bias: 0.8", "allocation.method", "minimization needs `imbalance`"),
        ("method: minimization\n  imbalance: range", "allocation.method", "minimization needs `bias`"),
        (MINIMIZATION.replace("0.8", "1"), "allocation.bias", "a bias of 1 is not between chance (1/2) and 1"),
        (MINIMIZATION.replace("0.8", "0.5"), "allocation.bias", "not between chance (1/2) and 1"),
        (f"{MINIMIZATION}\n  weights: {{age: 2}}", "allocation.weights.age", "the weight of age belongs to no factor"),
        (f"{MINIMIZATION}\n  block_sizes: [2]", "allocation.block_sizes", "`block_sizes` goes with permuted_blocks; the method is minimization"),
        ("method: complete\n  imbalance: range", "allocation.imbalance", "`imbalance` goes with minimization"),
        ("method: complete\n  weights: {sex: 2}", "allocation.weights", "`weights` goes with minimization"),
    ],
)  # fmt: skip
def test_minimization_has_conditions_of_its_own(plant: Plant, section: str, place: str, message: str) -> None:
    problems = plant(("method: permuted_blocks", section), (f"  block_sizes: {BLOCKS}\n", ""))
    assert any(one.path == place and message in one.message for one in problems), problems


def test_minimization_needs_a_factor(plant: Plant) -> None:
    problems = plant(
        ("method: permuted_blocks", MINIMIZATION), (f"  block_sizes: {BLOCKS}\n", ""), (STRATA, "[]")
    )
    assert "minimization balances factors, and none is given" in [one.message for one in problems]


def test_minimization_with_few_participants_and_many_levels_is_sound(plant: Plant) -> None:
    assert not plant(
        ("method: permuted_blocks", f"{MINIMIZATION}\n  weights: {{sex: 2}}"),
        (f"  block_sizes: {BLOCKS}\n", ""),
        ("n: 40, justification", "n: 5, justification"),
    )


def test_big_stick_with_two_equal_arms_is_sound(plant: Plant) -> None:
    assert not plant(
        ("method: permuted_blocks", "method: big_stick\n  maximum_imbalance: 3"),
        (f"  block_sizes: {BLOCKS}\n", ""),
    )


def test_a_hint_offers_the_reduced_ratio(plant: Plant) -> None:
    problems = plant((RATIO, "ratio: {active: 2, placebo: 2}"))
    assert [problem.hint for problem in problems] == ["use a multiple of 4, or write the ratio as 1:1"]


def test_listed_sites_are_compared_with_the_number_planned(plant: Plant) -> None:
    problems = plant(
        ("{id: SMALL,", "{id: SMALL, sites_planned: 3,"), (STRATA, "[{id: site, levels: [a, b]}]")
    )
    assert [problem.message for problem in problems] == ["2 sites are listed and 3 are planned"]
