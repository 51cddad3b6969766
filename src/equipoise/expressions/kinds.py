"""Kinds: what a rule's operators and functions accept, checked before there are data.

Holds no values. A kind is "number", "text", "code" (a coded answer: a number or a text), "date" or
"bool"; None stands for a name whose kind was not declared and goes with everything.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal, TypeAlias, get_args

from equipoise.errors import Problem
from equipoise.expressions.expression import Expression
from equipoise.expressions.tree import ARITHMETIC, COMPARISONS, MEMBERSHIPS, Node, render
from equipoise.expressions.values import MismatchError, calendar_date

Kind: TypeAlias = Literal["number", "text", "code", "date", "bool"]

_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
_EQUALITIES = {"==", "!="}
_CONDITIONS = frozenset({"and", "or", "not"})
_NUMERIC = ARITHMETIC | {"negate", "sum", "mean", "abs"}
_WITH_CODE = {"number", "text", "code"}
_SPOKEN = {"negate": "-"}
_COUNT_HINT = "calculate with numbers; a condition counts as (1 if condition else 0)"


def check_types(expression: Expression, types: Mapping[str, str]) -> list[Problem]:
    """Return every place where an operator or function is given a kind it does not take.

    types     kind of each name: "number", "text", "code", "date" or "bool"; a name that is not in the
              mapping is not checked
    Raises    ValueError when a declared kind is none of these
    """
    check = _Check(types)
    check.kind(expression.root)
    return check.problems


def result_type(expression: Expression, types: Mapping[str, str]) -> Kind | None:
    """Return the kind of the expression's value; None when undeclared or mismatched names leave it open.

    A rule must be "bool".
    Raises    ValueError as `check_types` does
    """
    return _Check(types).kind(expression.root)


class _Check:
    """One pass over a tree: `kind` returns a node's kind and collects what does not fit below it."""

    def __init__(self, types: Mapping[str, str]) -> None:
        unknown = sorted({kind for kind in types.values() if kind not in _KINDS})
        if unknown:
            raise ValueError(f"not a kind: {', '.join(unknown)} (the kinds are {', '.join(_KINDS)})")
        self.types = types
        self.problems: list[Problem] = []

    def kind(self, node: Node) -> Kind | None:
        """Return the kind of the node's value."""
        form = node[0]
        if form == "name":
            declared = self.types.get(node[1])
            return None if declared is None else _KINDS[declared]
        if form in _KINDS:
            return _KINDS[form]
        if form == "chain":
            self._compared(node, node[1::2], node[2::2])
            return "bool"
        if form in COMPARISONS:
            self._compared(node, node[1:], (form,))
            return "bool"
        return self._other(form, node)

    def _other(self, form: str, node: Node) -> Kind | None:
        if form == "if":
            return self._choice(node)
        kinds = [self.kind(part) for part in node[1:]]
        if form in MEMBERSHIPS:
            for element, kind in zip(node[2:], kinds[1:], strict=True):
                self._comparable(node, (node[1], kinds[0]), (element, kind))
        elif form in _CONDITIONS:
            self._require(node, kinds, {"bool"}, "write a condition, such as a > 1")
        elif form in _NUMERIC:
            self._require(node, kinds, {"number", "code"}, _COUNT_HINT)
        elif form in ("min", "max"):
            return self._extreme(node, kinds)
        elif form == "days_between":
            self._require(node, kinds, {"date", "text"}, "give it two dates")
            self._dates(node, node[1:])
        return "bool" if form in MEMBERSHIPS | _CONDITIONS | {"is_missing"} else "number"

    def _problem(self, node: Node, message: str, hint: str) -> None:
        self.problems.append(Problem(f"{message} in `{render(node)}`", hint))

    def _require(self, node: Node, kinds: list[Kind | None], wanted: set[str], hint: str) -> None:
        """Report the parts whose kind is not wanted; parts without a kind in the list are not looked at."""
        misfits = [
            f"a {kind} (`{render(part)}`)"
            for part, kind in zip(node[1:], kinds, strict=False)
            if kind is not None and kind not in wanted
        ]
        if misfits:
            self._problem(node, f"{_SPOKEN.get(node[0], node[0])} is given {' and '.join(misfits)}", hint)

    def _compared(self, node: Node, operands: tuple[Node, ...], signs: tuple[str, ...]) -> None:
        kinds = [self.kind(operand) for operand in operands]
        for sign, pair in zip(signs, pairwise(zip(operands, kinds, strict=True)), strict=True):
            left, right = pair
            if sign not in _EQUALITIES and "bool" in (left[1], right[1]):
                self._problem(node, f"{sign} cannot order true/false values", "compare them with == or !=")
            else:
                self._comparable(node, left, right)

    def _comparable(
        self, node: Node, left: tuple[Node, Kind | None], right: tuple[Node, Kind | None]
    ) -> None:
        kinds = {left[1], right[1]}
        literals = [part for part, _ in (left, right) if part[0] == "text"]
        if None in kinds or len(kinds) == 1 or ("code" in kinds and kinds <= _WITH_CODE):
            return
        if kinds == {"date", "text"} and literals:
            self._dates(node, (left[0], right[0]))
        else:
            hint = "compare values of one kind"
            self._problem(node, f"{left[1]} (`{render(left[0])}`) is compared with {right[1]}", hint)

    def _dates(self, node: Node, parts: tuple[Node, ...]) -> None:
        """Report texts, written in the rule, that are no whole date."""
        for part in parts:
            if part[0] == "text":
                try:
                    is_whole = calendar_date(part[1]) is not None
                except MismatchError:
                    is_whole = False
                if not is_whole:
                    self._problem(node, f"{render(part)} is not a whole date", "write dates as 2022-03-01")

    def _choice(self, node: Node) -> Kind | None:
        test, then, otherwise = (self.kind(part) for part in node[1:])
        self._require(node, [test], {"bool"}, "write a condition, such as a > 1")
        if then is None or otherwise is None or then == otherwise:
            return then or otherwise
        self._problem(node, f"the two values are of different kinds, {then} and {otherwise}", "make them one")
        return None

    def _extreme(self, node: Node, kinds: list[Kind | None]) -> Kind | None:
        known = {kind for kind in kinds if kind is not None}
        if known == {"date"}:
            return "date"
        self._require(node, kinds, {"number", "code"}, "give it numbers only, or dates only")
        return "number" if known else None
