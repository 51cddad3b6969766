"""How much worse imputed values would have to be before a conclusion changes.

Holds the table and its one sentence. Refuses to say whether that much is plausible: a clinician does.
"""

from collections.abc import Mapping
from typing import Any

from equipoise.analysis.answer import Answer, TippingPoint
from equipoise.analysis.evidence import Evidence
from equipoise.analysis.plain import number
from equipoise.analysis.question import Question
from equipoise.analysis.wording import unit_text

Json = dict[str, Any]


def tipping_point_table(evidence: Evidence, answers: Mapping[str, Answer]) -> list[Json]:
    """Return one row for each estimand that plans a range of changes to imputed values."""
    return [
        _row(Question(evidence, evidence.resolved.protocol.estimand(name)), answer.tipping_point())
        for name, answer in answers.items()
        if answer.tipping_point is not None
    ]


def _row(question: Question, found: TippingPoint) -> Json:
    estimand = question.estimand
    return {
        "estimand": estimand.id,
        "of": estimand.sensitivity_of,
        "arm": question.arm,
        "reference": question.reference,
        "visit": estimand.variable.visit,
        "unit": "%" if estimand.variable.type == "percent_change" else question.scale.unit,
        "to": found.to,
        "direction": _direction(found),
        "alpha": question.alpha,
        "convention": found.convention,
        "points": [
            {
                "delta": delta,
                "estimate": number(one.estimate),
                "ci_low": number(one.ci_low),
                "ci_high": number(one.ci_high),
                "p_value": number(one.p_value),
            }
            for delta, one in zip(found.deltas, found.estimates, strict=True)
        ],
        "tips_at": number(found.tips_at),
        "tips_text": _text(question, found),
    }


def _direction(found: TippingPoint) -> str:
    """Return whether the changes make the difference smaller or larger."""
    if _is_flat(found):
        return "no change"
    ends = abs(found.estimates[0].estimate), abs(found.estimates[-1].estimate)
    smaller = ends[1] < ends[0] if abs(found.deltas[-1]) > abs(found.deltas[0]) else ends[0] < ends[1]
    return "toward the reference" if smaller else "away from the reference"


def _is_flat(found: TippingPoint) -> bool:
    """Whether nothing was imputed that a change could reach."""
    return len({one.estimate for one in found.estimates}) == 1


def _text(question: Question, found: TippingPoint) -> str:
    unit = unit_text(question)
    arm = question.evidence.resolved.protocol.arm(question.arm).name
    whose = "in both arms" if found.to == "both" else f"of {arm}"
    if _is_flat(found):
        return f"No value {whose} was imputed at the visit, so nothing changes"
    if not found.significant:
        return "The interval holds no effect without any change, so there is no conclusion to tip"
    if found.tips_at is None:
        low, high = min(found.deltas), max(found.deltas)
        return f"The interval excludes no effect at every change from {low:g} to {high:g}{unit}"
    change = f"{found.tips_at:+.3g}{unit}"
    return f"The interval excludes no effect until imputed values {whose} are changed by {change}"
