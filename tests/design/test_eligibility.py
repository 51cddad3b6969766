"""Rules turned into allowed values, and the people who meet or break them."""

from typing import Any

import numpy as np

from equipoise import records
from equipoise.design import simulate, truth_of
from equipoise.protocol import Resolved


def _breaking(resolved: Resolved, simulated: Any) -> dict[str, set[str]]:
    """Return criterion to the participants whose recorded answers break it, by the protocol's own rules."""
    found = {}
    for one in resolved.protocol.eligibility:
        if one.rule is not None:
            met = records.evaluate(simulated.records, resolved, one.rule)
            wrong = one.kind == "exclusion"
            found[one.id] = {who for who, value in met.items() if value is wrong}
    return found


def test_whoever_is_randomized_meets_every_rule(frontline: Resolved, trial: Resolved) -> None:
    for resolved in (frontline, trial):
        simulated = simulate(resolved, participants=60)
        randomized = set(simulated.allocation.participants)
        for criterion, who in _breaking(resolved, simulated).items():
            assert not who & randomized, criterion


def test_whoever_fails_a_criterion_breaks_its_rule(frontline: Resolved) -> None:
    simulated = simulate(frontline, participants=120)
    rows = simulated.records.dispositions
    failed = rows[rows["status"] == "failed"].set_index("participant")["reason"]
    breaking = _breaking(frontline, simulated)
    assert {"I4", "I3", "E2", "declined"} <= set(failed)
    for who, reason in failed.items():
        if reason != "declined":
            assert who in breaking[reason], reason


def test_a_rule_on_several_items_is_met_with_the_right_probabilities(small: Any) -> None:
    truth = truth_of(small(), small().protocol.scenario())
    demand = truth.people.demands.demand("I3")
    assert demand is not None
    assert demand.together is not None
    assert int(demand.together.sum()) == 3
    simulated = simulate(small(), participants=600)
    rows = simulated.records.values
    answers = rows[rows["form"] == "intake"].pivot_table(
        index="participant", columns="item", values="code", aggfunc="first"
    )
    share = float(((answers["one"] == "1") & (answers["two"] == "1")).mean())
    assert abs(share - 1 / 3) < 4 * np.sqrt(2 / 9 / 600)


def test_numbers_are_drawn_within_the_allowed_range_and_keep_their_shape(trial: Resolved) -> None:
    rows = simulate(trial, participants=600).records.values
    ages = rows[rows["item"] == "age"]["number"]
    assert ages.between(18, 69).all()
    assert 36 < ages.mean() < 44
    assert 9 < ages.std() < 13


def test_a_rule_over_too_many_combinations_is_named_as_unmet(small: Any) -> None:
    def tangled(data: dict[str, Any]) -> None:
        data["eligibility"].append(
            {"id": "I9", "kind": "inclusion", "text": "x", "rule": "intake.age@SCR + madrs.total@SCR > 60"}
        )

    resolved = small(tangled)
    assert truth_of(resolved, resolved.protocol.scenario()).people.demands.unmet == ("I9",)


def test_a_scale_that_stays_silent_meets_a_rule_on_its_alarm(dose_response: Resolved) -> None:
    truth = truth_of(dose_response, dose_response.protocol.scenario())
    assert truth.people.demands.unmet == ()


def test_a_denied_list_of_conditions_is_taken_apart_as_well(small: Any) -> None:
    def denied(data: dict[str, Any]) -> None:
        rule = 'not (intake.ill@SCR == "0" and intake.age@SCR >= 30)'
        data["eligibility"].append({"id": "E9", "kind": "exclusion", "text": "x", "rule": rule})

    resolved = small(denied)
    truth = truth_of(resolved, resolved.protocol.scenario())
    demand = truth.people.demands.demand("E9")
    assert demand is not None
    assert demand.together is None
    rows = simulate(resolved, participants=60).records.values
    assert rows[rows["item"] == "age"]["number"].min() >= 30
