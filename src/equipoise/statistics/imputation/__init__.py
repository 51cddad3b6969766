"""Imputation of outcomes that nobody saw, under a named assumption, and the analysis of what it completes.

Holds the package's door.
"""

from equipoise.statistics.imputation.comparison import Comparison, compare
from equipoise.statistics.imputation.completion import conditional_means
from equipoise.statistics.imputation.conditional_mean import analyze, deltas
from equipoise.statistics.imputation.incomplete import Incomplete, incomplete
from equipoise.statistics.imputation.model import Model, fit_model
from equipoise.statistics.imputation.result import Imputed, Status
from equipoise.statistics.imputation.strategies import STRATEGIES, Strategy
from equipoise.statistics.imputation.tipping_point import TippingPoint, tipping_point

__all__ = [
    "STRATEGIES",
    "Comparison",
    "Imputed",
    "Incomplete",
    "Model",
    "Status",
    "Strategy",
    "TippingPoint",
    "analyze",
    "compare",
    "conditional_means",
    "deltas",
    "fit_model",
    "incomplete",
    "tipping_point",
]
