"""The shape of what the report reads: where rows, mappings, lists and numbers stand.

Holds the outline and the check against it. What the outline does not name may hold anything, so that an
analysis may add to its tables. Refuses to fill anything in: a wrong shape is a problem, absence is not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from equipoise.errors import Problem

WORDS = {"rows": "a list of rows", "mapping": "a mapping", "list": "a list", "free": "a mapping"}


@dataclass(frozen=True)
class Node:
    """A value of the outline.

    kind    rows (a list of mappings), mapping, list, or free (a mapping whose keys are anybody's)
    inside  key to what stands there; of a free mapping, "*" to what stands under each key
    """

    kind: Literal["rows", "mapping", "list", "free"]
    inside: Mapping[str, "Node"] = field(default_factory=dict)


def _rows(**inside: Node) -> Node:
    return Node("rows", inside)


def _mapping(**inside: Node) -> Node:
    return Node("mapping", inside)


LIST = Node("list")
FREE = Node("free")
EACH_MAPPING = Node("free", {"*": _mapping()})

RESULTS = _rows(comparison=_mapping(), groups=_rows(), notes=LIST)
TABLES = _mapping(
    trial=_mapping(arms=_rows(interventions=LIST), registry=_mapping()),
    flow=_mapping(
        excluded=_rows(),
        arms=_rows(
            not_received=_rows(),
            discontinued=_rows(),
            followed=_rows(),
            analyzed=_rows(),
            open_label=_mapping(),
        ),
    ),
    baseline=_rows(by_arm=EACH_MAPPING, total=_mapping()),
    estimands=_rows(treatment=_mapping(), intercurrent_events=_rows(n_by_arm=FREE), covariates=LIST),
    descriptives=_rows(),
    individuals=_rows(points=LIST),
    responders=_rows(),
    sessions=_rows(),
    adverse_events=_mapping(by_term=_rows(), overall=_rows(), aesi=_rows()),
    blinding=_rows(),
    blinding_indices=_rows(),
    certainty=_rows(),
    expectancy=_rows(),
    deviations=_rows(),
    multiplicity=_mapping(steps=_rows()),
    group_sequential=_rows(looks=_rows()),
    published=_rows(),
    missing=_rows(),
    lines=_mapping(),
    subgroups=_rows(),
    by_visit=_rows(),
    covariance=_rows(tried=_rows(), visits=LIST, visit_labels=LIST, sd=LIST, correlation=LIST),
    missing_patterns=_rows(visits=LIST),
    sensitivity=_rows(rows=_rows()),
    tipping_point=_rows(points=_rows()),
    provenance=_mapping(estimands=_rows(), hashes=FREE, versions=FREE),
)
PROTOCOL = _mapping(
    trial=_mapping(registry=_mapping()),
    discrepancies=_rows(sources=FREE),
    objectives=_rows(),
    endpoints=_rows(),
    interventions=_rows(),
    arms=_rows(elements=FREE),
    anchors=EACH_MAPPING,
    events=_rows(),
    masking=EACH_MAPPING,
    allocation=_mapping(ratio=FREE, strata=LIST),
    visits=_rows(),
    eligibility=_rows(),
    sessions=_rows(staff=_rows(credentials=LIST)),
    support_model=_mapping(),
    aesi=_rows(),
    estimands=_rows(variable=_mapping(), estimator=_mapping()),
    multiplicity=_mapping(order=LIST),
    interims=_rows(),
    sample_size=FREE,
)
"""The sections of the protocol that the report reads."""

_FOUND = """
estimate std_error df ci_level ci_low ci_high n n_arm n_reference n_randomized mean sd median q1 q3 min max
count percent day change_n change_mean change_sd change_ci_low change_ci_high scale_min scale_max index
participants events mild moderate severe welcome neutral unwelcome expected observed planned attended
all_attended screened randomized allocated received took declined alpha unblinding_day primary_day delta
tips_at fraction bound nominal futility p_repeated p_stagewise naive
"""
FOUND = frozenset(_FOUND.split())
"""Keys of numbers in results and tables, on whatever the outline names."""
PLANNED = frozenset({"within_minutes", "duration_hours", "count", "sites_planned", "alpha"})
"""Keys of numbers in the protocol."""
_SINGLE = """
arm reference experimental score visit statistic role session deviation term guess id summary anchor baseline
until label of pattern kind structure
"""
SINGLE = frozenset(_SINGLE.split())
"""Keys whose values are never lists or mappings, on whatever the outline names."""


def problems(
    value: Any, node: Node, *, numbers: frozenset[str], source: str, path: str = ""
) -> Iterator[Problem]:
    """Yield what differs from the outline, with its path; null is absence and no problem anywhere."""
    if value is None:
        return
    if not _fits(value, node.kind):
        yield Problem(f"expected {WORDS[node.kind]} or null", path=path, source=source)
        return
    for where, mapping in _mappings(value, node.kind, path):
        if node.kind != "free":
            yield from _leaves(mapping, node, numbers=numbers, source=source, path=where)
        for key, one in mapping.items():
            inner = node.inside.get(key) or node.inside.get("*")
            if inner is not None:
                deeper = f"{where}.{key}".strip(".")
                yield from problems(one, inner, numbers=numbers, source=source, path=deeper)


def _fits(value: Any, kind: str) -> bool:
    if kind in ("mapping", "free"):
        return isinstance(value, dict)
    return isinstance(value, list) and (kind == "list" or all(isinstance(row, dict) for row in value))


def _mappings(value: Any, kind: str, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if kind == "rows":
        yield from ((f"{path}.{place}".strip("."), row) for place, row in enumerate(value))
    elif kind != "list":
        yield path, value


def _leaves(
    mapping: dict[str, Any], node: Node, *, numbers: frozenset[str], source: str, path: str
) -> Iterator[Problem]:
    for key, one in mapping.items():
        if key in node.inside or one is None:
            continue
        where = f"{path}.{key}".strip(".")
        if key in numbers and (not isinstance(one, int | float) or isinstance(one, bool)):
            yield Problem("expected a number or null", path=where, source=source)
        elif key in SINGLE and isinstance(one, list | dict):
            yield Problem("expected a single value or null", path=where, source=source)
