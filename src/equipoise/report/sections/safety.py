"""Safety: adverse events overall, by term and severity, how they were felt, and those of special interest.

Holds counts, the randomized period apart from what followed an open-label dose. Refuses to drop welcome
effects: they are effects too.
"""

from collections.abc import Callable, Sequence

from equipoise.report import numerals, wording
from equipoise.report.blocks import Block, Heading, Line, Prose, Section, Table, missing
from equipoise.report.folder import Row
from equipoise.report.trial import Arm, Trial

Cells = Callable[[Row], tuple[str, ...]]
"""A row of the table to the cells of one arm."""

ID, TITLE = "safety", "Safety"
PERIODS = {"randomized": "Up to any open-label dose", "open_label": "After the open-label dose"}
CATEGORIES = {
    "any": "Any adverse event",
    "related": "Judged related to treatment",
    "severe": "Severe",
    "serious": "Serious",
    "aesi": "Of special interest",
    "discontinued": "Left or stopped because of an adverse event",
}
INTRODUCTION = (
    "Every effect is recorded whether or not anybody minded it, so terms include welcome ones. "
    "Counts describe; a trial of this size cannot rule out uncommon harms."
)


def section(trial: Trial) -> Section:
    """Return the section."""
    table = trial.mapping("adverse_events")
    terms, overall, special = (_rows(table, key) for key in ("by_term", "overall", "aesi"))
    if not terms and not overall:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    blocks: list[Block] = [Prose(INTRODUCTION)]
    for period, title in PERIODS.items():
        parts = [
            [row for row in rows if row.get("period", "randomized") == period]
            for rows in (overall, terms, special)
        ]
        if any(parts):
            blocks.append(Heading(title, id=f"safety-{period.replace('_', '-')}"))
            blocks += _period(trial, period.replace("_", "-"), *parts)
    if table.get("dosing_day_by_term") is False:
        blocks.append(
            Prose(
                "Effects of the dosing day are left out by term: their kind would tell the arms.", tone="note"
            )
        )
    return Section(ID, TITLE, tuple(blocks))


def _rows(table: Row, key: str) -> list[Row]:
    return [row for row in table.get(key) or [] if isinstance(row, dict)]


def _period(
    trial: Trial, period: str, overall: list[Row], terms: list[Row], special: list[Row]
) -> list[Block]:
    columns = [
        one for one in trial.columns if any(trial.of_arm(rows, one) for rows in (overall, terms, special))
    ]
    blocks: list[Block] = []
    if overall:
        blocks.append(_overall(trial, period, overall, columns))
    if terms:
        blocks += [_severity(trial, period, terms, columns), _valence(trial, period, terms, columns)]
    elif overall:
        blocks.append(Prose("No single term was recorded.", tone="note"))
    if special:
        blocks.append(_special(trial, period, special, columns))
    return blocks


def _overall(trial: Trial, period: str, rows: list[Row], columns: Sequence[Arm]) -> Table:
    order = dict.fromkeys([*CATEGORIES, *(str(row.get("category")) for row in rows)])
    present = [one for one in order if any(str(row.get("category")) == one for row in rows)]
    return Table(
        id=f"table-adverse-events-{period}",
        caption="Participants with adverse events",
        stub="Adverse events",
        groups=_groups(trial, rows, columns),
        heads=("Participants, n (%)", "Events, n") * len(columns),
        lines=tuple(
            Line(
                CATEGORIES.get(one, wording.opening(one)),
                _across(trial, rows, columns, "category", one, _counts),
            )
            for one in present
        ),
    )


def _severity(trial: Trial, period: str, rows: list[Row], columns: Sequence[Arm]) -> Table:
    return Table(
        id=f"table-terms-{period}",
        caption="Adverse events by term, participants by their worst severity",
        stub="Term",
        groups=_groups(trial, rows, columns, width=3),
        heads=("Participants, n (%)", "Events, n", "Mild / moderate / severe, n") * len(columns),
        lines=tuple(
            Line(
                term,
                _across(trial, rows, columns, "term", term, _severities),
            )
            for term in _terms(rows)
        ),
    )


SEVERITIES = ("mild", "moderate", "severe")
VALENCES = ("welcome", "neutral", "unwelcome")


def _valence(trial: Trial, period: str, rows: list[Row], columns: Sequence[Arm]) -> Table:
    return Table(
        id=f"table-felt-{period}",
        caption="How effects were felt: events by valence",
        stub="Term",
        groups=_groups(trial, rows, columns, width=1),
        heads=("Welcome / neutral / unwelcome, n",) * len(columns),
        lines=tuple(
            Line(
                term,
                _across(trial, rows, columns, "term", term, _valences),
            )
            for term in _terms(rows)
        ),
    )


def _special(trial: Trial, period: str, rows: list[Row], columns: Sequence[Arm]) -> Table:
    return Table(
        id=f"table-aesi-{period}",
        caption="Adverse events of special interest",
        stub="Event of special interest",
        groups=_groups(trial, rows, columns),
        heads=("Participants, n (%)", "Events, n") * len(columns),
        lines=tuple(
            Line(term, _across(trial, rows, columns, "term", term, _counts)) for term in _terms(rows)
        ),
    )


def _terms(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(str(row.get("term")) for row in rows))


def _groups(
    trial: Trial, rows: list[Row], columns: Sequence[Arm], *, width: int = 2
) -> tuple[tuple[str, int], ...]:
    found = []
    for column in columns:
        sizes = [row["n"] for row in trial.of_arm(rows, column) if row.get("n") is not None]
        found.append((f"{column.label} {numerals.size(max(sizes))}" if sizes else column.label, width))
    return tuple(found)


def _across(
    trial: Trial, rows: list[Row], columns: Sequence[Arm], key: str, value: str, cells: Cells
) -> tuple[str, ...]:
    texts: list[str] = []
    for column in columns:
        found = [row for row in trial.of_arm(rows, column) if str(row.get(key)) == value]
        texts += cells(found[0] if found else {})
    return tuple(texts)


def _counts(row: Row) -> tuple[str, str]:
    return (
        numerals.count_percent(row.get("participants"), row.get("percent"), n=row.get("n")),
        numerals.whole(row.get("events")),
    )


def _severities(row: Row) -> tuple[str, ...]:
    return (*_counts(row), _three(row, SEVERITIES))


def _valences(row: Row) -> tuple[str, ...]:
    return (_three(row, VALENCES),)


def _three(row: Row, keys: tuple[str, ...]) -> str:
    return " / ".join(numerals.whole(row.get(key)) for key in keys)
