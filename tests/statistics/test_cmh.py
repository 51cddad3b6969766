"""Tests of `equipoise.statistics.cmh`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.cmh import (
    breslow_day,
    cochran_mantel_haenszel,
    common_odds_ratio,
    common_risk_difference,
    common_risk_ratio,
    stratified_comparison,
    tabulate_strata,
)
from equipoise.statistics.proportion import Count, risk_difference

TABLE = st.lists(st.lists(st.integers(1, 12), min_size=2, max_size=2), min_size=2, max_size=2)
TABLES = st.lists(TABLE, min_size=2, max_size=4)


def _tables(rows, events, n):
    counts = [(int(row[events]), int(row[n]) - int(row[events])) for row in rows]
    return np.array(counts).reshape(-1, 2, 2)


@pytest.fixture(scope="module")
def berkeley(golden_rows):
    return _tables(golden_rows("cmh", "berkeley.csv"), "admitted", "n")


@pytest.fixture(scope="module")
def sparse(golden_rows):
    return _tables(golden_rows("cmh", "sparse.csv"), "events", "n")


def test_estimates_and_tests_agree_with_other_software(berkeley, sparse, golden_rows):
    computed = {}
    for name, tables in (("berkeley", berkeley), ("sparse", sparse)):
        results = {
            "cmh": cochran_mantel_haenszel(tables),
            "cmh corrected": cochran_mantel_haenszel(tables, correct=True),
            "difference": common_risk_difference(tables),
            "sato": common_risk_difference(tables, variance="sato"),
            "greenland_robins": common_risk_difference(tables, variance="greenland_robins"),
            "odds_ratio": common_odds_ratio(tables),
            "ratio": common_risk_ratio(tables),
            "breslow_day": breslow_day(tables, tarone=False),
            "breslow_day tarone": breslow_day(tables),
        }
        computed |= {f"{name} {key}": result for key, result in results.items()}
    rows = [row for row in golden_rows("cmh", "expected.csv") if not row["quantity"].startswith("ordinal")]
    assert rows
    for row in rows:
        key, field = row["quantity"].rsplit(" ", 1)
        found = getattr(computed[key], field)
        assert found == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"])), row


def test_one_call_gives_what_the_single_functions_give(sparse):
    all_in_one = stratified_comparison(sparse)
    assert all_in_one.difference == common_risk_difference(sparse)
    assert all_in_one.test == cochran_mantel_haenszel(sparse)
    assert all_in_one.odds_ratio == common_odds_ratio(sparse)
    assert all_in_one.ratio == common_risk_ratio(sparse)
    assert all_in_one.homogeneity == breslow_day(sparse)


def test_a_stratum_with_one_arm_is_left_out_and_counted(sparse):
    both = stratified_comparison(sparse[:5])
    more = stratified_comparison(sparse)
    assert (both.left_out, more.left_out, more.strata) == (0, 1, 5)
    assert more.difference == both.difference
    assert "1 strata with one arm only left out" in more.summary()


def test_one_stratum_gives_the_plain_difference_and_its_binomial_error():
    tables = [[[9, 6], [4, 13]]]
    plain = risk_difference(Count(9, 15), Count(4, 17))
    common = common_risk_difference(tables, variance="greenland_robins")
    assert common.estimate == pytest.approx(plain.estimate)
    assert common.std_error == pytest.approx(plain.std_error)
    assert common_odds_ratio(tables).estimate == pytest.approx(9 * 13 / (6 * 4))
    assert stratified_comparison(tables).homogeneity is None


def test_strata_of_one_odds_ratio_are_homogeneous():
    assert breslow_day([[[10, 10], [5, 10]], [[20, 5], [10, 5]]]).statistic == pytest.approx(0, abs=1e-9)


@settings(max_examples=30)
@given(TABLES)
def test_exchanging_arms_turns_the_difference_and_inverts_the_ratios(tables):
    tables = np.array(tables)
    turned = tables[:, ::-1]
    for variance in ("sato", "greenland_robins"):
        forward = common_risk_difference(tables, variance=variance)
        backward = common_risk_difference(turned, variance=variance)
        assert forward.estimate == pytest.approx(-backward.estimate, abs=1e-12)
        assert forward.std_error == pytest.approx(backward.std_error, rel=1e-9)
    for ratio in (common_odds_ratio, common_risk_ratio):
        assert ratio(tables).estimate * ratio(turned).estimate == pytest.approx(1)
        assert ratio(tables).std_error == pytest.approx(ratio(turned).std_error)
    test = cochran_mantel_haenszel(tables)
    assert test.statistic == pytest.approx(cochran_mantel_haenszel(turned).statistic)
    assert cochran_mantel_haenszel(tables, correct=True).p_value >= test.p_value


@settings(max_examples=30)
@given(TABLES)
def test_the_order_of_strata_is_irrelevant(tables):
    one, two = stratified_comparison(tables), stratified_comparison(tables[::-1])
    assert one.difference.estimate == pytest.approx(two.difference.estimate, abs=1e-12)
    assert one.homogeneity.p_value == pytest.approx(two.homogeneity.p_value, abs=1e-9)


def test_the_sato_error_holds_for_many_pairs():
    rng = np.random.default_rng(20261123)
    strata, repeats = 150, 200
    events = rng.random((repeats, strata, 2)) < np.array([0.6, 0.35])
    estimates = [common_risk_difference(np.stack([e, ~e], axis=2).astype(int)) for e in events]
    spread = np.std([e.estimate for e in estimates], ddof=1)
    # The relative standard error of a standard deviation from r normal draws is 1 / sqrt(2 r).
    assert np.mean([e.std_error for e in estimates]) == pytest.approx(spread, rel=4 / np.sqrt(2 * repeats))
    assert (
        np.mean(
            [
                common_risk_difference(
                    np.stack([e, ~e], axis=2).astype(int), variance="greenland_robins"
                ).std_error
                for e in events[:3]
            ]
        )
        == 0
    )


def test_without_any_event_there_is_a_difference_but_no_test_and_no_ratio():
    found = stratified_comparison([[[0, 5], [0, 6]], [[0, 4], [0, 3]]])
    assert (found.difference.estimate, found.test, found.odds_ratio, found.ratio) == (0, None, None, None)
    assert found.homogeneity is None
    assert "2 strata" in found.summary()


@pytest.mark.parametrize("compute", [common_odds_ratio, common_risk_ratio])
def test_a_ratio_that_is_not_finite_is_refused_with_the_side(compute):
    with pytest.raises(FitError, match="is infinite"):
        compute([[[3, 2], [0, 5]]])
    with pytest.raises(FitError, match="is 0"):
        compute([[[0, 5], [3, 2]]])


def test_tables_are_made_from_participants():
    tables, labels = tabulate_strata(
        [1, 0, 1, 0, 1], ["x", "x", "y", "y", "x"], ["s", "s", "s", "t", "t"], arms=("x", "y")
    )
    assert labels == ["s", "t"]
    assert tables.tolist() == [[[1, 1], [1, 0]], [[1, 0], [0, 1]]]


@pytest.mark.parametrize(
    ("event", "arm", "strata"),
    [
        ([1, 2], ["x", "y"], [1, 1]),
        ([1, 0], ["x", "z"], [1, 1]),
        ([1, 0], ["x", "y"], [1]),
        ([1, 0], ["x"], [1, 1]),
    ],
)
def test_participants_that_do_not_fit_are_refused(event, arm, strata):
    with pytest.raises(ValueError, match=r"for \d|events are"):
        tabulate_strata(event, arm, strata, arms=("x", "y"))


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ([[1, 2], [3, 4]], "shape"),
        ([[[1, -1], [2, 2]]], "0 or more"),
        ([[[1.5, 1], [2, 2]]], "whole"),
        ([[[np.nan, 1], [2, 2]]], "whole"),
    ],
)
def test_tables_of_another_kind_are_refused(tables, words):
    with pytest.raises(ValueError, match=words):
        stratified_comparison(tables)


def test_strata_without_both_arms_are_refused():
    with pytest.raises(FitError, match="both arms"):
        stratified_comparison([[[1, 2], [0, 0]], [[0, 0], [2, 2]]])


def test_an_unknown_variance_is_refused():
    with pytest.raises(ValueError, match="choose sato"):
        common_risk_difference([[[1, 2], [2, 1]]], variance="wald")
