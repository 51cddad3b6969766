"""Imputation of outcomes that nobody saw, under a named assumption, and the analysis of what it completes.

Holds the package's door.
"""

from equipoise.statistics.imputation.comparison import Comparison, compare
from equipoise.statistics.imputation.completion import conditional_means
from equipoise.statistics.imputation.conditional_mean import analyze, deltas
from equipoise.statistics.imputation.draws import draw
from equipoise.statistics.imputation.incomplete import Incomplete, incomplete
from equipoise.statistics.imputation.model import Model, fit_model
from equipoise.statistics.imputation.multiple import analyze_multiple
from equipoise.statistics.imputation.pooling import Pooled, pool
from equipoise.statistics.imputation.result import Imputed, Status
from equipoise.statistics.imputation.retrieved import analyze_retrieved, draw_retrieved
from equipoise.statistics.imputation.strategies import STRATEGIES, Strategy
from equipoise.statistics.imputation.tipping_point import TippingPoint, tipping_point

__all__ = [
    "STRATEGIES",
    "Comparison",
    "Imputed",
    "Incomplete",
    "Model",
    "Pooled",
    "Status",
    "Strategy",
    "TippingPoint",
    "analyze",
    "analyze_multiple",
    "analyze_retrieved",
    "compare",
    "conditional_means",
    "deltas",
    "draw",
    "draw_retrieved",
    "fit_model",
    "incomplete",
    "pool",
    "tipping_point",
]
