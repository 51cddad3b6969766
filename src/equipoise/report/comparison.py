"""Pictures of comparisons: estimates with intervals, ours and published, on the outcome's scale.

Holds the choice of rows and words for `figures.intervals`. Refuses comparisons without an interval.
"""

from collections.abc import Sequence
from dataclasses import replace

from equipoise.report import numerals, wording
from equipoise.report.blocks import Figure
from equipoise.report.drawing import figure
from equipoise.report.effect import Effect
from equipoise.report.figures import intervals
from equipoise.report.figures.intervals import Bar, Intervals
from equipoise.report.trial import Trial


def published(trial: Trial, effect: Effect) -> list[tuple[Effect, str]]:
    """Return the published results of an estimand as (effect, citation)."""
    found = []
    for row in trial.rows("published"):
        if str(row.get("estimand")) == effect.estimand:
            same = replace(
                effect,
                estimate=row.get("estimate"),
                low=row.get("ci_low"),
                high=row.get("ci_high"),
                level=row.get("ci_level") or effect.level,
                tested=None,
                rejected=None,
                p_value=None,
            )
            found.append((same, str(row.get("citation") or "published")))
    return found


def picture(
    trial: Trial,
    effects: Sequence[Effect],
    *,
    name: str,
    several: bool = False,
) -> Figure | None:
    """Return comparisons of one outcome on one axis, the first giving the title; None without an interval.

    several  True when the others analyze the same question in other ways, which the title then says
    """
    shown = [effect for effect in effects if effect.known]
    if not shown:
        return None
    lead = shown[0]
    bars = [_bar(effect, _label(effect, shown, trial)) for effect in shown]
    cited: list[str] = []
    # A published result names an estimand, not a pair of arms, so it is drawn once.
    for effect in {one.estimand: one for one in reversed(shown)}.values():
        for result, citation in published(trial, effect):
            if result.known:
                cited.append(citation)
                bars.append(replace(_bar(result, f"Published: {_short(citation)}"), hollow=True, place=0))
    arm = wording.inline(lead.arm.label) if len({one.arm.label for one in shown}) == 1 else "the first arm"
    ways = f", analyzed {numerals.plural(len(shown), 'way')}, first as planned" if several else ""
    content = Intervals(
        title=f"{lead.outcome}{_at(lead)}{ways}: {wording.titles(shown[: _alike(shown)])}",
        description="; ".join(f"{bar.label}: {bar.text}" for bar in bars) + ".",
        bars=tuple(bars),
        axis=axis(lead),
        reference=lead.null,
        left=f"Lower on {arm}",
        right=f"Higher on {arm}",
    )
    return figure(
        content, intervals.draw, name=name, caption=_caption(lead, cited, simulated=trial.simulated)
    )


def _alike(effects: Sequence[Effect]) -> int:
    """Return how many of the effects answer the first one's question for different arms."""
    return sum(one.estimand == effects[0].estimand for one in effects)


def robustness(effects: Sequence[Effect], lead: Effect) -> list[Effect]:
    """Return `lead`, its comparisons of other arms, and what examines its robustness on the same scale."""
    same = [one for one in effects if _kind(one) == _kind(lead)]
    others = [one for one in same if one.examines == lead.estimand]
    return [*(one for one in same if one.estimand == lead.estimand), *others]


def _kind(effect: Effect) -> tuple[str, str, str, str]:
    return effect.outcome, effect.measure, effect.variable, effect.visit


def _bar(effect: Effect, label: str) -> Bar:
    decimals = max(effect.decimals, 1) if effect.measure != "risk_difference" else 0
    return Bar(
        label=label,
        value=effect.estimate or 0.0,
        low=effect.low or 0.0,
        high=effect.high or 0.0,
        text=numerals.estimate(effect.estimate, effect.low, effect.high, decimals),
        place=0,
    )


def _label(effect: Effect, shown: Sequence[Effect], trial: Trial) -> str:
    pair = f"{effect.arm.label} vs {wording.inline(effect.reference.label)}"
    several = len({(one.arm.label, one.reference.label) for one in shown}) > 1
    if len({one.estimand for one in shown}) == 1:
        kind = ", simulated" if trial.simulated else ""
        return pair if several else f"This trial{kind}"
    return f"{effect.name} ({pair})" if several and not names_arms(effect) else effect.name


def names_arms(effect: Effect) -> bool:
    """Return whether the estimand's name says already which arms it compares."""
    return effect.arm.label in effect.name and effect.reference.label in effect.name


def _short(citation: str) -> str:
    """Return the citation up to its first comma: author and year, or author and journal."""
    return citation.partition(",")[0]


def _at(effect: Effect) -> str:
    return f" at {wording.inline(effect.visit)}" if effect.visit else ""


def axis(effect: Effect) -> str:
    """Return what an axis of differences or ratios shows, with its unit."""
    if effect.measure == "odds_ratio":
        return "Odds ratio"
    change = "change of " if effect.variable == "change" else ""
    return f"Difference in {change}{wording.inline(effect.outcome)}, {effect.unit}"


def _caption(effect: Effect, cited: Sequence[str], *, simulated: bool) -> str:
    what = f"Points are estimates, bars {numerals.level(effect.level)} confidence intervals"
    none = (
        "the dotted line marks equal odds"
        if effect.measure == "odds_ratio"
        else "the dotted line marks no difference"
    )
    counts = [f"n = {numerals.whole(effect.n)}"] if effect.n is not None else []
    sources = f" Outlined: {'; '.join(dict.fromkeys(cited))}." if cited else ""
    kind = " Filled: simulated data." if simulated and cited else ""
    return f"{'; '.join([what, none, *counts])}.{kind}{sources}"
