"""The tree of an expression: its shape, its canonical text, and its way to and from JSON.

Holds no grammar and no values. A node is a tuple whose first element says what it is:

    ("number", 21)  ("text", "yes")  ("bool", True)  ("name", "madrs.total@SCR")
    ("and", x, y, ...)  ("or", x, y, ...)  ("not", x)  ("if", condition, then, otherwise)
    ("<", x, y) and the other comparisons; ("chain", x, "<", y, "<=", z) for a < b <= c
    ("in", x, element, ...)  ("not in", x, element, ...)
    ("+", x, y) and the other operators; ("negate", x)
    ("max", x, ...) and the other functions
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeAlias

from equipoise.expressions.language import FUNCTIONS, MAX_DEPTH

Node: TypeAlias = tuple[Any, ...]

LEAVES = frozenset({"number", "text", "bool", "name"})
COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
MEMBERSHIPS = frozenset({"in", "not in"})

# How tightly each form binds, loosest first; a form standing in a tighter place is put in brackets.
_IF, _OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN, _ATOM = range(9)
_ARITHMETIC = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT}
ARITHMETIC = frozenset(_ARITHMETIC)


class MalformedError(ValueError):
    """A tree that no text has."""


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below."""
    if node[0] in LEAVES:
        return ()
    return node[1::2] if node[0] == "chain" else node[1:]


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and everything below it, from left to right."""
    yield node
    for child in children(node):
        yield from walk(child)


def freeze(value: object, depth: int = 0) -> Any:
    """Return lists as tuples, at every level.

    Raises MalformedError when the value is nested deeper than an expression may be.
    """
    if depth > MAX_DEPTH:
        raise MalformedError(f"the tree is nested deeper than {MAX_DEPTH} levels")
    return tuple(freeze(part, depth + 1) for part in value) if isinstance(value, list | tuple) else value


def thaw(value: Any) -> Any:
    """Return tuples as lists, at every level: the form JSON gives back."""
    return [thaw(part) for part in value] if isinstance(value, tuple) else value


def render(node: Node) -> str:
    """Return the canonical text: single blanks, brackets only where they are needed.

    Raises MalformedError when the node is of no known form.
    """
    return _written(node, _IF)


def _written(node: Any, floor: int) -> str:
    if not isinstance(node, tuple) or not node or not isinstance(node[0], str):
        raise MalformedError(f"not a node: {node!r:.40}")
    text, binding = _form(node[0], node[1:])
    return text if binding >= floor else f"({text})"


def _form(kind: str, parts: tuple[Any, ...]) -> tuple[str, int]:  # noqa: PLR0911 - one return per form
    if kind in LEAVES and len(parts) == 1:
        return _leaf(kind, parts[0])
    if kind in ("and", "or") and len(parts) > 1:
        inside = {"and": _NOT, "or": _AND}[kind]
        return f" {kind} ".join(_written(part, inside) for part in parts), inside - 1
    if kind == "not" and len(parts) == 1:
        return f"not {_written(parts[0], _NOT)}", _NOT
    if kind == "chain" or kind in COMPARISONS:
        return _comparison(parts if kind == "chain" else (*parts[:1], kind, *parts[1:]))
    if kind in MEMBERSHIPS and len(parts) > 1:
        return f"{_written(parts[0], _SUM)} {kind} [{_listed(parts[1:])}]", _COMPARISON
    if kind in FUNCTIONS:
        return f"{kind}({_listed(parts)})", _ATOM
    return _calculation(kind, parts)


def _calculation(kind: str, parts: tuple[Any, ...]) -> tuple[str, int]:
    match kind, parts:
        case "if", (condition, then, otherwise):
            texts = _written(then, _OR), _written(condition, _OR), _written(otherwise, _IF)
            return "{} if {} else {}".format(*texts), _IF
        case "negate", (operand,):
            return f"-{_written(operand, _SIGN)}", _SIGN
        case _, (left, right) if kind in _ARITHMETIC:
            binding = _ARITHMETIC[kind]
            return f"{_written(left, binding)} {kind} {_written(right, binding + 1)}", binding
    raise MalformedError(f"not a node: {(kind, *parts)!r:.40}")


def _comparison(parts: tuple[Any, ...]) -> tuple[str, int]:
    signs = parts[1::2]
    if not signs or len(parts) % 2 == 0 or any(sign not in COMPARISONS for sign in signs):
        raise MalformedError(f"not a comparison: {parts!r:.40}")
    operands = [_written(part, _SUM) for part in parts[::2]]
    texts = [text for pair in zip(operands, (*signs, ""), strict=True) for text in pair]
    return " ".join(texts[:-1]), _COMPARISON


def _listed(parts: tuple[Any, ...]) -> str:
    return ", ".join(_written(part, _IF) for part in parts)


def _leaf(kind: str, value: object) -> tuple[str, int]:
    match kind, value:
        case "bool", bool():
            return str(value), _ATOM
        case "number", int() | float() if not isinstance(value, bool):
            text = f"{Decimal(repr(value)):f}"
            return text, _SIGN if text.startswith("-") else _ATOM
        case "text", str():
            return (f"'{value}'" if '"' in value else f'"{value}"'), _ATOM
        case "name", str():
            return str(value), _ATOM
    raise MalformedError(f"not a {kind}: {value!r:.40}")
