"""What models of all visits found: least-squares means by arm and visit, differences, and the covariance.

Holds a picture, a table and the correlations of each model. Refuses a P value that the testing procedure did
not reach.
"""

from collections.abc import Sequence

from equipoise.report import conventions, covariance, models, numerals, wording
from equipoise.report.blocks import Block, Figure, Heading, Line, Section, Table, missing
from equipoise.report.drawing import figure
from equipoise.report.effect import Effect
from equipoise.report.figures import trajectory
from equipoise.report.figures.trajectory import Course, Point, Trajectory
from equipoise.report.folder import Row
from equipoise.report.models import Model
from equipoise.report.trial import Arm, Trial, number

ID, TITLE = "over-time", "Over time"
BLINDED = "Withheld: these means are told apart by arm."
WITHOUT = "No analysis models all visits at once, or it is not part of this analysis."
LS_MEAN = "Least-squares mean"
MEANING = (
    "A least-squares mean is what the model expects of an arm at average covariates; nobody is left out for "
    "having missed a later visit."
)


def section(trial: Trial) -> Section:
    """Return the section."""
    if trial.blinded:
        return missing(ID, TITLE, BLINDED)
    found = models.models(trial)
    if not found:
        return missing(ID, TITLE, WITHOUT)
    main = [model for model in found if models.is_main(models.effects_of(trial, model))]
    blocks: list[Block] = []
    for place, model in enumerate(found, start=1):
        blocks += _model(trial, model, place=place, headed=len(main) > 1) if model in main else []
    for place, model in enumerate(found, start=1):
        if model not in main:
            blocks.append(_table(trial, model, name=f"table-over-time-{place}", folded=True))
    return Section(ID, TITLE, tuple(blocks))


def _model(trial: Trial, model: Model, *, place: int, headed: bool) -> list[Block]:
    blocks: list[Block] = []
    if headed:
        blocks.append(Heading(_names(trial, model), id=f"over-time-{place}"))
    drawn = _figure(trial, model, name=f"figure-over-time-{place}")
    blocks += [drawn] if drawn is not None else []
    blocks.append(_table(trial, model, name=f"table-over-time-{place}"))
    return [*blocks, *covariance.blocks(trial, model, name=f"covariance-{place}")]


def _names(trial: Trial, model: Model) -> str:
    return "; ".join(trial.estimand_label(one) for one in model.estimands)


def _figure(trial: Trial, model: Model, *, name: str) -> Figure | None:
    """Return means above differences by day; None when fewer than two days have a mean."""
    courses = [_course(model, arm) for arm in model.arms(trial)]
    days = {point.day for course in courses for point in course.points}
    if len(days) < 2:
        return None
    effects = models.effects_of(trial, model)
    lead = effects[0] if effects else None
    scale = trial.scale(lead.score if lead else "")
    changing = lead is None or lead.variable != "value"
    content = Trajectory(
        title=_title(lead, effects),
        description=_told(trial, model),
        courses=tuple(courses),
        axis=f"{LS_MEAN}, {_measured(lead)}",
        time=trial.time_label,
        low=None if changing else scale.low,
        high=None if changing else scale.high,
        differences=tuple(_differences(trial, model)),
        difference_axis=_difference_axis(trial, model, lead),
    )
    return figure(content, trajectory.draw, name=name, caption=_caption(trial, model))


def _course(model: Model, arm: Arm) -> Course:
    points = [_point(model.mean(arm.id, visit)) for visit in model.visits]
    return Course(arm.label, arm.place, tuple(one for one in points if one is not None))


def _differences(trial: Trial, model: Model) -> list[Course]:
    """Return the differences of each pair; those that were not tested are outlined."""
    reached, found = models.tested(trial, model), []
    for arm, reference in model.pairs:
        points = [
            _point(model.difference(arm, reference, visit), hollow=(arm, reference, visit) not in reached)
            for visit in model.visits
        ]
        column = next((one for one in trial.arms if one.id == arm), None)
        several = column is not None and len(model.pairs) > 1
        place = column.place if column is not None and several else 0
        found.append(Course(trial.arm_label(arm), place, tuple(one for one in points if one is not None)))
    return [course for course in found if course.points]


def _point(row: Row, *, hollow: bool = False) -> Point | None:
    day, mean = number(row.get("day")), number(row.get("estimate"))
    if day is None or mean is None:
        return None
    n = row.get("n") if row.get("kind") == "lsmean" else None
    return Point(day, mean, row.get("ci_low"), row.get("ci_high"), n, hollow=hollow)


def _title(lead: Effect | None, effects: Sequence[Effect]) -> str:
    if lead is None or not lead.known:
        return "Least-squares means over time"
    at = f" at {wording.inline(lead.visit)}" if lead.visit else ""
    same = [one for one in effects if one.estimand == lead.estimand and one.known]
    return f"{lead.outcome}{at}: {wording.titles(same)}"


