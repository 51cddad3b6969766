"""Names that stand for something else in the file, and whether that something is there.

Holds one table: where a name stands, and what it must name. It reads the file's plain data, so it also judges
a file that is no protocol yet. Refuses to look into expressions and `form.score` names (that is `formulas`).
"""

from collections.abc import Callable, Iterator
from typing import Any

from equipoise import instruments
from equipoise.errors import Problem
from equipoise.protocol import standard
from equipoise.protocol.estimators import ESTIMATORS
from equipoise.protocol.rules.draft import BUILT_IN_EVENTS, BUILT_IN_SET_IDS, nearest, shown
from equipoise.source import Document, Path

KEYS = "(keys)"
"""In a pattern: the keys of the mapping that stands there, instead of its values."""

_ITEM = ("forms.*.items.*", "forms.*.groups.*.items.*")
_OUTCOME = "simulation.scenarios.*.outcomes.*"
_SCENARIO = "simulation.scenarios.*"

REFERENCES: dict[str, tuple[str, ...]] = {
    "objective's endpoint": ("objectives.*.endpoints.*",),
    "epoch": (f"arms.*.elements.{KEYS}", "visits.*.epoch"),
    "intervention": ("arms.*.elements.*",),
    "anchor": ("visits.*.anchor", "washouts.*.before", "prohibited.*.from_anchor", "baseline_rule.anchor"),
    "event": ("masking.*.until", "visits.*.until", "forms.*.until", *(f"{item}.until" for item in _ITEM)),
    "event or visit": ("consent.*.reconsent_at",),
    "session": ("visits.*.session",),
    "training": ("sessions.*.staff.*.training.*",),
    "form": (
        "logs.*",
        "visits.*.forms.*",
        "allocation.gates.*",
        "aesi.*.asked_by.*",
        "sessions.*.vitals.form",
        "sessions.*.ratings.*.form",
        "sessions.*.effects_log",
        "intercurrent_events.*.detect.form",
    ),
    "visit": (
        "endpoints.*.visit",
        "anchors.*.visit",
        "events.*.visit",
        "prohibited.*.until_visit",
        "retreatment.*.visit",
        "analysis_windows.*.visit",
        "intercurrent_events.*.detect.visit",
        "estimands.*.variable.baseline",
        "estimands.*.variable.visit",
        "interims.*.trigger.visit",
        "import.visits.*",
        f"{_OUTCOME}.response.{KEYS}",
        f"{_OUTCOME}.effect.*.{KEYS}",
        "simulation.assurance.*.visit",
    ),
    "arm": (
        f"allocation.ratio.{KEYS}",
        "visits.*.arms.*",
        "estimands.*.treatment.experimental",
        "estimands.*.treatment.reference",
        "forms.*.arms.*",
        "import.arms.*",
        f"{_OUTCOME}.baseline.mean.{KEYS}",
        f"{_OUTCOME}.baseline.sd.{KEYS}",
        f"{_OUTCOME}.sd.{KEYS}",
        f"{_OUTCOME}.effect.{KEYS}",
        f"{_OUTCOME}.effect_over_time.{KEYS}",
        f"{_OUTCOME}.correlation.baseline.{KEYS}",
        f"{_OUTCOME}.correlation.visits.{KEYS}",
        f"{_OUTCOME}.clustering.facilitator.{KEYS}",
        f"{_SCENARIO}.relapse.per_28_days.{KEYS}",
        f"{_SCENARIO}.dropout.later.*.per_28_days.{KEYS}",
        f"{_SCENARIO}.dropout.disappointment.{KEYS}",
        f"{_SCENARIO}.dropout.per_28_days.{KEYS}",
        f"{_SCENARIO}.expectancy.right.{KEYS}",
        f"{_SCENARIO}.expectancy.side_effect_shift.{KEYS}",
        f"{_SCENARIO}.crossover.uptake.{KEYS}",
        f"{_SCENARIO}.crossover.like",
        f"{_SCENARIO}.attendance.{KEYS}",
        f"{_SCENARIO}.adverse_events.*.probability.{KEYS}",
        f"{_SCENARIO}.intercurrent_events.*.probability.{KEYS}",
        f"{_SCENARIO}.intercurrent_events.*.shift.*.{KEYS}",
        "simulation.assurance.*.arm",
    ),
    "analysis set": ("estimands.*.population",),
    "intercurrent event": (
        "estimands.*.intercurrent_events.*.event",
        f"{_SCENARIO}.intercurrent_events.{KEYS}",
    ),
    "estimand": (
        "estimands.*.sensitivity_of",
        "multiplicity.order.*",
        f"multiplicity.weights.{KEYS}",
        f"multiplicity.transitions.{KEYS}",
        f"multiplicity.transitions.*.{KEYS}",
        "interims.*.estimand",
        "published.*.estimand",
        f"{_SCENARIO}.true_values.{KEYS}",
    ),
    "scenario": ("simulation.grid.*.scenario", "simulation.assurance.*.scenario", f"{_SCENARIO}.numbers_of"),
    "criterion": (f"{_SCENARIO}.screening.reasons.{KEYS}",),
    "deviation": (f"{_SCENARIO}.deviations.{KEYS}",),
    "rating scale": ("forms.*.instrument",),
    "standard form": ("forms.*.standard",),
    "estimator": ("estimands.*.estimator.name",),
}
"""What is named, and every place where a name of it stands."""

