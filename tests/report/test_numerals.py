"""Numbers in print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.report import numerals


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0.00001, "P < .001"),
        (0.0009999, "P < .001"),
        (0.001, "P = .001"),
        (0.0046, "P = .005"),
        (0.0253, "P = .03"),
        (0.046, "P = .046"),
        (0.0531, "P = .053"),
        (0.0551, "P = .06"),
        (0.10, "P = .10"),
        (0.994, "P > .99"),
        (None, ""),
    ],
)
def test_p_values_are_printed_as_the_ama_manual_asks(value, printed):
    assert numerals.p_value(value).replace("\N{NO-BREAK SPACE}", " ") == printed


def test_a_p_value_below_the_usual_level_never_rounds_onto_it():
    for thousandth in range(40, 61):
        text = numerals.p_value(thousandth / 1000)
        assert not text.endswith("=\N{NO-BREAK SPACE}.05")


def test_a_column_of_p_values_has_no_letter_before_them():
    assert numerals.bare_p_value(0.0253) == ".03"
    assert numerals.bare_p_value(0.0001) == "<\N{NO-BREAK SPACE}.001"
    assert numerals.bare_p_value(None) == "–"


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (-12.0, 1, "−12.0"),
        (-0.04, 1, "0.0"),
        (0.25, 1, "0.3"),
        (-0.25, 1, "−0.3"),
        (1234.5, 0, "1,235"),
        (None, 1, "–"),
    ],
)
def test_numbers_have_a_true_minus_and_no_negative_zero(value, decimals, printed):
    assert numerals.decimal(value, decimals) == printed


def test_a_published_half_is_rounded_away_from_zero():
    assert numerals.decimal(2.675, 2) == "2.68"
    assert numerals.decimal(-17.665, 2) == "−17.67"


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_rounding_is_never_off_by_more_than_half_a_step(value, decimals):
    assert abs(numerals.round_half_up(value, decimals) - value) <= 0.5 * 10**-decimals * (1 + 1e-6) + 1e-9


def test_estimates_stand_with_their_interval():
    assert numerals.estimate(-12, -17.67, -6.33) == "−12.00 (−17.67 to −6.33)"
    assert numerals.estimate(-12, None, None) == "−12.00"
    assert numerals.estimate(None, None, None) == "–"


def test_counts_and_percentages():
    assert numerals.count_percent(7, 46.7, n=15) == "7 (47%)"
    assert numerals.count_percent(7, 4.67, n=150) == "7 (4.7%)"
    assert numerals.count_percent(None, None) == "–"
    assert numerals.count_of(13, 15) == "13 of 15"


def test_a_narrow_scale_gets_a_second_decimal():
    assert numerals.decimals_for(0, 60) == 1
    assert numerals.decimals_for(0, 4) == 2
    assert numerals.decimals_for(None, None) == 1


def test_lists_and_plurals():
    assert numerals.listing(["a"]) == "a"
    assert numerals.listing(["a", "", "b", "c"]) == "a, b and c"
    assert numerals.plural(1, "entry", "entries") == "1 entry"
    assert numerals.plural(2, "entry", "entries") == "2 entries"
