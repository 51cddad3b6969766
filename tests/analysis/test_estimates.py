"""From estimands to rows: nothing stops the others, and nothing is silent."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from equipoise import analysis
from equipoise.analysis.estimates import estimate_all
from equipoise.errors import ProtocolError
from equipoise.protocol.plan import Handled

WHEN = analysis.Provenance(command="test", created_at="2031-01-01T00:00:00Z", versions={})


def estimands(data: Any, *others: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the primary estimand behind copies of it with changes."""
    primary = data["estimands"][0]
    copies = [{**copy.deepcopy(primary), "role": "secondary", **other} for other in others]
    return [*copies, primary]


def test_the_primary_comes_first_then_the_files_order(study: Callable[..., Any], pocket_data: Any) -> None:
    order = estimands(pocket_data, {"id": "second"}, {"id": "first"})
    assert [one.estimand for one in estimate_all(study(estimands=order).evidence).results] == [
        "primary",
        "second",
        "first",
    ]


def test_an_estimand_that_fails_is_a_row_and_stops_nothing(
    study: Callable[..., Any], filled: Callable[..., Any], pocket_data: Any
) -> None:
    nobody = {"id": "nobody", "variable": {"score": "madrs.total", "type": "change", "visit": "D56"}}
    found = {
        one.estimand: one
        for one in estimate_all(filled(study(estimands=estimands(pocket_data, nobody))).evidence).results
    }
    assert found["nobody"].status.startswith("not estimable: ")
    assert "0 values" in found["nobody"].status
    assert found["nobody"].notes == ("6 of 6 without the variable, left out",)
    assert found["primary"].status == "ok"


def test_one_arm_with_nobody_observed_says_so(six: Any) -> None:
    six.rows["values"] = [row for row in six.rows["values"] if row["participant"] in ("P1", "P2", "P3")]
    result = estimate_all(six.evidence).results[0]
    assert result.estimate is None
    assert "second group" in result.status


def test_ancova_with_an_empty_arm_says_so(study: Callable[..., Any], filled: Callable[..., Any]) -> None:
    chosen = filled(study(estimand={"estimator": {"name": "ancova", "covariates": ["madrs.total@BASE"]}}))
    chosen.rows["values"] = [
        row for row in chosen.rows["values"] if row["participant"] not in ("P1", "P2", "P3")
    ]
    assert "nobody in active" in estimate_all(chosen.evidence).results[0].status


def test_no_variance_says_so(study: Callable[..., Any]) -> None:
    flat = study()
    for who, arm in (("P1", "active"), ("P2", "active"), ("P3", "control"), ("P4", "control")):
        flat.person(who, arm, BASE=30, D28=20)
    assert "no variance" in estimate_all(flat.evidence).results[0].status


@pytest.mark.parametrize("estimator", ["t_change", "ancova"])
def test_nobody_at_all_is_a_row_too(estimator: str, study: Callable[..., Any]) -> None:
    result = estimate_all(study(estimand={"estimator": {"name": estimator}}).evidence).results[0]
    assert (result.estimate, result.n) == (None, None)
    assert result.status.startswith("not estimable")


def test_missing_responders_are_failures_when_the_protocol_says_so(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    change = {
        "variable": {"score": "madrs.total", "type": "remission", "visit": "D28"},
        "summary": "risk_difference",
        "estimator": {"name": "risk_difference"},
    }
    for missing, n, note in (("failure", 4, "counted as failures"), ("complete_cases", 3, "left out")):
        chosen = filled(study(estimand={**change, "missing": missing})).person("P7", "active", BASE=30)
        result = estimate_all(chosen.evidence).results[0]
        assert result.n_arm == n
        assert result.notes[0].endswith(note)


def test_a_third_arm_stays_out_of_a_comparison_of_two(
    study: Callable[..., Any], filled: Callable[..., Any], pocket_data: Any
) -> None:
    third = {"id": "other", "role": "experimental", "elements": {"treatment": "drug"}}
    chosen = filled(
        study(
            arms=[*pocket_data["arms"], third],
            allocation={"method": "complete", "ratio": {"active": 1, "control": 1, "other": 1}},
            forms=[form for form in pocket_data["forms"] if form["id"] != "guess"],
            visits=[
                {**one, "forms": [form for form in one["forms"] if form != "guess"]}
                for one in pocket_data["visits"]
            ],
        )
    )
    chosen.person("P7", "other", BASE=30, D28=1)
    result = estimate_all(chosen.evidence).results[0]
    assert (result.n, result.estimate) == (6, pytest.approx(-13.0))


def test_without_an_allocation_every_row_is_empty_and_says_why(six: Any) -> None:
    result = estimate_all(six.pooled).results[0]
    assert (result.estimate, result.p_value, result.n, result.n_arm) == (None, None, 6, None)
    assert result.status == "blinded: no allocation was given"


def test_a_composite_number_without_a_meaning_is_refused_before_any_data(six: Any) -> None:
    protocol = six.resolved.protocol
    estimand = protocol.primary.model_copy(
        update={"intercurrent_events": (Handled(event="rescue", strategy="composite"),), "missing": "failure"}
    )
    changed = type(six.resolved)(protocol.model_copy(update={"estimands": (estimand,)}), six.resolved.forms)
    with pytest.raises(ProtocolError) as caught:
        analysis.analyze(changed, six.records, six.allocation, provenance=WHEN)
    assert [problem.path for problem in caught.value.problems] == [
        "estimands.primary.intercurrent_events",
        "estimands.primary.missing",
    ]


def test_the_rehearsal_door_gives_the_same_results(six: Any) -> None:
    whole = analysis.analyze(six.resolved, six.records, six.allocation, provenance=WHEN)
    assert analysis.estimates(six.resolved, six.records, six.allocation) == whole.results


def test_a_rehearsal_may_ask_for_some_estimands_only(
    study: Callable[..., Any], filled: Callable[..., Any], pocket_data: Any
) -> None:
    first = pocket_data["estimands"][0]
    second = {**first, "id": "second", "role": "secondary", "label": "Second"}
    plan = {"method": "fixed_sequence", "order": ["primary", "second"], "alpha": 0.05}
    six = filled(study(estimands=[first, second], multiplicity=plan))
    whole = analysis.estimates(six.resolved, six.records, six.allocation)
    some = analysis.estimates(six.resolved, six.records, six.allocation, only=["primary"])
    assert some == whole[:1]
    # What the sequence needs and was not asked for is not rejected, so what follows is not tested.
    (alone,) = analysis.estimates(six.resolved, six.records, six.allocation, only=["second"])
    assert (alone.tested, alone.p_value) == (False, None)
