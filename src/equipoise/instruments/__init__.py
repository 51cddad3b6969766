"""Rating scales: what they ask, how they are scored, and what nobody has verified about them.

Holds one declarative file per scale and the code that reads, checks, scores and describes it. Refuses to hold
a study's wording, visits, arms or people.
"""

from equipoise.instruments import describe
from equipoise.instruments.definition import (
    Alert,
    Asked,
    Band,
    Cut,
    Domain,
    Item,
    Mid,
    Remission,
    Response,
    Rule,
    Score,
)
from equipoise.instruments.instrument import Instrument
from equipoise.instruments.library import load, names
from equipoise.instruments.scale_file import parse
from equipoise.instruments.scoring import Plan
from equipoise.instruments.wording_pack import ItemWording, Wording, wording

__all__ = [
    "Alert",
    "Asked",
    "Band",
    "Cut",
    "Domain",
    "Instrument",
    "Item",
    "ItemWording",
    "Mid",
    "Plan",
    "Remission",
    "Response",
    "Rule",
    "Score",
    "Wording",
    "describe",
    "load",
    "names",
    "parse",
    "wording",
]
