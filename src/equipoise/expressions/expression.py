"""`Expression`: one parsed rule, and the two doors to it, `parse` and `from_tree`.

Holds no names of a trial: what `form.item@VISIT` means is the caller's look-up to answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from equipoise.errors import Problem, ProtocolError, RecordError
from equipoise.expressions.evaluation import Evaluation, Lookup, compiled
from equipoise.expressions.grammar import read
from equipoise.expressions.language import LANGUAGE_VERSION, MAX_CHARACTERS
from equipoise.expressions.names import Name
from equipoise.expressions.tokens import shown
from equipoise.expressions.tree import COMPARISONS, MEMBERSHIPS, Node, children, freeze, render, thaw, walk
from equipoise.expressions.values import MismatchError, Value, condition

Values: TypeAlias = Mapping[Any, object] | Lookup

# More than this a person would not read; the last problem says how many were left out.
_MAX_PROBLEMS = 20
# Canonical text spaces every sign, so it may be longer than what was written, never twice as long.
_CANONICAL_GROWTH = 2
_TREE_KEYS = {"language", "root"}
# Forms that ask something about a value: the value is what a reader wants to see beside the answer.
_ASKING = COMPARISONS | MEMBERSHIPS | {"chain", "is_missing"}


class Leaf(NamedTuple):
    """One condition of a rule, for showing what is met, not met and not yet known.

    text    the condition in canonical text
    value   what was found for its first part that reads a name; None when missing
    met     True, False, or None when unknown
    """

    text: str
    value: Value
    met: bool | None


@dataclass(frozen=True, slots=True)
class Expression:
    """A rule that is known to be in the language. Build one with `parse` or `from_tree`.

    text     as written; two expressions are equal when their trees are
    root     the tree as nested tuples (see `equipoise.expressions.tree`)
    names    everything the rule reads
    """

    text: str = field(compare=False)
    root: Node = field(repr=False)
    names: frozenset[Name] = field(init=False, compare=False, repr=False)
    _evaluation: Evaluation = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        names = frozenset(Name(node[1]) for node in walk(self.root) if node[0] == "name")
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "_evaluation", compiled(self.root))

    def __reduce__(self) -> tuple[Callable[..., "Expression"], tuple[str, Node]]:
        """Copy and send between processes by text and tree: closures cannot travel."""
        return Expression, (self.text, self.root)

    @property
    def tree(self) -> dict[str, Any]:
        """Return the tree as JSON holds it, with the version of the language: a fresh dict and lists."""
        return {"language": LANGUAGE_VERSION, "root": thaw(self.root)}

    def evaluate(self, lookup: Values) -> Value:
        """Return the value, None when it is missing or the condition unknown.

        lookup    a mapping from names (or their text) to values, or a function of a name; a name the
                  mapping does not have, None and not-a-number are missing
        Raises    RecordError when values do not go together, such as a text compared with a number
        """
        get = lookup.get if isinstance(lookup, Mapping) else lookup
        try:
            return self._evaluation(get)
        except MismatchError as mismatch:
            raise self._unfit(mismatch) from None

    def explain(self, lookup: Values) -> list[Leaf]:
        """Return the conditions the rule is made of, in its order, each with what was found.

        `not` belongs to the condition it denies, so that `met` always speaks for the leaf's own text. A
        choice (`x if c else y`) is one leaf.
        Raises    RecordError as `evaluate` does
        """
        get = lookup.get if isinstance(lookup, Mapping) else lookup
        try:
            return [_explained(leaf, get) for leaf in _leaves(self.root)]
        except MismatchError as mismatch:
            raise self._unfit(mismatch) from None

    def _unfit(self, mismatch: MismatchError) -> RecordError:
        place = f" in `{shown(mismatch.part)}`" if mismatch.part else ""
        problem = Problem(f"{mismatch.message}{place}", mismatch.hint)
        return RecordError(f"the rule `{shown(self.text)}` cannot be evaluated", [problem])


def _leaves(node: Node) -> list[Node]:
    if node[0] in ("and", "or"):
        return [leaf for part in node[1:] for leaf in _leaves(part)]
    if node[0] == "not" and node[1][0] in ("and", "or", "not"):
        return _leaves(_denied(node[1]))
    return [node]


def _denied(node: Node) -> Node:
    """Return the denial, moved inwards by De Morgan's rules, which hold in Kleene's logic too."""
    if node[0] in ("and", "or"):
        return ("or" if node[0] == "and" else "and", *(_denied(part) for part in node[1:]))
    return node[1] if node[0] == "not" else ("not", node)


def _explained(leaf: Node, lookup: Lookup) -> Leaf:
    met = condition(compiled(leaf)(lookup), "the rule")
    return Leaf(render(leaf), compiled(_telling(leaf))(lookup), met)


def _telling(node: Node) -> Node:
    """Return the part whose value explains the leaf: the first that reads a name."""
    if node[0] == "not":
        return _telling(node[1])
    if node[0] in _ASKING:
        return next((part for part in children(node) if _reads(part)), node[1])
    return node


def _reads(node: Node) -> bool:
    return any(part[0] == "name" for part in walk(node))


def parse(text: str) -> Expression:
    """Return the expression a text says.

    Raises    ProtocolError with every problem found; each has the column, from 1, in the text
    """
    return _parsed(text, limit=MAX_CHARACTERS)


def _parsed(text: str, *, limit: int) -> Expression:
    root, problems = read(text, limit=limit)
    if not problems:
        return Expression(text, root)
    left_out = len(problems) - _MAX_PROBLEMS
    if left_out > 0:
        last = Problem(f"{left_out} more problems", "mend these first", column=problems[_MAX_PROBLEMS].column)
        problems = [*problems[:_MAX_PROBLEMS], last]
    raise ProtocolError(f"the expression `{shown(text)}` cannot be read", problems)


def from_tree(tree: object) -> Expression:
    """Return the expression of a tree, as `Expression.tree` gave it, through JSON or not.

    The text of the result is canonical. A tree is accepted when it is the tree of its own text, so no
    tree gets in that no text could.

    Raises    ProtocolError when it is not a tree of this version of the language
    """
    if not isinstance(tree, Mapping) or tree.get("language") != LANGUAGE_VERSION or set(tree) != _TREE_KEYS:
        raise _not_a_tree(f"it is not of version {LANGUAGE_VERSION} of the language")
    try:
        root = freeze(tree.get("root"))
        text = render(root)
        expression = _parsed(text, limit=_CANONICAL_GROWTH * MAX_CHARACTERS)
    except ValueError as malformed:
        raise _not_a_tree(str(malformed)) from None
    if not _identical(expression.root, root):
        raise _not_a_tree(f"it is not the tree of its text {shown(text)}")
    return expression


def _identical(left: Node, right: Node) -> bool:
    """Return whether two trees are one in JSON, where 1, 1.0 and true differ."""
    return repr(left) == repr(right)


def _not_a_tree(reason: str) -> ProtocolError:
    hint = "parse the rule's text again"
    return ProtocolError("the tree of an expression cannot be read", [Problem(reason, hint)])
