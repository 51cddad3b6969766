"""Imputation of outcomes that nobody saw, under a named assumption, and the analysis of what it completes.

Holds the package's door.
"""

from equipoise.statistics.imputation.incomplete import Incomplete, incomplete
from equipoise.statistics.imputation.result import Imputed, Status
from equipoise.statistics.imputation.strategies import STRATEGIES, Strategy

__all__ = ["STRATEGIES", "Imputed", "Incomplete", "Status", "Strategy", "incomplete"]
