"""What was found: every planned comparison in one table, then each outcome over time.

Holds the results table, pictures of comparisons and of means. Refuses to compare arms after unblinding.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from equipoise.report import comparison, conventions, numerals, wording
from equipoise.report.blocks import Block, Figure, Heading, Line, Prose, Section, Table, missing
from equipoise.report.conventions import Convention
from equipoise.report.drawing import figure
from equipoise.report.effect import ON_THE_SCALE, Effect, Side
from equipoise.report.figures import trajectory
from equipoise.report.figures.trajectory import Course, Point, Trajectory
from equipoise.report.folder import Row
from equipoise.report.trial import Scale, Trial

ID, TITLE = "outcomes", "Outcomes"
RESULTS = "Every planned comparison"
"""Caption of the table of all results, by which others point at it."""
ROLES = {
    "primary": "Primary",
    "secondary": "Secondary",
    "sensitivity": "Sensitivity",
    "exploratory": "Exploratory",
}


def section(trial: Trial) -> Section:
    """Return the section."""
    if not trial.rows("descriptives") and not trial.effects:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    blocks: list[Block] = [_results(trial)] if trial.effects else []
    if trial.blinded:
        blocks.append(Prose(wording.WITHHELD))
    for score in trial.outcomes:
        blocks += _outcome(trial, trial.scale(score))
    blocks += _others(trial)
    return Section(ID, TITLE, tuple(blocks))


def _results(trial: Trial) -> Table:
    pairs = {(one.arm.label, one.reference.label) for one in trial.effects}
    sides = next(iter(pairs)) if len(pairs) == 1 else ("First arm", "Second arm")
    level = numerals.level(trial.effects[0].level)
    lines: list[Line] = []
    letters = conventions.distinct(trial.written.results)
    computed = [letters[conventions.of(row)] for row in trial.written.results]
    rows = list(zip(trial.effects, computed, strict=True))
    for role, found in groupby(_by_role(rows), key=lambda one: one[0].role):
        lines.append(Line(ROLES.get(role, wording.opening(role)), heading=True))
        lines += [_result(effect, several=len(pairs) > 1, computed=told) for effect, told in found]
    return Table(
        id="table-results",
        caption=RESULTS,
        stub="Estimand",
        heads=(
            sides[0],
            sides[1],
            f"Difference or ratio ({level} CI)",
            numerals.P_VALUE,
            "n",
            "Null hypothesis",
            "Method",
        ),
        lines=tuple(lines),
        notes=(
            "Arms: observed mean (SD) of the variable, or number of participants (%).",
            "Differences are first arm minus second, of proportions in percentage points.",
            *_methods(trial, letters),
            *_notes(trial),
        ),
    )


def _by_role(rows: Sequence[tuple[Effect, str]]) -> list[tuple[Effect, str]]:
    order = list(ROLES)
    return sorted(rows, key=lambda one: order.index(one[0].role) if one[0].role in order else len(order))


def _methods(trial: Trial, letters: dict[Convention, str]) -> list[str]:
    """Return a note for each way a number of the table was computed, under its letter."""
    notes = []
    for one, letter in letters.items():
        told = conventions.sentence(trial, one)
        name = conventions.name(one)
        lead = "" if told.casefold().startswith(name.casefold()) else f"{wording.stop(name)} "
        notes.append(f"({letter}) {lead}{told}".strip())
    return notes


def _result(effect: Effect, *, several: bool, computed: str) -> Line:
    told = several and not comparison.names_arms(effect)
    versus = f": {effect.arm.label} vs {wording.inline(effect.reference.label)}" if told else ""
    decimals = 1 if effect.measure == "risk_difference" else 2
    cells = (
        _side(effect, effect.arm),
        _side(effect, effect.reference),
        numerals.estimate(effect.estimate, effect.low, effect.high, decimals)
        if effect.known
        else effect.status,
        numerals.bare_p_value(effect.p_value),
        numerals.whole(effect.n),
        wording.decision(effect),
        computed,
    )
    return Line(f"{effect.name}{versus}", cells)


def _side(effect: Effect, side: Side) -> str:
    if side.count is not None:
        return f"{numerals.count_of(side.count, side.n)} ({numerals.percent(side.percent, n=side.n)})"
    return numerals.mean_sd(side.mean, side.sd, effect.decimals)


def _notes(trial: Trial) -> list[str]:
    """Return what was left out or assumed, each thing once with the estimands it holds for."""
    found: dict[str, list[str]] = {}
    for row in trial.written.results:
        for note in row.get("notes") or []:
            name = str(row.get("name") or trial.estimand_label(row.get("estimand")))
            found.setdefault(_named(trial, str(note)), []).append(name)
    return [f"{wording.opening(note)}: {'; '.join(dict.fromkeys(names))}." for note, names in found.items()]


def _named(trial: Trial, note: str) -> str:
    """Return a note with names instead of ids: of the event it opens with, and of visits."""
    for row in trial.rows("estimands"):
        for event in row.get("intercurrent_events") or []:
            if note.startswith(f"{event.get('event')} ") and event.get("text"):
                return note.replace(str(event["event"]), str(event["text"]), 1)
    return trial.spoken_visits(note)


def _outcome(trial: Trial, scale: Scale) -> list[Block]:
    effects = [
        one for one in trial.effects if one.score == scale.score and one.role in ("primary", "secondary")
    ]
    means = [one for one in effects if one.measure in ON_THE_SCALE]
    rows = [row for row in trial.rows("descriptives") if str(row.get("score")) == scale.score]
    blocks: list[Block] = [Heading(scale.label, id=f"outcome-{slug(scale.score)}")]
    blocks += [Prose(f"{wording.sentence(one)} {wording.certainty(one)}") for one in means]
    if any(comparison.published(trial, one) for one in means if one.role != "primary"):
        drawn = comparison.picture(trial, means, name=f"figure-difference-{slug(scale.score)}")
        blocks += [drawn] if drawn is not None else []
    # A model's finding is no finding about observed means: it stands with the model.
    plain = [one for one in means if one.arm.modeled is None]
    course = course_figure(trial, scale.score, name=f"figure-course-{slug(scale.score)}", effects=plain)
    return [*blocks, *([course] if course is not None else []), _by_visit(trial, scale, rows)]


def course_figure(trial: Trial, score: str, *, name: str, effects: Sequence[Effect] = ()) -> Figure | None:
    """Return a score's means over time, `effects` giving the title; None when fewer than two days have it."""
    scale = trial.scale(score)
    rows = trial.course(score)
    courses = []
    for column in trial.columns:
        points = [
            Point(float(row["day"]), row["mean"], row.get("ci_low"), row.get("ci_high"), row.get("n"))
            for row in trial.of_arm(rows, column)
            if row.get("day") is not None and row.get("mean") is not None
        ]
        if points:
            courses.append(Course(column.label, column.place, tuple(sorted(points, key=lambda one: one.day))))
    days = {point.day for course in courses for point in course.points}
    if len(days) < 2:
        return None
    content = Trajectory(
        title=_course_title(scale, effects, trial),
        description=_told(courses, scale),
        courses=tuple(courses),
        axis=f"Mean {scale.label}" + (f" (scale {scale.range})" if scale.range else ""),
        time=trial.time_label,
        low=scale.low,
        high=scale.high,
        unblinding_day=trial.unblinding_day,
    )
    return figure(content, trajectory.draw, name=name, caption=_course_caption(trial, days))


