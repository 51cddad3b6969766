"""Tests of `equipoise.statistics.describe`."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.statistics.describe import describe


def test_descriptions_agree_with_python_and_statsmodels(golden_rows, agrees):
    rows = golden_rows("two_sample", "sleep.csv")
    computed = {}
    for group in "12":
        description = describe([float(r["extra"]) for r in rows if r["group"] == group])
        computed |= {f"{group}.{field}": getattr(description, field) for field in description.__slots__}
    agrees("describe", computed)


def test_missing_values_are_counted_and_left_out():
    description = describe([1.0, math.nan, 3.0])
    assert (description.n, description.missing, description.mean) == (2, 1, 2.0)
    assert description.summary() == "2.0 (SD 1.4), n = 2, 1 missing"


def test_an_empty_column_has_nothing_but_its_counts():
    description = describe([math.nan])
    assert (description.n, description.missing, description.mean, description.ci_low) == (0, 1, None, None)
    assert description.summary() == "n = 0"


def test_a_single_value_has_no_spread_and_no_interval():
    description = describe([4.0])
    assert (description.mean, description.sd, description.ci_high) == (4.0, None, None)


def test_an_infinite_value_is_refused():
    with pytest.raises(ValueError, match="finite"):
        describe([1.0, math.inf])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_quartiles_stand_in_order_within_the_range(values):
    d = describe(values)
    assert d.minimum <= d.q1 <= d.median <= d.q3 <= d.maximum
    assert d.to_frame().shape == (1, len(d.__slots__))
