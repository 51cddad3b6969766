"""Tests of `equipoise.statistics.multiplicity`."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import ProtocolError
from equipoise.statistics.multiplicity import check_graph, fixed_sequence, graph, hochberg, holm

NAMES = ("H1", "H2", "H3", "H4", "H5")
TWO_FAMILIES = (
    {"H1": 0.5, "H2": 0.5},
    {"H1": {"H3": 1}, "H2": {"H4": 1}, "H3": {"H2": 1}, "H4": {"H1": 1}},
)
P = st.floats(0, 1)
P_VALUES = st.lists(P, min_size=1, max_size=5).map(lambda ps: dict(zip(NAMES, ps, strict=False)))


def _holm_graph(names):
    m = len(names)
    return dict.fromkeys(names, 1 / m), {a: {b: 1 / (m - 1) for b in names if b != a} for a in names}


def _chain(names):
    return {names[0]: 1.0}, {a: {b: 1.0} for a, b in pairwise(names)}


def _run(case, p_values):
    if case.startswith("holm"):
        return holm(p_values, alpha=0.05)
    if case.startswith("hochberg"):
        return hochberg(p_values, alpha=0.05)
    weights, transitions = TWO_FAMILIES if "two families" in case else _holm_graph(list(p_values))
    return graph(p_values, weights=weights, transitions=transitions, alpha=0.05)


def test_adjusted_p_values_agree_with_other_software(golden_rows, agrees):
    computed = {}
    for row in golden_rows("multiplicity", "p_values.csv"):
        p_values = {name: float(row[name]) for name in NAMES if row[name]}
        for decision in _run(row["case"], p_values):
            computed[f"{row['case']}.{decision.hypothesis}"] = decision.adjusted_p
    agrees("multiplicity", computed)


def test_the_printed_graph_rejects_the_three_that_its_software_rejects(golden_rows):
    row = golden_rows("multiplicity", "p_values.csv")[0]
    decisions = _run(row["case"], {name: float(row[name]) for name in NAMES if row[name]})
    assert [d.rejected for d in decisions] == [True, True, True, False]
    assert decisions["H4"].local_alpha == pytest.approx(0.05)


def test_a_fixed_sequence_stops_at_its_first_failure_and_tests_nothing_after():
    decisions = fixed_sequence({"MADRS": 0.0002, "SPFI": 0.053, "PCL-5": 0.046}, alpha=0.05)
    assert [(d.tested, d.rejected) for d in decisions] == [(True, True), (True, False), (False, False)]
    assert (decisions["PCL-5"].adjusted_p, decisions["PCL-5"].local_alpha) == (None, 0)
    assert decisions.summary() == (
        "fixed sequence at 0.05: MADRS rejected (p < .001); SPFI not rejected (p = .053); PCL-5 not tested"
    )


@settings(max_examples=60)
@given(P_VALUES)
def test_a_fixed_sequence_is_the_graph_that_is_a_chain(p_values):
    weights, transitions = _chain(list(p_values))
    as_graph = graph(p_values, weights=weights, transitions=transitions, alpha=0.05)
    assert as_graph.decisions == fixed_sequence(p_values, alpha=0.05).decisions


@settings(max_examples=60)
@given(st.lists(P, min_size=2, max_size=5).map(lambda ps: dict(zip(NAMES, ps, strict=False))))
def test_holm_is_the_graph_with_equal_weights_and_arrows(p_values):
    weights, transitions = _holm_graph(list(p_values))
    for a, b in zip(
        graph(p_values, weights=weights, transitions=transitions, alpha=0.05),
        holm(p_values, alpha=0.05),
        strict=True,
    ):
        assert a.adjusted_p == pytest.approx(b.adjusted_p, rel=1e-9)
        assert a.local_alpha == pytest.approx(b.local_alpha, rel=1e-9)


def _weights_without(weights, transitions, gone):
    """Weights after removing `gone` from the graph, written out independently with the paper's formulas."""
    share = dict(weights)
    arrows = {(a, b): transitions.get(a, {}).get(b, 0.0) for a in NAMES for b in NAMES}
    left = list(share)
    for j in gone:
        left.remove(j)
        for k in left:
            share[k] += share[j] * arrows[j, k]
        fresh = {}
        for k in left:
            for m in left:
                loop = arrows[k, j] * arrows[j, k]
                if k != m:
                    joined = arrows[k, m] + arrows[k, j] * arrows[j, m]
                    fresh[k, m] = joined / (1 - loop) if loop < 1 - 1e-12 else 0.0
        arrows |= fresh
        del share[j]
    return share


@st.composite
def _graphs(draw):
    size = draw(st.integers(2, 4))
    names = NAMES[:size]
    raw = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size).filter(any))
    weights = {n: w / sum(raw) for n, w in zip(names, raw, strict=True)}
    transitions = {}
    for a in names:
        row = draw(st.lists(st.integers(0, 3), min_size=size - 1, max_size=size - 1))
        others = [n for n in names if n != a]
        transitions[a] = {b: r / max(1, sum(row)) for b, r in zip(others, row, strict=True)}
    return weights, transitions, {n: draw(st.floats(0.0001, 0.2)) for n in names}


