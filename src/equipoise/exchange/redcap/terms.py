"""Pieces of a condition on their way from REDCap's logic into the expression language.

Holds what a piece is and how two of them compare. Refuses to read text (`logic` does).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from equipoise.expressions import LANGUAGE_WORDS
from equipoise.expressions.language import FOREIGN_WORDS, MISSPELT_LITERALS

Kind = Literal["number", "text", "code", "box", "date", "time", "instant", "bool", "literal", "unknown"]
OR, AND, NOT, COMPARE, ADD, MULTIPLY, ATOM = range(1, 8)
"""How tightly a piece holds together; the looser one gets brackets."""
RESERVED = frozenset({*LANGUAGE_WORDS, *FOREIGN_WORDS}) | {word.lower() for word in MISSPELT_LITERALS}
TICKED = "1"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII)
_ORDERS = frozenset({"<", "<=", ">", ">="})
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_CLOCK = frozenset({"today", "now"})


class Untranslatable(Exception):  # noqa: N818 - the name says what happened
    """A condition that the expression language cannot say: why, and what to do."""

    def __init__(self, reason: str, hint: str = "write `show_if` by hand") -> None:
        self.reason, self.hint = reason, hint
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Target:
    """What a field of the dictionary became.

    form, item   where its answer stands
    codes        its codes, for kinds "code" and "box"
    boxes        for checkboxes: code to the item of that box
    formula      for calculated fields: the formula, which takes the place of the field
    """

    form: str
    item: str
    kind: Kind
    codes: Mapping[str, str] | None = None
    boxes: Mapping[str, str] | None = None
    formula: str = ""

    def name(self, item: str, *, within: str) -> str:
        """Return how a rule of a form names an item of this one."""
        return item if self.form == within and item not in RESERVED else f"{self.form}.{item}"


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of a condition: its text in our language, what it is and how tightly it holds together.

    literal   what was written, for literals: quoted or not, REDCap does not tell numbers from texts
    """

    text: str
    kind: Kind
    level: int = ATOM
    literal: str = ""
    codes: Mapping[str, str] | None = None

    def within(self, level: int) -> str:
        """Return the text, in brackets where it would fall apart beside an operator of that level."""
        return self.text if self.level >= level else f"({self.text})"


def literal(text: str) -> Term:
    """Return a literal, of which the other side of a comparison says what it is."""
    return Term("", "literal", literal=text.strip())


def number(term: Term) -> Term:
    """Return the term as a number to calculate with."""
    if term.kind == "literal":
        if not _NUMBER.fullmatch(term.literal):
            raise Untranslatable(f"it calculates with `{term.literal}`, which is no number")
        text = plain(term.literal)
        return Term(text, "number", ADD if text.startswith("-") else ATOM)
    if term.kind in ("code", "box"):
        hint = "if the form is a rating scale, name the scale with `instrument` and use its score"
        raise Untranslatable("it calculates with codes, which are not numbers here", hint)
    if term.kind != "number":
        raise Untranslatable(f"it calculates with a {term.kind}")
    return term


def plain(text: str) -> str:
    """Return a number as the expression language writes it."""
    sign = "-" if text.startswith("-") else ""
    whole, _, rest = text.lstrip("+-").partition(".")
    return sign + (whole.lstrip("0") or "0") + (f".{rest}" if rest.strip("0") else "")


def compare(left: Term, sign: str, right: Term) -> Term:
    """Return a comparison in our language.

    sign     one of == != < <= > >=
    Raises   Untranslatable where the two cannot be compared
    """
    if left.kind == "literal" and right.kind != "literal":
        left, sign, right = right, _TURNED[sign], left
    if right.kind != "literal":
        return _with_value(left, sign, right)
    if left.kind == "literal":
        raise Untranslatable("it compares two constants")
    if not right.literal:
        return _with_nothing(left, sign)
    if right.literal.lower() in _CLOCK:
        raise Untranslatable("it depends on the day it is asked, which no rule reads")
    return _WITH_LITERAL[left.kind](left, sign, right.literal)


def _with_value(left: Term, sign: str, right: Term) -> Term:
    if left.kind != right.kind or left.kind in ("box", "bool", "unknown"):
        raise Untranslatable(f"it compares a {left.kind} with a {right.kind}")
    if left.kind in ("code", "text") and sign in _ORDERS:
        raise Untranslatable(f"it asks which of two {left.kind}s is greater")
    return _compared(left, sign, right.within(ADD))


