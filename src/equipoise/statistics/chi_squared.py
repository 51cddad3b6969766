"""`ChiSquared`, a test without an estimate, and the chi-squared distribution behind it.

Holds no method: each method computes a statistic and its degrees of freedom and calls `chi_squared`.
"""

from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import chdtrc

from equipoise.statistics.p_value import format_p
from equipoise.statistics.tabulate import tabulate


@dataclass(frozen=True, slots=True)
class ChiSquared:
    """One test.

    statistic  compared with the chi-squared distribution, >= 0
    df         its degrees of freedom, >= 1
    p_value    upper tail
    method     what was tested, in words
    """

    statistic: float
    df: int
    p_value: float
    method: str = ""

    def summary(self, *, decimals: int = 2) -> str:
        """Return the line a statistician would say aloud."""
        return f"chi-squared {self.statistic:.{decimals}f} on {self.df} df, {format_p(self.p_value)}"

    def to_frame(self) -> Any:
        """Return one row as a pandas DataFrame, a column a field."""
        return tabulate([asdict(self)])


def chi_squared(statistic: float, df: int, *, method: str = "") -> ChiSquared:
    """Return the test of a statistic that is chi-squared with `df` degrees of freedom if nothing is there.

    Raises  ValueError when the statistic is negative or not a number, or df is below 1
    """
    if not statistic >= 0:
        raise ValueError(f"a chi-squared statistic is 0 or more, not {statistic}")
    if df < 1:
        raise ValueError(f"degrees of freedom are 1 or more, not {df}")
    return ChiSquared(float(statistic), int(df), float(chdtrc(df, statistic)), method)
