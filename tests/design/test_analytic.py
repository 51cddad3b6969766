"""Power by formula, beside what the very same scenario gives when it is drawn."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from equipoise.analysis.batched import estimate_batch
from equipoise.design import Truth, draw
from equipoise.design.analytic import FORMULAS, analytic_of, analytic_power
from equipoise.design.rehearsed import Rehearsed
from equipoise.protocol.estimators import ESTIMATORS
from equipoise.protocol.plan import Estimator
from equipoise.statistics.power.means import sd_of_change, t_test

MODEL = {"covariates": ["madrs.total@BASE"]}
REPLICATES = 400


def asking(**changes: Any) -> Callable[[dict[str, Any]], None]:
    """Return an edit that changes the estimand, and shrinks the effect so that power is middling."""

    def edit(data: dict[str, Any]) -> None:
        data["estimands"][0].update(changes)
        scenario = data["simulation"]["scenarios"][0]
        scenario["outcomes"]["madrs.total"]["effect"] = {"drug": {"D7": -6, "D28": -6, "D84": -4}}
        scenario["dropout"] = {"per_28_days": 0.1, "mechanism": "mcar"}

    return edit


RESPONSE = {"variable": {"score": "madrs.total", "type": "response", "baseline": "BASE", "visit": "D28", "fraction": 0.5}, "missing": "failure"}  # fmt: skip
CASES = {
    "t_change": asking(),
    "ancova": asking(estimator={"name": "ancova", **MODEL}),
    "mmrm": asking(estimator={"name": "mmrm", **MODEL}, missing="missing_at_random"),
    "hodges_lehmann": asking(estimator={"name": "hodges_lehmann"}, summary="location_shift"),
    "risk_difference": asking(estimator={"name": "risk_difference"}, summary="risk_difference", **RESPONSE),
    "odds_ratio": asking(estimator={"name": "odds_ratio"}, summary="odds_ratio", **RESPONSE),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_formula_says_what_simulation_finds(ready: Callable[..., Truth], name: str) -> None:
    small = ready(CASES[name], participants=48)
    # Ranks take one trial after another.
    replicates = REPLICATES // 4 if name == "hodges_lehmann" else REPLICATES
    found = analytic_of(small, "primary")
    (estimand,) = small.resolved.protocol.estimands
    batch = draw(small.until(["D28"]), range(replicates), seed=11)
    answers = estimate_batch(Rehearsed(batch), [estimand])["primary"]
    simulated = float(np.mean(answers.p_value <= 0.05))
    assert found.power is not None
    # Whole points, the ends of the scale and Noether's approximation are worth up to .03 here.
    assert abs(simulated - found.power) < 0.03 + 4 * np.sqrt(found.power * (1 - found.power) / replicates)
    assert 0.3 < found.power < 0.95


def test_the_t_test_is_the_formula_at_the_stated_moments(ready: Callable[..., Truth]) -> None:
    found = analytic_of(ready(), "primary")
    sds = [sd_of_change(6, 7, 0.3), sd_of_change(6, 9, 0.5)]
    by_hand = t_test(-8, n=24, sd=float(np.sqrt(np.mean(np.square(sds)))))
    assert found.power == pytest.approx(by_hand.power + by_hand.wrong)
    assert (found.effect, found.n_arm, found.n_reference, found.alpha) == (-8, 12, 12, 0.05)
    assert "one spread in both arms, which the scenario does not state" in found.assumes


def test_number_and_level_can_be_asked_for(small: Callable[..., Any]) -> None:
    resolved = small()
    scenario = resolved.protocol.scenario()
    powers = [analytic_power(resolved, scenario, "primary", n=n).power for n in (20, 40, 80)]
    assert powers == sorted(powers)
    strict = analytic_power(resolved, scenario, "primary", alpha=0.01)
    assert strict.alpha == 0.01
    assert strict.power < analytic_power(resolved, scenario, "primary").power
    with pytest.raises(KeyError):
        analytic_power(resolved, scenario, "nothing")


def test_without_an_effect_the_test_keeps_its_level(ready: Callable[..., Truth]) -> None:
    def edit(data: dict[str, Any]) -> None:
        del data["simulation"]["scenarios"][0]["outcomes"]["madrs.total"]["effect"]

    found = analytic_of(ready(edit), "primary")
    assert found.power == pytest.approx(0.05)
    assert found.right == pytest.approx(0.025)


@pytest.mark.parametrize("name", sorted(set(ESTIMATORS) - set(FORMULAS)))
def test_an_estimator_without_a_formula_says_so(ready: Callable[..., Truth], name: str) -> None:
    small = ready()
    (primary,) = small.resolved.protocol.estimands
    other = primary.model_copy(update={"estimator": Estimator(name=name)})
    small.resolved.protocol.__dict__["estimands"] = (other,)
    found = analytic_of(small, "primary")
    assert found.power is None
    assert found.reason == f"no formula is known for {name}"
    assert found.summary() == f"primary: no formula ({found.reason})"
    assert found.row()["assumes"] == []


def test_what_a_formula_cannot_do_is_said_and_no_error(ready: Callable[..., Truth]) -> None:
    percent = {"variable": {"score": "madrs.total", "type": "percent_change", "visit": "D28"}}
    assert "percent change" in analytic_of(ready(asking(**percent)), "primary").reason
    few = ready(CASES["mmrm"], participants=4)
    assert "too few" in analytic_of(few, "primary").reason
    binary = asking(estimator={"name": "t_change"}, **{**RESPONSE, "missing": "complete_cases"})
    with pytest.raises(Exception, match="t_change"):
        ready(binary)


def test_looks_move_the_level_to_that_of_the_last_one(ready: Callable[..., Truth]) -> None:
    def edit(data: dict[str, Any]) -> None:
        data["sample_size"] = {"n": 24, "justification": "By simulation"}
        data["multiplicity"] = {"method": "fixed_sequence", "order": ["primary"], "alpha": 0.05}
        data["interims"] = [{"id": "half", "estimand": "primary", "trigger": {"visit": "D28", "fraction": 0.5}, "spending": {"method": "pocock"}, "seen_by": ["dsmb_member"]}]  # fmt: skip

    found = analytic_of(ready(edit), "primary")
    assert found.alpha == pytest.approx(0.0277, abs=1e-4)
    assert "that interim looks may end the trial before" in found.ignores
