"""What may be concluded when a trial with planned looks has ended, at the end or at one of them.

Holds inference that knows of the looks, the p-values that the testing procedure is given, and their table.
Refuses to decide about several hypotheses (`multiplicity`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from equipoise.analysis.looks import END, Looks
from equipoise.analysis.result import Result
from equipoise.statistics.p_value import format_p
from equipoise.statistics.sequential.inference import Final, final

RATIO = "odds_ratio"


@dataclass(frozen=True)
class Conclusion:
    """What may be said of one estimand at the look at which the trial ended.

    look        the look's id, or `end`
    statistic   positive for benefit
    p_value     two-sided, nominal, as the planned analysis gives it
    repeated_p  the smallest two-sided level at which the design rejects here; what is tested
    reached     whether the statistic crossed a boundary of the design at the level the estimand starts with
    futile      whether it lies at or below the look's futility boundary
    final       p-value, estimate and interval of the stagewise ordering, in the unit of the estimate
    """

    look: str
    statistic: float
    p_value: float
    repeated_p: float
    reached: bool
    futile: bool
    final: Final


def conclude(looks: Looks, result: Result, *, look: str = END) -> Conclusion | None:
    """Return what a result means at a look; None where it has no test.

    The statistic is the normal one with the same p-value, as usual where the planned test is a t test.
    Source  the significance-level approach: Jennison and Turnbull (2000), section 3.3
    """
    if result.estimate is None or result.p_value is None:
        return None
    number = looks.number(look)
    ratio = result.measure == RATIO
    if ratio and not result.estimate > 0:
        return None
    estimate = math.log(result.estimate) if ratio else result.estimate
    z = looks.z(result.p_value, estimate)
    upper = looks.boundaries.upper[number - 1]
    floor = looks.futility[number - 1] if number < looks.last else -math.inf
    benefit = looks.benefit * estimate
    if z == 0 and result.std_error is None:
        return None
    unit = benefit / z if z != 0 else float(result.std_error or 0.0)
    if not unit > 0:
        return None
    found = final(looks.boundaries, number, estimate=z * unit, std_error=unit)
    return Conclusion(
        look=look,
        statistic=z,
        p_value=result.p_value,
        repeated_p=looks.repeated_p(result.p_value, estimate, look=number),
        reached=z >= upper or (looks.boundaries.sides == 2 and z <= -upper),
        futile=z <= floor,
        final=_turned(found, looks.benefit, ratio=ratio),
    )


def _turned(found: Final, benefit: int, *, ratio: bool) -> Final:
    """Return inference in the direction and on the scale of the estimate."""

    def value(one: float) -> float:
        return math.exp(benefit * one) if ratio else benefit * one

    limits = (found.low, found.high)[::benefit]
    repeated = (found.repeated_low, found.repeated_high)[::benefit]
    again = [None if one is None else value(one) for one in repeated]
    return replace(
        found,
        estimate=value(found.estimate),
        naive=value(found.naive),
        low=value(limits[0]),
        high=value(limits[1]),
        repeated_low=again[0],
        repeated_high=again[1],
    )


def repeated_p_values(
    looks: Mapping[str, Looks], results: Sequence[Result], *, look: str = END
) -> dict[str, float | None]:
    """Return the p-value of each result that the testing procedure is given.

    With looks it is the repeated one. At a look before the end, an estimand without looks has no alpha yet.
    """
    found: dict[str, float | None] = {}
    for result in results:
        plan = looks.get(result.estimand)
        if plan is None:
            found[result.estimand] = result.p_value if look == END else None
        else:
            concluded = conclude(plan, result, look=look) if look in plan.names else None
            found[result.estimand] = concluded.repeated_p if concluded else None
    return found


def looks_table(
    looks: Mapping[str, Looks], results: Sequence[Result], *, look: str = END
) -> list[dict[str, Any]] | None:
    """Return the looks and what they make of each result, for `tables.json`; None when none is planned.

    results   with the P values of the planned analysis
    """
    by_id = {result.estimand: result for result in results}
    rows = [
        _row(plan, conclude(plan, by_id[name], look=look) if look in plan.names else None)
        for name, plan in looks.items()
        if name in by_id
    ]
    return rows or None


def _row(plan: Looks, concluded: Conclusion | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "estimand": plan.estimand,
        "method": plan.boundaries.method,
        "alpha": plan.alpha,
        "binding": plan.boundaries.binding,
        "looks": [_look(plan, at) for at in range(plan.last)],
        "ended_at": None,
    }
    if concluded is not None:
        found = concluded.final
        row |= {
            "ended_at": concluded.look,
            "statistic": concluded.statistic,
            "p_value": concluded.p_value,
            "p_repeated": concluded.repeated_p,
            "p_stagewise": found.p_value if plan.boundaries.sides == 2 else min(1.0, 2 * found.p_value),
            "reached": concluded.reached,
            "futile": concluded.futile,
            "estimate": found.estimate,
            "ci_low": found.low,
            "ci_high": found.high,
            "ci_level": found.ci_level,
            "naive": found.naive,
            "repeated_low": found.repeated_low,
            "repeated_high": found.repeated_high,
            "text": sentence(plan, concluded),
        }
    return row


def _look(plan: Looks, at: int) -> dict[str, Any]:
    upper = plan.boundaries.upper[at]
    floor = plan.futility[at] if at < plan.last - 1 else -math.inf
    interim = plan.planned[at] if at < plan.last - 1 else None
    return {
        "look": plan.names[at],
        "participants": plan.participants[at],
        "fraction": plan.fractions[at],
        "bound": upper if math.isfinite(upper) else None,
        "nominal": plan.nominal[at],
        "futility": floor if math.isfinite(floor) else None,
        "decided_by": interim.decided_by if interim else None,
    }


def sentence(plan: Looks, concluded: Conclusion) -> str:
    """Return what a reader must know of the looks beside the result."""
    number = plan.number(concluded.look)
    early = plan.last - 1
    planned = f"{early} interim look{'' if early == 1 else 's'} planned"
    bound = plan.nominal[number - 1]
    tested = f"tests at two-sided {bound:.4f}" if bound > 0 else "cannot show an effect"
    found = concluded.final
    p_value = found.p_value if plan.boundaries.sides == 2 else min(1.0, 2 * found.p_value)
    name = "the last look" if concluded.look == END else concluded.look
    return (
        f"{planned}; {name} {tested}; with regard to the looks {format_p(p_value)}, "
        f"median-unbiased estimate {found.estimate:.2f} "
        f"({100 * found.ci_level:g}% CI {found.low:.2f} to {found.high:.2f})"
    )
