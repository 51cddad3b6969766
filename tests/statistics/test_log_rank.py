"""Tests of `equipoise.statistics.log_rank`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.cmh import cochran_mantel_haenszel
from equipoise.statistics.log_rank import log_rank, peto_hazard_ratio

PEOPLE = st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.booleans()), min_size=4, max_size=25).filter(
    lambda people: (
        len({arm for _, _, arm in people}) == 2
        and any(e and sum(t >= when and a != arm for t, _, a in people) for when, e, arm in people)
    )
)


def _columns(rows):
    return (
        np.array([float(row["weeks"]) for row in rows]),
        np.array([float(row["relapsed"]) for row in rows]),
        np.array([row["arm"] for row in rows]),
    )


def _split(people):
    return [t for t, _, _ in people], [float(e) for _, e, _ in people], [str(a) for _, _, a in people]


def test_tests_and_ratios_agree_with_other_software(golden_rows):
    leukemia, relapse = (golden_rows("survival", f"{name}.csv") for name in ("leukemia", "relapse"))
    sites = [row["site"] for row in relapse]
    tests = {
        "leukemia log_rank": log_rank(*_columns(leukemia)),
        "relapse log_rank": log_rank(*_columns(relapse)),
        "relapse stratified log_rank": log_rank(*_columns(relapse), strata=sites),
    }
    peto = peto_hazard_ratio(*_columns(leukemia), reference="placebo")
    computed = {f"leukemia peto {field}": getattr(peto, field) for field in ("estimate", "std_error")}
    for name, found in tests.items():
        computed |= {f"{name} statistic": found.test.statistic, f"{name} p_value": found.test.p_value}
        computed |= {f"{name} expected {arm}": events for arm, events in found.expected.items()}
    rows = [
        row
        for row in golden_rows("survival", "expected.csv")
        if "log_rank" in row["quantity"] or "peto" in row["quantity"]
    ]
    assert rows
    for row in rows:
        found = computed[row["quantity"]]
        assert found == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"])), row


@settings(max_examples=40)
@given(PEOPLE)
def test_it_is_the_mantel_haenszel_test_over_times(people):
    time, event, arm = _split(people)
    tables = []
    for when in sorted({t for t, e in zip(time, event, strict=True) if e}):
        there = [(a, t == when and e == 1) for t, e, a in zip(time, event, arm, strict=True) if t >= when]
        cells = [
            [sum(a == which and gone == hit for a, hit in there) for gone in (True, False)]
            for which in ("True", "False")
        ]
        tables.append(cells)
    assert log_rank(time, event, arm).test.statistic == pytest.approx(
        cochran_mantel_haenszel(tables).statistic
    )


@settings(max_examples=40)
@given(PEOPLE)
def test_the_peto_statistic_squared_is_the_log_rank_test(people):
    peto = peto_hazard_ratio(*_split(people), reference="False")
    assert peto.statistic**2 == pytest.approx(log_rank(*_split(people)).test.statistic)
    turned = peto_hazard_ratio(*_split(people), reference="True")
    assert peto.estimate * turned.estimate == pytest.approx(1)


def test_observed_and_expected_events_add_up(golden_rows):
    found = log_rank(*_columns(golden_rows("survival", "relapse.csv")))
    assert sum(found.expected.values()) == pytest.approx(sum(found.observed.values()))
    assert sum(found.n.values()) == 90
    assert found.to_frame()["arm"].tolist() == ["a", "b", "c"]
    assert found.summary().startswith("chi-squared 3.72 on 2 df, p = .155; a: ")


def test_one_stratum_for_all_changes_nothing(golden_rows):
    columns = _columns(golden_rows("survival", "relapse.csv"))
    assert log_rank(*columns, strata=["s"] * 90).test.statistic == log_rank(*columns).test.statistic


def test_an_arm_without_events_still_has_a_peto_ratio():
    found = peto_hazard_ratio([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], list("xxxyyy"), reference="x")
    assert 0 < found.ci_low < found.estimate < 1


def test_arms_that_cannot_be_compared_are_refused():
    with pytest.raises(FitError, match="two are needed"):
        log_rank([1, 2], [1, 1], ["x", "x"])
    with pytest.raises(FitError, match="Nobody had the event"):
        log_rank([1, 2], [0, 0], ["x", "y"])
    with pytest.raises(FitError, match="two arms were at risk"):
        log_rank([1, 2, 3], [0, 1, 1], ["x", "y", "y"])
    with pytest.raises(FitError, match="compares two arms"):
        peto_hazard_ratio([1, 2, 3], [1, 1, 1], ["x", "y", "z"], reference="x")
    with pytest.raises(FitError, match="both arms were at risk"):
        peto_hazard_ratio([1, 2], [0, 1], ["x", "y"], reference="x")


def test_a_mistaken_call_is_refused():
    with pytest.raises(ValueError, match="3 arms for 2"):
        log_rank([1, 2], [1, 1], ["x", "y", "x"])
    with pytest.raises(ValueError, match="1 strata for 2"):
        log_rank([1, 2], [1, 1], ["x", "y"], strata=["s"])
    with pytest.raises(ValueError, match="negative"):
        log_rank([1, -2], [1, 1], ["x", "y"])
