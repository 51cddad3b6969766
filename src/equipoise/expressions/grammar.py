"""The grammar: tokens to a tree, through Python's own parser.

Holds no evaluation. Python's parser only ever sees a skeleton in which every operand is made of the letter
n, as long as the operand (quoted where a text is quoted): its places are the places of the text, and
nothing in it can warn, overflow or execute.
"""

import ast
from collections.abc import Callable, Sequence
from itertools import pairwise

from equipoise.errors import Problem
from equipoise.expressions.language import FUNCTIONS, MAX_CHARACTERS, MAX_DEPTH
from equipoise.expressions.tokens import Scanner, Token, nearest, shown
from equipoise.expressions.tree import Node

_PREFIXES = frozenset({"-", "not"})
_BRACKETS = {")": "(", "]": "["}
# Signs that may stand where a value is due, and pairs of signs with nothing between them.
_OPENING = frozenset({*_PREFIXES, *_BRACKETS.values(), "*"})
_PAIRS = frozenset({("not", "in"), ("(", ")"), ("[", "]"), (",", ")"), (",", "]")})
_BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARISONS = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_TOO_DEEP = f"split the rule, or use sum(...) or a list: at most {MAX_DEPTH} levels"
# What is left for Python's parser to refuse: half a choice, and `not` in the wrong place.
_HINTS = {
    True: "a choice is written: value if condition else other_value",
    False: "not stands before a condition, and not in before a list",
}
_NO_NODE: Node = ("bool", False)


def read(text: str, *, limit: int = MAX_CHARACTERS) -> tuple[Node, list[Problem]]:
    """Return the tree and every problem found; the tree means nothing when there is a problem.

    limit   longest text, in characters
    """
    if len(text) > limit:
        return _NO_NODE, [
            Problem(
                f"the expression has {len(text)} characters",
                f"at most {limit} are read; split the rule",
                column=limit + 1,
            )
        ]
    scanned = Scanner(text).read()
    if not scanned.readable:
        return _NO_NODE, scanned.problems
    misplaced = _order_problems(scanned.tokens)
    if misplaced:
        return _NO_NODE, _in_order(scanned.problems + misplaced)
    tree = _skeleton_tree(scanned)
    if isinstance(tree, Problem):
        return _NO_NODE, scanned.problems or [tree]
    builder = Builder(scanned.tokens)
    node = builder.build(tree)
    return node, _in_order(scanned.problems + builder.problems)


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: problem.column)


def _order_problems(tokens: Sequence[Token]) -> list[Problem]:
    """Return the first place where operands, operators or brackets do not follow on each other."""
    if not tokens:
        return [Problem("the expression is empty", "write a rule, such as age >= 18", column=1)]
    open_brackets: list[Token] = []
    prefixes = 0
    for before, token in pairwise([Token("sign", "", 0, role="("), *tokens]):
        prefixes = prefixes + 1 if token.role in _PREFIXES else 0
        if token.role in _BRACKETS.values():
            open_brackets.append(token)
        if max(len(open_brackets), prefixes) > MAX_DEPTH:
            return [_problem("the expression is nested too deeply", _TOO_DEEP, at=token.start)]
        message = _misplaced(before, token, open_brackets)
        if message:
            return [_problem(*message, at=token.start)]
        if token.role in _BRACKETS:
            open_brackets.pop()
    return _ending_problems(tokens[-1], open_brackets)


def _misplaced(before: Token, token: Token, open_brackets: Sequence[Token]) -> tuple[str, str] | None:
    """Return why the token cannot follow the one before it."""
    if token.role in _BRACKETS and (not open_brackets or open_brackets[-1].role != _BRACKETS[token.role]):
        return f"nothing opens this {token.text}", "check the brackets"
    wants_operand = before.kind == "sign" and before.role not in _BRACKETS
    starts_operand = token.kind != "sign" or token.role in _OPENING or (before.role, token.role) in _PAIRS
    if wants_operand and not starts_operand:
        return f"a value is missing before {shown(token.text)}", "write a name, a number or a bracket"
    if not wants_operand and token.kind != "sign":
        between = f"{shown(before.text)} and {shown(token.text)}"
        return f"an operator is missing between {between}", "write and, or, a comparison or + - * /"
    return None


