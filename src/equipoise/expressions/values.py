"""Values and what the operators do with them, missing values included.

Holds no tree. A value is a number (int or float), a text, a bool or a date; None is a missing value,
and as the answer to a condition it means *unknown*. Kinds never mix silently: what Python would compare
or add by accident (True + 1, "2" < 10) is a `MismatchError`.
"""

import operator
import re
from collections.abc import Callable
from datetime import date, datetime
from math import isfinite
from numbers import Integral, Real
from typing import TypeAlias

Value: TypeAlias = int | float | str | bool | date | None

# Types that need no settling; a float may still be infinite or not a number.
SETTLED = frozenset({int, str, bool, type(None), date})
NUMBERS = frozenset({int, float})
_ORDERED = frozenset({int, float, str, date})

_KINDS: dict[type, str] = {int: "number", float: "number", str: "text", bool: "true/false", date: "date"}
_TESTS: dict[str, Callable[..., bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PARTIAL_DATE = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)


class MismatchError(Exception):
    """Values that do not go together: what happened, what to do, and the part of the rule it happened in."""

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint, self.part = message, hint, ""
        super().__init__(message)


def kind_of(value: Value) -> str:
    """Return the kind of a settled value that is not missing, as messages name it."""
    return _KINDS[type(value)]


def settle(value: object, name: str) -> Value:
    """Return a looked-up value in one of the plain types; not-a-number is missing.

    Raises MismatchError when it is none of the kinds
    """
    if isinstance(value, float | int | str | date | None) and type(value) in SETTLED:
        return value
    if isinstance(value, Real) and not isfinite(value):
        if value != value:
            return None
        raise MismatchError(f"{name} is infinite", "correct the value")
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, str):
        return str(value)
    hint = "give an instant's local date" if isinstance(value, datetime) else "give None where it is missing"
    found = type(value).__name__
    raise MismatchError(f"{name} is a value of type {found}, not a number, text, bool or date", hint)


def compare(sign: str) -> Callable[[Value, Value], bool | None]:
    """Return the comparison of two settled values: None (unknown) when either is missing."""
    test = _TESTS[sign]
    equality = sign in ("==", "!=")
    same_kinds = _ORDERED | {bool} if equality else _ORDERED

    def compared(left: Value, right: Value) -> bool | None:
        if left is None or right is None:
            return None
        kind = type(left)
        if kind is type(right) and kind in same_kinds:
            return test(left, right)
        return across(left, right)

    def across(left: Value, right: Value) -> bool | None:
        if type(left) in NUMBERS and type(right) in NUMBERS:
            return test(left, right)
        if {type(left), type(right)} == {date, str}:
            dates = calendar_date(left), calendar_date(right)
            return None if None in dates else test(*dates)
        raise _incomparable(sign, left, right)

    return compared


def _incomparable(sign: str, left: Value, right: Value) -> MismatchError:
    if isinstance(left, bool) and isinstance(right, bool):
        return MismatchError(f"{sign} cannot order true/false values", "compare them with == or !=")
    found = f"{sign} compares {kind_of(left)} with {kind_of(right)}"
    return MismatchError(found, "compare values of one kind; check the item's type and the value recorded")


def calendar_date(value: Value) -> date | None:
    """Return a date, reading texts such as 2022-03-01; a partial date (2022-03, 2022) is missing.

    Raises MismatchError when the value is neither
    """
    if value is None or type(value) is date:
        return value
    if isinstance(value, str):
        if _PARTIAL_DATE.fullmatch(value):
            return None
        if _ISO_DATE.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                raise MismatchError(f"{value} is not a day of the calendar", "correct the date") from None
        raise MismatchError("a text that is not a date stands for a date", "write dates as 2022-03-01")
    raise MismatchError(f"a {kind_of(value)} stands for a date", "write dates as 2022-03-01")


def calculate(sign: str) -> Callable[[Value, Value], Value]:
    """Return an operation on two settled numbers: missing when either is, or when dividing by zero."""
    operation = _OPERATIONS[sign]

    def calculated(left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        if type(left) in NUMBERS and type(right) in NUMBERS:
            return _finite(operation, left, right)
        kinds = f"{kind_of(left)} and {kind_of(right)}"
        raise MismatchError(f"{sign} calculates with {kinds}", "calculate with numbers only")

    return calculated


def _finite(operation: Callable[..., Value], *numbers: object) -> Value:
    try:
        result = operation(*numbers)
    except OverflowError:
        raise MismatchError("the result is too large", "check the numbers recorded") from None
    if type(result) is float and not isfinite(result):
        raise MismatchError("the result is too large", "check the numbers recorded")
    return result


def _divided(left: float, right: float) -> float | None:
    return left / right if right else None


_OPERATIONS: dict[str, Callable[..., Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
}


def negated(value: Value) -> Value:
    """Return the number with its sign changed; missing stays missing."""
    return None if value is None else -_number("-", value)


def _number(usage: str, value: Value) -> int | float:
    if type(value) not in NUMBERS:
        raise MismatchError(f"{usage} is given a {kind_of(value)}", "give it numbers")
    return value  # type: ignore[return-value]


def alike(left: Value, right: Value) -> bool:
    """Return whether two values are known and the same value of the same kind."""
    if left is None or right is None:
        return False
    return kind_of(left) == kind_of(right) and left == right


def condition(value: Value, usage: str) -> bool | None:
    """Return the value as a condition.

    Raises MismatchError when it is neither true, false nor unknown
    """
    if value is None or value is True or value is False:
        return value
    raise MismatchError(f"{usage} is given a {kind_of(value)}", f"give {usage} a condition, such as a > 1")


def call(function: str, values: list[Value]) -> Value:
    """Return what a function makes of settled values; every function but two is missing with any of them."""
    if function == "count":
        return sum(value is not None for value in values)
    if function == "is_missing":
        return values[0] is None
    if any(value is None for value in values):
        return None
    return _FUNCTIONS[function](*values)


def _extreme(pick: Callable[..., Value], usage: str) -> Callable[..., Value]:
    def picked(*values: Value) -> Value:
        if all(type(value) is date for value in values):
            return pick(values)
        return pick([_number(usage, value) for value in values])

    return picked


def _total(*values: Value) -> Value:
    return _finite(sum, [_number("sum", value) for value in values])


def _mean(*values: Value) -> Value:
    numbers = [_number("mean", value) for value in values]
    return _finite(lambda: sum(numbers) / len(numbers))


def _absolute(value: Value) -> Value:
    return abs(_number("abs", value))


def _days_between(first: Value, last: Value) -> Value:
    start, end = calendar_date(first), calendar_date(last)
    return None if start is None or end is None else (end - start).days


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "min": _extreme(min, "min"),
    "max": _extreme(max, "max"),
    "sum": _total,
    "mean": _mean,
    "abs": _absolute,
    "days_between": _days_between,
}
