"""What a formula may say: names of columns, arithmetic, and the functions listed here.

A formula's library evaluates what stands in it as a program; whoever writes a protocol or posts a model to a
server must not be given one. Holds the list and the check. Refuses to read formulas, which is `formula`.
"""

import ast
import re
from collections.abc import Collection, Iterator

CODINGS = frozenset({"Sum", "Helmert", "Diff", "Poly"})
"""Functions that may also be named without being called, as C's second argument."""
FUNCTIONS = frozenset(
    {
        "C",
        "I",
        "log",
        "log2",
        "log10",
        "exp",
        "center",
        "scale",
        "standardize",
        "poly",
        "bs",
        "cc",
        "cr",
        "cs",
    }
) | {"Treatment", *CODINGS}
"""Functions that are called by their name."""
MEMBERS = {
    "contr": frozenset(["treatment", "sum", "helmert", "diff", "poly", "SAS"]),
    "np": frozenset(["log", "log2", "log10", "log1p", "exp", "expm1", "sqrt", "abs"]),
}
"""Functions that are called by the name of what they belong to, a dot and their own."""
MOST_POWER = 10
"""The largest power of a column; what would need a larger one is a mistake, or an attempt to fill memory."""
MOST_LETTERS = 10_000
"""The longest formula."""
QUOTED = re.compile("`([^`]*)`")
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.BitAnd, ast.BitOr)
SIGNS = (ast.UAdd, ast.USub, ast.Invert)
ALLOWED = (
    "names of columns, + - * / : ( ) 0 1, and of functions "
    + ", ".join(sorted(FUNCTIONS))
    + "".join(f", {module}.{name}" for module, names in MEMBERS.items() for name in sorted(names))
)


def strangers(expression: str, *, columns: Collection[str]) -> list[str]:
    """Return the parts of a factor's expression that a formula may not contain.

    expression  as the formula's library would evaluate it, names with blanks in `` ` ``
    columns     of the data
    """
    quoted = {f"quoted{place}_": name for place, name in enumerate(QUOTED.findall(expression))}
    plain = expression
    for alias, name in quoted.items():
        plain = plain.replace(f"`{name}`", alias, 1)
    known = {*columns, *(alias for alias, name in quoted.items() if name in columns)}
    try:
        tree = ast.parse(plain, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [expression]
    return [ast.unparse(node) for node in _strange(tree.body, known)]


def _strange(node: ast.expr, columns: Collection[str]) -> Iterator[ast.expr]:
    """Yield the smallest parts that are not allowed."""
    match node:
        case ast.Name(id=name) if name in columns or name in CODINGS:
            return
        case ast.Constant(value=int() | float() | None):
            return
        case ast.UnaryOp(op=op, operand=operand) if isinstance(op, SIGNS):
            yield from _strange(operand, columns)
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int(power))) if (
            power <= MOST_POWER and _names(left)
        ):
            yield from _strange(left, columns)
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, ARITHMETIC):
            yield from _strange(left, columns)
            yield from _strange(right, columns)
        case ast.Compare(left=left, comparators=others):
            for one in (left, *others):
                yield from _argument(one, columns)
        case ast.Call(func=function, args=arguments, keywords=keywords) if _callable(function):
            for one in (*arguments, *(keyword.value for keyword in keywords)):
                yield from _argument(one, columns)
            # A keyword without a name is `**`.
            yield from (keyword.value for keyword in keywords if keyword.arg is None)
        case ast.Attribute() if _callable(node):
            return
        case _:
            yield node


def _argument(node: ast.expr, columns: Collection[str]) -> Iterator[ast.expr]:
    """Yield what is not allowed where texts and lists may stand too: levels of a factor."""
    match node:
        case ast.Constant(value=str()):
            return
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            for one in elements:
                yield from _argument(one, columns)
        case _:
            yield from _strange(node, columns)


def _callable(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name):
            return name in FUNCTIONS
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return name in MEMBERS.get(module, ())
    return False


def _names(node: ast.expr) -> bool:
    """Return whether something is computed from columns, so that a power of it is no number of any length."""
    return any(isinstance(part, ast.Name) for part in ast.walk(node))