def _ending_problems(last: Token, open_brackets: Sequence[Token]) -> list[Problem]:
    if open_brackets:
        token = open_brackets[-1]
        return [_problem(f"this {token.text} is not closed", "check the brackets", at=token.start)]
    if last.kind == "sign" and last.role not in _BRACKETS:
        message = f"a value is missing after {shown(last.text)}"
        return [_problem(message, "write a name, a number or a bracket", at=last.end)]
    return []


def _problem(message: str, hint: str, *, at: int) -> Problem:
    return Problem(message, hint, column=at + 1)


def _skeleton_tree(scanned: Scanner) -> ast.expr | Problem:
    """Return Python's tree of the skeleton, whose columns are those of the text plus one bracket."""
    skeleton = [" "] * len(scanned.text)
    for token in scanned.tokens:
        skeleton[token.start : token.end] = _bone(token)
    try:
        return ast.parse(f"({''.join(skeleton)})", mode="eval").body
    except (RecursionError, MemoryError):
        return Problem("the expression is nested too deeply", _TOO_DEEP, column=1)
    except SyntaxError as error:
        column = min(max((error.offset or 1) - 1, 1), len(skeleton))
        is_choice = any(token.role in ("if", "else") for token in scanned.tokens)
        return Problem("the expression cannot be read from here", _HINTS[is_choice], column=column)


def _bone(token: Token) -> str:
    """Return what stands for a token: as long as its text, and as separate from its neighbors."""
    length = len(token.text)
    if token.kind == "sign":
        return token.role.ljust(length)
    quote = token.text[0]
    return f"{quote}{'n' * (length - 2)}{quote}" if quote in "\"'" else "n" * length


