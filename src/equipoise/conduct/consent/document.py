"""A consent form as plain structured text: what it says, in what order, and the questions about it.

    # Taking part in FRONTLINE
    ## What the drug does
    [acute_effects] For some hours you see and feel things differently.

    - A point of a list
    ? When may you stop?
    + Whenever I want
    - Only at the end
    = You may stop whenever you want, and need not say why.

Holds reading, checking and the canonical bytes. Refuses markup: what is signed is what was read.
"""

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from re import compile as pattern
from typing import Literal

from equipoise.conduct.audit.canonical import canonical
from equipoise.errors import Problem
from equipoise.source import UNREADABLE

LONGEST_TEXT = 200_000
LANGUAGE_LENGTH = 16
FORMAT = "equipoise-consent-1"
MARK = pattern(r"\[([A-Za-z0-9_]{1,64})\]\s*")
KEPT = 64


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a list of points. `elements` are the protocol's consent elements it covers."""

    kind: Literal["paragraph", "list"]
    lines: tuple[str, ...]
    elements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """What stands on one page."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer to a question."""

    text: str
    right: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Something a participant must have understood. `explanation` follows a wrong answer."""

    text: str
    choices: tuple[Choice, ...]
    explanation: str


@dataclass(frozen=True)
class Document:
    """A consent form as it is read.

    elements   consent element to the numbers, from 1, of the paragraphs that cover it
    """

    title: str
    sections: tuple[Section, ...]
    questions: tuple[Question, ...]
    elements: Mapping[str, tuple[int, ...]]


@dataclass
class _Reading:
    """What was read so far."""

    title: str = ""
    sections: list[tuple[str, list[Block]]] = field(default_factory=list)
    questions: list[tuple[str, list[Choice], list[str]]] = field(default_factory=list)
    asking: bool = False
    stray: list[int] = field(default_factory=list)


def normal(text: str) -> str:
    """Return a text as it is kept and hashed: one form of accents, one kind of line end, no blank ends."""
    lines = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def digest(*, site: str, number: int, language: str, text: str) -> str:
    """Return SHA-256 over the canonical bytes of a version, in hexadecimal."""
    return sha256(canonical([FORMAT, site, number, language, text])).hexdigest()


@lru_cache(maxsize=KEPT)
def read(text: str) -> Document:
    """Return a text as a document, whatever is wrong with it: see `problems`."""
    return _document(_read(text))


def problems(text: str, *, elements: Mapping[str, str]) -> list[Problem]:
    """Return everything that keeps a text from being a consent form.

    elements   id to words of what the protocol says a consent form must say
    """
    if len(text) > LONGEST_TEXT:
        message = f"the text has {len(text):,} characters; at most {LONGEST_TEXT:,} can be stored"
        return [Problem(message, "shorten it", "text")]
    bad = UNREADABLE.search(text.replace("\r", ""))
    if bad is not None:
        message = f"the character U+{ord(bad.group()):04X} cannot be stored"
        return [Problem(message, "delete it and type the text again", "text")]
    found = _read(text)
    document = _document(found)
    return [
        *_shape_problems(document, found),
        *_element_problems(document, elements),
        *_question_problems(document),
    ]


def _read(text: str) -> _Reading:
    found = _Reading()
    for number, block in _blocks(normal(text)):
        for line in block:
            _take(found, line.strip(), number, first=line is block[0])
    return found


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield runs of lines without a blank one between them, with the number of the first line."""
    run: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.strip():
            run.append(line)
        elif run:
            yield number - len(run), run
            run = []


def _take(found: _Reading, line: str, number: int, *, first: bool) -> None:
    sign, rest = line[:1], line[1:].strip()
    if line.startswith("## "):
        found.asking = False
        found.sections.append((line[3:].strip(), []))
    elif line.startswith("# ") and not found.title:
        found.title = rest
    elif line.startswith("? "):
        found.asking = True
        found.questions.append((rest, [], []))
    elif found.asking and sign in ("+", "-", "="):
        _, choices, explanation = found.questions[-1]
        if sign == "=":
            explanation.append(rest)
        else:
            choices.append(Choice(rest, sign == "+"))
    elif not found.sections:
        found.stray.append(number)
    else:
        found.asking = False
        _add(found.sections[-1][1], line, rest if line.startswith("- ") else None, first=first)


def _add(blocks: list[Block], line: str, point: str | None, *, first: bool) -> None:
    """Add a line to the last block it belongs to, or begin one."""
    kind: Literal["paragraph", "list"] = "paragraph" if point is None else "list"
    text = line if point is None else point
    elements: list[str] = []
    while (mark := MARK.match(text)) is not None:
        elements.append(mark.group(1))
        text = text[mark.end() :]
    if blocks and blocks[-1].kind == kind and not first:
        before = blocks[-1]
        lines = (*before.lines, text) if point is not None else (f"{before.lines[0]} {text}",)
        blocks[-1] = Block(kind, lines, (*before.elements, *elements))
    else:
        blocks.append(Block(kind, (text,), tuple(elements)))


def _document(found: _Reading) -> Document:
    sections = tuple(Section(heading, tuple(blocks)) for heading, blocks in found.sections)
    elements: dict[str, tuple[int, ...]] = {}
    every = (block for section in sections for block in section.blocks)
    for number, block in enumerate(every, start=1):
        for element in block.elements:
            elements[element] = (*elements.get(element, ()), number)
    questions = tuple(
        Question(text, tuple(choices), " ".join(explanation))
        for text, choices, explanation in found.questions
    )
    return Document(found.title, sections, questions, elements)


def _shape_problems(document: Document, found: _Reading) -> Iterator[Problem]:
    if not document.title:
        yield Problem("the form has no title", "begin with a line `# Title`", "text")
    if not document.sections:
        yield Problem("the form has no section", "begin each with a line `## Heading`", "text")
    for number in found.stray:
        hint = "put it under a line `## Heading`"
        yield Problem(f"line {number} stands before the first section", hint, "text")
    for section in document.sections:
        if not section.heading or not section.blocks:
            name = section.heading or "without a heading"
            yield Problem(f"the section `{name}` is empty", "write what it says", "text")


def _element_problems(document: Document, elements: Mapping[str, str]) -> Iterator[Problem]:
    for element, said in elements.items():
        if element not in document.elements:
            hint = f"begin the paragraph that says it with [{element}]"
            yield Problem(f"nothing says `{element}`: {said}", hint, "text")
    known: Collection[str] = elements.keys()
    for element in document.elements:
        if element not in known:
            hint = f"one of {', '.join(known)}" if known else "the protocol names none"
            yield Problem(f"the protocol has no consent element `{element}`", hint, "text")


def _question_problems(document: Document) -> Iterator[Problem]:
    if not document.questions:
        hint = "ask with `? Question`, `+ right answer`, `- wrong answer`, `= explanation`"
        yield Problem("no question finds out whether the text was understood", hint, "text")
    for number, question in enumerate(document.questions, start=1):
        right = sum(choice.right for choice in question.choices)
        if right != 1:
            yield Problem(f"question {number} has {right} right answers", "mark one with `+`", "text")
        if len(question.choices) - right < 1:
            yield Problem(f"question {number} has no wrong answer", "add one with `-`", "text")
        if not question.explanation:
            yield Problem(f"question {number} explains nothing", "add a line with `=`", "text")
        if any(not choice.text for choice in question.choices):
            yield Problem(f"question {number} has an empty answer", "write it out", "text")
