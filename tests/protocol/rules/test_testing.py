"""Rules over tests and numbers of participants, each on a planted fault."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

FIXED = "multiplicity: {method: fixed_sequence, order: [main], alpha: 0.05}"
GRAPH = "multiplicity: {method: graph, order: [main, better], alpha: 0.05, weights: {main: 1}, transitions: {main: {better: 1}}}"


def test_a_sound_graph_is_accepted(plant: Plant) -> None:
    assert not plant((FIXED, GRAPH))


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (FIXED, FIXED.replace("[main]", "[]"), "multiplicity.order", "no estimand is tested"),
        (FIXED, FIXED.replace("[main]", "[better]"), "multiplicity.order", "the primary estimand main is not tested"),
        (FIXED, GRAPH.replace("weights: {main: 1}", "weights: {main: 0.7, better: 0.4}"), "multiplicity.weights", "the weights add up to 1.1, more than 1"),
        (FIXED, GRAPH.replace("{better: 1}", "{better: 0.8, main: 0.3}"), "multiplicity.transitions.main", "the transitions from main add up to 1.1"),
        (FIXED, GRAPH.replace("{better: 1}", "{main: 1}"), "multiplicity.transitions.main.main", "main hands its share to itself"),
        (FIXED, GRAPH.replace(", weights: {main: 1}", ""), "multiplicity.method", "a graph needs `weights`"),
        (FIXED, GRAPH.replace("method: graph", "method: holm"), "multiplicity.weights", "`weights` goes with method graph"),
        (FIXED, GRAPH.replace("weights: {main: 1}", "weights: {main: 0.5, better: 0.5}").replace("[main, better]", "[main]"), "multiplicity.order", "better has a place in the graph and none in `order`"),
        ("n: 40, justification", "n: 1, justification", "sample_size.n", "1 participants cannot fill 2 arms"),
        ("estimate: -3.0, ci_low: -5.0", "estimate: -6.0, ci_low: -5.0", "published.0.estimate", "the estimate -6 is outside its own interval"),
    ],
)  # fmt: skip
def test_a_fault_of_the_tests_is_an_error(plant: Plant, old: str, new: str, place: str, message: str) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert any(message in problem.message and problem.severity == "error" for problem in found), found


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("sample_size: {n: 40, justification: By simulation}\n", "", "", "nothing says how many participants are planned"),
        (FIXED, FIXED.replace("[main]", "[better, main]"), "multiplicity.order.0", "the sequence begins with better"),
    ],
)  # fmt: skip
def test_a_doubt_about_the_tests_is_a_warning(
    plant: Plant, old: str, new: str, place: str, message: str
) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert [problem.severity for problem in found] == ["warning"]
    assert message in found[0].message


def test_several_claims_without_protection_are_a_warning(plant: Plant) -> None:
    every = plant((FIXED + "\n", ""), ("role: exploratory", "role: secondary"))
    (found,) = [problem for problem in every if problem.path == "estimands"]
    assert found.message == "main, better are claims, and nothing limits the chance of a false one"


def test_a_sensitivity_analysis_is_no_claim(plant: Plant) -> None:
    (found,) = plant(
        (FIXED, FIXED.replace("[main]", "[main, better]")),
        ("role: exploratory", "role: sensitivity\n    sensitivity_of: main"),
    )
    assert (found.path, found.severity) == ("multiplicity.order.1", "warning")
