"""The reports: what `analyze` or `design` left in a folder becomes one self-contained HTML page.

Holds words, tables and figures. Refuses to compute a statistic: every number was found by the analysis or the
rehearsal, and a report can be rendered again from its files alone.
"""

from equipoise.report.document import render, write
from equipoise.report.rehearsal.document import render as render_design
from equipoise.report.rehearsal.document import write as write_design
from equipoise.report.rehearsal.folder import holds_rehearsal

__all__ = ["holds_rehearsal", "render", "render_design", "write", "write_design"]
