"""Rules that a protocol must keep: one family per module, each a function from a draft to its problems.

Holds no door: `check` runs them all. A rule never raises and never stops at the first problem.
"""
