"""How much the primary result depends on what was assumed: other analyses beside it, and where it would tip.

Holds the suite side by side and the tipping points. Refuses P values: these analyses describe.
"""

from collections.abc import Sequence
from dataclasses import replace

from equipoise.report import comparison, conventions, numerals, robustness, wording
from equipoise.report.blocks import Block, Figure, Heading, Line, Prose, Section, Table, missing
from equipoise.report.drawing import figure
from equipoise.report.effect import PERCENT, Effect
from equipoise.report.figures import intervals, tipping
from equipoise.report.figures.intervals import Bar, Intervals
from equipoise.report.figures.tipping import Step, Tipping
from equipoise.report.folder import Row
from equipoise.report.robustness import Other, Tip
from equipoise.report.sections import outcomes
from equipoise.report.trial import Trial, number

ID, TITLE = "sensitivity", "Sensitivity analyses"
BLINDED = "Withheld: these analyses compare arms."
NONE = "None planned, or not part of this analysis."
PLANNED = "As planned"
MOST_STEPS = 11
"""Rows of a tipping-point table; more are thinned evenly."""
SAME = 1e-9
"""Changes nearer to each other than this are printed alike."""


def section(trial: Trial) -> Section:
    """Return the section."""
    if trial.blinded:
        return missing(ID, TITLE, BLINDED)
    suites = [suite for suite in trial.rows("sensitivity") if lead_of(trial, suite) is not None]
    blocks: list[Block] = []
    for place, suite in enumerate(suites, start=1):
        blocks += _suite(trial, suite, place=place)
    if not suites:
        blocks += _beside(trial)
    tips = [row for row in trial.rows("tipping_point") if len(_steps(row)) > 1]
    if tips:
        blocks.append(Heading("Where the result would tip", id="tipping-point"))
    for place, row in enumerate(tips, start=1):
        blocks += _tipping(trial, row, place=place)
    return Section(ID, TITLE, tuple(blocks)) if blocks else missing(ID, TITLE, NONE)


def lead_of(trial: Trial, suite: Row) -> Effect | None:
    """Return the result a suite examines; None where it is not among the results."""
    return next((one for one in trial.effects if one.estimand == str(suite.get("of"))), None)


def told(trial: Trial, suite: Row) -> str:
    """Return in a sentence what a suite does to a primary conclusion; empty for other results."""
    lead = lead_of(trial, suite)
    if lead is None or lead not in trial.primaries:
        return ""
    return robustness.dependence([other for _, other in _others(trial, suite, lead)])


def tips(trial: Trial) -> list[str]:
    """Return what would tip the primary results, one sentence each."""
    leads = {one.estimand for one in trial.primaries}
    rows = [row for row in trial.rows("tipping_point") if len(_steps(row)) > 1]
    return [f"{robustness.tipping_title(_tip(trial, row))}." for row in rows if str(row.get("of")) in leads]


def _beside(trial: Trial) -> list[Block]:
    """Return the primary comparison beside others on its scale, where the analysis made no suite."""
    for lead in trial.primaries[:1]:
        same = comparison.robustness(trial.effects, lead)
        if len(same) > 1:
            drawn = comparison.picture(trial, same, name="figure-sensitivity-1", several=True)
            return [drawn] if drawn is not None else []
    return []


def _own(suite: Row, lead: Effect) -> Row:
    return next((row for row in _rows(suite) if str(row.get("estimand")) == lead.estimand), {})


def _others(trial: Trial, suite: Row, lead: Effect) -> list[tuple[Row, Other]]:
    """Return the analyses beside the planned one, in the suite's order."""
    rows = [row for row in _rows(suite) if str(row.get("estimand")) != lead.estimand]
    names = robustness.told_apart([str(row.get("name") or row.get("estimand") or "") for row in rows])
    return [
        (row, Other(replace(_effect(trial, row, lead), name=name), _flag(row.get("agrees"))))
        for row, name in zip(rows, names, strict=True)
    ]


def _rows(suite: Row) -> list[Row]:
    return [row for row in suite.get("rows") or [] if isinstance(row, dict)]


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _effect(trial: Trial, row: Row, lead: Effect) -> Effect:
    """Return a row as an effect, on its own scale where the results say which; never with a P value."""
    known = next((one for one in trial.effects if one.estimand == str(row.get("estimand"))), lead)
    factor = PERCENT if known.measure == "risk_difference" else 1.0
    scaled = [number(row.get(key)) for key in ("estimate", "ci_low", "ci_high")]
    value, low, high = (None if one is None else one * factor for one in scaled)
    return replace(
        known,
        estimand=str(row.get("estimand")),
        role="sensitivity",
        estimate=value,
        low=low,
        high=high,
        p_value=None,
        tested=False,
        rejected=None,
        status=str(row.get("status") or "ok"),
    )


def _suite(trial: Trial, suite: Row, *, place: int) -> list[Block]:
    lead = lead_of(trial, suite)
    if lead is None:
        return []
    own, others = _own(suite, lead), _others(trial, suite, lead)
    drawn = _forest(trial, lead, own, others, name=f"figure-suite-{place}")
    table = _table(trial, lead, own, others, name=f"table-suite-{place}")
    return [*([drawn] if drawn is not None else []), table]


