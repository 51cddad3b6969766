"""Ratios: an estimate made on the log scale, read out as a ratio.

Holds no method; odds, risk and hazard ratios share it.
"""

import math
from dataclasses import replace

from equipoise.statistics.estimate import Estimate


def exponentiate(log_ratio: Estimate) -> Estimate:
    """Return a log ratio with estimate and limits as ratios; std_error and test stay those of the log.

    A ratio too large for a number is infinite.
    """
    return replace(
        log_ratio,
        estimate=_exp(log_ratio.estimate),
        ci_low=_exp(log_ratio.ci_low),
        ci_high=_exp(log_ratio.ci_high),
    )


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf
