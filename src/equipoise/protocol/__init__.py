"""The trial as data: one YAML file, checked, resolved and compared.

The door: `load` reads and judges a file, `check` lists everything wrong with it, `resolve` puts in what it
refers to, `diff` says what an amendment changes. Refuses to know numerics, databases or the web.
"""

from equipoise.protocol.load import load
from equipoise.protocol.model import Protocol
from equipoise.protocol.resolve import Resolved, ResolvedForm, canonical_json, resolve

__all__ = ["Protocol", "Resolved", "ResolvedForm", "canonical_json", "load", "resolve"]