_SECTIONS = {
    "epoch": "epochs",
    "anchor": "anchors",
    "objective's endpoint": "endpoints",
    "intervention": "interventions",
    "session": "sessions",
    "training": "training",
    "form": "forms",
    "visit": "visits",
    "arm": "arms",
    "analysis set": "analysis_sets",
    "intercurrent event": "intercurrent_events",
    "estimand": "estimands",
    "criterion": "eligibility",
    "deviation": "deviations",
    "event": "events",
}
_BUILT_IN = {"event": BUILT_IN_EVENTS, "analysis set": BUILT_IN_SET_IDS}
_LIBRARIES: dict[str, Callable[[], tuple[str, ...]]] = {
    "rating scale": instruments.names,
    "standard form": standard.names,
    "estimator": lambda: tuple(ESTIMATORS),
}


def references(document: Document) -> Iterator[Problem]:
    """Yield every name that names nothing."""
    for kind, patterns in REFERENCES.items():
        known = dict.fromkeys(_known(kind, document.data))
        for pattern in patterns:
            for path, name, is_key in _found(document.data, tuple(pattern.split(".")), ()):
                if isinstance(name, str) and name not in known:
                    message = f"there is no {kind} {shown(name)}"
                    yield document.problem(path, message, hint=nearest(name, known), key=is_key)


def _known(kind: str, data: dict[str, Any]) -> tuple[str, ...]:
    if kind in _LIBRARIES:
        return _LIBRARIES[kind]()
    if kind == "event or visit":
        return (*_known("event", data), *_known("visit", data))
    if kind == "scenario":
        rehearsals = data.get("simulation")
        return tuple(ids(rehearsals.get("scenarios"))) if isinstance(rehearsals, dict) else ()
    section = data.get(_SECTIONS[kind])
    if kind in ("epoch", "anchor"):
        return tuple(_texts(list(section) if isinstance(section, dict) else section))
    return (*ids(section), *_BUILT_IN.get(kind, ()))


def ids(section: Any) -> Iterator[str]:
    """Yield the ids of a list of mappings, whatever else stands there."""
    if isinstance(section, list):
        for one in section:
            if isinstance(one, dict) and isinstance(one.get("id"), str):
                yield one["id"]


def _texts(section: Any) -> Iterator[str]:
    if isinstance(section, list):
        yield from (one for one in section if isinstance(one, str))


def _found(data: Any, pattern: tuple[str, ...], path: Path) -> Iterator[tuple[Path, Any, bool]]:
    """Yield (path, name, whether it is a key) wherever the pattern matches, in lists of names too."""
    if not pattern:
        if isinstance(data, list):
            for place, one in enumerate(data):
                yield (*path, place), one, False
        else:
            yield path, data, False
        return
    head, rest = pattern[0], pattern[1:]
    if head == KEYS:
        if isinstance(data, dict):
            for key in data:
                yield (*path, key), str(key), True
    elif head == "*":
        parts = enumerate(data) if isinstance(data, list) else data.items() if isinstance(data, dict) else ()
        for key, one in parts:
            yield from _found(one, rest, (*path, key))
    elif isinstance(data, dict) and head in data:
        yield from _found(data[head], rest, (*path, head))
