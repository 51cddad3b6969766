"""Identifiers: each names one thing.

Reads the file's plain data, so it also judges a file that is no protocol yet. Refuses to follow names.
"""

from collections.abc import Iterator
from typing import Any

from equipoise.errors import Problem
from equipoise.protocol.rules.draft import BUILT_IN_EVENTS, shown
from equipoise.source import Document, Path

IDENTIFIED = (
    "objectives",
    "endpoints",
    "interventions",
    "arms",
    "events",
    "visits",
    "forms",
    "eligibility",
    "consent",
    "washouts",
    "prohibited",
    "sessions",
    "training",
    "safety_rules",
    "aesi",
    "retreatment",
    "rescue",
    "analysis_sets",
    "intercurrent_events",
    "estimands",
    "subgroups",
    "interims",
    "deviations",
)
"""Sections whose entries have ids of their own."""
NESTED = {
    "allocation": ("strata",),
    "forms": ("items", "groups", "checks"),
    "sessions": ("before_dose", "stopping", "discharge"),
    "simulation": ("scenarios", "grid", "assurance"),
}
"""Sections and the lists inside whose entries have ids of their own."""
LISTS = {"epochs": None, "logs": None, "visits": "forms", "multiplicity": "order"}
"""Lists of plain names: the section itself, or a list inside it."""


def identifiers(document: Document) -> Iterator[Problem]:
    """Yield every identifier that stands twice, and events that exist without being defined."""
    data = document.data
    for section in IDENTIFIED:
        yield from _twice(document, data.get(section), (section,))
    for section, inner in NESTED.items():
        for path, part in _entries(data.get(section), (section,)):
            for name in inner:
                yield from _twice(document, part.get(name), (*path, name))
    for section, within in LISTS.items():
        if within is None:
            yield from _listed_twice(document, data.get(section), (section,))
        else:
            for path, part in _entries(data.get(section), (section,)):
                yield from _listed_twice(document, part.get(within), (*path, within))
    yield from _built_in(document, data.get("events"))


def _entries(section: Any, path: Path) -> Iterator[tuple[Path, dict[str | int, Any]]]:
    if isinstance(section, dict):
        yield path, section
    elif isinstance(section, list):
        yield from (((*path, place), one) for place, one in enumerate(section) if isinstance(one, dict))


def _twice(document: Document, section: Any, path: Path) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for where, one in _entries(section if isinstance(section, list) else None, path):
        name = one.get("id")
        if isinstance(name, str):
            place = (*where, "id")
            if name in seen:
                message = f"the id {shown(name)} stands twice"
                yield document.problem(place, message, hint=f"the first is in line {seen[name]}; rename one")
            else:
                seen[name] = document.place(place)[0]


def _listed_twice(document: Document, section: Any, path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, name in enumerate(section if isinstance(section, list) else ()):
        if isinstance(name, str):
            if name in seen:
                yield document.problem((*path, place), f"{shown(name)} is listed twice", hint="remove one")
            seen.add(name)


def _built_in(document: Document, events: Any) -> Iterator[Problem]:
    for path, event in _entries(events, ("events",)):
        if event.get("id") in BUILT_IN_EVENTS:
            message = f"the event {shown(event['id'])} always exists"
            yield document.problem((*path, "id"), message, hint="remove it, or give it another id")
