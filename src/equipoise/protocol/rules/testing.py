"""Tests: multiplicity, sample size, and published results to stand beside ours."""

import math
from collections.abc import Iterator

from equipoise.errors import Problem
from equipoise.protocol.plan import Multiplicity
from equipoise.protocol.rules.draft import Draft, listed
from equipoise.source import Path

ROUNDING = 1e-9
"""Sums of shares may miss 1 by this much."""
PATH: Path = ("multiplicity",)


def testing(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with tests and numbers of participants."""
    if draft.protocol.multiplicity is not None:
        yield from _order(draft, draft.protocol.multiplicity)
        yield from _graph(draft, draft.protocol.multiplicity)
    yield from _tested(draft)
    yield from _sample_size(draft)
    yield from _published(draft)


def _order(draft: Draft, multiplicity: Multiplicity) -> Iterator[Problem]:
    place = (*PATH, "order")
    if not multiplicity.order:
        yield draft.error(place, "no estimand is tested", "list the estimands to test")
        return
    roles = {one.id: one.role for one in draft.protocol.estimands}
    primary = [name for name, role in roles.items() if role == "primary"]
    for name in primary:
        if name not in multiplicity.order:
            yield draft.error(place, f"the primary estimand {name} is not tested", "list it")
        elif multiplicity.method == "fixed_sequence" and multiplicity.order[0] != name:
            message = (
                f"the sequence begins with {multiplicity.order[0]}, not with the primary estimand {name}"
            )
            yield draft.warning((*place, 0), message, "put the primary estimand first")
    for number, name in enumerate(multiplicity.order):
        if roles.get(name) == "sensitivity":
            message = f"{name} examines the robustness of another result and is no claim of its own"
            yield draft.warning((*place, number), message, "leave it out of the order")


def _graph(draft: Draft, multiplicity: Multiplicity) -> Iterator[Problem]:
    for name in ("weights", "transitions"):
        given = getattr(multiplicity, name) is not None
        if given and multiplicity.method != "graph":
            message = f"`{name}` goes with method graph; the method is {multiplicity.method}"
            yield draft.error((*PATH, name), message, "remove it, or use method: graph")
        elif not given and multiplicity.method == "graph":
            yield draft.error((*PATH, "method"), f"a graph needs `{name}`", f"give `{name}`")
    weights = multiplicity.weights or {}
    yield from _within_one(draft, weights, (*PATH, "weights"), what="the weights")
    for name, row in (multiplicity.transitions or {}).items():
        path = (*PATH, "transitions", name)
        yield from _within_one(draft, row, path, what=f"the transitions from {name}")
        if row.get(name):
            message = f"{name} hands its share to itself"
            yield draft.error((*path, name), message, "hand it to others")
    for name in (*weights, *(multiplicity.transitions or {})):
        if name not in multiplicity.order and name in {one.id for one in draft.protocol.estimands}:
            message = f"{name} has a place in the graph and none in `order`"
            yield draft.error((*PATH, "order"), message, "list it")
            break


def _within_one(draft: Draft, shares: dict[str, float], path: Path, *, what: str) -> Iterator[Problem]:
    total = math.fsum(shares.values())
    if total > 1 + ROUNDING:
        yield draft.error(path, f"{what} add up to {total:g}, more than 1", "lower them")


def _tested(draft: Draft) -> Iterator[Problem]:
    """Yield estimands that would be tested without protection."""
    claims = [one.id for one in draft.protocol.estimands if one.role in ("primary", "secondary")]
    if draft.protocol.multiplicity is None and len(claims) > 1:
        message = f"{listed(claims)} are claims, and nothing limits the chance of a false one"
        yield draft.warning(("estimands",), message, "give `multiplicity`", key=True)


def _sample_size(draft: Draft) -> Iterator[Problem]:
    size = draft.protocol.sample_size
    n = draft.protocol.planned_n
    if size is None:
        hint = "give `sample_size: {n: ..., justification: ...}`"
        yield draft.warning((), "nothing says how many participants are planned", hint)
    elif n is not None and n < len(draft.arms):
        message = f"{n} participants cannot fill {len(draft.arms)} arms"
        yield draft.error(("sample_size", "n"), message, "plan more")


def _published(draft: Draft) -> Iterator[Problem]:
    for place, result in enumerate(draft.protocol.published):
        low = -math.inf if result.ci_low is None else result.ci_low
        high = math.inf if result.ci_high is None else result.ci_high
        if not low <= result.estimate <= high:
            message = f"the estimate {result.estimate:g} is outside its own interval"
            yield draft.error(("published", place, "estimate"), message, "compare with the paper")
