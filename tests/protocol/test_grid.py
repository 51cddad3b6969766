"""Grids: paths, values, cells in order, and ten million of them counted without being built."""

import json
import time
from typing import Any

import pytest

from equipoise.errors import ProtocolError
from equipoise.protocol.grid import Cells, expand, route
from equipoise.protocol.scenarios import Simulation

SCENARIO: dict[str, Any] = {
    "id": "truth",
    "label": "A truth",
    "participants": 30,
    "accrual": {"start_date": "2030-01-01", "per_month": 4},
    "outcomes": {
        "madrs.total": {
            "baseline": {"mean": 28, "sd": 6},
            "response": {"D7": -6, "D28": -8},
            "effect": {"drug": {"D28": -8}},
            "sd": {"drug": 7, "control": 9},
        },
        "madrs": {"baseline": {"mean": 1, "sd": 1}, "response": {}, "sd": 1},
    },
    "dropout": {"per_28_days": 0.1, "later": [{"from_day": 30, "per_28_days": 0.2}]},
}
MADRS = "outcomes.madrs.total"


def _simulation(*grids: dict[str, Any]) -> Simulation:
    data = {"seed": 1, "scenarios": [SCENARIO, {**SCENARIO, "id": "other"}], "grid": grids}
    return Simulation.model_validate_json(json.dumps(data))


def _grid(vary: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"id": "spread", "scenario": "truth", "vary": vary, **changes}


def test_scenarios_come_first_then_cells_with_the_last_path_varying_fastest() -> None:
    cells = expand(_simulation(_grid({"participants": [20, 40], f"{MADRS}.effect.drug.D28": [-4, -6, -8]})))
    assert [cell.id for cell in cells] == ["truth", "other", *(f"spread.{n}" for n in range(1, 7))]
    seen = [(cell.scenario.participants, _effect(cell.scenario)) for cell in cells[2:]]
    assert seen == [(n, effect) for n in (20, 40) for effect in (-4, -6, -8)]
    assert cells[-1].coordinates == {"participants": 40, f"{MADRS}.effect.drug.D28": -8}
    assert (cells[-1].grid, cells[-1].base, cells[0].grid) == ("spread", "truth", None)


def _effect(scenario: Any) -> float:
    found: float = scenario.outcomes["madrs.total"].effect["drug"]["D28"]
    return found


def test_a_cell_shares_the_random_numbers_of_its_scenario() -> None:
    cell = expand(_simulation(_grid({"missed_forms": [0.1]})))[-1]
    assert (cell.scenario.id, cell.scenario.numbers_of) == ("spread.1", "truth")


def test_what_a_cell_does_not_vary_stays_as_it_was() -> None:
    cells = expand(_simulation(_grid({f"{MADRS}.sd.drug": [8], "dropout.later.0.per_28_days": [0.5]})))
    before, after = cells[0].scenario, cells[-1].scenario
    assert after.outcomes["madrs.total"].sd == {"drug": 8, "control": 9}
    assert after.dropout is not None
    assert (after.dropout.per_28_days, after.dropout.later[0].per_28_days) == (0.1, 0.5)
    kept = {"id", "numbers_of", "outcomes", "dropout"}
    assert after.model_dump(exclude=kept) == before.model_dump(exclude=kept)


def test_a_part_that_is_left_out_may_be_varied() -> None:
    cells = expand(_simulation(_grid({f"{MADRS}.clustering.site": [0.1], f"{MADRS}.effect_scale": [0.5]})))
    varied = cells[-1].scenario.outcomes["madrs.total"]
    assert (varied.clustering.site, varied.effect_scale) == (0.1, 0.5)


def test_a_whole_curve_may_be_a_value() -> None:
    curves = [{"D28": -2}, {"D7": -3, "D28": -3}]
    cells = expand(_simulation(_grid({f"{MADRS}.effect.drug": curves})))
    assert [cell.scenario.outcomes["madrs.total"].effect["drug"] for cell in cells[2:]] == curves


def test_of_keys_with_dots_the_longest_that_fits_is_meant() -> None:
    scenario = _simulation().scenarios[0]
    assert route(scenario, f"{MADRS}.sd.drug") == ("outcomes", "madrs.total", "sd", "drug")
    assert route(scenario, "outcomes.madrs.sd") == ("outcomes", "madrs", "sd")


