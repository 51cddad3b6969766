"""What a section is made of: prose, lists, facts, tables, figures.

Holds plain values. Refuses markup of its own, which templates write, except figures, whose SVG is escaped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from markupsafe import Markup

from equipoise.report.numerals import ABSENT


@dataclass(frozen=True)
class Prose:
    """A paragraph; `tone` is plain, note (small print) or missing (something was not collected)."""

    kind: ClassVar[str] = "prose"
    text: str
    tone: str = "plain"


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: str
    id: str


@dataclass(frozen=True)
class Entry:
    """A line of a list: a lead in bold, a text, and a link to the section that `target` names."""

    text: str
    lead: str = ""
    target: str = ""
    link: str = ""


@dataclass(frozen=True)
class Listing:
    """A list of entries."""

    kind: ClassVar[str] = "listing"
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Facts:
    """Terms and what is to be known of them."""

    kind: ClassVar[str] = "facts"
    rows: tuple[tuple[str, str], ...]
    code: bool = False


@dataclass(frozen=True)
class Line:
    """A row of a table: its header and cells; `level` indents it, `heading` sets it over the rows below."""

    header: str
    cells: tuple[str, ...] = ()
    level: int = 0
    heading: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    id       opens the ids in it
    stub     head of the first column
    heads    heads of the other columns, with units
    groups   (text, columns) above the heads; empty for none
    notes    printed below
    prose    True when cells hold sentences rather than numbers
    number   its number in the report; 0 for a table without one
    folded   True for one that repeats a figure: closed until asked for, and without a number
    """

    kind: ClassVar[str] = "table"
    id: str
    caption: str
    stub: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    groups: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    prose: bool = False
    number: int = 0
    folded: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure: its finding as a title, what is plotted as a caption, and the drawings of both widths."""

    kind: ClassVar[str] = "figure"
    id: str
    title: str
    caption: str
    drawings: tuple[Markup, ...]
    number: int = 0


Block = Prose | Heading | Listing | Facts | Table | Figure


@dataclass(frozen=True)
class Section:
    """A part of the report with its own heading."""

    id: str
    title: str
    blocks: tuple[Block, ...] = field(default_factory=tuple)


def missing(section: str, title: str, text: str) -> Section:
    """Return a section that says why there is nothing to see."""
    return Section(section, title, (Prose(text, tone="missing"),))


def number(sections: Iterable[Section], *, figures: int = 0) -> tuple[Section, ...]:
    """Return the sections with tables and figures numbered in order; `figures` are counted already."""
    tables, done = 0, []
    for section in sections:
        blocks: list[Block] = []
        for block in section.blocks:
            if isinstance(block, Table) and not block.folded:
                tables += 1
                blocks.append(replace(block, number=tables))
            elif isinstance(block, Figure):
                figures += 1
                blocks.append(replace(block, number=figures))
            else:
                blocks.append(block)
        done.append(replace(section, blocks=tuple(blocks)))
    return tuple(done)


def cells(texts: Sequence[str | None]) -> tuple[str, ...]:
    """Return table cells, with a dash where there is no text."""
    return tuple(text or ABSENT for text in texts)
