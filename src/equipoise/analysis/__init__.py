"""Estimands to results: the planned analysis, carried out the same way on real and simulated records.

The doors: `analyze` gives results and tables, `estimates` results alone, `read` what `Analysis.write` left,
`from_summary` the result of published means. Refuses to know how data came about, and to read files or
clocks.
"""

from equipoise.analysis.feasibility import check
from equipoise.analysis.folder import Written, read
from equipoise.analysis.from_summary import from_summary
from equipoise.analysis.looks import END, Looks, looks_of, require_look
from equipoise.analysis.planned import Analysis, analyze, estimates
from equipoise.analysis.provenance import Provenance
from equipoise.analysis.registry import ESTIMATORS
from equipoise.analysis.result import Group, Result
from equipoise.analysis.standardized import standardized_pair, standardized_sample

__all__ = [
    "END",
    "ESTIMATORS",
    "Analysis",
    "Group",
    "Looks",
    "Provenance",
    "Result",
    "Written",
    "analyze",
    "check",
    "estimates",
    "from_summary",
    "looks_of",
    "read",
    "require_look",
    "standardized_pair",
    "standardized_sample",
]
