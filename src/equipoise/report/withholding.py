"""What keeps a blinded report blinded: no row of an arm may come in, no arm's name may go out.

Holds the check and the replacement of names. Refuses to soften anything: a blinded analysis that holds a row
of an arm stops the report.
"""

import re
from typing import Any

from equipoise.errors import IntegrityError, Problem
from equipoise.report.folder import Row, Written

WITHHELD = "[withheld]"
SHOWN_ANYWAY = frozenset({"id", "title", "registry"})
"""Keys of the trial that identify it; they stay as they are, whatever its title says."""
POOLED = frozenset({"", "all", "total"})
"""Names under which a pooled column may come."""
UNBLINDED_ONLY = (
    "individuals",
    "blinding",
    "blinding_indices",
    "certainty",
    "published",
    "multiplicity",
    "group_sequential",
    "subgroups",
    "by_visit",
    "covariance",
    "sensitivity",
    "tipping_point",
)
"""Tables that compare arms or hold what masked people must not see."""
COMPARISONS = ("by_visit", "sensitivity", "tipping_point")
"""Tables whose every estimate is of an arm or a comparison, whether or not a row names one."""


def withhold(written: Written) -> Written:
    """Return a blinded analysis without any arm's id or label, comparisons and guesses.

    Raises  IntegrityError when it holds a row of an arm or an estimate
    """
    names = _names(written)
    problems = [*_arm_rows(written.tables, path="tables.json"), *_estimates(written)]
    if problems:
        raise IntegrityError("the analysis says it is blinded but holds results by arm; stop", problems)
    kept = {key: value for key, value in written.tables.items() if key not in UNBLINDED_ONLY}
    tables = _replace(kept, names)
    tables["trial"] = _trial(written.tables.get("trial") or {}, tables.get("trial") or {})
    protocol = _replace(written.protocol, names)
    protocol["trial"] = _trial(written.protocol.get("trial") or {}, protocol.get("trial") or {})
    protocol["arms"] = []
    return Written(results=(), tables=tables, manifest=_replace(written.manifest, names), protocol=protocol)


def _trial(original: Row, replaced: Row) -> Row:
    shown = {key: original[key] for key in SHOWN_ANYWAY if key in original}
    return {**replaced, **shown, "arms": []}


def _names(written: Written) -> re.Pattern[str] | None:
    """Return what finds the arms' labels, and those ids that a label holds as a word.

    Other ids, such as `high` or `low`, are never printed for people, and as words they mean other things.
    """
    trial = written.tables.get("trial") or {}
    arms = [*(trial.get("arms") or []), *(written.protocol.get("arms") or [])]
    labels = {str(arm["label"]) for arm in arms if arm.get("label")}
    ids = {str(arm["id"]) for arm in arms if arm.get("id")}
    unlabeled = {str(arm["id"]) for arm in arms if arm.get("id") and not arm.get("label")}
    spoken = {word.casefold() for label in labels for word in re.findall(r"\w+", label)}
    names = labels | unlabeled | {one for one in ids if one.casefold() in spoken}
    if not names:
        return None
    words = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(word) for word in words) + r")(?!\w)", re.IGNORECASE)


def _replace(value: Any, names: re.Pattern[str] | None) -> Any:
    if names is None:
        return value
    if isinstance(value, str):
        return names.sub(WITHHELD, value)
    if isinstance(value, list):
        return [_replace(one, names) for one in value]
    if isinstance(value, dict):
        return {key: _replace(one, names) for key, one in value.items()}
    return value


def _arm_rows(value: Any, *, path: str) -> list[Problem]:
    if isinstance(value, list):
        return [found for one in value for found in _arm_rows(one, path=path)]
    if not isinstance(value, dict):
        return []
    problems = []
    arm = value.get("arm")
    if isinstance(arm, str) and arm.lower() not in POOLED:
        problems.append(Problem("a row of one arm", path=path, source="tables.json"))
    for key in ("by_arm", "n_by_arm"):
        split = value.get(key)
        if isinstance(split, dict) and any(str(name).lower() not in POOLED for name in split):
            problems.append(Problem("numbers by arm", path=f"{path}.{key}", source="tables.json"))
    for key, one in value.items():
        problems += _arm_rows(one, path=str(key))
    return problems


def _estimates(written: Written) -> list[Problem]:
    problems = [
        Problem("an estimate of a comparison", path=str(row.get("estimand")), source="results.json")
        for row in written.results
        if row.get("estimate") is not None
    ]
    return [
        *problems,
        *(
            Problem("an estimate of a comparison", path=name, source="tables.json")
            for name in COMPARISONS
            if _has_estimate(written.tables.get(name))
        ),
    ]


def _has_estimate(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get("estimate") is not None or any(_has_estimate(one) for one in value.values())
    return isinstance(value, list) and any(_has_estimate(one) for one in value)