@settings(max_examples=60)
@given(_graphs())
def test_the_graph_is_the_closed_test_of_weighted_bonferroni_tests(case):
    weights, transitions, p_values = case
    adjusted = dict.fromkeys(p_values, 0.0)
    for size in range(1, len(p_values) + 1):
        for subset in combinations(p_values, size):
            share = _weights_without(weights, transitions, [n for n in p_values if n not in subset])
            p = min([1.0, *(p_values[n] / share[n] for n in subset if share[n] > 0)])
            adjusted |= {n: max(adjusted[n], p) for n in subset}
    for decision in graph(p_values, weights=weights, transitions=transitions, alpha=0.05):
        if decision.tested:
            assert decision.adjusted_p == pytest.approx(adjusted[decision.hypothesis], rel=1e-9)
        assert decision.rejected == (adjusted[decision.hypothesis] <= 0.05 * (1 + 1e-9))


@settings(max_examples=60)
@given(P_VALUES)
def test_hochberg_rejects_whatever_holm_rejects(p_values):
    for up, down in zip(hochberg(p_values, alpha=0.05), holm(p_values, alpha=0.05), strict=True):
        assert up.rejected or not down.rejected
        assert up.adjusted_p <= down.adjusted_p


@settings(max_examples=60)
@given(P_VALUES, st.sampled_from([holm, hochberg]))
def test_rejection_is_the_p_value_at_or_below_its_local_alpha(p_values, procedure):
    for d in procedure(p_values, alpha=0.05):
        assert d.rejected == (d.p_value <= d.local_alpha * (1 + 1e-12))
        assert d.rejected == (d.adjusted_p <= 0.05 * (1 + 1e-12))


@settings(max_examples=40)
@given(P_VALUES, st.sampled_from([holm, hochberg]), st.randoms(use_true_random=False))
def test_the_order_of_hypotheses_is_irrelevant(p_values, procedure, order):
    names = order.sample(list(p_values), len(p_values))
    turned = procedure({name: p_values[name] for name in names}, alpha=0.05)
    plain = procedure(p_values, alpha=0.05)
    assert all(turned[name].adjusted_p == plain[name].adjusted_p for name in names)


@pytest.mark.parametrize("procedure", [fixed_sequence, holm, hochberg])
def test_a_hypothesis_without_a_p_value_is_never_rejected_but_counted(procedure):
    decisions = procedure({"a": 0.02, "b": None, "c": 0.04}, alpha=0.05)
    assert (decisions["b"].rejected, decisions["b"].adjusted_p) == (False, None)
    assert decisions["a"].rejected == (procedure is fixed_sequence)
    assert not decisions["c"].rejected


def test_a_p_value_exactly_at_its_level_is_rejected():
    assert holm({"a": 0.05 / 3, "b": 0.9, "c": 0.9}, alpha=0.05)["a"].rejected


def test_a_hypothesis_that_no_alpha_reaches_is_not_tested():
    decisions = graph({"a": 0.2, "b": 0.001}, weights={"a": 1}, transitions={"a": {"b": 1}}, alpha=0.05)
    assert (decisions["b"].tested, decisions["b"].adjusted_p, decisions["b"].rejected) == (False, None, False)


def test_alpha_passed_back_and_forth_between_two_never_reaches_a_third():
    decisions = graph(
        {"a": 0.001, "b": 0.001, "c": 0.001},
        weights={"a": 0.5, "b": 0.5},
        transitions={"a": {"b": 1}, "b": {"a": 1}, "c": {"a": 1}},
        alpha=0.05,
    )
    assert [(d.tested, d.rejected) for d in decisions] == [(True, True), (True, True), (False, False)]


def test_every_problem_of_a_graph_is_named_at_once():
    weights = {"a": 0.7, "b": 0.7, "z": 0.1}
    transitions = {"a": {"a": 0.5, "b": 0.8}, "y": {}, "b": {"a": -0.1}}
    paths = [p.path for p in check_graph(["a", "b"], weights=weights, transitions=transitions)]
    assert paths == [
        "weights.z",
        "weights",
        "transitions",
        "transitions.a.a",
        "transitions.a",
        "transitions.b.a",
    ]
    with pytest.raises(ProtocolError) as caught:
        graph({"a": 0.1, "b": 0.1}, weights=weights, transitions=transitions, alpha=0.05)
    assert len(caught.value.problems) == len(paths)


@pytest.mark.parametrize("procedure", [fixed_sequence, holm, hochberg])
def test_impossible_probabilities_are_refused(procedure):
    with pytest.raises(ValueError, match=r"a: 1\.5"):
        procedure({"a": 1.5}, alpha=0.05)
    with pytest.raises(ValueError, match="alpha"):
        procedure({"a": 0.5}, alpha=5)


def test_decisions_are_found_by_name_and_shown_as_a_frame():
    decisions = holm({"a": 0.01, "b": 0.2}, alpha=0.05)
    assert (len(decisions), list(decisions.to_frame().hypothesis)) == (2, ["a", "b"])
    with pytest.raises(KeyError):
        decisions["z"]
