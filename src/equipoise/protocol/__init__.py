"""The trial as data: one YAML file, checked, resolved and compared.

The door: `load` reads and judges a file, `check` lists everything wrong with it, `resolve` puts in what it
refers to, `diff` says what an amendment changes. Refuses to know numerics, databases or the web.
"""

from equipoise.protocol.check import check, load, load_with_warnings
from equipoise.protocol.diff import Difference, diff
from equipoise.protocol.model import Protocol
from equipoise.protocol.resolve import Resolved, ResolvedForm, canonical_json, resolve

__all__ = [
    "Difference",
    "Protocol",
    "Resolved",
    "ResolvedForm",
    "canonical_json",
    "check",
    "diff",
    "load",
    "load_with_warnings",
    "resolve",
]
