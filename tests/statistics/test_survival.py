"""Tests of `equipoise.statistics.survival`."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.survival import kaplan_meier, restricted_mean_difference

SETS = {"leukemia": 23, "relapse": 24}
TIMES = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30)


def _curve(rows, arm, interval="log-log"):
    mine = [row for row in rows if row["arm"] == arm]
    return kaplan_meier(
        [float(row["weeks"]) for row in mine], [float(row["relapsed"]) for row in mine], interval=interval
    )


def test_curves_quantiles_and_restricted_means_agree_with_other_software(golden_rows):
    rows = {name: golden_rows("survival", f"{name}.csv") for name in SETS}
    arms = {name: sorted({row["arm"] for row in found}) for name, found in rows.items()}
    compared = 0
    for row in golden_rows("survival", "expected.csv"):
        name, arm, *rest = row["quantity"].split(" ")
        if arm not in arms[name]:
            continue
        interval, what, field = rest
        curve = _curve(rows[name], arm, interval)
        if what == "rmean":
            found = curve.restricted_mean(SETS[name])
        else:
            point = float(what[2:-1])
            found = curve.at(point) if what.startswith("S(") else curve.quantile(point)
        assert getattr(found, field) == pytest.approx(
            float(row["value"]), rel=0, abs=float(row["tolerance"])
        ), row
        compared += 1
    assert compared > 100


def test_a_median_that_is_not_reached_is_said_so(golden_rows):
    curve = _curve(golden_rows("survival", "leukemia.csv"), "6-MP")
    assert curve.median().ci_high is None
    assert curve.summary() == "21 participants, 9 events, median 23.0 (95% CI 13.0 to not reached)"


def test_limits_that_do_not_exist_are_not_called_unreached():
    assert kaplan_meier([3], [1]).median().summary() == "3.0 (95% CI not defined to not reached)"
    assert kaplan_meier([3], [0]).median().summary() == "not reached (95% CI not reached to not reached)"


def test_a_curve_that_stays_on_the_level_has_its_median_in_the_middle():
    assert kaplan_meier([1, 2, 5, 8], [1, 1, 1, 1]).median().estimate == 3.5


def test_without_events_the_curve_stays_at_1():
    curve = kaplan_meier([3, 5, 8], [0, 0, 0])
    here = curve.at(8)
    assert (here.estimate, here.std_error, here.ci_low, here.ci_high) == (1, 0, 1, 1)
    assert curve.median().estimate is None
    assert (curve.restricted_mean(8).estimate, curve.restricted_mean(8).std_error) == (8, 0)


def test_when_all_have_the_event_the_curve_is_the_share_left():
    curve = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1])
    assert curve.survival.tolist() == pytest.approx([0.75, 0.5, 0.25, 0])
    assert curve.std_error[1] == pytest.approx(math.sqrt(0.5 * 0.5 / 4))
    assert math.isnan(curve.ci_low[-1])
    assert curve.at(100).estimate == 0
    assert curve.restricted_mean(4).estimate == pytest.approx(2.5)


def test_an_event_comes_before_a_censoring_at_the_same_time():
    curve = kaplan_meier([2, 2, 3], [1, 0, 0])
    assert (curve.at_risk[0], curve.survival[0]) == (3, pytest.approx(2 / 3))


def test_before_the_first_time_everybody_is_without_the_event():
    assert kaplan_meier([2, 3], [1, 1]).at(0).estimate == 1


def test_an_event_at_time_0_counts():
    assert kaplan_meier([0, 3], [1, 1]).at(0).estimate == 0.5


@settings(max_examples=50)
@given(TIMES, st.sampled_from(["log-log", "log", "plain"]))
def test_limits_hold_the_curve_and_stay_between_0_and_1(rows, interval):
    curve = kaplan_meier([t for t, _ in rows], [float(e) for _, e in rows], interval=interval)
    alive = curve.survival > 0
    assert (np.diff(curve.survival) <= 1e-12).all()
    assert (curve.ci_low[alive] >= 0).all()
    assert (curve.ci_low[alive] <= curve.survival[alive] + 1e-12).all()
    assert (curve.survival[alive] <= curve.ci_high[alive] + 1e-12).all()
    assert (curve.ci_high[alive] <= 1).all()
    assert curve.at_risk[0] == curve.n == (curve.events + curve.censored).sum()


@settings(max_examples=30)
@given(TIMES, st.integers(1, 4))
def test_repeating_every_participant_keeps_the_curve(rows, times):
    time, event = [t for t, _ in rows], [float(e) for _, e in rows]
    once, often = kaplan_meier(time, event), kaplan_meier(time * times, event * times)
    assert often.survival == pytest.approx(once.survival)


def test_the_difference_of_restricted_means_is_that_of_the_curves(golden_rows):
    rows = golden_rows("survival", "leukemia.csv")
    x, y = _curve(rows, "6-MP"), _curve(rows, "placebo")
    found = restricted_mean_difference(x, y, horizon=23)
    one, two = x.restricted_mean(23), y.restricted_mean(23)
    assert found.estimate == pytest.approx(one.estimate - two.estimate)
    assert found.std_error == pytest.approx(math.hypot(one.std_error, two.std_error))
    assert "up to 23" in found.method


def test_what_was_not_followed_is_refused():
    curve = kaplan_meier([3, 5, 8], [1, 0, 0])
    with pytest.raises(FitError, match="longest time is 8"):
        curve.at(9)
    with pytest.raises(FitError, match="earlier horizon"):
        curve.restricted_mean(9)


@pytest.mark.parametrize(
    ("time", "event", "words"),
    [
        ([1, -2], [1, 1], "1 times are negative"),
        ([1, np.nan], [1, 1], "missing"),
        ([1, np.inf], [1, 1], "infinite"),
        ([1, 2], [1, 2], "0 or 1"),
        ([1, 2], [1], "1 events for 2 times"),
    ],
)
def test_impossible_follow_up_is_refused(time, event, words):
    with pytest.raises(ValueError, match=words):
        kaplan_meier(time, event)


def test_nobody_followed_is_refused():
    with pytest.raises(FitError, match="Nobody"):
        kaplan_meier([], [])


def test_a_mistaken_question_is_refused():
    curve = kaplan_meier([1, 2], [1, 1])
    with pytest.raises(ValueError, match="share"):
        curve.quantile(1)
    with pytest.raises(ValueError, match="0 or more"):
        curve.at(-1)
    with pytest.raises(ValueError, match="above 0"):
        curve.restricted_mean(0)
    with pytest.raises(ValueError, match="unknown interval"):
        kaplan_meier([1], [1], interval="loglog")


def test_the_frame_has_a_row_per_time():
    frame = kaplan_meier([1, 2, 2], [1, 0, 1]).to_frame()
    assert frame["time"].tolist() == [1, 2]