class Builder:
    """Turns Python's tree into ours, collecting what the language does not have.

    problems    complete after `build`
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.problems: list[Problem] = []
        self._tokens = {token.start: token for token in tokens}
        self._depth = 0
        self._is_too_deep = False

    def build(self, tree: ast.expr) -> Node:
        """Return the node of one expression of Python's tree."""
        if self._depth >= MAX_DEPTH:
            self._is_too_deep = True
            return _NO_NODE
        self._depth += 1
        node = _BUILDERS.get(type(tree), Builder._foreign)(self, tree)
        self._depth -= 1
        if self._is_too_deep and not self._depth:
            self._refuse(tree, "the expression is nested too deeply", _TOO_DEEP)
        return node

    def _refuse(self, tree: ast.expr, message: str, hint: str) -> Node:
        self.problems.append(_problem(message, hint, at=_place(tree)))
        return _NO_NODE

    def _foreign(self, tree: ast.expr) -> Node:
        return self._refuse(tree, "this form is not part of the language", "see the language's reference")

    def _operand(self, tree: ast.Name | ast.Constant) -> Node:
        token = self._tokens[_place(tree)]
        if token.kind == "function":
            hint = f"write {FUNCTIONS[token.text].usage}, or form.{token.text} for an item of that name"
            return self._refuse(tree, f"{token.text} is a function", hint)
        return token.leaf

    def _joined(self, tree: ast.BoolOp) -> Node:
        """Return a flat node: `(a and b) and c` and `a and (b and c)` are one tree."""
        kind = "and" if isinstance(tree.op, ast.And) else "or"
        parts = [self.build(value) for value in tree.values]
        return (kind, *(flat for part in parts for flat in (part[1:] if part[0] == kind else (part,))))

    def _unary(self, tree: ast.UnaryOp) -> Node:
        if isinstance(tree.op, ast.Not):
            return ("not", self.build(tree.operand))
        operand = self.build(tree.operand)
        return ("number", -operand[1]) if operand[0] == "number" else ("negate", operand)

    def _binary(self, tree: ast.BinOp) -> Node:
        sign = _BINARY.get(type(tree.op))
        if sign is None:
            return self._foreign(tree)
        return (sign, self.build(tree.left), self.build(tree.right))

    def _choice(self, tree: ast.IfExp) -> Node:
        return ("if", self.build(tree.test), self.build(tree.body), self.build(tree.orelse))

    def _compared(self, tree: ast.Compare) -> Node:
        signs = [_COMPARISONS[type(operator)] for operator in tree.ops]
        left = self.build(tree.left)
        if len(signs) == 1 and signs[0] in ("in", "not in"):
            return (signs[0], left, *self._elements(tree.comparators[0]))
        if "in" in signs or "not in" in signs:
            return self._refuse(tree, "in cannot stand in a chain of comparisons", "join two rules with and")
        rights = [self.build(right) for right in tree.comparators]
        if len(signs) == 1:
            return (signs[0], left, rights[0])
        return ("chain", left, *(part for pair in zip(signs, rights, strict=True) for part in pair))

    def _elements(self, tree: ast.expr) -> list[Node]:
        if not isinstance(tree, ast.List | ast.Tuple):
            self._refuse(tree, "in needs a list on its right", "write in [1, 2], or == for one value")
            return []
        if not tree.elts:
            self._refuse(tree, "the list is empty", "write its values: [1, 2]")
        return [self.build(element) for element in tree.elts]

    def _called(self, tree: ast.Call) -> Node:
        token = self._tokens.get(_place(tree.func)) if isinstance(tree.func, ast.Name) else None
        if token is None or token.kind != "function":
            return self._unknown_function(tree, token)
        signature = FUNCTIONS[token.text]
        arguments: list[Node] = []
        for argument in tree.args:
            is_list = signature.takes_lists and isinstance(argument, ast.List | ast.Tuple)
            arguments += self._elements(argument) if is_list else [self.build(argument)]
        if not signature.accepts(len(arguments)):
            message = f"{token.text} cannot take {len(arguments)} values"
            return self._refuse(tree, message, f"write {signature.usage}")
        return (token.text, *arguments)

    def _unknown_function(self, tree: ast.Call, token: Token | None) -> Node:
        for argument in tree.args:
            self.build(argument)
        if token is None or token.leaf[0] != "name":
            return self._refuse(tree.func, "only a function can be called", "an operator may be missing here")
        known = f"the functions are {', '.join(FUNCTIONS)}"
        hint = nearest(token.text, FUNCTIONS) or known
        return self._refuse(tree.func, f"there is no function {shown(token.text)}", hint)

    def _indexed(self, tree: ast.Subscript) -> Node:
        self.build(tree.value)
        return self._refuse(tree, "values cannot be indexed", "name the item itself: form.item")

    def _spread(self, tree: ast.Starred) -> Node:
        return self._refuse(tree, "a list cannot be spread with *", "name each item")

    def _list(self, tree: ast.List | ast.Tuple) -> Node:
        for element in tree.elts:
            self.build(element)
        hint = "lists stand after in, or in min, max, sum, mean, count"
        return self._refuse(tree, "a list cannot stand here", hint)


# Python's node types and what builds them; anything else is not part of the language.
_BUILDERS: dict[type[ast.expr], Callable[..., Node]] = {
    ast.Name: Builder._operand,
    ast.Constant: Builder._operand,
    ast.BoolOp: Builder._joined,
    ast.UnaryOp: Builder._unary,
    ast.BinOp: Builder._binary,
    ast.IfExp: Builder._choice,
    ast.Compare: Builder._compared,
    ast.Call: Builder._called,
    ast.Subscript: Builder._indexed,
    ast.Starred: Builder._spread,
    ast.List: Builder._list,
    ast.Tuple: Builder._list,
}


def _place(tree: ast.expr) -> int:
    """Return the 0-based place in the text: the skeleton adds a bracket, which a list may open."""
    return max(tree.col_offset - 1, 0)