def _forest(
    trial: Trial, lead: Effect, own: Row, others: Sequence[tuple[Row, Other]], *, name: str
) -> Figure | None:
    """Return the estimates on the planned one's scale below each other; None without another."""
    shown = [(row, one) for row, one in others if one.effect.known and _alike(one.effect, lead)]
    if not lead.known or not shown:
        return None
    bars = (
        _bar(trial, own, lead, remark=PLANNED),
        *(
            _bar(trial, row, one.effect, robustness.verdict(one, lead), hollow=one.changes)
            for row, one in shown
        ),
    )
    arm = wording.inline(lead.arm.label)
    content = Intervals(
        title=robustness.suite_title(lead, [one for _, one in others]),
        description="; ".join(f"{bar.label}: {bar.text}, {bar.remark.lower()}" for bar in bars) + ".",
        bars=bars,
        axis=comparison.axis(lead),
        reference=lead.null,
        left=f"Lower on {arm}",
        right=f"Higher on {arm}",
        guide=lead.estimate,
    )
    none = "equal odds" if lead.measure == "odds_ratio" else "no difference"
    caption = (
        f"Points are estimates, bars {numerals.level(lead.level)} confidence intervals; the dotted line "
        f"marks {none}, the thin one the planned estimate. Outlined: the conclusion changes. "
        "Only the planned analysis can be a test."
    )
    return figure(content, intervals.draw, name=name, caption=caption)


def _alike(effect: Effect, lead: Effect) -> bool:
    return (effect.measure, effect.unit) == (lead.measure, lead.unit)


def _bar(trial: Trial, row: Row, effect: Effect, remark: str, *, hollow: bool = False) -> Bar:
    decimals = max(effect.decimals, 1) if effect.measure != "risk_difference" else 0
    return Bar(
        label=effect.name,
        value=effect.estimate or 0.0,
        low=effect.low or 0.0,
        high=effect.high or 0.0,
        text=numerals.estimate(effect.estimate, effect.low, effect.high, decimals),
        hollow=hollow,
        detail=_assumed(trial, row),
        remark=remark,
    )


def _assumed(trial: Trial, row: Row) -> str:
    """Return the assumption and the variance convention of a row, as sentences."""
    assumption = wording.stop(conventions.spoken(trial, str(row.get("assumption") or "")))
    variance = str(row.get("variance_convention") or "")
    return f"{assumption} {wording.stop(f'Variance: {variance}') if variance else ''}".strip()


def _table(trial: Trial, lead: Effect, own: Row, others: Sequence[tuple[Row, Other]], *, name: str) -> Table:
    lines = [_line(trial, own, lead, PLANNED)]
    lines += [_line(trial, row, one.effect, robustness.verdict(one, lead)) for row, one in others]
    return Table(
        id=name,
        caption=f"{lead.name}: what each analysis assumes and what it finds",
        stub="Analysis",
        heads=(
            "Assumption",
            "Variance and method",
            f"Estimate ({numerals.level(lead.level)} CI)",
            "Conclusion",
        ),
        lines=tuple(lines),
        notes=(
            "The conclusion is whether, and on which side, the interval leaves out no difference.",
            f"Methods have the letters of the table “{outcomes.RESULTS}”.",
        ),
        prose=True,
    )


def _line(trial: Trial, row: Row, effect: Effect, conclusion: str) -> Line:
    decimals = 1 if effect.measure == "risk_difference" else 2
    printed = numerals.estimate(effect.estimate, effect.low, effect.high, decimals)
    printed = printed.replace(" ", numerals.FIXED)
    size = f", n{numerals.FIXED}={numerals.FIXED}{numerals.whole(number(row.get('n')))}"
    cells = (
        wording.stop(conventions.spoken(trial, str(row.get("assumption") or ""))) or numerals.ABSENT,
        _computed(trial, row),
        f"{printed}{size if row.get('n') is not None else ''}" if effect.known else effect.status,
        conclusion,
    )
    return Line(effect.name, cells)


def _computed(trial: Trial, row: Row) -> str:
    """Return the variance and the letter of the method in the table of all results; in full without one."""
    convention = conventions.of(row)
    letter = conventions.distinct(trial.written.results).get(convention)
    if letter is None:
        return conventions.sentence(trial, convention) or numerals.ABSENT
    variance = (
        f"{wording.opening(str(row['variance_convention']))}; " if row.get("variance_convention") else ""
    )
    return wording.opening(f"{variance}method {letter}")


def _steps(row: Row) -> tuple[Step, ...]:
    """Return the complete steps of a tipping-point analysis in the order of their changes."""
    found = []
    for point in row.get("points") or []:
        values = [number(point.get(key)) for key in ("delta", "estimate", "ci_low", "ci_high")]
        delta, value, low, high = values
        if delta is not None and value is not None and low is not None and high is not None:
            found.append(Step(delta, value, low, high))
    return tuple(sorted(found, key=lambda one: one.delta))


