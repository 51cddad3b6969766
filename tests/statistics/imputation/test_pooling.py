"""Rubin's rules agree with mice, obey their laws and refuse what they cannot pool."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import FitError
from equipoise.statistics.imputation.pooling import Pooled, pool

FINITE = st.floats(-1e3, 1e3)
SETS = st.lists(st.tuples(FINITE, st.floats(0.01, 100)), min_size=2, max_size=12)
DF_COMPLETE = st.one_of(st.none(), st.floats(1, 500))


def split(sets):
    """Return the estimates and variances of pairs."""
    values = np.array(sets)
    return values[:, 0], values[:, 1]


def quantities(pooled: Pooled) -> dict[str, float | None]:
    """Return what the golden rows name."""
    names = ("estimate", "within", "between", "variance", "df", "missing_information")
    return {name: getattr(pooled, name) for name in names}


def test_pooling_agrees_with_mice(golden_rows, agrees):
    rows = golden_rows("rubin", "imputations.csv")
    computed = {}
    for case in {row["case"] for row in rows}:
        sets = [(float(row["estimate"]), float(row["variance"])) for row in rows if row["case"] == case]
        for name, df in (("inf", None), ("30", 30), ("4", 4)):
            found = quantities(pool(*split(sets), df))
            computed |= {f"{case}/{name}/{key}": value for key, value in found.items()}
    assert agrees("rubin", computed) == 54


def test_pooling_notices_a_wrong_number(golden_rows, agrees):
    rows = golden_rows("rubin", "expected.csv")
    wrong = {row["quantity"]: float(row["value"]) * 1.000001 for row in rows}
    with pytest.raises(AssertionError):
        agrees("rubin", wrong)


@settings(max_examples=50)
@given(SETS, FINITE, DF_COMPLETE)
def test_a_shift_of_every_estimate_shifts_the_pooled_one_and_nothing_else(sets, shift, df):
    q, u = split(sets)
    before, after = pool(q, u, df), pool(q + shift, u, df)
    assert after.estimate == pytest.approx(before.estimate + shift, abs=1e-9)
    assert after.variance == pytest.approx(before.variance, rel=1e-9)
    assert (after.df is None) == (before.df is None) or before.between < 1e-20


@settings(max_examples=50)
@given(SETS, DF_COMPLETE, st.randoms(use_true_random=False))
def test_the_order_of_the_data_sets_is_irrelevant(sets, df, random):
    mixed = list(sets)
    random.shuffle(mixed)
    before, after = pool(*split(sets), df), pool(*split(mixed), df)
    assert (after.estimate, after.variance) == pytest.approx(
        (before.estimate, before.variance), rel=1e-9, abs=1e-9
    )


@settings(max_examples=50)
@given(SETS, st.floats(1, 500))
def test_missing_values_never_add_degrees_of_freedom(sets, df):
    pooled = pool(*split(sets), df)
    assert pooled.df is not None
    assert pooled.df <= df * (df + 1) / (df + 3) * (1 + 1e-12)
    assert pooled.relative_increase >= 0
    assert 0 <= pooled.missing_information <= 1


@settings(max_examples=30)
@given(st.integers(2, 20), FINITE, st.floats(0.01, 100))
def test_equal_estimates_give_the_complete_data_answer(n, estimate, variance):
    pooled = pool([estimate] * n, [variance] * n)
    assert (pooled.estimate, pooled.between) == (estimate, 0)
    assert pooled.std_error == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert pooled.df is None
    assert pooled.monte_carlo_error == 0


def test_equal_estimates_keep_barnard_and_rubins_share_of_the_complete_datas_degrees_of_freedom():
    pooled = pool([2.0, 2.0, 2.0], [1.0, 1.0, 1.0], 30)
    assert pooled.df == pytest.approx(30 * 31 / 33)


def test_many_degrees_of_freedom_are_as_good_as_infinitely_many():
    finite, infinite = pool([1.0, 2.0, 4.0], [1.0, 1.5, 2.0], 1e12), pool([1.0, 2.0, 4.0], [1.0, 1.5, 2.0])
    assert finite.df == pytest.approx(infinite.df, rel=1e-9)


def test_pooling_infers_with_the_t_distribution():
    pooled = pool([1.0, 2.0, 4.0], [1.0, 1.5, 2.0], 30)
    estimate = pooled.infer(method="ANCOVA")
    assert (estimate.df, estimate.std_error, estimate.method) == (pooled.df, pooled.std_error, "ANCOVA")


@pytest.mark.parametrize(
    ("estimates", "variances", "df", "what"),
    [
        ([1.0], [1.0], None, "1 completed data sets"),
        ([], [], None, "0 completed data sets"),
        ([1.0, 2.0], [1.0, 0.0], None, "1 variances are not above 0"),
        ([1.0, 2.0], [1.0, 1.0], 0.0, "0 degrees of freedom"),
        ([1.0, 2.0], [1.0, 1.0], math.nan, "nan degrees of freedom"),
    ],
)
def test_pool_refuses_what_it_cannot_pool(estimates, variances, df, what):
    with pytest.raises(FitError, match=what):
        pool(estimates, variances, df)


def test_pool_refuses_a_missing_estimate_and_unequal_lengths():
    with pytest.raises(ValueError, match="missing"):
        pool([1.0, math.nan], [1.0, 1.0])
    with pytest.raises(ValueError, match="1 variances for 2 estimates"):
        pool([1.0, 2.0], [1.0])
