"""Where a reader of CONSORT 2025 finds each item, in our own words, and what authors still have to write.

Holds pointers. Refuses to call an item reported when nobody but the authors can say it.
Source: Hopewell S, et al. CONSORT 2025 statement. PLoS Med 2025;22(4):e1004587 (numbering of items).
"""

from equipoise.report import wording
from equipoise.report.blocks import Line, Section, Table
from equipoise.report.trial import Trial

ID, TITLE = "checklist", "Reporting checklist"
AUTHORS = "For the authors"
FILE = "Protocol file"

ITEMS: tuple[tuple[str, str, str], ...] = (
    ("1a", "Title says the trial is randomized", AUTHORS),
    ("1b", "Summary of design, methods, results, conclusions", "Key points"),
    ("2", "Registration", "Methods"),
    ("3", "Protocol and analysis plan: where to find them", "Provenance"),
    ("4", "Data, code and materials: whether and how shared", AUTHORS),
    ("5a", "Funding, and what funders did", AUTHORS),
    ("5b", "Conflicts of interest", AUTHORS),
    ("6", "Background and reasons for the trial", AUTHORS),
    ("7", "Questions about benefit and harm", "Methods"),
    ("8", "Part that patients and the public had", AUTHORS),
    ("9", "Design, allocation ratio", "Methods"),
    ("10", "Changes after the start, with reasons", AUTHORS),
    ("11", "Settings and places", AUTHORS),
    ("12a", "Who could take part", "Methods"),
    ("12b", "Who delivered the treatment, and their credentials", "Methods"),
    ("13", "Treatments in enough detail to repeat them", "Methods"),
    ("14", "Outcomes, how and when measured", "Methods"),
    ("15", "How harms were defined and looked for", "Safety"),
    ("16a", "Number of participants and why", "Methods"),
    ("16b", "Interim looks and stopping rules", "Methods"),
    ("17a", "Who made the random sequence, and how", "Methods"),
    ("17b", "Type of randomization and restrictions", "Methods"),
    ("18", "How the sequence was concealed", AUTHORS),
    ("19", "Who could see the sequence when enrolling", AUTHORS),
    ("20a", "Who was masked", "Methods"),
    ("20b", "How masking was done", AUTHORS),
    ("21a", "Statistical methods", "Methods"),
    ("21b", "Who is in each analysis", "What was asked"),
    ("21c", "How missing data were handled", "What was asked"),
    ("21d", "Further analyses, planned or not", "Sensitivity analyses"),
    ("22a", "Participants randomized, treated, analyzed", "Participant flow"),
    ("22b", "Losses and exclusions, with reasons", "Participant flow"),
    ("23a", "Dates of recruitment and follow-up", AUTHORS),
    ("23b", "Why the trial ended or was stopped", AUTHORS),
    ("24a", "Treatment as it was given", "Sessions attended"),
    ("24b", "Care besides", AUTHORS),
    ("25", "Baseline characteristics", "Who took part"),
    ("26", "Numbers analyzed, estimates with precision", "Outcomes"),
    ("27", "Harms in each arm", "Safety"),
    ("28", "Other analyses, planned set apart from post hoc", "Provenance"),
    ("29", "Interpretation weighing benefit and harm", AUTHORS),
    ("30", "Limits: bias, imprecision, generalizability", AUTHORS),
)
"""Item of CONSORT 2025, what it asks in our words, and the section that answers it."""


def section(trial: Trial) -> Section:
    """Return the section."""
    table = Table(
        id="table-checklist",
        caption="Items of CONSORT 2025 and where they stand",
        stub="Item",
        heads=("Asks for", "Where"),
        lines=tuple(Line(item, (text, _where(trial, place))) for item, text, place in ITEMS),
        prose=True,
        notes=(
            "Our own words; the statement itself (doi 10.1371/journal.pmed.1004587) is what binds.",
            "A pointer says where to look, not that an item is reported in full.",
        ),
    )
    return Section(ID, TITLE, (table,))


def _where(trial: Trial, place: str) -> str:
    if trial.blinded and place in ("Outcomes", "Safety"):
        return f"{place}, {wording.inline('All arms together')}"
    return place
