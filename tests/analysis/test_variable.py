"""The variable of an estimand, and which value is the baseline."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis.variable import baseline_of, definition, measure, scale_of
from equipoise.analysis.windows import Reading
from equipoise.errors import FitError
from equipoise.protocol.plan import Variable


def compute(
    study: Any, kind: Any, start: float | None, value: float, *, score: str = "madrs.total", **more: Any
) -> float | None:
    variable = Variable(score=score, type=kind, visit="D28", **more)
    baseline = {} if start is None else {"P1": Reading(start, "BASE", None, None)}
    readings = {"P1": Reading(value, "D28", None, None)}
    return measure(variable, scale_of(study.pooled, score), readings=readings, baseline=baseline).get("P1")


@pytest.mark.parametrize(
    ("kind", "start", "value", "expected"),
    [
        ("value", None, 12, 12),
        ("change", 30, 12, -18),
        ("change", None, 12, None),
        ("percent_change", 40, 30, -25),
        ("percent_change", 0, 30, None),
        ("response", 30, 15, 1),
        ("response", 30, 15.5, 0),
        ("response", None, 15, None),
        ("response", 0, 0, None),
        ("remission", None, 10, 1),
        ("remission", None, 11, 0),
    ],
)
def test_each_type_of_variable(
    kind: str, start: float | None, value: float, expected: float | None, six: Any
) -> None:
    assert compute(six, kind, start, value) == expected


def test_the_protocols_own_definitions_win(six: Any) -> None:
    assert compute(six, "response", 30, 20, fraction=0.3) == 1
    assert compute(six, "remission", None, 12, threshold=12) == 1


def test_a_threshold_is_reached_from_the_bad_side_of_the_scale(
    study: Callable[..., Any], pocket_data: Any
) -> None:
    forms = [*pocket_data["forms"], {"id": "spfi", "instrument": "spfi", "filled_by": "participant"}]
    chosen = study(forms=forms)
    score = "spfi.fulfillment"
    assert scale_of(chosen.pooled, score).higher_is == "better"
    assert compute(chosen, "remission", None, 3.5, score=score, threshold=3) == 1
    assert compute(chosen, "remission", None, 2.5, score=score, threshold=3) == 0
    with pytest.raises(FitError, match="higher"):
        compute(chosen, "response", 2, 3, score=score, fraction=0.5)


def test_what_nobody_defined_cannot_be_measured(six: Any) -> None:
    with pytest.raises(FitError, match="no definition of response"):
        compute(six, "response", 8, 2, score="stress.level")
    with pytest.raises(FitError, match="no definition of remission"):
        compute(six, "remission", 8, 2, score="stress.level")


def test_definitions_are_said_in_words(six: Any) -> None:
    scale = scale_of(six.pooled, "madrs.total")
    said = {
        kind: definition(Variable(score="madrs.total", type=kind, visit="D28"), scale)
        for kind in ("response", "remission")
    }
    assert said == {
        "response": "MADRS total at least 50% lower than at baseline",
        "remission": "MADRS total 10 or less",
    }


def test_the_baseline_is_the_visit_marked_so(six: Any) -> None:
    assert baseline_of(six.pooled, "madrs.total")["P1"].value == 30


def test_an_estimand_may_name_another_baseline(six: Any) -> None:
    assert baseline_of(six.pooled, "madrs.total", "D7")["P1"].value == 20


def test_the_baseline_may_be_the_last_value_before_an_anchor(
    study: Callable[..., Any], pocket_data: Any
) -> None:
    rule = {"method": "last_before_anchor", "anchor": "dose"}
    early = {
        "id": "SCR",
        "epoch": "screening",
        "anchor": "dose",
        "planned_anchor": True,
        "day": -20,
        "forms": ["madrs"],
    }
    visits = [{**visit, "baseline": False} for visit in pocket_data["visits"]]
    chosen = study(baseline_rule=rule, visits=[early, *visits])
    chosen.person("P1", SCR=33, BASE=30, D7=20).person("P2", SCR=31, D7=20)
    chosen.score("P1", "DOSE", "madrs", "total", 29)
    found = baseline_of(chosen.pooled, "madrs.total")
    assert {who: (reading.value, reading.visit) for who, reading in found.items()} == {
        "P1": (30, "BASE"),
        "P2": (31, "SCR"),
    }
