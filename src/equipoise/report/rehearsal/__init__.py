"""The report of a design: what `equipoise design` left in a folder becomes one self-contained HTML page.

Holds words, tables and figures. Refuses to compute: powers, errors and curves were found by the rehearsal.
"""
