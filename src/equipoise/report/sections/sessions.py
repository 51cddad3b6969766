"""Sessions attended, by kind and arm: what of the treatment took place.

Holds counts.
"""

from equipoise.report import numerals, wording
from equipoise.report.blocks import Line, Section, Table, missing
from equipoise.report.folder import Row
from equipoise.report.trial import Trial

ID, TITLE = "sessions", "Sessions attended"


def section(trial: Trial) -> Section:
    """Return the section."""
    rows = trial.rows("sessions")
    if not rows:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    lines = []
    for session in dict.fromkeys(str(row.get("session")) for row in rows):
        here = [row for row in rows if str(row.get("session")) == session]
        cells: list[str] = []
        for column in trial.columns:
            cells += _cells(next(iter(trial.of_arm(here, column)), {}))
        lines.append(Line(_label(here[0]), tuple(cells)))
    table = Table(
        id="table-sessions",
        caption="Planned sessions and how many were attended",
        stub="Session (planned for each participant)",
        groups=tuple((column.label, 2) for column in trial.columns),
        heads=("Sessions attended", "Participants at all of them, n (%)") * len(trial.columns),
        lines=tuple(lines),
        notes=(
            "Sessions that participants could decline, such as an open-label dose, are not counted here.",
        ),
    )
    return Section(ID, TITLE, (table,))


def _label(row: Row) -> str:
    planned = f" ({numerals.whole(row['planned'])})" if row.get("planned") is not None else ""
    return f"{row.get('label') or row.get('session')}{planned}"


def _cells(row: Row) -> tuple[str, str]:
    planned, people = row.get("planned"), row.get("participants")
    total = planned * people if planned is not None and people is not None else None
    attended = (
        numerals.count_of(row.get("attended"), total)
        if total is not None
        else numerals.whole(row.get("attended"))
    )
    complete = row.get("all_attended")
    share = 100 * complete / people if people and complete is not None else None
    return attended if row else numerals.ABSENT, numerals.count_percent(complete, share, n=people)
