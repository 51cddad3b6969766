"""The testing procedure: which results may carry a P value, in the protocol's order.

Holds the step from estimates to claims. Estimates and intervals always stay; what the procedure does not
reach loses its P value and is called descriptive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from equipoise.analysis.result import NOT_TESTED, SENSITIVITY, Result
from equipoise.protocol.plan import Multiplicity
from equipoise.statistics import multiplicity as procedures
from equipoise.statistics.multiplicity import Decision, Decisions


def apply(
    results: Sequence[Result],
    plan: Multiplicity | None,
    *,
    given: Mapping[str, float | None] | None = None,
) -> tuple[Result, ...]:
    """Return the results after the protocol's procedure, in the same order.

    given   estimand to the p-value the procedure is given, where it is not the result's own: with interim
            looks the repeated one
    Without a procedure (none planned, or method `none`) every P value stays. With one, estimands outside its
    order are descriptive: no P value is protected there.
    """
    if plan is None or plan.method == "none":
        return tuple(results)
    p_values = {result.estimand: result.p_value for result in results}
    decisions = decide(p_values if given is None else given, plan)
    return tuple(_judged(result, decisions) for result in results)


def decide(p_values: Mapping[str, float | None], plan: Multiplicity) -> Decisions:
    """Return the procedure's decisions; an estimand without a P value is never rejected."""
    wanted = {name: p_values.get(name) for name in plan.order}
    if plan.method == "fixed_sequence":
        return procedures.fixed_sequence(wanted, alpha=plan.alpha)
    if plan.method == "holm":
        return procedures.holm(wanted, alpha=plan.alpha)
    if plan.method == "hochberg":
        return procedures.hochberg(wanted, alpha=plan.alpha)
    return procedures.graph(
        wanted, weights=plan.weights or {}, transitions=plan.transitions or {}, alpha=plan.alpha
    )


def multiplicity_table(results: Sequence[Result], plan: Multiplicity | None) -> dict[str, Any] | None:
    """Return the procedure step by step, for `tables.json`; None when there is no procedure.

    results   as `apply` returned them
    """
    if plan is None or plan.method == "none":
        return None
    by_id = {result.estimand: result for result in results}
    steps = [by_id[name] for name in plan.order if name in by_id]
    return {
        "method": plan.method,
        "alpha": plan.alpha,
        "steps": [
            {
                "estimand": result.estimand,
                "tested": bool(result.tested),
                "p_value": result.p_value,
                "p_adjusted": result.p_adjusted,
                "rejected": bool(result.rejected),
                "reason": _reason(result, steps=steps[:place], plan=plan),
            }
            for place, result in enumerate(steps)
        ],
    }


def _judged(result: Result, decisions: Decisions) -> Result:
    known = {decision.hypothesis: decision for decision in decisions}
    decision = known.get(result.estimand)
    if decision is None:
        return result.untested(SENSITIVITY if result.role == "sensitivity" else NOT_TESTED)
    if not decision.tested:
        return result.untested(NOT_TESTED)
    return _tested(result, decision)


def _tested(result: Result, decision: Decision) -> Result:
    return replace(result, tested=True, rejected=decision.rejected, p_adjusted=decision.adjusted_p, gate="")


def _reason(result: Result, *, steps: Sequence[Result], plan: Multiplicity) -> str:
    if not result.tested:
        stopped = next((step.estimand for step in steps if not step.rejected), None)
        sequence = plan.method == "fixed_sequence"
        return f"the sequence stopped at {stopped}" if sequence else "no alpha reached it"
    if result.p_value is None:
        return "no estimate, so nothing can be rejected"
    if plan.method == "fixed_sequence":
        return f"{steps[-1].estimand} was rejected before" if steps else "first in the sequence"
    return f"{plan.method} at {plan.alpha:g}"
