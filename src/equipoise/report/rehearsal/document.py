"""The report of a design: its sections in order, and the page they stand on.

Holds assembly. Refuses to print: `report.page` does.
"""

from dataclasses import replace
from pathlib import Path

from equipoise.report import blocks
from equipoise.report.page import Band, Page, print_page
from equipoise.report.rehearsal import first_page, folder, sections, wording
from equipoise.report.rehearsal.design import Design

FILE = "design.html"
SIMULATED = Band("simulated", "Simulated trials.", "No person took part.")
SOURCES = ("operating_characteristics.json", "rehearsal.json", "sequential.json")


def render(rehearsal: Path) -> str:
    """Return the report of what `design` left in a folder, as one HTML text that needs nothing else.

    Raises  RecordError when the folder is no complete rehearsal
    """
    return print_page(_page(Design(folder.read(Path(rehearsal)))))


def write(rehearsal: Path) -> Path:
    """Write design.html into the folder and return its path; raises as `render` does."""
    text = render(rehearsal)
    target = Path(rehearsal) / FILE
    target.write_text(text, encoding="utf-8", newline="\n")
    return target


def _page(design: Design) -> Page:
    drawn = first_page.figures(design)
    figures = tuple(replace(figure, number=place) for place, figure in enumerate(drawn, start=1))
    version = design.tables.get("version")
    read = SOURCES if design.written.sequential else SOURCES[:2]
    return Page(
        window_title=f"Simulated trials: {design.name} design report",
        title=design.title,
        eyebrow="Design report",
        meta=first_page.meta(design),
        blinded=False,
        simulated=True,
        watermark="Simulated trials",
        bands=(SIMULATED,),
        key_points=first_page.key_points(design),
        result_title=first_page.result_title(design),
        result=first_page.result(design),
        figures=figures,
        threats_title="What threatens this",
        threats=first_page.threats(design),
        sections=blocks.number(sections.all_sections(design), figures=len(figures)),
        colophon=(
            f"Written by Equipoise{f' {version}' if version else ''} from {', '.join(read)}.",
            wording.NO_EVIDENCE,
        ),
    )
