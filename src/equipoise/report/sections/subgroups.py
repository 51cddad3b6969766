"""Participants looked at separately: estimates with intervals, never a claim.

Holds rows as the analysis gives them: a subgroup, a comparison, an estimate with its interval. No P values.
"""

from equipoise.report import numerals, wording
from equipoise.report.blocks import Line, Section, Table, missing
from equipoise.report.folder import Row
from equipoise.report.trial import Trial

ID, TITLE = "subgroups", "Subgroups"
BLINDED = "Withheld: subgroups compare arms."


def section(trial: Trial) -> Section:
    """Return the section."""
    if trial.blinded:
        return missing(ID, TITLE, BLINDED)
    rows = trial.rows("subgroups")
    if not rows:
        return missing(ID, TITLE, "None planned, or not part of this analysis.")
    table = Table(
        id="table-subgroups",
        caption="The primary comparison within subgroups",
        stub="Subgroup",
        heads=("n", "Difference (95% CI)"),
        lines=tuple(Line(_label(row), (_n(row), _estimate(row))) for row in rows),
        notes=(
            "Descriptive: a difference between subgroups is not tested here and no subgroup makes a claim.",
        ),
    )
    return Section(ID, TITLE, (table,))


def _label(row: Row) -> str:
    name = str(row.get("label") or row.get("subgroup") or row.get("id") or "")
    part = row.get("part") or row.get("level_label") or row.get("level")
    return f"{name}: {wording.inline(str(part))}" if part else name


def _n(row: Row) -> str:
    sides = [row.get("n_arm"), row.get("n_reference")]
    if None in sides:
        return numerals.whole(row.get("n"))
    return " vs ".join(numerals.whole(one) for one in sides)


def _estimate(row: Row) -> str:
    if row.get("estimate") is None:
        return str(row.get("status") or numerals.ABSENT)
    return numerals.estimate(row["estimate"], row.get("ci_low"), row.get("ci_high"), 2)
