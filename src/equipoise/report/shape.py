"""The shape of what the report reads: which keys hold rows, mappings, numbers or texts wherever they occur.

Holds names of keys and the check. Refuses to fill anything in: a wrong shape is a problem, absence is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from equipoise.errors import Problem

FILES: dict[str, type] = {"results": list, "tables": dict, "manifest": dict, "protocol": dict}
TABLES: dict[str, type] = {
    "trial": dict,
    "flow": dict,
    "adverse_events": dict,
    "multiplicity": dict,
    "lines": dict,
    "provenance": dict,
    "baseline": list,
    "estimands": list,
    "descriptives": list,
    "individuals": list,
    "responders": list,
    "sessions": list,
    "blinding": list,
    "blinding_indices": list,
    "certainty": list,
    "expectancy": list,
    "deviations": list,
    "published": list,
    "missing": list,
    "subgroups": list,
}
"""The tables the report knows: one mapping, or a list of rows."""


@dataclass(frozen=True)
class Keys:
    """Keys by what they hold, besides null: lists of mappings, mappings, lists, numbers, single values."""

    rows: frozenset[str]
    mappings: frozenset[str]
    lists: frozenset[str]
    numbers: frozenset[str]
    single: frozenset[str]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


FOUND = Keys(
    rows=_names(
        "arms excluded not_received discontinued followed analyzed by_term overall aesi steps groups "
        "intercurrent_events estimands"
    ),
    mappings=_names("comparison treatment registry by_arm total open_label n_by_arm hashes versions ours"),
    lists=_names("interventions covariates notes points"),
    numbers=_names(
        "estimate std_error df ci_level ci_low ci_high n n_arm n_reference n_randomized mean sd median q1 q3 "
        "min max count percent day change_n change_mean change_sd change_ci_low change_ci_high scale_min "
        "scale_max index participants events mild moderate severe welcome neutral unwelcome expected "
        "observed planned attended all_attended screened randomized allocated received took declined alpha "
        "unblinding_day primary_day"
    ),
    single=_names(
        "arm reference score visit estimand variable statistic role session deviation term guess id summary"
    ),
)
"""Keys of results and tables."""
PLANNED = Keys(
    rows=_names(
        "arms visits events objectives endpoints interventions estimands eligibility sessions staff aesi "
        "discrepancies interims"
    ),
    mappings=_names(
        "trial registry anchors masking ratio variable estimator multiplicity sample_size "
        "support_model elements sources"
    ),
    lists=_names("credentials order"),
    numbers=_names("duration_hours within_minutes count sites_planned alpha"),
    single=_names("id anchor baseline score visit label until name"),
)
"""Keys of the protocol."""


FREE = _names("sources ratio elements hashes versions n_by_arm")
"""Mappings whose own keys are anybody's: arms, epochs, sources."""
NAMED_ROWS = _names("by_arm anchors masking")
"""Such mappings that hold a mapping under each key."""


def problems(
    value: Any, keys: Keys, *, source: str, path: str = "", judged: bool = True
) -> Iterator[Problem]:
    """Yield what has another shape than its key says, with its path; not `judged` skips this level's keys."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        where = f"{path}.{key}".strip(".")
        wanted = _wanted(str(key), one, keys) if judged and isinstance(value, dict) else ""
        if wanted:
            yield Problem(f"expected {wanted} or null", path=where, source=source)
        if judged and key in NAMED_ROWS and isinstance(one, dict) and not is_rows(list(one.values())):
            yield Problem("expected a mapping under each key", path=where, source=source)
        yield from problems(one, keys, source=source, path=where, judged=key not in FREE | NAMED_ROWS)


def is_rows(value: Any) -> bool:
    """Return whether the value is a list of mappings."""
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _wanted(key: str, value: Any, keys: Keys) -> str:
    """Return what a key should hold; empty when it does."""
    judged = (
        (keys.rows, is_rows(value), "a list of rows"),
        (keys.mappings, isinstance(value, dict), "a mapping"),
        (keys.lists, isinstance(value, list), "a list"),
        (keys.numbers, _is_number(value), "a number"),
        (keys.single, not isinstance(value, list | dict), "a single value"),
    )
    if value is None:
        return ""
    return next((wanted for names, holds, wanted in judged if key in names and not holds), "")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
