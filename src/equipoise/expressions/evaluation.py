"""Evaluation: a tree compiled once to closures.

Holds no values of its own and no grammar. A closure takes the look-up and returns a settled value, so a
rule costs one call for each node: no dispatch on the node's form remains.
"""

from collections.abc import Callable
from math import isfinite
from typing import TypeAlias

from equipoise.expressions.names import Name
from equipoise.expressions.tree import ARITHMETIC, COMPARISONS, Node, render
from equipoise.expressions.values import (
    SETTLED,
    MismatchError,
    Value,
    alike,
    calculate,
    call,
    compare,
    condition,
    negated,
    settle,
)

Lookup: TypeAlias = Callable[[Name], object]
Evaluation: TypeAlias = Callable[[Lookup], Value]


def compiled(node: Node) -> Evaluation:
    """Return the closure that evaluates the node.

    The closure raises MismatchError when values do not go together
    """
    kind = node[0]
    if kind in ("number", "text", "bool"):
        return _constant(node[1])
    if kind == "name":
        return _read(Name(node[1]))
    return _located(_inner(kind, node), node)


def _inner(kind: str, node: Node) -> Evaluation:
    if kind == "chain":
        return _chain(node[2::2], [compiled(part) for part in node[1::2]])
    parts = [compiled(part) for part in node[1:]]
    if kind in COMPARISONS:
        return _pair(compare(kind), *parts)
    if kind in ARITHMETIC:
        return _pair(calculate(kind), *parts)
    return _FORMS[kind](*parts) if kind in _FORMS else _call(kind, parts)


def _located(evaluation: Evaluation, node: Node) -> Evaluation:
    """Return the evaluation, naming the innermost part of the rule in what goes wrong."""

    def located(lookup: Lookup) -> Value:
        try:
            return evaluation(lookup)
        except MismatchError as mismatch:
            mismatch.part = mismatch.part or render(node)
            raise

    return located


def _constant(value: Value) -> Evaluation:
    def constant(_: Lookup) -> Value:
        return value

    return constant


def _read(name: Name) -> Evaluation:
    def read(lookup: Lookup) -> Value:
        value = lookup(name)
        kind = type(value)
        if kind in SETTLED or (kind is float and isfinite(value)):  # type: ignore[arg-type]
            return value  # type: ignore[return-value]
        return settle(value, name)

    return read


def _pair(operation: Callable[[Value, Value], Value], left: Evaluation, right: Evaluation) -> Evaluation:
    def pair(lookup: Lookup) -> Value:
        return operation(left(lookup), right(lookup))

    return pair


def _chain(signs: tuple[str, ...], operands: list[Evaluation]) -> Evaluation:
    """Return a < b <= c as the conjunction of its comparisons, each operand evaluated once."""
    tests = [compare(sign) for sign in signs]

    def chain(lookup: Lookup) -> Value:
        known = True
        left = operands[0](lookup)
        for test, operand in zip(tests, operands[1:], strict=True):
            right = operand(lookup)
            outcome = test(left, right)
            if outcome is False:
                return False
            known = known and outcome is True
            left = right
        return True if known else None

    return chain


def _joined(usage: str, *, decisive: bool) -> Callable[..., Evaluation]:
    """Return Kleene's conjunction (decided by a False) or disjunction (decided by a True)."""

    neutral = not decisive

    def build(*parts: Evaluation) -> Evaluation:
        def joined(lookup: Lookup) -> Value:
            known = True
            for part in parts:
                value = part(lookup)
                if value is decisive:
                    return decisive
                if value is None:
                    known = False
                elif value is not neutral:
                    condition(value, usage)
            return neutral if known else None

        return joined

    return build


def _not(operand: Evaluation) -> Evaluation:
    def denied(lookup: Lookup) -> Value:
        value = condition(operand(lookup), "not")
        return None if value is None else not value

    return denied


def _choice(test: Evaluation, then: Evaluation, otherwise: Evaluation) -> Evaluation:
    """Return one branch; with an unknown condition both must agree on a value."""

    def choice(lookup: Lookup) -> Value:
        met = condition(test(lookup), "if")
        if met is not None:
            return then(lookup) if met else otherwise(lookup)
        value = then(lookup)
        return value if alike(value, otherwise(lookup)) else None

    return choice


def _membership(*, found: bool) -> Callable[..., Evaluation]:
    """Return the disjunction of equalities, or for `not in` its denial."""
    equal = compare("==")

    def build(wanted: Evaluation, *elements: Evaluation) -> Evaluation:
        def member(lookup: Lookup) -> Value:
            value = wanted(lookup)
            outcomes = [equal(value, element(lookup)) for element in elements]
            if True in outcomes:
                return found
            return None if None in outcomes else not found

        return member

    return build


def _negate(operand: Evaluation) -> Evaluation:
    def negate(lookup: Lookup) -> Value:
        return negated(operand(lookup))

    return negate


def _call(function: str, parts: list[Evaluation]) -> Evaluation:
    def called(lookup: Lookup) -> Value:
        return call(function, [part(lookup) for part in parts])

    return called


_FORMS: dict[str, Callable[..., Evaluation]] = {
    "and": _joined("and", decisive=False),
    "or": _joined("or", decisive=True),
    "not": _not,
    "if": _choice,
    "in": _membership(found=True),
    "not in": _membership(found=False),
    "negate": _negate,
}
