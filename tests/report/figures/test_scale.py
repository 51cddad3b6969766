"""From values to pixels."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.report.figures import scale
from equipoise.report.figures.scale import Linear, both_sides, label, spread, ticks, time_axis

values = st.floats(-1e4, 1e4, allow_nan=False)


def test_a_linear_scale_maps_its_ends():
    line = Linear(0, 60, 300, 0)
    assert (line(0), line(30), line(60)) == (300, 150, 0)


@given(values, st.floats(0.001, 1e4))
def test_ticks_are_even_and_cover_the_range(low, width):
    found = ticks(low, low + width)
    step = found[1] - found[0]
    assert found[0] <= low + step * 1e-6
    assert found[-1] >= low + width - step * 1e-6
    assert 2 <= len(found) <= 12


def test_ticks_of_a_range_without_width_still_make_an_axis():
    assert len(ticks(3, 3)) > 1


@pytest.mark.parametrize(
    ("marks", "wanted"),
    [([-4, -2, 0], [-4, -2, 0, 2]), ([0, 2], [-2, 0, 2]), ([-2, 0, 2], [-2, 0, 2]), ([2, 4], [0, 2, 4])],
)
def test_an_axis_shows_both_sides_of_no_difference(marks, wanted):
    assert both_sides(marks, 0) == wanted


def test_zero_is_a_tick_whenever_it_lies_inside():
    assert 0 in [round(one, 9) for one in ticks(-17.7, 4.2)]


def test_time_runs_at_two_speeds_where_arms_become_known():
    axis = time_axis([-8, 1, 7, 28, 56, 168], break_day=28, start=0, end=100)
    assert axis(-8) == 0
    assert axis(28) == pytest.approx(100 * scale.RANDOMIZED_SHARE)
    assert axis(168) == 100
    assert axis(7) - axis(1) > axis(62) - axis(56)


@given(st.lists(st.integers(-30, 200), min_size=2, max_size=8, unique=True), st.integers(-30, 200))
def test_time_never_runs_backward(days, break_day):
    axis = time_axis(sorted(days), break_day=break_day, start=0, end=100)
    places = [axis(day) for day in sorted(days)]
    assert places == sorted(places)
    assert places[0] == pytest.approx(0)
    assert places[-1] == pytest.approx(100)


def test_time_is_one_piece_without_days_on_both_sides():
    assert time_axis([-8, 1, 28], break_day=28, start=0, end=100).after is None
    assert time_axis([1, 2], break_day=None, start=0, end=100).after is None


@given(st.lists(st.floats(0, 100), min_size=1, max_size=6))
def test_labels_are_moved_apart_and_keep_their_order(wanted):
    placed = spread(wanted, gap=10, low=0, high=100)
    order = sorted(range(len(wanted)), key=lambda place: (wanted[place], place))
    for before, after in pairwise(order):
        assert placed[after] - placed[before] >= 10 - 1e-9
    assert max(placed) <= 100 + 1e-9
    assert min(placed) >= -1e-9


def test_labels_of_ticks_have_a_true_minus_and_as_many_decimals_as_the_step():
    assert label(-5.0, 5) == "−5"
    assert label(-0.5, 0.5) == "−0.5"
    assert label(0.25, 0.05) == "0.25"
    assert label(-0.0, 0.5) == "0.0"