def _tip(trial: Trial, row: Row) -> Tip:
    """Return the words of an analysis with at least one step."""
    steps, lead = _steps(row), _lead(trial, row)
    tips_at = number(row.get("tips_at"))
    within = tips_at is not None and steps[0].delta <= tips_at <= steps[-1].delta
    both = row.get("to") == "both" or row.get("arm") is None
    return Tip(
        arm="" if both else trial.arm_label(row.get("arm")),
        unit=str(row.get("unit") or (lead.unit if lead is not None else "")),
        low=steps[0].delta,
        high=steps[-1].delta,
        tips_at=tips_at if within else None,
        holds=within or _excludes(min(steps, key=lambda one: abs(one.delta))),
        higher_is=lead.higher_is if lead is not None else "",
        decimals=_decimals([one.delta for one in steps]),
    )


def _lead(trial: Trial, row: Row) -> Effect | None:
    """Return the result that a tipping-point analysis examines; its own where it examines no other."""
    names = (str(row.get("of")), str(row.get("estimand")))
    return next((one for name in names for one in trial.effects if one.estimand == name), None)


def _decimals(deltas: Sequence[float]) -> int:
    """Return the fewest digits, at least one, that print every change as it is, up to three."""
    for decimals in range(1, wording.MOST_DECIMALS):
        if all(abs(numerals.round_half_up(one, decimals) - one) < SAME for one in deltas):
            return decimals
    return wording.MOST_DECIMALS


def _excludes(step: Step) -> bool:
    return step.low > 0 or step.high < 0


def _tipping(trial: Trial, row: Row, *, place: int) -> list[Block]:
    tip, steps = _tip(trial, row), _steps(row)
    told = wording.stop(wording.opening(conventions.spoken(trial, str(row.get("convention") or ""))))
    blocks: list[Block] = [_tipping_figure(trial, row, tip, steps, place=place)]
    blocks.append(_tipping_table(trial, row, tip, steps, place=place))
    return [*blocks, *([Prose(told, tone="note")] if told else [])]


def _tipping_figure(trial: Trial, row: Row, tip: Tip, steps: Sequence[Step], *, place: int) -> Figure:
    lead = _lead(trial, row)
    unit = f", {tip.unit}" if tip.unit else ""
    whose = f" on {wording.inline(tip.arm)}" if tip.arm else " in both arms"
    told = (
        f"{numerals.decimal(one.delta, tip.decimals, signed=True)}: "
        f"{numerals.estimate(one.value, one.low, one.high, 1)}"
        for one in steps
    )
    content = Tipping(
        title=robustness.tipping_title(tip),
        description=f"{'; '.join(told)}.",
        steps=tuple(steps),
        axis=comparison.axis(lead) if lead is not None else f"Difference{unit}",
        across=f"Added to missing values{whose}{unit}",
        tips_at=tip.tips_at,
        told=robustness.amount(tip, tip.tips_at) if tip.tips_at is not None else "",
        sides=_sides(tip),
    )
    level = numerals.level(lead.level if lead is not None else None)
    caption = (
        f"The line is the estimate, the band its {level} confidence interval, the dotted line no difference. "
        "Only values that were imputed are changed."
    )
    return figure(content, tipping.draw, name=f"figure-tipping-{place}", caption=caption)


def _sides(tip: Tip) -> tuple[str, str]:
    """Return what the interval does below and above the tipping point."""
    sides = ("interval excludes zero", "interval includes zero")
    return sides if (tip.tips_at or 0.0) >= 0 else (sides[1], sides[0])


def _tipping_table(trial: Trial, row: Row, tip: Tip, steps: Sequence[Step], *, place: int) -> Table:
    lead, shown = _lead(trial, row), _thinned(steps)
    left_out = f"{len(shown)} of the {len(steps)} steps that tables.json holds."
    return Table(
        id=f"table-tipping-{place}",
        caption="The estimate as missing values are changed",
        stub=f"Added, {tip.unit}" if tip.unit else "Added",
        heads=(f"Estimate ({numerals.level(lead.level if lead else None)} CI)", "Interval"),
        lines=tuple(
            Line(
                numerals.decimal(one.delta, tip.decimals, signed=True),
                (
                    _printed(one),
                    "Excludes zero" if _excludes(one) else "Includes zero",
                ),
            )
            for one in shown
        ),
        notes=(left_out,) if len(shown) < len(steps) else (),
    )


def _thinned(steps: Sequence[Step]) -> list[Step]:
    """Return evenly spaced steps, the first and the last among them."""
    if len(steps) <= MOST_STEPS:
        return list(steps)
    stride = -(-(len(steps) - 1) // (MOST_STEPS - 1))
    shown = list(steps[::stride])
    return shown if shown[-1] is steps[-1] else [*shown, steps[-1]]


def _printed(step: Step) -> str:
    """Return the estimate with as many decimals as show on which side of zero its interval ends."""
    for decimals in (2, wording.MOST_DECIMALS):
        if all(numerals.round_half_up(end, decimals) != 0 for end in (step.low, step.high)):
            return numerals.estimate(step.value, step.low, step.high, decimals)
    return numerals.estimate(step.value, step.low, step.high, wording.MOST_DECIMALS)