def _with_nothing(left: Term, sign: str) -> Term:
    if left.level != ATOM or left.kind in ("box", "bool") or sign in _ORDERS:
        raise Untranslatable("it compares with nothing what is always something")
    asked = f"is_missing({left.text})"
    return Term(asked, "bool") if sign == "==" else Term(f"not {asked}", "bool", NOT)


def _compared(left: Term, sign: str, text: str) -> Term:
    return Term(f"{left.within(ADD)} {sign} {text}", "bool", COMPARE)


def _with_number(left: Term, sign: str, written: str) -> Term:
    if not _NUMBER.fullmatch(written):
        raise Untranslatable(f"it compares a number with `{written}`")
    return _compared(left, sign, plain(written))


def _with_text(left: Term, sign: str, written: str) -> Term:
    if sign in _ORDERS:
        raise Untranslatable("it asks whether a text is greater than another", "give the field a type")
    return _compared(left, sign, quoted(written))


def _with_code(left: Term, sign: str, written: str) -> Term:
    codes = left.codes or {}
    if sign in _ORDERS:
        return _ordered_code(left, sign, written)
    if written not in codes:
        raise Untranslatable(f"it compares with `{written}`, which is none of the choices")
    return _compared(left, sign, quoted(written))


def _ordered_code(left: Term, sign: str, written: str) -> Term:
    """Return the codes that are less or greater as a list: codes have no order in our language."""
    codes = left.codes or {}
    if not _NUMBER.fullmatch(written) or not all(_NUMBER.fullmatch(code) for code in codes):
        raise Untranslatable("it asks which code is greater, and the codes are not numbers")
    limit = float(written)
    fitting = [code for code in codes if _holds(float(code), sign, limit)]
    if not fitting:
        raise Untranslatable(f"no choice is {sign} {written}")
    return Term(f"{left.text} in [{', '.join(map(quoted, fitting))}]", "bool", COMPARE)


def _holds(value: float, sign: str, limit: float) -> bool:
    return {"<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit}[sign]


def _with_box(left: Term, sign: str, written: str) -> Term:
    """Return whether a box is ticked; one that nobody touched is not."""
    if written not in ("0", "1") or (sign, written) not in _BOX:
        raise Untranslatable(f"it compares a box with `{written}`; a box is 1 or 0")
    if _BOX[sign, written]:
        return Term(f'not is_missing({left.text}) and {left.text} == "{TICKED}"', "bool", AND)
    return Term(f'is_missing({left.text}) or {left.text} != "{TICKED}"', "bool", OR)


_BOX = {
    ("==", "1"): True, ("!=", "0"): True, (">", "0"): True, (">=", "1"): True,
    ("==", "0"): False, ("!=", "1"): False, ("<", "1"): False, ("<=", "0"): False,
}  # fmt: skip


def _with_date(left: Term, sign: str, written: str) -> Term:
    if not _DAY.fullmatch(written):
        raise Untranslatable(f"it compares a date with `{written}`", "write the date as 2026-11-23")
    return _compared(left, sign, quoted(written))


def _with_time(left: Term, sign: str, written: str) -> Term:
    if not _TIME.fullmatch(written):
        raise Untranslatable(f"it compares a time with `{written}`", "write the time as 17:30")
    return _compared(left, sign, quoted(written))


def _refused(left: Term, sign: str, written: str) -> Term:
    if left.kind == "bool" and written in ("0", "1") and sign in ("==", "!="):
        is_wanted = (sign == "==") == (written == "1")
        return left if is_wanted else Term(f"not {left.within(COMPARE)}", "bool", NOT)
    raise Untranslatable(f"it compares a {left.kind} with `{written}`")


_WITH_LITERAL = {
    "number": _with_number,
    "text": _with_text,
    "code": _with_code,
    "box": _with_box,
    "date": _with_date,
    "time": _with_time,
    "instant": _refused,
    "bool": _refused,
    "unknown": _refused,
}


def quoted(text: str) -> str:
    """Return a text literal of the expression language."""
    if "\\" in text or ('"' in text and "'" in text) or not text.isprintable():
        raise Untranslatable("it compares with a text that no rule can hold")
    return f"'{text}'" if '"' in text else f'"{text}"'
