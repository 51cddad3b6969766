"""What stands beside operating characteristics: curves that meet the rehearsal, looks kept, one trial drawn."""

from functools import lru_cache
from pathlib import Path

import pytest

from equipoise import design, protocol
from equipoise.analysis.posed import NoBatchPath
from equipoise.design import curves, stops
from equipoise.design.blocks import work_of
from equipoise.design.cache import Cache
from equipoise.design.engine import Engine
from equipoise.design.findings import Inquiry
from equipoise.design.particulars import formulas, plan_of, priors_used, scenarios_of
from equipoise.design.pictured import picture_of
from equipoise.design.prospect import find_prospect
from equipoise.design.rehearsal import Amount, rehearse
from equipoise.protocol.grid import expand

PROTOCOLS = Path(__file__).parents[2] / "protocols"
SEED = 3


@lru_cache
def resolved_of(name):
    return protocol.resolve(protocol.load((PROTOCOLS / f"{name}.yaml").read_bytes(), name=name))


@pytest.fixture(scope="module")
def drawn():
    """Return the curves of two scenarios at two sizes and two effects."""
    resolved = resolved_of("frontline")
    course = curves.Course(
        resolved=resolved,
        scenarios=[resolved.protocol.scenario(name) for name in ("null", "phase-3")],
        estimand=resolved.protocol.primary,
        gated=("primary",),
        seed=SEED,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(curves, "SIZES", (1.0, 2.0))
        patch.setattr(curves, "SCALES", (0.0, 1.0))
        return curves.find_curves(Engine(), course, replicates=200)


def test_curves_are_drawn_where_there_is_an_effect_and_meet_the_rehearsal(drawn):
    assert [(one["scenario"], one["axis"]) for one in drawn] == [
        ("phase-3", curves.BY_SIZE),
        ("phase-3", curves.BY_EFFECT),
    ]
    by_size, by_effect = (one["points"] for one in drawn)
    resolved = resolved_of("frontline")
    work = work_of(resolved, resolved.protocol.scenario("phase-3"), estimands=["primary"], seed=SEED)
    (series,) = rehearse(Engine(), [work], resolved=resolved, amount=Amount(200))
    rehearsed = series.rejected["primary"].mean()
    assert by_size[0]["power"] == by_effect[1]["power"] == rehearsed
    assert [point["n"] for point in by_size] == [30, 60]


def test_a_curve_says_what_is_true_and_what_a_formula_says_at_each_point(drawn):
    _, by_effect = (one["points"] for one in drawn)
    assert by_effect[0]["true_value"] == pytest.approx(0.0, abs=0.25)
    assert by_effect[1]["true_value"] == pytest.approx(-3.7, abs=0.25)
    for point in [point for one in drawn for point in one["points"]]:
        assert abs(point["formula"] - point["power"]) < 4 * point["power_mcse"] + 0.02


def test_looks_are_rehearsed_once_and_kept(tmp_path, monkeypatch):
    resolved = resolved_of("dose-response")
    scenario = resolved.protocol.scenario("phase-3")
    work = work_of(resolved, scenario, estimands=(), seed=SEED, participants=45)
    found, reasons = stops.find_stops(Engine(cache=Cache(tmp_path)), [work], resolved=resolved, replicates=4)
    assert reasons == []
    assert (found[0]["estimand"], found[0]["n"], found[0]["replicates"]) == ("primary", 45, 4)
    monkeypatch.setattr(stops, "packed_stops", lambda *_: pytest.fail("rehearsed again"))
    again, _ = stops.find_stops(Engine(cache=Cache(tmp_path)), [work], resolved=resolved, replicates=4)
    assert again == found


def test_looks_that_arrays_cannot_hold_say_why(monkeypatch):
    def refuse(*_, **__):
        raise NoBatchPath("it is found by what participants answer")

    monkeypatch.setattr(stops, "operating_characteristics", refuse)
    resolved = resolved_of("dose-response")
    work = work_of(resolved, resolved.protocol.scenario("phase-3"), estimands=(), seed=SEED, participants=45)
    found, reasons = stops.find_stops(Engine(), [work], resolved=resolved, replicates=4)
    assert found == []
    assert reasons == ["the looks are not rehearsed, since it is found by what participants answer"]


def test_the_trial_pictured_is_the_first_one_simulate_writes():
    resolved = resolved_of("frontline")
    truth = design.truth_of(resolved, resolved.protocol.scenario("back-2024"))
    told = picture_of(truth, resolved.protocol.primary, seed=SEED)
    written = design.simulate(resolved, scenario="back-2024", seed=SEED)
    assert sum(arm["n"] for arm in told["arms"]) == 30
    values = written.records.values
    recorded = values[(values["form"] == "madrs") & (values["visit"] == "D28")]
    seen = sum(1 for arm in told["arms"] for line in arm["courses"] for day, _ in line if day == 28)
    assert seen == recorded["participant"].nunique()
    assert told["ci_low"] < told["estimate"] < told["ci_high"]


def test_particulars_name_what_was_planned_and_what_nobody_stands_behind():
    resolved = resolved_of("frontline")
    cells = expand(resolved.protocol.simulation)[:1]
    plan = plan_of(resolved)
    assert (plan["primary"], plan["planned_n"], plan["looks"]) == ("primary", 30, [])
    (told,) = scenarios_of(resolved, cells)
    assert "accrual" in told["assumptions"]
    assert "Luquiens 2025" in next(one["text"] for one in told["sources"] if one["path"] == "expectancy")
    assert {one["id"] for one in priors_used(resolved, cells)} == {
        "back-2024-shrunk",
        "psilocybin-predictive",
    }
    (row,) = formulas(resolved, cells, participants=60, estimands=["primary"])
    assert (row["n"], row["power"] > 0.99) == (60, True)
    assert plan_of(resolved_of("dose-response"))["looks"][0]["looks"][-1]["nominal"] < 0.05


def test_a_plan_without_looks_leaves_no_table_of_looks():
    resolved = resolved_of("frontline")
    inquiry = Inquiry(resolved, expand(resolved.protocol.simulation)[1:2], Amount(8), SEED, only=("primary",))
    found = find_prospect([("planned", inquiry)], Engine(), curves=False)
    assert found.sequential is None
    assert found.tables["curves"] == []
    assert found.tables["picture"]["scenario"] == "null"
