"""Branching logic and formulas of REDCap as rules of the expression language.

Holds the reading of REDCap's syntax. What a rule cannot say (clocks, other events, users, text searches) is
refused with its reason; nothing is approximated without a word.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from equipoise.errors import ProtocolError
from equipoise.exchange.redcap.terms import (
    ADD,
    AND,
    ATOM,
    MULTIPLY,
    NOT,
    OR,
    Target,
    Term,
    Untranslatable,
    compare,
    literal,
    number,
)
from equipoise.expressions import parse

_TOKEN = re.compile(
    r"""(?P<blank>\s+)
    |(?P<comment>(?://|\#)[^\n]*)
    |(?P<field>\[[^\[\]]*\])
    |(?P<quoted>"[^"]*"|'[^']*')
    |(?P<number>(\d+(\.\d*)?|\.\d+))
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign><>|!=|==|<=|>=|[-+*/^%<>=!(),])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_REFERENCE = re.compile(r"\s*(?P<name>[A-Za-z0-9_]+)\s*(?:\(\s*(?P<code>[^()]*?)\s*\))?\s*", re.ASCII)
_SIGNS = {"=": "==", "==": "==", "<>": "!=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_DAYS = "d"
_DEEPEST = 40
_STATUS = "_complete"


@dataclass(frozen=True, slots=True)
class Rule:
    """A translated rule, and what of it deserves a look."""

    text: str
    notes: tuple[str, ...] = ()


def translate(logic: str, *, targets: Mapping[str, Target], form: str) -> Rule:
    """Return branching logic as a rule.

    targets   the dictionary's fields by name, and what became of them
    form      the form the rule stands in
    Raises    Untranslatable where the expression language cannot say it
    """
    reader = _Reader(targets, form)
    term = reader.read(logic)
    if term.kind == "box":
        term = compare(term, "==", literal("1"))
    if term.kind != "bool":
        raise Untranslatable("it is no condition: REDCap shows the field when the value is not nothing")
    try:
        parse(term.text)
    except ProtocolError as error:
        raise Untranslatable(error.problems[0].message) from error
    return Rule(term.text, tuple(dict.fromkeys(reader.notes)))


@dataclass
class _Reader:
    """Reads one text by recursive descent; `notes` is complete after `read`."""

    targets: Mapping[str, Target]
    form: str
    notes: list[str] = field(default_factory=list)
    under_way: tuple[str, ...] = ()
    _tokens: list[tuple[str, str]] = field(default_factory=list)
    _place: int = 0
    _depth: int = 0

    def read(self, text: str) -> Term:
        """Return the whole text as one term."""
        self._tokens = [
            (found.lastgroup or "", found.group())
            for found in _TOKEN.finditer(text)
            if found.lastgroup not in ("blank", "comment")
        ]
        self._place = 0
        if not self._tokens:
            raise Untranslatable("it is empty")
        term = self._any()
        if self._place < len(self._tokens):
            raise Untranslatable(f"it cannot be read from `{self._tokens[self._place][1]}` on")
        return term

    def _peek(self) -> str:
        kind, text = self._tokens[self._place] if self._place < len(self._tokens) else ("", "")
        return text.lower() if kind in ("word", "sign") else ""

    def _takes(self, *texts: str) -> str:
        found = self._peek()
        if found not in texts:
            return ""
        self._place += 1
        return found

    def _expect(self, text: str) -> None:
        if not self._takes(text):
            raise Untranslatable(f"a `{text}` is missing")

    def _any(self) -> Term:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Untranslatable("it is nested too deeply", "split the rule")
        term = self._joined("or", OR, self._all)
        self._depth -= 1
        return term

    def _all(self) -> Term:
        return self._joined("and", AND, self._denied)

    def _joined(self, word: str, level: int, part: Callable[[], Term]) -> Term:
        terms = [part()]
        while self._takes(word):
            terms.append(part())
        if len(terms) == 1:
            return terms[0]
        return Term(f" {word} ".join(_condition(term).within(level) for term in terms), "bool", level)

    def _denied(self) -> Term:
        if self._takes("not", "!"):
            return Term(f"not {_condition(self._denied()).within(NOT)}", "bool", NOT)
        return self._compared()

    def _compared(self) -> Term:
        left = self._sum()
        sign = self._takes(*_SIGNS)
        if not sign:
            return left
        term = compare(left, _SIGNS[sign], self._sum())
        if self._peek() in _SIGNS:
            raise Untranslatable("it compares three things at once", "join two comparisons with `and`")
        return term

    def _sum(self) -> Term:
        return self._calculated(("+", "-"), ADD, self._product)

    def _product(self) -> Term:
        return self._calculated(("*", "/"), MULTIPLY, self._signed)

    def _calculated(self, signs: tuple[str, ...], level: int, part: Callable[[], Term]) -> Term:
        term = part()
        while sign := self._takes(*signs):
            left, right = number(term), number(part())
            term = Term(f"{left.within(level)} {sign} {right.within(level + 1)}", "number", level)
        return term

    def _signed(self) -> Term:
        if self._takes("-"):
            term = self._signed()
            if term.kind == "literal":
                return literal(f"-{term.literal}")
            return Term(f"-{number(term).within(ATOM)}", "number", ADD)
        return self._signed() if self._takes("+") else self._single()

    def _single(self) -> Term:
        if self._takes("("):
            term = self._any()
            self._expect(")")
            return term
        if self._place >= len(self._tokens):
            raise Untranslatable("it ends too early")
        kind, text = self._tokens[self._place]
        self._place += 1
        if kind == "field":
            return self._field(text[1:-1])
        if kind == "quoted":
            return literal(text[1:-1])
        if kind == "number":
            return literal(text)
        if kind == "word" and self._peek() == "(":
            return self._called(text.lower())
        if text.lower() in ("true", "false"):
            return literal(text)
        if text in ("^", "%"):
            raise Untranslatable(f"rules have no `{text}`")
        raise Untranslatable(f"it cannot be read from `{text}` on")

    def _field(self, written: str) -> Term:
        follows = self._tokens[self._place] if self._place < len(self._tokens) else ("", "")
        if follows[0] == "field":
            hint = "write `form.item@VISIT` with a visit of the protocol"
            raise Untranslatable(f"it reads `[{written}]{follows[1]}` of another event or repeat", hint)
        found = _REFERENCE.fullmatch(written)
        if found is None:
            raise Untranslatable(f"it reads `[{written}]`, which REDCap knows and no form collects")
        name, code = found["name"].lower(), found["code"]
        target = self.targets.get(name)
        if target is None:
            if name.endswith(_STATUS):
                raise Untranslatable(f"it reads `{name}`, a form's status, which no rule reads")
            raise Untranslatable(f"it reads `{name}`, which is not among the drafts")
        if target.formula:
            return self._inlined(name, target)
        return self._answer(target, name, code)

    def _answer(self, target: Target, name: str, code: str | None) -> Term:
        if target.boxes is not None:
            item = target.boxes.get(code or "")
            if item is None:
                said = (
                    f"box `{code}` of `{name}`, which it does not have" if code else f"all boxes of `{name}`"
                )
                raise Untranslatable(f"it reads {said}", f"name one box, such as `{name}___1`")
            return self._named(target, item, "box")
        if code is not None:
            raise Untranslatable(f"it reads `{name}({code})`, and `{name}` has no boxes")
        return self._named(target, target.item, target.kind)

    def _named(self, target: Target, item: str, kind: str) -> Term:
        if target.form != self.form:
            self.notes.append(
                f"it reads `{target.form}.{item}`: name the visit, `{target.form}.{item}@VISIT`, unless both "
                "forms are filled at the same one"
            )
        text = target.name(item, within=self.form)
        return Term(text, target.kind if kind != "box" else "box", codes=target.codes)

    def _inlined(self, name: str, target: Target) -> Term:
        """Put a calculated field's formula in its place: nothing is stored that can be computed."""
        if name in self.under_way:
            raise Untranslatable(f"`{name}` is calculated from itself")
        inner = _Reader(self.targets, self.form, self.notes, (*self.under_way, name), _depth=self._depth)
        try:
            term = inner.read(target.formula)
        except Untranslatable as error:
            raise Untranslatable(f"it reads `{name}`, a calculation: {error.reason}", error.hint) from error
        self.notes.append(f"the formula of `{name}` stands in its place")
        return term

    def _called(self, function: str) -> Term:
        self._expect("(")
        arguments = [self._any()]
        while self._takes(","):
            arguments.append(self._any())
        self._expect(")")
        if function not in _FUNCTIONS:
            raise Untranslatable(f"rules have no function `{function}`")
        return _FUNCTIONS[function](self, arguments)

    def choice(self, arguments: list[Term]) -> Term:
        """Return `if(c, a, b)` as a choice between numbers."""
        if len(arguments) != len(("if", "then", "else")):
            raise Untranslatable("its `if` has not three parts")
        condition, yes, no = arguments
        if any(one.kind == "literal" and not one.literal for one in (yes, no)):
            raise Untranslatable("it gives nothing in one case, and rules have no word for that")
        asked = _condition(condition).within(OR)
        return Term(f"({number(yes).within(ADD)} if {asked} else {number(no).within(ADD)})", "number")

    def pooled(self, name: str, arguments: list[Term]) -> Term:
        """Return a function of several numbers."""
        self.notes.append(f"REDCap's `{name}` passes over what is missing; here the result is missing")
        return Term(f"{name}({', '.join(number(one).text for one in arguments)})", "number")

    def days(self, arguments: list[Term]) -> Term:
        """Return `datediff(a, b, "d")`; without a sign unless it asks for one."""
        texts = [one.literal.lower() for one in arguments[2:] if one.kind == "literal"]
        if len(arguments) <= 2 or texts[:1] != [_DAYS]:
            hint = "write days_between(first, last) and days"
            raise Untranslatable("it counts time otherwise than in days", hint)
        if any(one.kind != "date" for one in arguments[:2]):
            raise Untranslatable("it counts days from or to what is no date among the drafts")
        text = f"days_between({arguments[0].text}, {arguments[1].text})"
        return Term(text if "true" in texts else f"abs({text})", "number")


def _condition(term: Term) -> Term:
    if term.kind == "box":
        return compare(term, "==", literal("1"))
    if term.kind != "bool":
        raise Untranslatable("a part of it is no condition", 'compare it, for example with == "1"')
    return term


def _missing(_reader: _Reader, arguments: list[Term]) -> Term:
    return compare(arguments[0], "==", literal(""))


def _size(_reader: _Reader, arguments: list[Term]) -> Term:
    return Term(f"abs({number(arguments[0]).text})", "number")


_FUNCTIONS: Mapping[str, Callable[[_Reader, list[Term]], Term]] = {
    "if": _Reader.choice,
    "sum": lambda reader, arguments: reader.pooled("sum", arguments),
    "mean": lambda reader, arguments: reader.pooled("mean", arguments),
    "min": lambda reader, arguments: reader.pooled("min", arguments),
    "max": lambda reader, arguments: reader.pooled("max", arguments),
    "abs": _size,
    "datediff": _Reader.days,
    "isblankormissingcode": _missing,
}
