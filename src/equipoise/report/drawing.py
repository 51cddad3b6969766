"""From a figure's content to a numbered figure of the report, drawn for both widths.

Holds the step between figures and blocks. Refuses to choose what a figure shows.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from markupsafe import Markup

from equipoise.report.blocks import Figure
from equipoise.report.figures.svg import Canvas, canvases


class Titled(Protocol):
    """A figure's content has a title."""

    @property
    def title(self) -> str:
        """The finding."""
        ...


C = TypeVar("C", bound=Titled)


def figure(content: C, draw: Callable[[C, Canvas], Markup], *, name: str, caption: str) -> Figure:
    """Return a figure drawn by `draw` for a page and for a phone; `name` opens every id in it."""
    drawings = tuple(draw(content, canvas) for canvas in canvases(name))
    return Figure(id=name, title=content.title, caption=caption, drawings=drawings)
