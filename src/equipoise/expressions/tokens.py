"""The words of an expression: text in, tokens and problems out.

Holds no grammar. Whatever Python's own parser could stumble over (text literals, numbers, characters
outside ASCII, unknown signs) is settled here, so that only a plain skeleton ever reaches it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from equipoise.errors import Problem
from equipoise.expressions.language import (
    FOREIGN_WORDS,
    FUNCTIONS,
    LANGUAGE_WORDS,
    MAX_DIGITS,
    MISSPELT_LITERALS,
)
from equipoise.expressions.names import NAME_PATTERN, Name
from equipoise.expressions.tree import Node

_TOKEN = re.compile(
    rf"""(?P<blank>[ \t\r\n]+)
    |(?P<number>\.?[0-9][0-9A-Za-z_.]*)
    |(?P<word>{NAME_PATTERN})
    |(?P<quoted>"[^"]*"|'[^']*')
    |(?P<sign><=>|===|!==|\*\*|//|==|!=|<=|>=|<>|=<|=>|:=|&&|\|\||[-+*/<>()\[\],=%&|^~:;{{}}!?@.\#$\\`"'])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_SIGNS = frozenset({"+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "(", ")", "[", "]", ","})

_SHOUTED = frozenset({"AND", "OR", "NOT", "IN", "IF", "ELSE"})
# How much of a text a message repeats.
_SHOWN = 60

Kind = Literal["operand", "function", "sign"]


@dataclass(frozen=True, slots=True)
class Token:
    """One word.

    kind    "operand" (a leaf of the tree), "function" or "sign" (operators, words and brackets)
    text    as written
    start   0-based place of its first character
    leaf    the node of an operand; the placeholder ("bool", False) where the operand was refused
    role    for signs: the sign the parser is to see; never longer than the text it stands for
    """

    kind: Kind
    text: str
    start: int
    leaf: Node = ()
    role: str = ""

    @property
    def end(self) -> int:
        """Return the 0-based place after its last character."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sign or word outside the language: what to say, and the sign to read on with.

    stand_in    empty when what follows cannot be read
    """

    message: str
    hint: str
    stand_in: str = ""


_BOOLEAN_HINT = "write and, or, not between conditions"
_BLOCK_HINT = "an expression has no blocks, definitions or assignments"
_REFUSALS = {
    "**": Refusal("there is no power", "multiply: a * a", "*"),
    "//": Refusal("there is no whole division", "divide with /", "/"),
    "%": Refusal("there is no remainder", "the operators are + - * /", "*"),
    "=": Refusal("= does not compare", "write ==", "<"),
    "===": Refusal("=== is not a comparison", "write ==", "=="),
    "!==": Refusal("!== is not a comparison", "write !=", "!="),
    "<>": Refusal("<> is not a comparison", "write !=", "!="),
    "=<": Refusal("=< is not a comparison", "write <=", "<="),
    "=>": Refusal("=> is not a comparison", "write >=", ">="),
    "≤": Refusal("≤ is not a comparison here", "write <=", "<"),
    "≥": Refusal("≥ is not a comparison here", "write >=", ">"),
    "≠": Refusal("≠ is not a comparison here", "write !=", "<"),
    "×": Refusal("× does not multiply here", "write *", "*"),
    "÷": Refusal("÷ does not divide here", "write /", "/"),
    "−": Refusal("this minus sign is not the one on the keyboard", "write -", "-"),
    "–": Refusal("this dash is not a minus sign", "write -", "-"),
    "is": Refusal("there is no is", "compare with ==, or ask is_missing(...)", "<"),
    "&&": Refusal("&& does not join conditions", _BOOLEAN_HINT, "*"),
    "||": Refusal("|| does not join conditions", _BOOLEAN_HINT, "*"),
    "&": Refusal("& does not join conditions", _BOOLEAN_HINT, "*"),
    "|": Refusal("| does not join conditions", _BOOLEAN_HINT, "*"),
    "^": Refusal("there is no ^", "multiply for a power: a * a", "*"),
    ".": Refusal(
        "a dot stands only inside a name", "write form.item: one dot, no blanks, nothing called on it"
    ),
    "@": Refusal(
        "@ stands only inside a name", "write item@VISIT or form.item@VISIT, without blanks or brackets"
    ),
    "!": Refusal("! does not deny a condition", "write not"),
    ":=": Refusal("nothing is assigned in an expression", "compare with =="),
    ":": Refusal("a colon has no meaning here", "an expression has no slices, lambdas or dictionaries"),
    "{": Refusal("there are no sets or dictionaries", "write a list: [1, 2]"),
    "}": Refusal("there are no sets or dictionaries", "write a list: [1, 2]"),
    "\\": Refusal("a backslash has no meaning here", "leave it out"),
    "#": Refusal("there are no comments", "say it in the text of the rule"),
    '"': Refusal("this text is not closed", 'end it with "'),
    "'": Refusal("this text is not closed", "end it with '"),
    "lambda": Refusal("there are no functions to define", _BLOCK_HINT),
    "for": Refusal("there are no loops", "name each item: sum(a, b, c)"),
    "await": Refusal("await is not part of the language", _BLOCK_HINT),
} | dict.fromkeys("‘’“”", Refusal("this is not a straight quote", "write text between \" or '"))


class Scanner:
    """Reads one text; `tokens` and `problems` are complete after `read`.

    readable    False when a refused sign leaves no way to read on
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.problems: list[Problem] = []
        self.readable = True

    def read(self) -> "Scanner":
        """Read the whole text, to its end or to a text that is not closed."""
        for found in _TOKEN.finditer(self.text):
            written, start = found.group(), found.start()
            match found.lastgroup:
                case "number":
                    self._operand(written, start, self._number(written, start))
                case "word":
                    self._word(written, start)
                case "quoted":
                    self._operand(written, start, self._quoted(written, start))
                case "sign" | "other":
                    self._sign(written, start)
                    if written in ('"', "'"):
                        break
        return self

    def _operand(self, written: str, start: int, leaf: Node) -> None:
        self.tokens.append(Token("operand", written, start, leaf))

    def _problem(self, start: int, message: str, hint: str) -> Node:
        self.problems.append(Problem(message, hint, column=start + 1))
        return ("bool", False)

    def _number(self, written: str, start: int) -> Node:
        if not _NUMBER.fullmatch(written):
            hint = "write numbers in plain decimals, such as 0.5 or 21, and names beginning with a letter"
            return self._problem(start, f"{shown(written)} is not a number", hint)
        if len(written.replace(".", "")) > MAX_DIGITS:
            return self._problem(start, "the number is too long", f"use at most {MAX_DIGITS} digits")
        return ("number", float(written) if "." in written else int(written))

    def _quoted(self, written: str, start: int) -> Node:
        content = written[1:-1]
        if self.tokens and self.tokens[-1].end == start and self.tokens[-1].kind != "sign":
            self.tokens.pop()
            return self._problem(start, "text takes no prefix", "write the text between plain quotes")
        if "\\" in content:
            return self._problem(start, "text has no backslash", "every character stands for itself")
        for place, character in enumerate(content, start + 1):
            if not character.isprintable():
                shown_character = f"the character U+{ord(character):04X} cannot be part of a text"
                return self._problem(place, shown_character, "leave it out")
        return ("text", unicodedata.normalize("NFC", content))

    def _word(self, written: str, start: int) -> None:
        if written in FUNCTIONS:
            self.tokens.append(Token("function", written, start))
        elif written in ("True", "False"):
            self._operand(written, start, ("bool", written == "True"))
        elif written in LANGUAGE_WORDS:
            self.tokens.append(Token("sign", written, start, role=written))
        elif written in _SHOUTED:
            self._problem(start, f"{written} is not a name", f"write {written.lower()}")
            self.tokens.append(Token("sign", written, start, role=written.lower()))
        elif written in _REFUSALS:
            self._sign(written, start)
        else:
            self._operand(written, start, self._name(written, start))

    def _name(self, written: str, start: int) -> Node:
        literal = MISSPELT_LITERALS.get(written.lower(), written)
        if literal == "None":
            return self._problem(start, f"there is no {written}", "ask is_missing(...)")
        if literal != written:
            return self._problem(start, f"{written} is not a name", f"write {literal}")
        if written in FOREIGN_WORDS:
            hint = f"name the form as well: form.{written}"
            return self._problem(start, f"{written} is a reserved word of Python", hint)
        return ("name", str(Name(written)))

    def _sign(self, written: str, start: int) -> None:
        if written in _SIGNS:
            self.tokens.append(Token("sign", written, start, role=written))
            return
        refusal = _REFUSALS.get(written) or Refusal(
            f"{shown(written)} is not part of the language", "use ASCII letters, digits, _ and the operators"
        )
        self._problem(start, refusal.message, refusal.hint)
        self.readable = self.readable and bool(refusal.stand_in)
        self.tokens.append(Token("sign", written, start, role=refusal.stand_in))


def shown(text: str) -> str:
    """Return text as it may be printed in a message: short, and harmless on any terminal."""
    if len(text) == 1 and not text.isprintable():
        return f"the character U+{ord(text):04X}"
    kept = "".join(character if character.isprintable() else "?" for character in text[:_SHOWN])
    return f"{kept}..." if len(text) > _SHOWN else kept


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return the nearest choice as a question, or nothing when none is near."""
    close = get_close_matches(word, list(choices), n=1)
    return f"did you mean {close[0]}?" if close else ""
