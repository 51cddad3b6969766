"""What people read in a dictionary, as plain text: labels, notes, choices, and action tags among annotations.

Holds the reading of single cells. Refuses to know fields.
"""

import html
import re
from dataclasses import dataclass

from equipoise.source import UNREADABLE

LONGEST = 10_000
"""Characters of a label, as `protocol.part.Text` takes them."""
_INLINE = re.compile(
    r"</?(?:a|b|i|u|s|em|strong|span|font|sup|sub|small|big|mark|code)\b[^<>]*>", re.IGNORECASE
)
"""Markup that stands inside words; all other markup parts them."""
_TAG = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>", re.DOTALL)
_UNSHOWN = re.compile(r"<(img|a|video|audio|iframe|embed|object)\b", re.IGNORECASE)
_PIPED = re.compile(r"\[[a-z][a-z0-9_:-]*(\([^()]*\))?\]")
_BLANKS = re.compile(r"[\s\u0085\u2028\u2029]+")
_ACTION = re.compile(r"(?<![\w.])@([A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*)(?![\w@.])")
_VALUE = re.compile(r"\s*=\s*(\"[^\"]*\"|'[^']*'|\S+)")


def shown(cell: str) -> str:
    """Return a cell's text without markup, on one line."""
    text = html.unescape(_TAG.sub(" ", _INLINE.sub("", cell)))
    return _BLANKS.sub(" ", UNREADABLE.sub(" ", text)).strip()


def unshown(cell: str) -> list[tuple[str, str]]:
    """Return what of a cell is no text: (reason, hint)."""
    found = []
    if _UNSHOWN.search(cell):
        found.append(("pictures and links are not carried over", "name the document in the text"))
    if _PIPED.search(_TAG.sub(" ", cell)):
        found.append(("answers are not put into questions", "word it without the field in brackets"))
    return found


def choices(cell: str) -> tuple[dict[str, str], list[str]]:
    """Return (code to label, complaints) of a cell such as `1, Yes | 0, No`.

    A choice without a comma is its own code and label, as in REDCap.
    """
    found: dict[str, str] = {}
    complaints = []
    for entry in cell.split("|"):
        code, comma, label = entry.partition(",")
        code = shown(code)
        label = shown(label) if comma else code
        if not code and not label:
            continue
        if code in found:
            complaints.append(f"the code `{code}` stands twice; the first is kept")
        elif not code:
            complaints.append(f"the choice `{label}` has no code")
        else:
            found[code] = label or code
    return found, complaints


@dataclass(frozen=True, slots=True)
class Action:
    """An action tag: its name without @, and what it was given."""

    name: str
    value: str = ""


def actions(cell: str) -> tuple[list[Action], str]:
    """Return the action tags of an annotation, and the rest of its text."""
    found: list[Action] = []
    rest, place = [], 0
    for tag in _ACTION.finditer(cell):
        if tag.start() < place:
            continue
        rest.append(cell[place : tag.start()])
        place = _end(cell, tag.end())
        found.append(Action(tag[1], cell[tag.end() : place].strip().lstrip("=").strip()))
    rest.append(cell[place:])
    return found, shown(" ".join(rest))


def _end(cell: str, start: int) -> int:
    """Return where the value of an action tag ends that begins at `start`; `start` when it has none."""
    value = _VALUE.match(cell, start)
    if value is not None:
        return value.end()
    opening = cell.find("(", start)
    if opening < 0 or cell[start:opening].strip():
        return start
    depth = 0
    for place in range(opening, len(cell)):
        depth += {"(": 1, ")": -1}.get(cell[place], 0)
        if depth == 0:
            return place + 1
    return len(cell)
