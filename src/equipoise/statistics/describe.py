"""One column in numbers: n, missing, mean, sd, quartiles, range and the interval of the mean.

Holds no comparison. Counts missing values instead of refusing them, since a table must show them.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.estimate import DEFAULT_LEVEL, critical_value
from equipoise.statistics.tabulate import tabulate
from equipoise.statistics.values import Vector

QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Description:
    """What a table prints of one column; None = cannot be computed from so few values.

    n, missing              observed and missing values
    mean, sd                sd has divisor n - 1
    median, q1, q3          quantiles with linear interpolation (Hyndman and Fan type 7, R's default)
    minimum, maximum        of the observed values
    ci_level, ci_low, ci_high   t interval of the mean
    """

    n: int
    missing: int
    ci_level: float
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    q1: float | None = None
    q3: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None

    def summary(self, *, decimals: int = 1) -> str:
        """Return `mean (SD sd), n = n`, as a table's cell prints it."""
        if self.mean is None:
            return "n = 0"
        sd = "" if self.sd is None else f" (SD {self.sd:.{decimals}f})"
        missing = f", {self.missing} missing" if self.missing else ""
        return f"{self.mean:.{decimals}f}{sd}, n = {self.n}{missing}"

    def to_frame(self) -> Any:
        """Return one row as a pandas DataFrame, a column a field."""
        return tabulate([asdict(self)])


def describe(values: ArrayLike, *, level: float = DEFAULT_LEVEL) -> Description:
    """Return the description of a column.

    values  (n,) outcome's unit; not-a-number marks a missing value
    Raises  ValueError when a value is infinite or there is more than one dimension
    Source  quantiles: Hyndman and Fan (1996), Am Stat 50:361-365, definition 7
    Checked tests/golden/describe
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or np.isinf(array).any():
        raise ValueError("give one finite or missing value a participant, in one dimension")
    observed = array[~np.isnan(array)]
    missing = int(array.size - observed.size)
    if observed.size == 0:
        return Description(n=0, missing=missing, ci_level=level)
    return _describe_observed(observed, missing=missing, level=level)


def _describe_observed(observed: Vector, *, missing: int, level: float) -> Description:
    n, mean = int(observed.size), float(observed.mean())
    q1, median, q3 = (float(q) for q in np.quantile(observed, QUARTILES))
    sd = float(observed.std(ddof=1)) if n > 1 else None
    half_width = None if sd is None else critical_value(level, n - 1) * sd / float(np.sqrt(n))
    return Description(
        n=n,
        missing=missing,
        ci_level=level,
        mean=mean,
        sd=sd,
        median=median,
        q1=q1,
        q3=q3,
        minimum=float(observed.min()),
        maximum=float(observed.max()),
        ci_low=None if half_width is None else mean - half_width,
        ci_high=None if half_width is None else mean + half_width,
    )
