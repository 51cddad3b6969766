"""What keeps a scenario from being simulated, and what a simulation will not show."""

import json
from typing import Any

import pytest

from equipoise.design import check, refused, truth_of
from equipoise.errors import ProtocolError
from equipoise.protocol import Protocol, Resolved


def _outcome(data: dict[str, Any], name: str = "madrs.total") -> dict[str, Any]:
    found: dict[str, Any] = data["simulation"]["scenarios"][0]["outcomes"][name]
    return found


def _scenario(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data["simulation"]["scenarios"][0]
    return found


def _unchecked(small: Any, edit: Any) -> Protocol:
    """Build a protocol past its own check, which refuses some of these files earlier."""
    scenario = small().protocol.model_dump(mode="json")
    scenario["import"] = scenario.pop("import_map", None)
    edit(scenario)
    return Protocol.model_validate_json(json.dumps(scenario))


def test_the_protocols_that_come_along_can_be_simulated(frontline: Resolved, dose_response: Resolved) -> None:
    assert check(frontline.protocol) == []
    assert check(dose_response.protocol) == []


def test_a_protocol_without_scenarios_has_no_problem(small: Any) -> None:
    assert check(small(lambda data: data.pop("simulation")).protocol) == []


@pytest.mark.parametrize(
    ("edit", "path", "said"),
    [
        (
            lambda data: _outcome(data)["correlation"].update(baseline=0.85, visits=0.3),
            "outcomes.madrs.total",
            "exclude each other",
        ),
        (lambda data: _outcome(data).update(sd=40), "outcomes.madrs.total", "standard deviation below"),
        (
            lambda data: _outcome(data)["effect"]["drug"].update(D28=-40),
            "outcomes.madrs.total",
            "inside the range",
        ),
        (
            lambda data: _scenario(data).update(dropout={"per_28_days": 1.0}),
            "dropout.per_28_days",
            "everybody leaves",
        ),
        (
            lambda data: _scenario(data).update(screening={"failure": 1.0}),
            "screening.failure",
            "nobody is randomized",
        ),
        (
            lambda data: _scenario(data)["characteristics"].update({"intake.age": {"mean": 200, "sd": 3}}),
            "characteristics.intake.age",
            "outside its range",
        ),
        (
            lambda data: _scenario(data)["outcomes"].update({"guess.certainty": _outcome(data)}),
            "outcomes.guess.certainty",
            "not a number",
        ),
    ],
    ids=["correlations", "spread", "effect", "dropout", "screening", "characteristic", "code"],
)
def test_each_impossible_truth_is_named_with_its_place(small: Any, edit: Any, path: str, said: str) -> None:
    found = check(_unchecked(small, edit))
    assert [one.path for one in found if said in one.message] == [f"simulation.scenarios.0.{path}"]
    assert all(one.severity == "error" for one in found)


def test_two_scores_of_the_same_items_are_refused(frontline: Resolved) -> None:
    scenario = frontline.protocol.scenario()
    course = scenario.outcomes["spfi.burnout"].model_copy(
        update={"moments": "latent", "response": {}, "effect": {}}
    )
    both = scenario.model_copy(update={"outcomes": {**scenario.outcomes, "spfi.burnout_mean": course}})
    with pytest.raises(ProtocolError, match="made of the same items"):
        truth_of(frontline, both)


def test_all_problems_come_at_once(small: Any) -> None:
    def edit(data: dict[str, Any]) -> None:
        _outcome(data).update(sd=40)
        _scenario(data).update(dropout={"per_28_days": 1.0})

    assert len(check(_unchecked(small, edit))) == 2


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (
            lambda data: data["eligibility"].append(
                {"id": "I9", "kind": "inclusion", "text": "x", "rule": "madrs.total@BASE > 24"}
            ),
            "break an eligibility rule",
        ),
        (
            lambda data: data["eligibility"].append(
                {
                    "id": "I9",
                    "kind": "inclusion",
                    "text": "x",
                    "rule": "intake.age@SCR + madrs.total@SCR > 60",
                }
            ),
            "cannot be enumerated",
        ),
        (
            lambda data: (
                data["deviations"].append(
                    {"id": "old", "text": "x", "importance": "minor", "rule": "intake.age@SCR > 50"}
                ),
                _scenario(data).update(deviations={"old": 0.1}),
            ),
            "found by a rule",
        ),
        (
            lambda data: (
                data["intercurrent_events"].append(
                    {"id": "gone", "text": "x", "detect": {"disposition": "withdrew"}}
                ),
                _scenario(data).update(
                    intercurrent_events={"gone": {"probability": 0.1, "from_day": 1, "to_day": 2}}
                ),
            ),
            "only dropout leaves",
        ),
    ],
    ids=["baseline", "rule", "deviation", "event"],
)
def test_what_a_simulation_will_not_show_is_a_warning(small: Any, edit: Any, said: str) -> None:
    found = check(small(edit).protocol)
    assert [one.severity for one in found if said in one.message] == ["warning"]


