"""What is missing: values expected and observed, by score, visit and arm.

Holds counts. What was assumed about missing values stands with the estimands.
"""

from itertools import groupby

from equipoise.report import numerals, wording
from equipoise.report.blocks import Block, Line, Section, Table, missing
from equipoise.report.folder import Row
from equipoise.report.trial import Trial, number

ID, TITLE = "missing-data", "Missing data"
SEEN = "O"
"""Stands for an observed value in a pattern; anything else is a missing one."""
KINDS = ("Complete", "Stopped", "With a gap", "Never seen after baseline")


def section(trial: Trial) -> Section:
    """Return the section."""
    rows, patterns = trial.rows("missing"), _patterns(trial)
    if not rows and not patterns:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    asked = [row for row in rows if str(row.get("score")) in trial.outcomes]
    others = [row for row in rows if str(row.get("score")) not in trial.outcomes]
    blocks: list[Block] = []
    if asked:
        blocks.append(_table(trial, asked, name="table-missing", caption="Values missing of those expected"))
    blocks += patterns
    if others:
        caption = "Values missing of other measures"
        blocks.append(_table(trial, others, name="table-missing-others", caption=caption, folded=bool(asked)))
    return Section(ID, TITLE, tuple(blocks))


def _table(trial: Trial, rows: list[Row], *, name: str, caption: str, folded: bool = False) -> Table:
    lines: list[Line] = []
    for score in dict.fromkeys(str(row.get("score")) for row in rows):
        here = [row for row in rows if str(row.get("score")) == score]
        lines.append(Line(str(here[0].get("label") or trial.scale(score).label), heading=True))
        for visit in dict.fromkeys(str(row.get("visit")) for row in here):
            at = [row for row in here if str(row.get("visit")) == visit]
            cells = tuple(_cell(next(iter(trial.of_arm(at, column)), {})) for column in trial.columns)
            lines.append(Line(trial.visit_label(visit), cells, level=1))
    return Table(
        id=name,
        caption=caption,
        stub="Measure and visit",
        heads=tuple(f"{column.label}, missing (%)" for column in trial.columns),
        lines=tuple(lines),
        notes=("Expected of everybody randomized, whether or not they had left the trial.",),
        folded=folded,
    )


def _patterns(trial: Trial) -> list[Block]:
    """Return one table for each estimand that has patterns of its own."""
    by_estimand: dict[str, list[Row]] = {}
    for row in trial.rows("missing_patterns"):
        by_estimand.setdefault(str(row.get("estimand")), []).append(row)
    return [
        _pattern_table(trial, rows, estimand if len(by_estimand) > 1 else "", name=f"table-patterns-{place}")
        for place, (estimand, rows) in enumerate(by_estimand.items(), start=1)
    ]


def _pattern_table(trial: Trial, rows: list[Row], estimand: str, *, name: str) -> Table:
    totals = {column.id: _total(trial.of_arm(rows, column)) for column in trial.columns}
    found = {str(row.get("pattern")): _visits(trial, row) for row in rows}
    order = sorted(found, key=lambda one: (_kind(one), [letter != SEEN for letter in one][::-1]))
    lines: list[Line] = []
    for kind, patterns in groupby(order, key=_kind):
        lines.append(Line(KINDS[kind], heading=True))
        for pattern in patterns:
            here = [row for row in rows if str(row.get("pattern")) == pattern]
            counts = [_total(trial.of_arm(here, column)) for column in trial.columns]
            cells = [
                numerals.count_percent(count, _share(count, totals[column.id]), n=totals[column.id])
                for count, column in zip(counts, trial.columns, strict=True)
            ]
            lines.append(Line(_told(pattern, found[pattern]), tuple(cells), level=1))
    whose = f" ({trial.estimand_label(estimand)})" if estimand else ""
    return Table(
        id=name,
        caption=f"Who was seen when: patterns of missing values{whose}",
        stub="Values",
        heads=tuple(f"{column.label} {numerals.size(totals[column.id])}" for column in trial.columns),
        lines=tuple(lines),
        notes=("Visits of the model after baseline. n (%) of the arm.",),
    )


def _share(count: int, total: int) -> float | None:
    return 100 * count / total if total else None


def _total(rows: list[Row]) -> int:
    return int(sum(number(row.get("n")) or 0 for row in rows))


def _kind(pattern: str) -> int:
    """Return 0 for a complete course, 1 for one that stops, 2 for one with a gap, 3 for nobody seen."""
    if SEEN not in pattern:
        return len(KINDS) - 1
    seen = pattern.count(SEEN)
    return 0 if seen == len(pattern) else 1 if pattern.startswith(SEEN * seen) else 2


def _visits(trial: Trial, row: Row) -> list[str]:
    labels = row.get("visit_labels")
    if isinstance(labels, list):
        return [str(one) for one in labels]
    return [trial.visit_label(one) for one in row.get("visits") or []]


def _told(pattern: str, visits: list[str]) -> str:
    """Return a pattern in words: "Up to week 2, none after", "Up to week 6, without week 2"."""
    labels = [wording.inline(visit) for visit in visits]
    named = list(zip(labels, pattern, strict=False))
    places = [place for place, (_, letter) in enumerate(named) if letter == SEEN]
    if not places:
        return "None"
    if len(places) == len(named):
        return "All visits"
    gaps = [label for label, letter in named[: places[-1]] if letter != SEEN]
    after = f", without {numerals.listing(gaps)}" if gaps else ", none after"
    return f"Up to {labels[places[-1]]}{after}"


def of_primary(trial: Trial) -> tuple[tuple[tuple[str, int, int], ...], str]:
    """Return (arm, missing, expected) of the primary outcome and its name; arm "" for everybody together."""
    score = trial.outcomes[0] if trial.outcomes else ""
    rows = [
        row
        for row in trial.rows("missing")
        if str(row.get("score")) == score and str(row.get("visit")) == trial.primary_visit
    ]
    found = []
    for column in trial.columns:
        for row in trial.of_arm(rows, column):
            expected, observed = row.get("expected"), row.get("observed")
            if expected is not None and observed is not None:
                found.append((column.label if column.id else "", expected - observed, expected))
    return tuple(found), trial.scale(score).label


def _cell(row: Row) -> str:
    expected, observed = row.get("expected"), row.get("observed")
    if expected is None or observed is None:
        return numerals.ABSENT
    share = row.get("percent")
    return f"{numerals.count_of(expected - observed, expected)} ({numerals.percent(share, n=expected)})"
