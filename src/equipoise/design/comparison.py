"""Designs side by side on the same truth and the same participants: what one gains over the other, and how
sharply.

Holds the difference of two powers replicate by replicate, and what sharing random numbers makes of its error.
Refuses to choose.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.design.characteristics import share
from equipoise.design.rehearsal import Series

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Difference:
    """What one design gains over the first.

    power              of the design
    difference         its power minus that of the first
    difference_mcse    Monte Carlo standard error, replicates paired
    independent_mcse   what it would be without shared random numbers
    sharper            the second over the first: how many times sharper sharing makes the comparison
    width_ratio        mean width of its intervals over that of the first, in replicates where both have one
    """

    design: str
    estimand: str
    power: float
    power_mcse: float
    difference: float
    difference_mcse: float
    independent_mcse: float
    sharper: float | None
    width_ratio: float | None

    def row(self) -> dict[str, Any]:
        """Return JSON data."""
        return asdict(self)


def compare(designs: Sequence[tuple[str, Series, str]]) -> list[Difference]:
    """Compare designs with the first.

    designs  a name, its replicates and the estimand asked of it; as many replicates of the same numbers each
    Raises   ValueError when they do not have the same number of replicates
    """
    if len({series.replicates for _, series, _ in designs}) > 1:
        raise ValueError("designs are compared replicate by replicate, so each needs as many")
    _, first, asked = designs[0]
    return [_difference(name, series, estimand, first, asked) for name, series, estimand in designs]


def _difference(name: str, series: Series, estimand: str, first: Series, asked: str) -> Difference:
    own, other = series.rejected[estimand], first.rejected[asked]
    paired = own.astype(np.float64) - other
    count = own.size
    error = float(paired.std(ddof=1)) / sqrt(count) if count > 1 else 0.0
    apart = sqrt((_variance(own) + _variance(other)) / count)
    power = share(own)
    return Difference(
        design=name,
        estimand=estimand,
        power=power.value or 0.0,
        power_mcse=power.mcse or 0.0,
        difference=float(paired.mean()),
        difference_mcse=error,
        independent_mcse=apart,
        sharper=apart / error if error > 0 else None,
        width_ratio=_width_ratio(series, estimand, first, asked),
    )


def _variance(flags: Flags) -> float:
    p = float(flags.mean())
    return p * (1 - p)


def _width_ratio(series: Series, estimand: str, first: Series, asked: str) -> float | None:
    own, other = series.answers[estimand], first.answers[asked]
    widths = own.ci_high - own.ci_low, other.ci_high - other.ci_low
    both = np.isfinite(widths[0]) & np.isfinite(widths[1]) & (widths[1] > 0)
    return float(widths[0][both].mean() / widths[1][both].mean()) if both.any() else None