def _course_title(scale: Scale, effects: Sequence[Effect], trial: Trial) -> str:
    known = [one for one in effects if one.known]
    if not known:
        return f"{scale.label} over time" + (", all arms together" if trial.blinded else "")
    at = f" at {wording.inline(known[0].visit)}" if known[0].visit else ""
    return f"{scale.label}{at}: {wording.titles([one for one in known if one.visit == known[0].visit])}"


def _course_caption(trial: Trial, days: set[float]) -> str:
    parts = [
        "Points are means, bars 95% confidence intervals of each mean; below, the participants behind them."
    ]
    day = trial.unblinding_day
    if day is not None and min(days) < day < max(days):
        parts.append(
            f"The dashed line at day {numerals.whole(day)} marks where participants are told their arm: no "
            "randomized comparison after this. Time runs faster to its right."
        )
    return " ".join(parts)


def _told(courses: list[Course], scale: Scale) -> str:
    parts = [f"Mean {scale.label} by study day."]
    for course in courses:
        points = ", ".join(
            f"day {point.day:g}: {numerals.estimate(point.mean, point.low, point.high, 1)}"
            for point in course.points
        )
        parts.append(f"{course.label}: {points}.")
    return " ".join(parts)


def _by_visit(trial: Trial, scale: Scale, rows: list[Row]) -> Table:
    """Return means and changes by visit, arms side by side; no changes where the score has none."""
    heads = HEADS if any(row.get("change_mean") is not None for row in rows) else HEADS[:2]
    lines = _visit_lines(trial, rows, scale.decimals)
    return Table(
        id=f"table-{slug(scale.score)}",
        caption=f"{scale.label} by visit" + (f" (scale {scale.range})" if scale.range else ""),
        stub="Visit",
        groups=tuple((column.label, len(heads)) for column in trial.columns),
        heads=heads * len(trial.columns),
        lines=tuple(replace(line, cells=_first(line.cells, len(heads))) for line in lines),
        notes=(WITHOUT,) if _has_empty_visit(rows) else (),
    )