def _measured(lead: Effect | None) -> str:
    """Return what a mean is of, with its unit: "change of MADRS total, points"."""
    if lead is None:
        return "as modeled"
    change = "" if lead.variable == "value" else "change of "
    return f"{change}{wording.inline(lead.outcome)}{f', {lead.unit}' if lead.unit else ''}"


def _difference_axis(trial: Trial, model: Model, lead: Effect | None) -> str:
    unit = f", {lead.unit}" if lead is not None and lead.unit else ""
    if len(model.pairs) == 1:
        arm, reference = (wording.inline(trial.arm_label(one)) for one in model.pairs[0])
        return f"Difference, {arm} minus {reference}{unit}"
    references = dict.fromkeys(wording.inline(trial.arm_label(reference)) for _, reference in model.pairs)
    return f"Difference from {numerals.listing(references)}{unit}"


def _caption(trial: Trial, model: Model) -> str:
    level = numerals.level(_level(model))
    parts = [f"Above, least-squares means; below, their differences; bars are {level} confidence intervals."]
    if models.tested(trial, model):
        parts.append("Filled: tested as planned. Outlined: described, not tested.")
    elif model.pairs:
        parts.append("Outlined: described, not tested.")
    parts.append("Counts are participants with a value at the visit.")
    return " ".join(parts)


def _level(model: Model) -> float | None:
    return next((number(row.get("ci_level")) for row in model.rows if row.get("ci_level") is not None), None)


def _told(trial: Trial, model: Model) -> str:
    parts = ["Least-squares means by study day."]
    for arm in model.arms(trial):
        points = _course(model, arm).points
        told = (f"day {one.day:g}: {numerals.estimate(one.mean, one.low, one.high, 1)}" for one in points)
        parts.append(f"{arm.label}: {', '.join(told)}.")
    return " ".join(parts)


def _table(trial: Trial, model: Model, *, name: str, folded: bool = False) -> Table:
    effects = models.effects_of(trial, model)
    arms, reached = model.arms(trial), models.tested(trial, model)
    level = numerals.level(_level(model))
    width = 2 if reached else 1
    unit = f", {effects[0].unit}" if effects and effects[0].unit else ""
    groups = [*((arm.label, 2) for arm in arms), *((_pair(trial, pair), width) for pair in model.pairs)]
    difference_heads = (f"Difference ({level} CI)", *((numerals.P_VALUE,) if reached else ()))
    return Table(
        id=name,
        caption=f"Least-squares means and differences by visit: {_about(trial, model, effects)}{unit}",
        stub="Visit",
        groups=tuple(groups),
        heads=("n", f"Mean ({level} CI)") * len(arms) + difference_heads * len(model.pairs),
        lines=tuple(_line(trial, model, visit, p_values=reached) for visit in model.visits),
        notes=_notes(trial, model),
        folded=folded,
    )


def _about(trial: Trial, model: Model, effects: Sequence[Effect]) -> str:
    """Return what the means are of; for a sensitivity analysis its name, which tells it from the others."""
    if not effects or not models.is_main(effects):
        return wording.inline(_names(trial, model))
    return wording.inline(effects[0].outcome)


def _pair(trial: Trial, pair: tuple[str, str]) -> str:
    arm, reference = (trial.arm_label(one) for one in pair)
    return f"{arm} minus {wording.inline(reference)}"


def _line(trial: Trial, model: Model, visit: str, *, p_values: dict[tuple[str, str, str], float]) -> Line:
    texts: list[str] = []
    for arm in model.arms(trial):
        row = model.mean(arm.id, visit)
        texts += [numerals.whole(row.get("n")), _estimate(row)]
    for arm_id, reference in model.pairs:
        texts.append(_estimate(model.difference(arm_id, reference, visit)))
        if p_values:
            texts.append(numerals.bare_p_value(p_values.get((arm_id, reference, visit))))
    label = next((row.get("visit_label") for row in model.rows if str(row.get("visit")) == visit), None)
    return Line(str(label or trial.visit_label(visit)), tuple(texts))


def _estimate(row: Row) -> str:
    return numerals.estimate(row.get("estimate"), row.get("ci_low"), row.get("ci_high"), 2)


def _notes(trial: Trial, model: Model) -> tuple[str, ...]:
    told = [MEANING, "n: participants of the arm with a value at the visit."]
    if model.pairs:
        told.append(
            "A P value stands only where the testing procedure reached the comparison; the other differences "
            "are described."
        )
    rows = [row for row in trial.written.results if str(row.get("estimand")) in model.estimands]
    told += [conventions.sentence(trial, conventions.of(row)) for row in rows]
    return tuple(text for text in dict.fromkeys(told) if text)
