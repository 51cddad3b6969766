"""Which results may carry a P value."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis import Result
from equipoise.analysis.multiplicity import apply, multiplicity_table
from equipoise.protocol.plan import Multiplicity

ORDER = ("a", "b", "c")


def results(*p_values: float | None, roles: dict[str, str] | None = None) -> list[Result]:
    made = []
    for name, p_value in zip((*ORDER, "d", "e"), p_values, strict=False):
        made.append(
            Result(
                estimand=name,
                name=name.upper(),
                role=(roles or {}).get(name, "secondary"),
                analysis_set="all",
                estimator="t_change",
                visit="D28",
                scale="madrs",
                variable="madrs.total",
                variable_type="change",
                measure="difference_in_means",
                arm="active",
                reference="control",
                estimate=-3.0 if p_value is not None else None,
                ci_level=0.95,
                ci_low=-5.0,
                ci_high=-1.0,
                p_value=p_value,
                n=30,
            )
        )
    return made


def plan(method: Any, **more: Any) -> Multiplicity:
    return Multiplicity(method=method, order=ORDER, alpha=0.05, **more)


def test_a_fixed_sequence_stops_at_the_first_failure() -> None:
    found = apply(results(0.001, 0.053, 0.046), plan("fixed_sequence"))
    assert [one.p_value for one in found] == [0.001, 0.053, None]
    assert [one.rejected for one in found] == [True, False, None]
    assert (found[2].gate, found[2].tested) == ("descriptive, not tested", False)
    assert (found[2].estimate, found[2].ci_low, found[2].ci_high) == (-3.0, -5.0, -1.0)


def test_an_estimand_that_could_not_be_estimated_stops_the_sequence() -> None:
    found = apply(results(None, 0.001, 0.001), plan("fixed_sequence"))
    assert [one.tested for one in found] == [True, False, False]
    assert found[0].rejected is False


def test_outside_the_order_nothing_is_tested() -> None:
    found = apply(
        results(0.001, 0.01, 0.02, 0.001, 0.001, roles={"d": "sensitivity"}), plan("fixed_sequence")
    )
    assert [(one.p_value, one.gate) for one in found[3:]] == [
        (None, "sensitivity analysis, not tested"),
        (None, "descriptive, not tested"),
    ]


@pytest.mark.parametrize("chosen", [None, plan("none")])
def test_without_a_procedure_every_p_value_stays(chosen: Multiplicity | None) -> None:
    found = apply(results(0.2, 0.001, 0.3), chosen)
    assert [one.p_value for one in found] == [0.2, 0.001, 0.3]
    assert multiplicity_table(found, chosen) is None


@pytest.mark.parametrize(
    ("method", "rejected", "adjusted"),
    [
        ("holm", [False, False, False], [0.06, 0.06, 0.06]),
        ("hochberg", [True, True, True], [0.04, 0.04, 0.04]),
    ],
)
def test_holm_and_hochberg_keep_every_p_value(
    method: str, rejected: list[bool], adjusted: list[float]
) -> None:
    found = apply(results(0.02, 0.03, 0.04), plan(method))
    assert [one.rejected for one in found] == rejected
    assert [one.p_value for one in found] == [0.02, 0.03, 0.04]
    assert [one.p_adjusted for one in found] == pytest.approx(adjusted)


def test_a_graph_leaves_untested_what_no_alpha_reaches() -> None:
    graph = plan("graph", weights={"a": 1.0}, transitions={"a": {"b": 1.0}, "b": {"c": 1.0}})
    found = apply(results(0.01, 0.2, 0.001), graph)
    assert [one.rejected for one in found] == [True, False, None]
    assert found[2].gate == "descriptive, not tested"


def test_the_table_tells_the_procedure_step_by_step() -> None:
    chosen = plan("fixed_sequence")
    table = multiplicity_table(apply(results(0.001, 0.053, 0.046), chosen), chosen)
    assert table is not None
    assert (table["method"], table["alpha"]) == ("fixed_sequence", 0.05)
    assert [
        (step["estimand"], step["p_value"], step["rejected"], step["reason"]) for step in table["steps"]
    ] == [
        ("a", 0.001, True, "first in the sequence"),
        ("b", 0.053, False, "a was rejected before"),
        ("c", None, False, "the sequence stopped at b"),
    ]


def test_nothing_but_claims_changes(study: Callable[..., Any]) -> None:
    before = results(0.001, 0.053, 0.046)
    after = apply(before, plan("fixed_sequence"))
    claims = {"p_value", "p_adjusted", "tested", "rejected", "gate"}
    kept = [field.name for field in dataclasses.fields(Result) if field.name not in claims]
    assert [[getattr(one, name) for name in kept] for one in before] == [
        [getattr(one, name) for name in kept] for one in after
    ]