def test_a_sign_nobody_collects_is_named(small: Any, scenario_with: Any) -> None:
    sign = {"rest": {"mean": 400, "sd": 5}}
    found = check(_unchecked(small, scenario_with(signs={"vitals.systolic": sign, "vitals.glucose": sign})))
    assert [one.path for one in found] == [
        "simulation.scenarios.0.signs.vitals.systolic",
        "simulation.scenarios.0.signs.vitals.glucose",
    ]


def test_a_stratum_whose_values_are_no_levels_is_named(small: Any) -> None:
    def stratified(data: dict[str, Any]) -> None:
        data["allocation"]["strata"] = [
            {"id": "use", "item": "intake.ill@SCR", "levels": ["never", "ever"]},
        ]

    found = check(_unchecked(small, stratified))
    assert any("is no level of `use`" in one.message for one in found)


def test_a_bias_on_no_outcome_and_a_rise_in_no_arm_are_named(small: Any, scenario_with: Any) -> None:
    expectancy = {"bias": {"madrs.totl": -3}, "bias_sd": {"madrs.total": 1, "pcl5": 2}}
    sign = {"rest": {"mean": 120, "sd": 5}, "rise": {"drog": 10}}
    found = check(_unchecked(small, scenario_with(expectancy=expectancy, signs={"vitals.systolic": sign})))
    assert sorted(one.path.removeprefix("simulation.scenarios.0.") for one in found) == [
        "expectancy.bias.madrs.totl",
        "expectancy.bias_sd.pcl5",
        "signs.vitals.systolic.rise",
    ]


def _grid(vary: dict[str, Any]) -> Any:
    grid = {"id": "spread", "scenario": "truth", "vary": vary}
    return lambda data: data["simulation"].update(grid=[grid])


def test_every_impossible_cell_of_a_grid_is_named_with_its_coordinates(small: Any) -> None:
    effects, tie = [-8, -25], "outcomes.madrs.total.correlation.baseline.drug"
    vary = {"outcomes.madrs.total.effect.drug.D28": effects, tie: [0.3, 0.99]}
    found = check(small(_grid(vary)).protocol)
    cells = {problem.message.partition(" ")[0] for problem in found}
    assert cells == {"spread.2", "spread.3", "spread.4"}
    (far,) = (one for one in found if one.message.startswith("spread.3"))
    assert "outcomes.madrs.total.effect.drug.D28 = -25" in far.message
    assert "outside 0 to 60" in far.message


def test_a_dropout_of_everybody_or_a_chance_above_1_is_refused_in_a_cell(
    small: Any, scenario_with: Any
) -> None:
    def edit(data: dict[str, Any]) -> None:
        scenario_with(dropout={"per_28_days": 0.1}, attendance=0.9)(data)
        _grid({"dropout.per_28_days": [0.1, 1.0], "attendance": [0.9, 2.0]})(data)

    messages = [problem.message for problem in check(small(edit).protocol)]
    assert any("spread.3" in one and "everybody leaves" in one for one in messages)
    assert any("spread.2" in one and "2 is no probability" in one for one in messages)


def test_of_a_grid_with_many_cells_only_some_are_tried(small: Any) -> None:
    resolved = small(
        _grid({"participants": [*range(10, 110)], "missed_forms": [n / 100 for n in range(100)]})
    )
    assert refused(resolved, most=5) == []
    assert check(resolved.protocol) == []


def test_a_characteristic_asked_after_randomization_modifies_nothing(small: Any, scenario_with: Any) -> None:
    def edit(data: dict[str, Any]) -> None:
        data["visits"][3]["forms"].append("intake")
        late = {"item": "intake.age@D7", "at_least": 20, "response": {"madrs.total": 1}}
        scenario_with(modifiers={"late": late})(data)

    found = check(small(edit).protocol)
    assert any("is asked after randomization" in problem.message for problem in found)


def test_clusters_that_leave_no_room_for_the_correlations_are_refused(small: Any) -> None:
    def edit(data: dict[str, Any]) -> None:
        _outcome(data)["clustering"] = {"site": 0.9}

    (found,) = check(small(edit).protocol)
    assert "or lower the share of clusters, 0.9" in found.message


def test_an_effect_that_may_be_lost_needs_scores_without_it(small: Any, scenario_with: Any) -> None:
    def edit(data: dict[str, Any]) -> None:
        _outcome(data)["response"] = {"D7": 0, "D28": 33}
        _outcome(data)["effect"] = {"drug": {"D7": 0, "D28": -33}, "control": {"D28": -33}}

    def losing(data: dict[str, Any]) -> None:
        edit(data)
        scenario_with(relapse={"per_28_days": 0.1})(data)

    def believing(data: dict[str, Any]) -> None:
        edit(data)
        one = {"score": "madrs.total", "arm": "drug", "visit": "D28", "prior": "phase-3"}
        data["simulation"]["assurance"] = [{"id": "a", "scenario": "truth", **one}]

    assert check(small(edit).protocol) == []
    for changed in (losing, believing):
        messages = [problem.message for problem in check(small(changed).protocol)]
        assert messages
        assert all("without the drug's effect: a mean of 61" in one for one in messages)
