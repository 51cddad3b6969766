"""Tests of `equipoise.statistics.sequential.spending`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.statistics.sequential.spending import SPENDINGS, spent


@given(st.sampled_from(SPENDINGS), st.floats(0.001, 0.999), st.floats(0.001, 0.5), st.floats(-6, 6))
def test_spending_rises_from_nothing_to_everything(spending, fraction, level, gamma):
    of = {"level": level, "gamma": gamma if spending == "hwang_shih_decani" else None}
    assert 0 <= spent(spending, fraction, **of) <= level * (1 + 1e-12)
    assert spent(spending, fraction / 2, **of) <= spent(spending, fraction, **of)
    assert spent(spending, 1, **of) == level
    assert spent(spending, 1.3, **of) == level


def test_gamma_of_zero_spends_in_proportion():
    assert spent("hwang_shih_decani", 0.3, level=0.02, gamma=0.0) == pytest.approx(0.006)
    assert spent("hwang_shih_decani", 0.3, level=0.02, gamma=1e-6) == pytest.approx(0.006, rel=1e-5)


@pytest.mark.parametrize(
    ("spending", "fraction", "level", "gamma"),
    [("pocock", 0, 0.05, None), ("pocock", 0.5, 1, None), ("hwang_shih_decani", 0.5, 0.05, None), ("pocock", 0.5, 0.05, 1.0), ("all", 0.5, 0.05, None)],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(spending, fraction, level, gamma):
    with pytest.raises(ValueError, match=r"above 0|gamma|no spending"):
        spent(spending, fraction, level=level, gamma=gamma)


def test_nothing_is_spent_before_the_end_where_nothing_may_be():
    assert spent("none", 0.99, level=0.05) == 0
    assert spent("none", 1, level=0.05) == 0.05
