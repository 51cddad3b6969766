"""The variable of an estimand: one number a participant, from readings and baseline.

Holds value, change, percent change, response and remission. Refuses to fill in what is missing.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.evidence import Evidence
from equipoise.analysis.windows import Reading
from equipoise.errors import FitError
from equipoise.instruments import Score
from equipoise.protocol import Resolved
from equipoise.protocol.plan import Variable

Floats = NDArray[np.float64]

ROUNDING = 1e-9
"""Differences below this many points are rounding of the machine, not of a person."""


@dataclass(frozen=True)
class Scale:
    """What is known of a score.

    name       `form.score`
    id         the scale: the instrument's id, or the form's
    label      as people read it
    low, high  its range; None where it has none
    higher_is  "worse" or "better"; None where nobody said
    unit       the unit of a value; None where it has none
    score      the instrument's definition; None for an item
    """

    name: str
    id: str
    label: str
    low: float | None
    high: float | None
    higher_is: Literal["worse", "better"] | None
    unit: str | None
    score: Score | None = None

    @property
    def worst(self) -> float | None:
        """The worst value there is; None where that is not known."""
        if self.higher_is is None:
            return None
        return self.high if self.higher_is == "worse" else self.low


def scale_of(evidence: Evidence, name: str) -> Scale:
    """Return what is known of a score or item; KeyError when nobody collects it."""
    return scale_in(evidence.resolved, name)


def scale_in(resolved: Resolved, name: str) -> Scale:
    """Return what a protocol says of a score or item; KeyError when nobody collects it."""
    form_id, value = resolved.locate(name)
    form = resolved.forms[form_id]
    if form.instrument is not None and value in form.scores:
        score = form.instrument.score_named(value)
        return Scale(
            name=f"{form_id}.{value}",
            id=form.instrument.id,
            label=_joined(form.instrument.label, score.label),
            low=score.low,
            high=score.high,
            higher_is=score.higher_is,
            unit=score.unit,
            score=score,
        )
    item = form.item(value)
    low, high = item.range or (None, None)
    scale = form.instrument.id if form.instrument is not None else form_id
    return Scale(
        name=f"{form_id}.{value}",
        id=scale,
        label=item.label,
        low=low,
        high=high,
        higher_is=None,
        unit=item.unit,
    )


def _joined(scale: str, score: str) -> str:
    """Return "MADRS total" for the score "Total" of the scale "MADRS"."""
    return score if scale.lower() in score.lower() else f"{scale} {score[:1].lower()}{score[1:]}"


def baseline_of(evidence: Evidence, name: str, visit: str | None = None) -> dict[str, Reading]:
    """Return participant to the baseline reading of a score.

    visit   the baseline visit an estimand names; None follows the protocol's baseline rule
    """
    protocol = evidence.resolved.protocol
    rule = protocol.baseline_rule
    chosen = visit or (protocol.baseline_visit if rule.method == "visit" else None)
    if chosen is not None:
        return {who: reading for (who, at), reading in evidence.readings(name).items() if at == chosen}
    found: dict[str, Reading] = {}
    for (who, _), reading in evidence.readings(name).items():
        if _precedes(evidence, who, reading, anchor=rule.anchor) and _later(reading, found.get(who)):
            found[who] = reading
    return found


def _precedes(evidence: Evidence, who: str, reading: Reading, *, anchor: str | None) -> bool:
    """Whether a reading was taken on a day before the anchor's."""
    start = evidence.anchor_dates.get((who, anchor or ""))
    if start is not None and reading.date is not None:
        return reading.date < start
    same_anchor = evidence.resolved.protocol.visit(reading.visit).anchor == anchor
    return same_anchor and reading.day is not None and reading.day < 0


def _later(reading: Reading, other: Reading | None) -> bool:
    if other is None:
        return True
    if reading.date is not None and other.date is not None:
        return reading.date > other.date
    return (reading.day or 0) > (other.day or 0)


