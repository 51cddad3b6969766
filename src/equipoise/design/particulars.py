"""What a reader of a rehearsal must know of the plan and of the truths it was rehearsed under, as JSON data.

Holds names, units and words of what was asked, what every scenario rests on, priors, and the power by
formula. Refuses to simulate.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from equipoise.analysis.looks import all_looks
from equipoise.analysis.variable import scale_in
from equipoise.design.analytic import analytic_of
from equipoise.design.priors import prior_of
from equipoise.design.truth import truth_of
from equipoise.protocol import Resolved
from equipoise.protocol.estimators import ESTIMATORS
from equipoise.protocol.grid import Cell
from equipoise.protocol.plan import Estimand
from equipoise.protocol.scenarios import Scenario

Json = dict[str, Any]

MOST_FORMULAS = 256
"""Cells whose power by formula is put beside the simulated one."""


def plan_of(resolved: Resolved) -> Json:
    """Return what was planned: arms, questions, testing, size."""
    protocol = resolved.protocol
    size, plan = protocol.sample_size, protocol.multiplicity
    objective = next((one.text for one in protocol.objectives if one.level == "primary"), None)
    return {
        "arms": [{"id": arm.id, "label": arm.name, "role": arm.role} for arm in protocol.arms],
        "ratio": dict(protocol.allocation.ratio),
        "allocation": protocol.allocation.method,
        "objective": objective,
        "primary": protocol.primary.id,
        "estimands": [_estimand(resolved, one) for one in protocol.estimands],
        "testing": None
        if plan is None
        else {"method": plan.method, "order": list(plan.order), "alpha": plan.alpha},
        "planned_n": protocol.planned_n,
        "planned_power": size.power if size is not None else None,
        "planned_effect": size.effect if size is not None else None,
        "justification": size.justification if size is not None else None,
        "size_source": size.source if size is not None else None,
        "looks": [_looks(resolved, name) for name in all_looks(resolved)],
    }


def _estimand(resolved: Resolved, one: Estimand) -> Json:
    protocol, variable = resolved.protocol, one.variable
    scale = scale_in(resolved, variable.score)
    start = variable.baseline or protocol.baseline_visit
    return {
        "id": one.id,
        "name": one.name,
        "role": one.role,
        "score": scale.name,
        "outcome": scale.label,
        "low": scale.low,
        "high": scale.high,
        "higher_is": scale.higher_is,
        "unit": scale.unit,
        "type": variable.type,
        "visit": protocol.visit(variable.visit).name,
        "baseline": protocol.visit(start).name if start else None,
        "summary": one.summary,
        "arm": protocol.arm(one.treatment.experimental).name,
        "reference": protocol.arm(one.treatment.reference).name,
        "estimator": one.estimator.name,
        "method": ESTIMATORS[one.estimator.name].text,
    }


def _looks(resolved: Resolved, name: str) -> Json:
    looks = all_looks(resolved)[name]
    return {
        "estimand": name,
        "method": looks.boundaries.method,
        "alpha": looks.alpha,
        "binding": looks.boundaries.binding,
        "looks": [
            {"look": look, "participants": count, "fraction": fraction, "nominal": nominal}
            for look, count, fraction, nominal in zip(
                looks.names, looks.participants, looks.fractions, looks.nominal, strict=True
            )
        ],
    }


def scenarios_of(resolved: Resolved, cells: Sequence[Cell]) -> list[Json]:
    """Return what each scenario, or each that a grid varies, rests on."""
    simulation = resolved.protocol.simulation
    if simulation is None:
        return []
    bases = dict.fromkeys(cell.base for cell in cells[:MOST_FORMULAS])
    return [_scenario(one) for one in simulation.scenarios if one.id in bases]


def _scenario(one: Scenario) -> Json:
    stated = one.model_dump(mode="json", exclude_defaults=True)
    dropout, screening, expectancy = one.dropout, one.screening, one.expectancy
    return {
        "id": one.id,
        "label": one.label,
        "sites": one.sites,
        "per_month": one.accrual.per_month,
        "screening_failure": screening.failure if screening is not None else None,
        "dropout": None
        if dropout is None
        else {"per_28_days": dropout.per_28_days, "mechanism": dropout.mechanism},
        "right": dict(expectancy.right) if expectancy is not None and expectancy.right else None,
        "bias": dict(expectancy.bias) if expectancy is not None else {},
        "outcomes": {
            score: {"sd": outcome.sd, "correlation": stated["outcomes"][score].get("correlation", {})}
            for score, outcome in one.outcomes.items()
        },
        "sources": [{"path": path, "text": text} for path, text in _marked(stated, "source")],
        "assumptions": [path for path, held in _marked(stated, "assumption") if held],
    }


def _marked(value: Any, mark: str, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path of everything that carries a mark, with the mark."""
    if isinstance(value, dict):
        if value.get(mark):
            yield path or "scenario", value[mark]
        for name, inner in value.items():
            yield from _marked(inner, mark, f"{path}.{name}".strip("."))
    elif isinstance(value, list):
        for inner in value:
            named = inner.get("term") or inner.get("id") if isinstance(inner, dict) else None
            yield from _marked(inner, mark, f"{path}.{named}" if named else path)


def priors_used(resolved: Resolved, cells: Sequence[Cell]) -> list[Json]:
    """Return the priors that assurance was worked out over."""
    simulation = resolved.protocol.simulation
    if simulation is None:
        return []
    scenarios = {cell.id for cell in cells[:MOST_FORMULAS] if cell.grid is None}
    planned = [one for one in simulation.assurance if one.scenario in scenarios]
    found = {one.prior: prior_of(simulation, one.prior) for one in planned}
    return [
        {"id": one.id, "label": one.label, "mean": one.mean, "sd": one.sd, "source": one.source}
        for one in found.values()
    ]


def formulas(
    resolved: Resolved, cells: Sequence[Cell], *, participants: int | None, estimands: Sequence[str]
) -> list[Json]:
    """Return the power by formula of each estimand in each cell, or the reason why there is none.

    participants  instead of the scenarios' numbers
    Raises        ProtocolError when a scenario cannot be simulated
    """
    rows = []
    for cell in cells[:MOST_FORMULAS]:
        truth = truth_of(resolved, cell.scenario, participants=participants)
        for name in estimands if cell.grid is None else [resolved.protocol.primary.id]:
            form, value = resolved.locate(resolved.protocol.estimand(name).variable.score)
            if f"{form}.{value}" in truth.courses:
                rows.append({**analytic_of(truth, name).row(), "scenario": cell.id, "n": truth.participants})
    return rows
