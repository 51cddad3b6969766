"""The report of an analysis: its sections in order, and the page they stand on.

Holds assembly. Refuses to print: `page` does.
"""

from dataclasses import replace
from pathlib import Path

from equipoise.report import blocks, folder, sections, summary
from equipoise.report.page import Band, Page, print_page
from equipoise.report.trial import Trial, open_trial

FILE = "report.html"
SIMULATED = Band("simulated", "Simulated data.", "No participant was treated.")
BLINDED = Band("blinded", "Blinded report.", "All arms are shown together.")


def render(analysis: Path) -> str:
    """Return the report of what `analyze` left in a folder, as one HTML text that needs nothing else.

    Raises  RecordError when the folder is no complete analysis; IntegrityError when it says it is blinded but
            holds results by arm
    """
    return print_page(_page(open_trial(folder.read(Path(analysis)))))


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
