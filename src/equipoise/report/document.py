"""The page: sections in order, bands and watermark, style and its hash, one HTML text.

Holds assembly. Refuses anything that leaves the page: no script, no request, style only as hashed here.
"""

import base64
import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from equipoise.report import blocks, folder, sections, summary
from equipoise.report.blocks import Figure, Listing, Section
from equipoise.report.trial import Trial, open_trial

FILE = "report.html"
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


SIMULATED = Band("simulated", "Simulated data.", "No participant was treated.")
BLINDED = Band("blinded", "Blinded report.", "All arms are shown together.")


def render(analysis: Path) -> str:
    """Return the report of what `analyze` left in a folder, as one HTML text that needs nothing else.

    Raises  RecordError when the folder is no complete analysis; IntegrityError when it says it is blinded but
            holds results by arm
    """
    trial = open_trial(folder.read(Path(analysis)))
    style = _style(trial)
    trusted = Markup(style)  # noqa: S704 - package data
    template = _environment().get_template("report.html.j2")
    return template.render(page=_page(trial), style=trusted, style_hash=_hash(style))


def write(analysis: Path) -> Path:
    """Write report.html into the folder and return its path; raises as `render` does."""
    text = render(analysis)
    target = Path(analysis) / FILE
    target.write_text(text, encoding="utf-8", newline="\n")
    return target


def _page(trial: Trial) -> Page:
    first = summary.first_page(trial)
    figures = tuple(replace(figure, number=place) for place, figure in enumerate(first.figures, start=1))
    shown = blocks.number(sections.all_sections(trial), figures=len(first.figures))
    kinds = [
        word for word, holds in (("Simulated data", trial.simulated), ("Blinded", trial.blinded)) if holds
    ]
    return Page(
        window_title=": ".join([*kinds, f"{trial.name} trial report"]),
        title=trial.title,
        eyebrow="Blinded trial report" if trial.blinded else "Trial report",
        meta=first.meta,
        blinded=trial.blinded,
        simulated=trial.simulated,
        watermark="Simulated data" if trial.simulated else "Blinded report" if trial.blinded else "",
        bands=tuple(
            band for band, holds in ((SIMULATED, trial.simulated), (BLINDED, trial.blinded)) if holds
        ),
        key_points=first.key_points,
        result_title=first.result_title,
        result=first.result,
        figures=figures,
        threats_title=first.threats_title,
        threats=first.threats,
        sections=shown,
        colophon=first.colophon,
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("equipoise.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _style(trial: Trial) -> str:
    extra = [
        name for name, holds in ((SIMULATED_STYLE, trial.simulated), (BLINDED_STYLE, trial.blinded)) if holds
    ]
    return "".join(_read(name) for name in (*STYLES, *extra))


@lru_cache(maxsize=8)
def _read(name: str) -> str:
    return resources.files("equipoise.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(style: str) -> str:
    """Return the style's hash as a content security policy writes it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
