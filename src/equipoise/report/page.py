"""The page: bands and watermark, style and its hash, one HTML text.

Holds what every report prints and the way it is printed. Refuses anything that leaves the page: no script, no
request, style only as hashed here.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from equipoise.report.blocks import Figure, Listing, Section

STYLES = ("page.css", "figures.css", "print.css")
SIMULATED_STYLE, BLINDED_STYLE = "print-simulated.css", "print-blinded.css"


@dataclass(frozen=True)
class Band:
    """A strip that stays on top: `kind` chooses its color, lead and text say what it means."""

    kind: str
    lead: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything the template prints."""

    window_title: str
    title: str
    eyebrow: str
    meta: tuple[str, ...]
    blinded: bool
    simulated: bool
    watermark: str
    bands: tuple[Band, ...]
    key_points: tuple[tuple[str, str], ...]
    result_title: str
    result: tuple[str, ...]
    figures: tuple[Figure, ...]
    threats_title: str
    threats: Listing
    sections: tuple[Section, ...]
    colophon: tuple[str, ...]


def print_page(page: Page) -> str:
    """Return a page as one HTML text that needs nothing else."""
    style = _style(page)
    trusted = Markup(style)  # noqa: S704 - package data
    template = _environment().get_template("report.html.j2")
    return template.render(page=page, style=trusted, style_hash=_hash(style))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("equipoise.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _style(page: Page) -> str:
    extra = [
        name for name, holds in ((SIMULATED_STYLE, page.simulated), (BLINDED_STYLE, page.blinded)) if holds
    ]
    return "".join(_read(name) for name in (*STYLES, *extra))


@lru_cache(maxsize=8)
def _read(name: str) -> str:
    return resources.files("equipoise.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(style: str) -> str:
    """Return the style's hash as a content security policy writes it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
