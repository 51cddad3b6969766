"""Estimates by row: what every table of the package has in its columns.

Holds no method and no data frame of its own.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr

from equipoise.errors import FitError
from equipoise.statistics.estimate import Estimate
from equipoise.statistics.mmrm.arrays import Array, Flags
from equipoise.statistics.mmrm.inference import Coefficients, quantile

# A contrast is estimable when what it asks of dropped columns follows from the others but for rounding.
ESTIMABLE = 1e-7


@dataclass(frozen=True, slots=True)
class Estimator:
    """Contrasts of all columns of the design, those dropped as collinear included.

    coefficients  of the q columns kept
    kept          their numbers among p columns
    dropped       the others' numbers
    follows       (q, p - q) the dropped columns as combinations of those kept
    method        what is computed, in words
    """

    coefficients: Coefficients
    kept: tuple[int, ...]
    dropped: tuple[int, ...]
    follows: Array
    method: str

    def reduce(self, contrasts: Array) -> tuple[Array, Flags]:
        """Return contrasts (l, p) of the columns kept (l, q), and which of them are estimable."""
        kept = contrasts[:, list(self.kept)]
        gap = np.abs(contrasts[:, list(self.dropped)] - kept @ self.follows).max(axis=1, initial=0)
        estimable: Flags = gap <= ESTIMABLE * np.maximum(np.abs(contrasts).max(axis=1), 1)
        return kept, estimable

    def estimates(self, contrasts: Array, *, level: float, null: Array | float = 0.0) -> dict[str, Array]:
        """Return the columns of a table, NaN where a contrast is not estimable."""
        if not 0 < level < 1:
            raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
        kept, estimable = self.reduce(contrasts)
        estimate, std_error, df = self.coefficients.rows(kept)
        estimate = np.where(estimable, estimate, np.nan)
        std_error = np.where(estimable & (std_error > 0), std_error, np.nan)
        statistic = (estimate - null) / std_error
        width = quantile(level, df) * std_error
        return {
            "estimate": estimate,
            "std_error": std_error,
            "df": np.where(estimable, df, np.nan),
            "statistic": statistic,
            "p_value": 2 * stdtr(df, -np.abs(statistic)),
            "ci_low": estimate - width,
            "ci_high": estimate + width,
        }

    def table(
        self, labels: Sequence[Mapping[str, Hashable]], contrasts: Array, *, level: float
    ) -> list[dict[str, Any]]:
        """Return a row a contrast, its labels first."""
        columns = self.estimates(contrasts, level=level)
        return [
            {**label, **{name: float(values[i]) for name, values in columns.items()}}
            for i, label in enumerate(labels)
        ]

    def single(self, contrast: Array, *, null: float, level: float) -> Estimate:
        """Return one contrast (p,) as an Estimate; FitError when it is not estimable."""
        values = {
            name: float(value[0])
            for name, value in self.estimates(contrast[None], level=level, null=null).items()
        }
        if np.isnan(values["estimate"]):
            raise FitError("This contrast asks for a coefficient that these data do not determine")
        df = values.pop("df")
        return Estimate(**values, df=df if np.isfinite(df) else None, ci_level=level, method=self.method)
