"""What eligibility rules leave possible: whoever is randomized meets them, whoever fails one does not.

Holds the turning of rules into allowed values, item by item where a rule is a list of separate conditions,
and as a table of combinations where it is not. Refuses to draw, and to guess at a rule it cannot enumerate:
that one is named in `unmet`, and simulated participants may break it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.design.characteristic import Distribution
from equipoise.expressions import Expression, Name, parse
from equipoise.expressions.tree import COMPARISONS, LEAVES, MEMBERSHIPS, walk
from equipoise.protocol.care import Criterion
from equipoise.protocol.resolve import Resolved

Flags = NDArray[np.bool_]
Key = tuple[str, str | None]
"""`form.item` and the visit it is read at; None where the rule names no visit."""

MOST_COMBINATIONS = 4096
COMPARING = LEAVES | COMPARISONS | MEMBERSHIPS | {"and", "or", "not", "if", "chain"}
"""Nodes of rules that do nothing with a number but compare it."""


@dataclass(frozen=True)
class Demand:
    """What one criterion asks of the values it reads.

    criterion  its id
    alone      value by value: which may stand, whatever the other items say
    together   which combinations meet the criterion, one axis an item; None where `alone` says it all
    """

    criterion: str
    alone: Mapping[Key, Flags]
    together: Flags | None

    @property
    def keys(self) -> tuple[Key, ...]:
        """The items it reads, in the order of the axes of `together`."""
        return tuple(self.alone)


@dataclass(frozen=True)
class Demands:
    """All criteria of a protocol that rules decide.

    distributions  every item they read, before any rule
    unmet          criteria whose rule could not be turned into allowed values
    """

    distributions: Mapping[Key, Distribution]
    met: tuple[Demand, ...]
    unmet: tuple[str, ...]

    def allowed(self, key: Key) -> Flags:
        """Return which values of an item every criterion allows on its own."""
        flags = [demand.alone[key] for demand in self.met if key in demand.alone]
        everything = np.ones(len(self.distributions[key].values), dtype=bool)
        return np.asarray(np.logical_and.reduce([everything, *flags]))

    def demand(self, criterion: str) -> Demand | None:
        """Return what a criterion asks; None when no rule of it could be used."""
        return next((demand for demand in self.met if demand.criterion == criterion), None)


def demands_of(
    resolved: Resolved, criteria: Iterable[Criterion], *, distribution: Callable[[str], Distribution]
) -> Demands:
    """Turn rules into allowed values.

    distribution  gives the distribution of `form.item`; raises ValueError where there is none
    """
    distributions: dict[Key, Distribution] = {}
    met: list[Demand] = []
    unmet: list[str] = []
    for criterion in criteria:
        if criterion.rule is None:
            continue
        try:
            demand = _demand(resolved, criterion, distribution=distribution, known=distributions)
        except (KeyError, ValueError):
            unmet.append(criterion.id)
        else:
            met.append(demand)
    return Demands(distributions, tuple(met), tuple(unmet))


def _demand(
    resolved: Resolved,
    criterion: Criterion,
    *,
    distribution: Callable[[str], Distribution],
    known: dict[Key, Distribution],
) -> Demand:
    text, wanted = criterion.rule or "", criterion.kind == "inclusion"
    names = {key: name for name in sorted(_parsed(text).names) for key in [_key(resolved, name)]}
    domains = {key: known.get(key) or distribution(key[0]) for key in names}
    listed = {key: tuple(domains[key].values.tolist()) for key in names}
    alone = {key: _standing(text, names[key], values=listed[key], wanted=wanted) for key in names}
    together = None
    if not _separate(_parsed(text), wanted=wanted):
        together = _combinations(text, tuple(names.values()), values=tuple(listed.values()), wanted=wanted)
    known.update(domains)
    return Demand(criterion.id, alone, together)


@lru_cache(maxsize=512)
def _parsed(rule: str) -> Expression:
    return parse(rule)


def _key(resolved: Resolved, name: Name) -> Key:
    form, value = resolved.locate(str(name).partition("@")[0])
    return f"{form}.{value}", name.visit


@lru_cache(maxsize=512)
def _standing(rule: str, name: Name, *, values: tuple[Any, ...], wanted: bool) -> Flags:
    """Return which values may stand: all but those that, alone, settle the rule the wrong way (Kleene)."""
    parsed = _parsed(rule)
    distinct, places = _alike(parsed, values)
    stands = np.array([parsed.evaluate({name: value}) is not (not wanted) for value in distinct], dtype=bool)
    return stands[places]


def _alike(rule: Expression, values: tuple[Any, ...]) -> tuple[list[Any], NDArray[np.int64]]:
    """Return values of which one stands for all that a rule cannot tell apart, and each value's place there.

    A rule that only compares tells numbers apart by the numbers written in it.
    """
    nodes = list(walk(rule.root))
    compares = all(node[0] in COMPARING for node in nodes)
    if not compares or not all(isinstance(value, float) for value in values):
        return list(values), np.arange(len(values))
    written = np.array(sorted(float(node[1]) for node in nodes if node[0] == "number"))
    numbers = np.array(values)
    groups = np.searchsorted(written, numbers, "left") + np.searchsorted(written, numbers, "right")
    _, first, places = np.unique(groups, return_index=True, return_inverse=True)
    return numbers[first].tolist(), places


def _separate(rule: Expression, *, wanted: bool) -> bool:
    """Return whether a rule is one condition on one item, or a list of such that must all hold."""
    root, sign = rule.root, wanted
    while root[0] == "not":
        root, sign = root[1], not sign
    parts = root[1:] if root[0] == ("and" if sign else "or") else (root,)
    return all(len(set(_names(part))) <= 1 for part in parts)


def _names(node: tuple[object, ...]) -> Iterable[object]:
    if node[0] == "name":
        yield node[1]
    for part in node[1:]:
        if isinstance(part, tuple):
            yield from _names(part)


@lru_cache(maxsize=64)
def _combinations(
    rule: str, names: tuple[Name, ...], *, values: tuple[tuple[Any, ...], ...], wanted: bool
) -> Flags:
    shape = [len(one) for one in values]
    if np.prod(shape) > MOST_COMBINATIONS:
        raise ValueError("too many combinations")
    parsed = _parsed(rule)
    met = [parsed.evaluate(dict(zip(names, one, strict=True))) is wanted for one in product(*values)]
    return np.array(met, dtype=bool).reshape(shape)
