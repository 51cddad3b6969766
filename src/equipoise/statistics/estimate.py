"""`Estimate`, one number with its uncertainty, and the t and normal distributions behind it.

Holds no method: each method computes an estimate and its standard error and calls `infer`.
"""

from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import ndtr, ndtri, stdtr, stdtrit

from equipoise.statistics.p_value import format_p
from equipoise.statistics.tabulate import tabulate

DEFAULT_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimated quantity, in the unit of the outcome.

    estimate    the quantity; a comparison is arm minus reference
    std_error   its standard error
    df          degrees of freedom of the t distribution; None = normal distribution
    statistic   (estimate - null value) / standard error, or the score statistic the method names;
                None where no test is defined
    p_value     two-sided; None where no test is defined
    ci_level    confidence level, 0.95 = 95 %
    ci_low      lower limit
    ci_high     upper limit
    method      what was computed, in words
    """

    estimate: float
    std_error: float
    df: float | None
    statistic: float | None
    p_value: float | None
    ci_level: float
    ci_low: float
    ci_high: float
    method: str = ""

    def summary(self, *, decimals: int = 2) -> str:
        """Return the line a statistician would say aloud, rounded to `decimals`."""
        value, low, high = (f"{number:.{decimals}f}" for number in (self.estimate, self.ci_low, self.ci_high))
        p = "" if self.p_value is None else f", {format_p(self.p_value)}"
        return f"{value} ({100 * self.ci_level:g}% CI {low} to {high}){p}"

    def to_frame(self) -> Any:
        """Return one row as a pandas DataFrame, a column a field."""
        return tabulate([asdict(self)])


def infer(
    estimate: float,
    std_error: float,
    *,
    df: float | None = None,
    level: float = DEFAULT_LEVEL,
    null: float = 0.0,
    method: str = "",
) -> Estimate:
    """Return interval and two-sided test from an estimate and its standard error.

    df      degrees of freedom, > 0; None uses the normal distribution
    null    the value the test compares with
    A standard error of 0 gives an interval of width 0 and no test.
    Raises  ValueError when std_error is negative or not a number, or df or level is out of range
    """
    if not std_error >= 0:
        raise ValueError(f"a standard error is 0 or more, not {std_error}")
    half_width = critical_value(level, df) * std_error
    statistic = (estimate - null) / std_error if std_error > 0 else None
    return Estimate(
        estimate=float(estimate),
        std_error=float(std_error),
        df=None if df is None else float(df),
        statistic=None if statistic is None else float(statistic),
        p_value=None if statistic is None else two_sided_p(statistic, df),
        ci_level=level,
        ci_low=float(estimate - half_width),
        ci_high=float(estimate + half_width),
        method=method,
    )


def critical_value(level: float, df: float | None = None) -> float:
    """Return the quantile at (1 + level) / 2 of the t distribution, or of the normal when df is None."""
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    upper = (1 + level) / 2
    return float(ndtri(upper)) if df is None else float(stdtrit(_positive(df), upper))


def two_sided_p(statistic: float, df: float | None = None) -> float:
    """Return P(|T| >= |statistic|) for Student's t, or for the normal when df is None."""
    tail = -abs(statistic)
    return 2 * float(ndtr(tail) if df is None else stdtr(_positive(df), tail))


def _positive(df: float) -> float:
    if not df > 0:
        raise ValueError(f"degrees of freedom are above 0, not {df}")
    return df
