"""Planned looks: from the protocol's words to boundaries."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from equipoise.analysis.looks import Looks, all_looks, benefit_of, level_of, looks_of, require_look
from equipoise.errors import ProtocolError
from equipoise.protocol.plan import Multiplicity
from equipoise.statistics.sequential.boundaries import beta_spending_boundaries, spending_boundaries
from equipoise.statistics.sequential.conditional import conditional_power, predictive_power
from equipoise.statistics.sequential.crossing import drift_for

SIZE = {"n": 60, "justification": "By simulation", "power": 0.9}
TESTING = {"method": "fixed_sequence", "order": ["primary"], "alpha": 0.05}


def look(**changes: Any) -> dict[str, Any]:
    return {
        "id": "half",
        "estimand": "primary",
        "trigger": {"visit": "D28", "fraction": 0.5},
        "spending": {"method": "obrien_fleming"},
        "seen_by": ["dsmb_member"],
        **changes,
    }


def planned(pocket: Callable[..., Any], *looks: dict[str, Any], **changes: Any) -> Looks:
    sections = {"multiplicity": TESTING, "sample_size": SIZE, **changes}
    found = looks_of(pocket(interims=list(looks), **sections), "primary")
    assert found is not None
    return found


def test_boundaries_are_those_of_the_spending_function(pocket: Callable[..., Any]) -> None:
    found = planned(pocket, look())
    assert found.boundaries.upper == spending_boundaries([0.5, 1], alpha=0.05).upper
    assert found.nominal == pytest.approx((0.003050645516, 0.048999543), abs=1e-8)
    assert (found.participants, found.fractions, found.names) == ((30, 60), (0.5, 1.0), ("half", "end"))
    assert found.benefit == -1
    assert found.futility == (-math.inf,)


def test_participants_stand_for_their_share(pocket: Callable[..., Any]) -> None:
    found = planned(pocket, look(trigger={"visit": "D28", "participants": 20}))
    assert (found.participants, found.fractions) == ((20, 60), (pytest.approx(1 / 3), 1.0))


def test_nothing_spent_leaves_the_last_look_alone(pocket: Callable[..., Any]) -> None:
    found = planned(pocket, look(spending={"method": "none"}))
    assert found.nominal == pytest.approx((0, 0.05), abs=1e-12)
    assert found.repeated_p(0.013, -1.0) == pytest.approx(0.013, abs=1e-8)


def test_each_rule_of_futility_stops_where_it_says(pocket: Callable[..., Any]) -> None:
    def floor(**rule: Any) -> float:
        return planned(pocket, look(futility=rule)).futility[0]

    bound = spending_boundaries([0.5, 1], alpha=0.05).upper[-1]
    at = {"fraction": 0.5, "bound": bound}
    trend = floor(method="conditional_power", threshold=0.2)
    assert conditional_power(trend, **at) == pytest.approx(0.2)
    hoped = floor(method="conditional_power", threshold=0.2, under="planned")
    drift = drift_for(spending_boundaries([0.5, 1], alpha=0.025, sides=1), 0.9)
    assert conditional_power(hoped, drift=drift, **at) == pytest.approx(0.2)
    assert hoped < trend
    assert predictive_power(floor(method="predictive_power", threshold=0.1), **at) == pytest.approx(0.1)
    assert floor(method="statistic", statistic=0.3) == 0.3
    spent = beta_spending_boundaries([0.5, 1], alpha=0.025, power=0.9, beta_spending="pocock")[0]
    assert floor(method="beta_spending", spending="pocock") == pytest.approx(spent.lower[0])


def test_futility_that_binds_lowers_the_last_boundary_and_settles(pocket: Callable[..., Any]) -> None:
    rule = {"method": "conditional_power", "threshold": 0.2}
    free, bound = (planned(pocket, look(futility={**rule, "binding": one})) for one in (False, True))
    assert free.boundaries.upper == spending_boundaries([0.5, 1], alpha=0.05).upper
    assert bound.boundaries.upper[-1] < free.boundaries.upper[-1]
    assert bound.boundaries.spent[-1] == pytest.approx(0.025, abs=1e-9)
    power = conditional_power(bound.futility[0], fraction=0.5, bound=bound.boundaries.upper[-1])
    assert power == pytest.approx(0.2, abs=1e-8)


@pytest.mark.parametrize("binding", [False, True])
def test_many_p_values_are_judged_as_one_is(pocket: Callable[..., Any], binding: bool) -> None:
    rule = {"method": "statistic", "statistic": 0.0, "binding": binding}
    found = planned(pocket, look(futility=rule))
    p_values = np.array([1e-9, 0.001, 0.0489, 0.0491, 0.05, 0.2, 0.5, np.nan])
    many = found.repeated_p_many(p_values, -np.ones(p_values.size))
    alone = [found.repeated_p(float(p), -1.0) for p in p_values[:-1]]
    assert many[:-1] == pytest.approx(alone, abs=1e-4)
    assert np.isnan(many[-1])
    for p in (found.nominal[-1] * (1 - 1e-9), found.nominal[-1] * (1 + 1e-9)):
        judged = found.repeated_p_many(np.array([p]), -np.ones(1))[0]
        assert (judged <= 0.05) == (p < found.nominal[-1])


def test_an_estimand_without_looks_has_none(pocket: Callable[..., Any]) -> None:
    assert looks_of(pocket(), "primary") is None
    assert all_looks(pocket()) == {}


def test_looks_cannot_be_placed_without_a_planned_number(pocket: Callable[..., Any]) -> None:
    safety = look(spending={"method": "none"})
    with pytest.raises(ProtocolError, match="planned number"):
        looks_of(pocket(interims=[safety]), "primary")


def test_only_a_planned_look_can_be_analyzed(pocket: Callable[..., Any]) -> None:
    resolved = pocket(interims=[look()], multiplicity=TESTING, sample_size=SIZE)
    require_look(resolved, "half")
    require_look(resolved, "end")
    with pytest.raises(ProtocolError, match="known: half, end"):
        require_look(resolved, "third")


def test_the_level_is_the_one_the_estimand_is_first_tested_at() -> None:
    order = ("primary", "other")
    holm = Multiplicity(method="holm", order=order, alpha=0.05)
    graph = Multiplicity(method="graph", order=order, alpha=0.05, weights={"primary": 0.8}, transitions={})
    assert level_of(None, "primary") == 0.05
    assert level_of(holm, "primary") == 0.025
    assert level_of(graph, "primary") == pytest.approx(0.04)
    assert level_of(graph, "other") == 0.05


def test_what_counts_as_benefit_follows_the_scale(pocket: Callable[..., Any]) -> None:
    resolved = pocket()
    (primary,) = resolved.protocol.estimands
    assert benefit_of(resolved, primary) == -1
    response = primary.model_copy(
        update={"variable": primary.variable.model_copy(update={"type": "response"})}
    )
    assert benefit_of(resolved, response) == 1
