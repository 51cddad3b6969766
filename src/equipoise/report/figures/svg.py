"""Building blocks of a figure: elements, text that wraps, markers, the frame with title and description.

Holds escaping: every text passes through markupsafe. Refuses to know what is drawn.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from markupsafe import Markup, escape

from equipoise.report import numerals

Anchor = Literal["start", "middle", "end"]

SPACES = re.compile("[ \t\r\n\v\f]+")
"""Where a line may break; not at a space that keeps words together."""
NARROW_LETTERS = frozenset("fijlrtI.,:;'|!()[]{}- /\N{NO-BREAK SPACE}")
WIDE_LETTERS = frozenset("mwMWGOQ@%&—")
NARROW_EM, USUAL_EM, WIDE_EM = 0.32, 0.56, 0.85
"""Widths of letters in Arial and faces of its measure, rounded up, as a share of the font size."""
LINE_EM = 1.3
MARKER_RADIUS = 4.5
MARKERS = ("dot", "circle", "square", "triangle", "diamond", "ring")


@dataclass(frozen=True)
class Canvas:
    """Where a figure is drawn.

    name   ends in the variant and opens every id in the figure
    width  in CSS pixels at natural size
    font   size of its text in the same pixels
    """

    name: str
    width: float
    font: float

    @property
    def wide(self) -> bool:
        """Whether labels may stand beside the plot rather than above it."""
        return self.width >= WIDE_FROM

    @property
    def line(self) -> float:
        """Height of a line of text."""
        return self.font * LINE_EM


WIDE_FROM = 500.0


def canvases(name: str) -> tuple[Canvas, Canvas]:
    """Return the two canvases of a figure: for a page, and for a phone."""
    return Canvas(f"{name}-wide", 760.0, 13.0), Canvas(f"{name}-narrow", 350.0, 12.5)


def frame(
    canvas: Canvas, height: float, *, title: str, description: str, content: Iterable[Markup]
) -> Markup:
    """Return the whole figure as an image with a name and a description."""
    title_id, description_id = f"{canvas.name}-title", f"{canvas.name}-desc"
    return element(
        "svg",
        element("title", title, id=title_id),
        element("desc", description, id=description_id),
        *content,
        class_=f"figure-{'wide' if canvas.wide else 'narrow'}",
        viewBox=f"0 0 {_number(canvas.width)} {_number(height)}",
        width=canvas.width,
        height=height,
        role="img",
        aria_labelledby=f"{title_id} {description_id}",
        font_size=canvas.font,
    )


def element(tag: str, *children: Markup | str, **attributes: str | float | None) -> Markup:
    """Return an element; children that are plain text are escaped, attributes that are None left out.

    `class_` becomes class, other underscores hyphens.
    """
    written = "".join(
        [f' {_attribute(name)}="{_number(value)}"' for name, value in attributes.items() if value is not None]
    )
    inner = "".join([one if isinstance(one, Markup) else escape(one) for one in children])
    return Markup(f"<{tag}{written}>{inner}</{tag}>" if children else f"<{tag}{written}/>")  # noqa: S704 - escaped


def group(*children: Markup, **attributes: str | float | None) -> Markup:
    """Return elements in a group."""
    return element("g", *children, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, *, class_: str) -> Markup:
    """Return a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def rect(x: float, y: float, width: float, height: float, *, class_: str) -> Markup:
    """Return a rectangle."""
    return element("rect", x=x, y=y, width=max(0.0, width), height=max(0.0, height), class_=class_)


def path(points: Iterable[tuple[float, float]], *, class_: str) -> Markup:
    """Return a line through points."""
    steps = " L".join(f"{_number(x)} {_number(y)}" for x, y in points)
    return element("path", d=f"M{steps}", class_=class_)


def text(content: str, x: float, y: float, *, anchor: Anchor = "start", class_: str | None = None) -> Markup:
    """Return one line of text; `y` is its baseline."""
    return element(
        "text", content, x=x, y=y, text_anchor=None if anchor == "start" else anchor, class_=class_
    )


def paragraph(
    lines: Iterable[str],
    x: float,
    y: float,
    *,
    canvas: Canvas,
    anchor: Anchor = "start",
    class_: str | None = None,
) -> Markup:
    """Return lines of text, the first with its baseline at `y`."""
    return Markup("").join(
        text(one, x, y + place * canvas.line, anchor=anchor, class_=class_) for place, one in enumerate(lines)
    )


def measure(content: str, font: float) -> float:
    """Return about how wide a text is, never much less than it will be."""
    return font * sum(_letter_em(letter) for letter in content)


def wrap(content: str, width: float, font: float) -> list[str]:
    """Return the text in lines no wider than `width`; a single longer word is broken."""
    lines: list[str] = []
    current = ""
    for word in filter(None, SPACES.split(content)):
        for piece in _pieces(word, width, font):
            tried = f"{current} {piece}".strip()
            if current and measure(tried, font) > width:
                lines.append(current)
                current = piece
            else:
                current = tried
    return [*lines, current] if current else lines or [""]


def marker(kind: str, x: float, y: float, *, class_: str, radius: float = MARKER_RADIUS) -> Markup:
    """Return a marker of one of `MARKERS`, centered."""
    if kind in ("circle", "ring", "dot"):
        return element("circle", cx=x, cy=y, r=radius, class_=class_)
    if kind == "square":
        return rect(x - radius, y - radius, 2 * radius, 2 * radius, class_=class_)
    up = radius * 1.25
    corners = [(x, y - up), (x + up, y + radius), (x - up, y + radius)]
    if kind == "diamond":
        corners = [(x, y - up), (x + up, y), (x, y + up), (x - up, y)]
    return element(
        "path", d="M" + " L".join(f"{_number(a)} {_number(b)}" for a, b in corners) + " Z", class_=class_
    )


def arm_class(place: int) -> str:
    """Return the class that gives an arm its color and line style; 0 is everybody together."""
    return f"arm-{place if place < len(MARKERS) else 1 + (place - 1) % (len(MARKERS) - 1)}"


def arm_marker(place: int) -> str:
    """Return the marker of an arm."""
    return MARKERS[place if place < len(MARKERS) else 1 + (place - 1) % (len(MARKERS) - 1)]


def _pieces(word: str, width: float, font: float) -> list[str]:
    if measure(word, font) <= width:
        return [word]
    pieces, current = [], ""
    for letter in word:
        if current and measure(current + letter, font) > width:
            pieces.append(current)
            current = ""
        current += letter
    return [*pieces, current]


NAMES_KEPT, LETTERS_KEPT, COORDINATES_KEPT = 1 << 7, 1 << 10, 1 << 14


@lru_cache(maxsize=NAMES_KEPT)
def _attribute(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


@lru_cache(maxsize=LETTERS_KEPT)
def _letter_em(letter: str) -> float:
    if letter in NARROW_LETTERS:
        return NARROW_EM
    return WIDE_EM if letter in WIDE_LETTERS or ord(letter) > LAST_LATIN else USUAL_EM


LAST_LATIN = 0x24F


def _number(value: str | float | None) -> str:
    """Return an attribute as it is written: a coordinate with at most two decimals, a text escaped."""
    return _coordinate(value) if isinstance(value, float | int) else str(escape(value))


@lru_cache(maxsize=COORDINATES_KEPT)
def _coordinate(value: float) -> str:
    return f"{numerals.round_half_up(value, 2):.2f}".rstrip("0").rstrip(".")
