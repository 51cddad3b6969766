"""The trial report: what `analyze` left in a folder becomes one self-contained HTML page.

Holds words, tables and figures. Refuses to compute a statistic: every number was found by the analysis, and
the report can be rendered again from its files alone.
"""

from equipoise.report.document import render, write

__all__ = ["render", "write"]