def measure(
    variable: Variable, scale: Scale, *, readings: Mapping[str, Reading], baseline: Mapping[str, Reading]
) -> dict[str, float]:
    """Return participant to the variable; participants for whom it cannot be computed are absent.

    Responders are 1, others 0. Response is a relative improvement of at least `fraction` towards the good end
    of the scale; remission reaches `threshold`. Both use the instrument's definition where the protocol gives
    none.
    Raises  FitError when neither gives a definition
    """
    rule, who = rule_of(variable, scale), list(readings)
    values = np.array([readings[one].value for one in who], dtype=np.float64)
    start = np.array([_value(baseline.get(one)) for one in who], dtype=np.float64)
    computed = zip(who, rule(values, start).tolist(), strict=True)
    return {one: value for one, value in computed if not math.isnan(value)}


Rule = Callable[[Floats, Floats], Floats]


def _value(reading: Reading | None) -> float:
    return math.nan if reading is None else reading.value


def rule_of(variable: Variable, scale: Scale) -> Rule:
    """Return what makes the variable of values and baselines of one shape; NaN where it cannot be computed.

    Raises  FitError as `measure` does
    """
    if variable.type == "value":
        return lambda value, _: value
    if variable.type == "change":
        return lambda value, start: value - start
    if variable.type == "percent_change":
        return _percent_change
    if variable.type == "response":
        return _response(scale, fraction_of(variable, scale))
    return _remission(variable, scale)


def _percent_change(value: Floats, start: Floats) -> Floats:
    able = start != 0
    return np.where(able, 100 * (value - start) / np.where(able, start, 1.0), np.nan)


def fraction_of(variable: Variable, scale: Scale) -> float:
    """Return the least relative improvement that is a response.

    Raises  FitError when neither the protocol nor the instrument says
    """
    if variable.fraction is not None:
        return variable.fraction
    if scale.score is not None and scale.score.response is not None:
        return scale.score.response.fraction
    raise FitError(f"no definition of response for {scale.name}; give `fraction` in the estimand's variable")


def _response(scale: Scale, fraction: float) -> Rule:
    if scale.higher_is == "better":
        raise FitError(f"response is a relative fall, and a higher {scale.name} is better; use `change`")
    floor = scale.low or 0.0

    def responded(value: Floats, start: Floats) -> Floats:
        able = (start > floor) & np.isfinite(value)
        met = value - floor <= (1 - fraction) * (start - floor) + ROUNDING
        return np.where(able, met.astype(np.float64), np.nan)

    return responded


def _remission(variable: Variable, scale: Scale) -> Rule:
    if variable.threshold is not None:
        limit, sign = variable.threshold, -1 if scale.higher_is == "better" else 1
        return lambda value, _: _known(value, sign * value <= sign * limit + ROUNDING)
    score = scale.score
    if score is None or score.remission is None:
        raise FitError(
            f"no definition of remission for {scale.name}; give `threshold` in the estimand's variable"
        )
    return lambda value, _: _remitted(score, value)


def _remitted(score: Score, value: Floats) -> Floats:
    distinct, place = np.unique(value, return_inverse=True)
    known = distinct.tolist()
    met = np.array([math.isfinite(one) and bool(score.remitted(one)) for one in known], dtype=bool)
    return _known(value, met[place.reshape(value.shape)])


def _known(value: Floats, met: NDArray[np.bool_]) -> Floats:
    return np.where(np.isfinite(value), met.astype(np.float64), np.nan)


def definition(variable: Variable, scale: Scale) -> str:
    """Return a response's or remission's definition in words; FitError when there is none."""
    if variable.type == "response":
        return f"{scale.label} at least {100 * fraction_of(variable, scale):g}% lower than at baseline"
    direction = "or more" if scale.higher_is == "better" else "or less"
    if variable.threshold is not None:
        return f"{scale.label} {variable.threshold:g} {direction}"
    rule = scale.score.remission if scale.score is not None else None
    if rule is None:
        raise FitError(f"no definition of remission for {scale.name}")
    return (
        f"{scale.label} below {rule.below:g}"
        if rule.below is not None
        else f"{scale.label} {rule.at_most:g} or less"
    )
