"""Values a look-up may give, and what happens to those it may not."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from equipoise.errors import RecordError
from equipoise.expressions import parse

SUM = parse("a + 1")
SELF = parse("a if True else a")


@pytest.mark.parametrize("value", [float("nan"), np.float64("nan"), np.float32("nan")])
def test_not_a_number_is_missing(value):
    assert SUM.evaluate({"a": value}) is None
    assert parse("is_missing(a)").evaluate({"a": value}) is True


@pytest.mark.parametrize(
    "value", [2, 2.0, np.int64(2), np.float64(2), np.int8(2), np.float32(2), Fraction(2)]
)
def test_numbers_of_any_library_become_plain(value):
    result = SUM.evaluate({"a": value})
    assert result == 3
    assert type(result) in (int, float)


def test_text_of_a_subclass_becomes_plain():
    assert type(SELF.evaluate({"a": np.str_("x")})) is str


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), np.float64("inf")])
def test_infinite_number_is_refused(value):
    with pytest.raises(RecordError, match="a is infinite"):
        SUM.evaluate({"a": value})


@pytest.mark.parametrize(
    "value",
    [b"x", [1], {"x": 1}, 1j, Decimal(1), pd.NA, np.bool_(True), datetime(2022, 3, 1, tzinfo=UTC), object()],
    ids=lambda value: type(value).__name__,
)
def test_value_of_no_kind_is_refused_by_name_and_type(value):
    with pytest.raises(RecordError, match=f"a is a value of type {type(value).__name__}"):
        SELF.evaluate({"a": value})


def test_instant_is_refused_with_what_to_give_instead():
    with pytest.raises(RecordError, match="local date"):
        SELF.evaluate({"a": datetime(2022, 3, 1, tzinfo=UTC)})


def test_date_passes_through():
    assert SELF.evaluate({"a": date(2022, 3, 1)}) == date(2022, 3, 1)


@pytest.mark.parametrize("rule", ["a * a", "a + 0.5", "a / 3", "mean(a, 0.5)", "sum(a, 0.5)"])
def test_number_beyond_a_float_is_refused_where_it_cannot_be_kept(rule):
    huge = 10**400
    if rule == "a * a":
        assert parse(rule).evaluate({"a": huge}) == huge * huge
        return
    with pytest.raises(RecordError, match="too large"):
        parse(rule).evaluate({"a": huge})