def test_ten_million_cells_are_counted_without_being_built() -> None:
    many = [n / 1000 for n in range(1000)]
    began = time.process_time()
    cells = expand(
        _simulation(_grid({"missed_forms": many, "late_visits": many, "participants": [*range(10, 20)]}))
    )
    assert len(cells) == 2 + 10_000_000
    assert cells[10_000_001].coordinates == {"missed_forms": 0.999, "late_visits": 0.999, "participants": 19}
    assert time.process_time() - began < 2.0


def test_a_cross_holds_the_first_cell_and_what_differs_from_it_in_one_value() -> None:
    cells = Cells(_simulation(_grid({"participants": [20, 40, 60], "missed_forms": [0.0, 0.1]})))
    crossed = [cells[place].coordinates for place in cells.cross]
    assert crossed == [
        {"participants": 20, "missed_forms": 0.0},
        {"participants": 20, "missed_forms": 0.1},
        {"participants": 40, "missed_forms": 0.0},
        {"participants": 60, "missed_forms": 0.0},
    ]


def test_a_cell_is_found_by_its_id() -> None:
    cells = expand(_simulation(_grid({"participants": [20, 40]}), _grid({"missed_forms": [0.1]}, id="b.c")))
    assert [cells.named(cell.id) for cell in cells] == list(cells)
    for stranger in ("spread.0", "spread.3", "spread.x", "spread", "b.c.2", "nobody"):
        with pytest.raises(KeyError):
            cells.named(stranger)


def test_cells_are_a_sequence() -> None:
    cells = expand(_simulation(_grid({"participants": [20, 40]})))
    assert cells[-2].id == "spread.1"
    with pytest.raises(IndexError, match="not so many"):
        cells[len(cells)]


@pytest.mark.parametrize(
    ("vary", "path", "message"),
    [
        ({"participants": [1]}, "participants.0", "`1` is no value of `participants`"),
        ({"participants": ["many"]}, "participants.0", "`many` is no value"),
        ({"participants": []}, "participants", "no value to take"),
        ({f"{MADRS}.effect.drg.D28": [1]}, f"{MADRS}.effect.drg.D28", "states no `drg`"),
        ({f"{MADRS}.effect.drug.D29": [1]}, f"{MADRS}.effect.drug.D29", "states no `D29`"),
        ({"outcomes.pcl5.total.sd": [1]}, "outcomes.pcl5.total.sd", "states no `pcl5`"),
        ({"relapse.keeps": [0.5]}, "relapse.keeps", "relapse states no `keeps`"),
        ({"participants.more": [1]}, "participants.more", "participants states no `more`"),
        ({"id": ["x"]}, "id", "states no `id`"),
        ({f"{MADRS}.sd": [5], f"{MADRS}.sd.drug": [4]}, f"{MADRS}.sd.drug", "vary the same"),
    ],
)
def test_a_path_or_value_that_is_wrong_is_named(vary: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        expand(_simulation(_grid(vary)))
    found = {problem.path: problem.message for problem in refused.value.problems}
    assert message in found[f"simulation.grid.0.vary.{path}"]


def test_all_that_is_wrong_is_said_at_once() -> None:
    first = _grid({"participants": [1], "nothing": [1]})
    second = _grid({"missed_forms": [2.0]}, id="second", scenario="other")
    with pytest.raises(ProtocolError) as refused:
        expand(_simulation(first, second))
    assert len(refused.value.problems) == 3


def test_a_grid_whose_cells_would_be_called_like_a_scenario_is_refused() -> None:
    simulation = _simulation(_grid({"participants": [20]}))
    renamed = simulation.scenarios[0].model_copy(update={"id": "spread.1"})
    simulation = simulation.model_copy(update={"scenarios": (*simulation.scenarios, renamed)})
    with pytest.raises(ProtocolError, match="id such as those of its cells"):
        expand(simulation)


def test_an_id_that_leaves_no_room_for_numbers_is_refused() -> None:
    with pytest.raises(ProtocolError, match="would be too long"):
        expand(_simulation(_grid({"participants": [20]}, id="x" * 64)))
