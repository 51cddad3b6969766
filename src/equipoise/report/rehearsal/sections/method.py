"""How the rehearsal was made: replicates, seeds, what was left out, and the files behind this page.

Holds facts and references.
"""

from equipoise.report import numerals
from equipoise.report.blocks import Block, Entry, Facts, Heading, Listing, Prose, Section
from equipoise.report.rehearsal.design import Design
from equipoise.report.wording import opening, stop

ID, TITLE = "method", "How this was made"
TOLD = (
    "Every trial was drawn from its scenario, participant by participant, and analyzed by the analysis"
    " that is planned: estimators, strategies for intercurrent events, missing data, covariates and"
    " testing procedure are those of the final report. Random numbers depend on the seed, the scenario and"
    " the participant alone, so neighboring designs share them."
)
REFERENCES = (
    (
        "Morris TP, White IR, Crowther MJ (2019). Using simulation studies to evaluate statistical methods."
        " Stat Med 38:2074-2102. Definitions and Monte Carlo standard errors."
    ),
    "O'Hagan A, Stevens JW, Campbell MJ (2005). Assurance in clinical trial design. Pharm Stat 4:187-201.",
    "ICH E9(R1) (2019). Addendum on estimands and sensitivity analysis in clinical trials.",
)


def section(design: Design) -> Section:
    """Return the section."""
    tables = design.tables
    hashes = design.mapping("protocol")
    precision = tables.get("precision")
    facts = [
        ("Seed", str(tables.get("seed"))),
        (
            "Precision asked for",
            ""
            if precision is None
            else f"standard error {numerals.decimal(100 * precision)} percentage points",
        ),
        ("Equipoise", str(tables.get("version") or "")),
        ("Code (SHA-256)", str(tables.get("code") or "")),
        *((f"Protocol, {name} (SHA-256)", str(value)) for name, value in hashes.items()),
    ]
    notes = [Entry(stop(opening(str(note)))) for note in tables.get("notes") or []]
    blocks: list[Block] = [Prose(TOLD)]
    if notes:
        blocks += [Heading("What was left out", "left-out"), Listing(tuple(notes))]
    blocks += [
        Heading("References", "references"),
        Listing(tuple(Entry(text) for text in REFERENCES)),
        Heading("Provenance", "provenance"),
        Facts(tuple(fact for fact in facts if fact[1]), code=True),
    ]
    return Section(ID, TITLE, tuple(blocks))