WITHOUT = "Visits without a single value are left out."
HEADS = ("n", numerals.MEAN_SD, "Change from baseline (95% CI)")


def _first(cells: Sequence[str], width: int) -> tuple[str, ...]:
    """Return the first cells of each arm."""
    return tuple(cell for place, cell in enumerate(cells) if place % len(HEADS) < width)


def _has_empty_visit(rows: list[Row]) -> bool:
    seen: dict[str, bool] = {}
    for row in rows:
        seen[str(row.get("visit"))] = bool(row.get("n")) or seen.get(str(row.get("visit")), False)
    return not all(seen.values())


def _visit_lines(trial: Trial, rows: list[Row], decimals: int) -> list[Line]:
    lines, open_ = [], False
    for visit in dict.fromkeys(str(row.get("visit")) for row in rows):
        here = [row for row in rows if str(row.get("visit")) == visit]
        if not any(row.get("n") for row in here):
            continue
        if not open_ and any(row.get("randomized_comparison") is False for row in here):
            lines.append(Line("No randomized comparison from here on", heading=True))
            open_ = True
        cells: list[str] = []
        for column in trial.columns:
            cells += _moments(next(iter(trial.of_arm(here, column)), {}), decimals)
        lines.append(Line(trial.visit_label(visit), tuple(cells)))
    return lines


def _moments(row: Row, decimals: int) -> tuple[str, str, str]:
    change = numerals.estimate(
        row.get("change_mean"), row.get("change_ci_low"), row.get("change_ci_high"), decimals
    )
    return numerals.whole(row.get("n")), numerals.mean_sd(row.get("mean"), row.get("sd"), decimals), change


def _others(trial: Trial) -> list[Block]:
    """Return the scores no estimand asks about, in one table."""
    others = [scale for score, scale in trial.scales.items() if score not in trial.outcomes]
    lines: list[Line] = []
    for scale in others:
        rows = [row for row in trial.rows("descriptives") if str(row.get("score")) == scale.score]
        lines.append(Line(scale.label + (f" (scale {scale.range})" if scale.range else ""), heading=True))
        lines += [
            Line(line.header, line.cells, level=1)
            for line in _visit_lines(trial, rows, scale.decimals)
            if not line.heading
        ]
    if not lines:
        return []
    table = Table(
        id="table-other-measures",
        caption="Other measures by visit",
        stub="Measure and visit",
        groups=tuple((column.label, len(HEADS)) for column in trial.columns),
        heads=HEADS * len(trial.columns),
        lines=tuple(lines),
        notes=("Described only; no estimand asks about these measures.",),
    )
    return [Heading("Other measures", id="other-measures"), table]


def slug(text: str) -> str:
    """Return a text that can stand in an id: letters, digits and hyphens, distinct texts staying distinct."""
    return "".join(
        letter if letter.isascii() and letter.isalnum() else f"-{ord(letter):x}-" for letter in text
    )
