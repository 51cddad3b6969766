"""Departures from the protocol, important ones first.

Holds counts of participants.
"""

from equipoise.report import numerals, wording
from equipoise.report.blocks import Line, Section, Table, missing
from equipoise.report.trial import Trial

ID, TITLE = "deviations", "Protocol deviations"
ORDER = ("important", "minor")


def section(trial: Trial) -> Section:
    """Return the section."""
    rows = trial.rows("deviations")
    if not rows:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    kinds = sorted(
        {str(row.get("importance") or "not graded") for row in rows},
        key=lambda kind: (kind not in ORDER, kind),
    )
    lines: list[Line] = []
    for kind in kinds:
        lines.append(Line(wording.opening(kind), heading=True))
        here = [row for row in rows if str(row.get("importance") or "not graded") == kind]
        for deviation in dict.fromkeys(str(row.get("deviation")) for row in here):
            same = [row for row in here if str(row.get("deviation")) == deviation]
            counts = [
                next(iter(trial.of_arm(same, column)), {}).get("participants", 0) for column in trial.columns
            ]
            lines.append(
                Line(
                    str(same[0].get("text") or deviation),
                    tuple(numerals.whole(one) for one in counts),
                    level=1,
                )
            )
    table = Table(
        id="table-deviations",
        caption="Participants with a deviation",
        stub="Deviation",
        heads=tuple(f"{column.label}, n" for column in trial.columns),
        lines=tuple(lines),
        notes=(
            "Important: may affect rights, safety or the reliability of results (ICH E3).",
            "Nobody was left out for a deviation unless an analysis set says so.",
        ),
    )
    return Section(ID, TITLE, (table,))


def important(trial: Trial) -> int:
    """Return how many important deviations by participant were recorded."""
    return sum(
        row.get("participants") or 0
        for row in trial.rows("deviations")
        if row.get("importance") == "important"
    )
