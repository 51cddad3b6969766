"""Tests of `equipoise.statistics.estimate` and of what importing the methods costs."""

import math
import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.statistics.estimate import Estimate, critical_value, infer, two_sided_p

LEVELS = st.floats(0.5, 0.999)
DF = st.one_of(st.none(), st.floats(1, 1e6))


@given(level=LEVELS, df=DF)
def test_the_p_value_at_the_critical_value_is_one_minus_the_level(level: float, df: float | None) -> None:
    assert two_sided_p(critical_value(level, df), df) == pytest.approx(1 - level, rel=1e-8)


@given(estimate=st.floats(-100, 100), error=st.floats(0.01, 100), level=LEVELS, df=DF)
def test_the_interval_excludes_the_null_value_exactly_when_the_test_rejects(
    estimate: float, error: float, level: float, df: float | None
) -> None:
    result = infer(estimate, error, df=df, level=level)
    assert result.p_value is not None
    if abs(result.p_value - (1 - level)) > 1e-9:
        assert (result.ci_low > 0 or result.ci_high < 0) == (result.p_value < 1 - level)


def test_without_degrees_of_freedom_the_normal_distribution_is_used() -> None:
    many = infer(1.0, 0.5, df=1e12)
    assert infer(1.0, 0.5).ci_high == pytest.approx(many.ci_high, rel=1e-9)


def test_a_standard_error_of_zero_gives_no_test() -> None:
    result = infer(1.0, 0.0)
    assert (result.ci_low, result.ci_high, result.statistic, result.p_value) == (1.0, 1.0, None, None)


@pytest.mark.parametrize("std_error", [-1.0, math.nan])
def test_an_impossible_standard_error_is_refused(std_error: float) -> None:
    with pytest.raises(ValueError, match="standard error"):
        infer(1.0, std_error)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_an_impossible_level_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        infer(1.0, 1.0, level=level)


def test_impossible_degrees_of_freedom_are_refused() -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        infer(1.0, 1.0, df=0)


def test_the_summary_says_estimate_interval_and_p_value() -> None:
    said = Estimate(-12.0, 2.77, 28.0, -4.33, 0.00017, 0.95, -17.67, -6.33)
    assert said.summary() == "-12.00 (95% CI -17.67 to -6.33), p < .001"
    assert infer(1.0, 0.5, level=0.9).summary(decimals=1) == "1.0 (90% CI 0.2 to 1.8), p = .046"
    assert infer(0.0, 0.5).summary().endswith("p = 1.000")


def test_the_frame_has_one_row_and_a_column_a_field() -> None:
    frame = infer(1.0, 0.5, df=10, method="test").to_frame()
    assert frame.shape[0] == 1
    assert list(frame.columns) == list(Estimate.__slots__)


def test_an_estimate_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        infer(1.0, 0.5).estimate = 2.0  # type: ignore[misc]


METHODS = ("two_sample", "ancova", "proportion", "blinding", "multiplicity", "describe", "mmrm")


def test_importing_the_methods_loads_neither_pandas_nor_formulaic_nor_scipy_stats() -> None:
    names = [f"equipoise.statistics.{method}" for method in METHODS]
    code = f"import sys, {', '.join(names)}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert set(names) <= set(loaded)
    assert not {"pandas", "formulaic", "scipy.stats"} & set(loaded)


def test_multiplicity_is_plain_python() -> None:
    code = "import sys, equipoise.statistics.multiplicity; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "scipy"} & set(loaded)
