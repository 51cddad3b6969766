"""Whether other assumptions lead to the same conclusion: each estimand beside what examines it.

Holds the comparison of conclusions by their intervals. Refuses to test: a sensitivity analysis has no claim.
"""

from collections.abc import Sequence
from typing import Any

from equipoise.analysis.evidence import Evidence
from equipoise.analysis.question import Question
from equipoise.analysis.result import Result
from equipoise.analysis.variable import scale_of
from equipoise.analysis.wording import assumption

Json = dict[str, Any]

NO_EFFECT = {"odds_ratio": 1.0}
"""What a measure is without an effect, where that is not 0."""


def sensitivity_table(evidence: Evidence, results: Sequence[Result]) -> list[Json]:
    """Return each estimand that others examine, itself first; nothing when blinded."""
    if evidence.blinded:
        return []
    examined = dict.fromkeys(one.sensitivity_of for one in results if one.sensitivity_of is not None)
    suites = [
        (main, [one for one in results if one.sensitivity_of == main.estimand])
        for main in results
        if main.estimand in examined
    ]
    return [
        {
            "of": main.estimand,
            "rows": [_row(evidence, main, None), *(_row(evidence, one, main) for one in others)],
        }
        for main, others in suites
    ]


def _row(evidence: Evidence, result: Result, main: Result | None) -> Json:
    estimand = evidence.resolved.protocol.estimand(result.estimand)
    return {
        "estimand": result.estimand,
        "name": result.name,
        "assumption": assumption(Question(evidence, estimand)),
        "estimator": result.estimator,
        "convention": result.convention,
        "variance_convention": result.variance_convention,
        "estimate": result.estimate,
        "std_error": result.std_error,
        "ci_low": result.ci_low,
        "ci_high": result.ci_high,
        "p_value": result.p_value,
        "n": result.n,
        "status": result.status,
        "agrees": _agrees(result, main) if main is not None and _alike(evidence, result, main) else None,
    }


def _alike(evidence: Evidence, result: Result, main: Result) -> bool:
    """Whether a higher value of both variables means the same, as far as anybody said."""
    said = {scale_of(evidence, one.variable).higher_is for one in (result, main)} - {None}
    return len(said) <= 1


def _agrees(result: Result, main: Result) -> bool | None:
    """Whether both intervals exclude no effect on the same side, or neither does; None where unlike."""
    if (result.measure, result.arm, result.reference) != (main.measure, main.arm, main.reference):
        return None
    ours, theirs = _side(result), _side(main)
    return None if ours is None or theirs is None else ours == theirs


def _side(result: Result) -> int | None:
    """Return on which side of no effect the interval lies: -1, 1, or 0 for across."""
    if result.ci_low is None or result.ci_high is None:
        return None
    none = NO_EFFECT.get(result.measure, 0.0)
    return int(result.ci_low > none) - int(result.ci_high < none)
