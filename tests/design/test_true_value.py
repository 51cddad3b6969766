"""True values: against closed forms, under each strategy, and against trials drawn at length."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from equipoise.design import TrueValue, Truth, draw, true_value_key, true_values, truth_of
from equipoise.design.true_value import median_difference
from equipoise.protocol import Resolved

PARTICIPANTS = 65_536
SEED = 9
STANDARD_ERRORS = 4.0
EVENT = {
    "probability": {"drug": 0.3, "control": 0.5},
    "from_day": 8,
    "to_day": 40,
    "shift": {"madrs.total": -6},
}


def _edit(*edits: Any) -> Any:
    def edit(data: dict[str, Any]) -> None:
        for one in edits:
            one(data)

    return edit


def _estimand(**changes: Any) -> Any:
    return lambda data: data["estimands"][0].update(changes)


def _variable(**changes: Any) -> Any:
    return lambda data: data["estimands"][0]["variable"].update(changes)


def _primary(truth: Truth, **options: Any) -> TrueValue:
    return true_values(truth, seed=SEED, **{"participants": PARTICIPANTS, **options})["primary"]


def _near(found: TrueValue, expected: float) -> None:
    assert found.value is not None
    assert found.mcse is not None
    assert abs(found.value - expected) <= STANDARD_ERRORS * found.mcse, (found, expected)


def _recorded(truth: Truth, arm: int, *, shift: float = 0.0, visit: str = "D28") -> tuple[float, Any]:
    """Return the mean of a recorded score and the chances of its values, by sums over the scale."""
    course = truth.courses["madrs.total"]
    at = [truth.timeline.places[place].visit.id for place in course.places].index(visit)
    mean, sd = course.mean[0, arm, at] + shift, course.sd[0, arm, at]
    below = ndtr((course.measure.lattice.thresholds() - mean) / sd)
    chances = np.diff(below, prepend=0.0, append=1.0)
    return float(chances @ np.arange(chances.size)), chances


def _baseline(truth: Truth) -> float:
    """Return the difference of recorded baselines."""
    course = truth.courses["madrs.total"]
    return float(np.subtract(*[course.measure.lattice.moments(*course.start[:, arm])[0] for arm in (0, 1)]))


def test_rounding_and_clamping_are_part_of_it(ready: Any) -> None:
    def latent(data: dict[str, Any]) -> None:
        outcome = data["simulation"]["scenarios"][0]["outcomes"]["madrs.total"]
        outcome.update(moments="latent", response={"D28": -9.3}, effect={"drug": {"D28": -12}})
        outcome.update(sd={"drug": 6.72, "control": 10.34})

    truth = ready(latent)
    found = _primary(truth)
    expected = _recorded(truth, 0)[0] - _recorded(truth, 1)[0]
    _near(found, expected)
    assert found.value is not None
    assert -11.7 < found.value < -11.3
    assert found.participants >= PARTICIPANTS


def test_a_stated_difference_of_recorded_scores_is_the_true_one(ready: Any) -> None:
    _near(_primary(ready()), -8.0)


@pytest.mark.parametrize("kind", ["value", "percent_change"])
def test_other_numbers_have_true_values_too(ready: Any, kind: str) -> None:
    found = _primary(ready(_variable(type=kind)))
    assert found.value is not None
    if kind == "value":
        _near(found, -8.0)
    else:
        assert -40 < found.value < -20


@pytest.mark.parametrize("summary", ["risk_difference", "odds_ratio"])
def test_remission_is_counted_on_recorded_scores(ready: Any, summary: str) -> None:
    estimand = _estimand(summary=summary, estimator={"name": summary}, missing="failure")
    truth = ready(_edit(_variable(type="remission", threshold=10), estimand))
    drug, control = (float(_recorded(truth, arm)[1][:11].sum()) for arm in (0, 1))
    odds = drug / (1 - drug) / (control / (1 - control))
    _near(_primary(truth), drug - control if summary == "risk_difference" else odds)


def test_response_follows_the_analysis_own_rule(ready: Any) -> None:
    estimand = _estimand(summary="risk_difference", estimator={"name": "risk_difference"}, missing="failure")
    truth = ready(_edit(_variable(type="response", fraction=0.5), estimand))
    batch = draw(truth, range(150), seed=3)
    scored = batch.scores["madrs.total"]
    start, end = (scored.values[:, :, scored.visits.index(visit)] for visit in ("BASE", "D28"))
    met = (end <= 0.5 * start).astype(float)
    shares = np.array([np.where(batch.arm == arm, met, np.nan) for arm in (0, 1)])
    differences = np.subtract(*np.nanmean(shares, axis=2))
    found = _primary(truth)
    assert found.value is not None
    error = differences.std(ddof=1) / np.sqrt(differences.size)
    assert abs(differences.mean() - found.value) < STANDARD_ERRORS * error


def test_a_shift_in_location_is_the_median_of_all_differences(ready: Any) -> None:
    estimand = _estimand(summary="location_shift", estimator={"name": "hodges_lehmann"})
    truth = ready(_edit(_variable(type="value"), estimand))
    chances = [_recorded(truth, arm)[1] for arm in (0, 1)]
    scores = [dict(enumerate(one)) for one in chances]
    assert _primary(truth).value == pytest.approx(median_difference(*scores), abs=0.01)


def test_the_median_difference_of_two_small_groups_is_that_of_their_pairs() -> None:
    first, second = [1.0, 5.0, 5.0, 9.0], [0.0, 2.0, 2.0]
    pairs = [x - y for x in first for y in second]
    counted = [{value: one.count(value) for value in one} for one in (first, second)]
    assert median_difference(*counted) == np.median(pairs)


def _handled(strategy: str, **changes: Any) -> Any:
    def edit(data: dict[str, Any]) -> None:
        handled = [{"event": "antidepressant", "strategy": strategy}]
        data["estimands"][0].update(intercurrent_events=handled)
        event = {**EVENT, **changes}
        data["simulation"]["scenarios"][0].update(intercurrent_events={"antidepressant": event})

    return edit


def test_under_treatment_policy_what_is_recorded_after_an_event_counts(ready: Any) -> None:
    truth = ready(_handled("treatment_policy"))
    before = (28 - 8) / 33  # Days 8 to 27 of the 33 on which the event may fall.
    expected = 0.0
    for arm, sign, chance in ((0, 1, 0.3), (1, -1, 0.5)):
        with_it, without = _recorded(truth, arm, shift=-6)[0], _recorded(truth, arm)[0]
        expected += sign * (chance * before * with_it + (1 - chance * before) * without)
    _near(_primary(truth), expected - _baseline(truth))


def test_under_the_hypothetical_strategy_it_does_not_happen(ready: Any) -> None:
    _near(_primary(ready(_handled("hypothetical"))), -8.0)


def test_a_composite_counts_it_as_failure(ready: Any) -> None:
    estimand = _estimand(summary="risk_difference", estimator={"name": "risk_difference"}, missing="failure")
    variable = _variable(type="remission", threshold=10)
    truth = ready(_edit(_handled("composite", shift={}), variable, estimand))
    before = (28 - 8) / 33
    drug, control = (
        float(_recorded(truth, arm)[1][:11].sum()) * (1 - chance * before)
        for arm, chance in ((0, 0.3), (1, 0.5))
    )
    _near(_primary(truth), drug - control)


def test_while_on_treatment_takes_the_last_score_before_it(ready: Any) -> None:
    def weaker_at_first(data: dict[str, Any]) -> None:
        effect = data["simulation"]["scenarios"][0]["outcomes"]["madrs.total"]["effect"]["drug"]
        effect["D7"] = -3

    handled = _handled("while_on_treatment", shift={}, probability=1, from_day=8, to_day=27)
    truth = ready(_edit(handled, weaker_at_first))
    expected = _recorded(truth, 0, visit="D7")[0] - _recorded(truth, 1, visit="D7")[0] - _baseline(truth)
    _near(_primary(truth), expected)


def test_belief_is_part_of_the_value_and_no_part_of_the_pharmacological_one(frontline: Resolved) -> None:
    truth = truth_of(frontline, frontline.protocol.scenario("expectancy-only"))
    found = _primary(truth)
    # Nine in ten guess right in both arms, and believers lie eight points lower.
    _near(found, 0.8 * (_recorded(truth, 1, shift=-8)[0] - _recorded(truth, 1)[0]))
    assert (found.pharmacological, found.pharmacological_mcse) == (0.0, 0.0)


@pytest.mark.parametrize("scenario", ["null", "back-2024", "phase-3"])
def test_without_expectancy_effects_both_values_are_one(frontline: Resolved, scenario: str) -> None:
    truth = truth_of(frontline, frontline.protocol.scenario(scenario))
    found = _primary(truth)
    assert found.pharmacological == found.value
    _near(found, {"null": 0.0, "back-2024": -12.0, "phase-3": -3.7}[scenario])


def test_the_average_of_many_complete_trials_nears_it(ready: Any) -> None:
    truth = ready(_edit(_handled("treatment_policy")), participants=100)
    batch = draw(truth, range(300), seed=21)
    scored = batch.scores["madrs.total"]
    change = (
        scored.values[:, :, scored.visits.index("D28")] - scored.values[:, :, scored.visits.index("BASE")]
    )
    means = [np.nanmean(np.where(batch.arm == arm, change, np.nan), axis=1) for arm in (0, 1)]
    found = _primary(truth)
    assert found.value is not None
    error = (means[0] - means[1]).std(ddof=1) / np.sqrt(len(batch.replicates))
    assert abs((means[0] - means[1]).mean() - found.value) < STANDARD_ERRORS * error


def test_neither_sample_size_nor_leaving_moves_it(ready: Any, scenario_with: Any) -> None:
    few = ready(participants=20)
    other = ready(scenario_with(dropout={"per_28_days": 0.3}, missed_forms=0.2, sites=4), participants=200)
    assert _primary(few) == _primary(other)
    assert true_value_key(few) == true_value_key(other)
    stronger = ready(_handled("treatment_policy"))
    assert true_value_key(few) != true_value_key(stronger)


def test_the_same_seed_gives_the_same_value_and_another_nearly_so(ready: Any) -> None:
    truth = ready()
    first, again, other = (
        true_values(truth, seed=seed, participants=40_000)["primary"] for seed in (1, 1, 2)
    )
    assert first == again
    assert first.value != other.value
    assert first.mcse is not None
    assert other.value == pytest.approx(first.value, abs=6 * first.mcse)


def test_chunks_add_up(ready: Any) -> None:
    found = _primary(ready(), participants=70_000)
    assert found.participants == 2 * 65_536


def test_what_clusters_share_is_part_of_everybody(ready: Any) -> None:
    def clustered(data: dict[str, Any]) -> None:
        scenario = data["simulation"]["scenarios"][0]
        scenario.update(facilitators=2, sites=2)
        clustering = {"site": 0.05, "facilitator": {"drug": 0.2, "control": 0}}
        scenario["outcomes"]["madrs.total"]["clustering"] = clustering

    found, plain = _primary(ready(clustered)), _primary(ready())
    _near(found, -8.0)
    assert found.mcse == pytest.approx(plain.mcse, rel=0.2)


def test_kits_given_by_mistake_weaken_what_was_randomized_and_not_what_was_taken(
    ready: Any, scenario_with: Any
) -> None:
    mistaken = scenario_with(dispensing_error=0.25)
    _near(_primary(ready(mistaken)), -4.0)
    _near(_primary(ready(_edit(mistaken, _estimand(population="all_treated")))), -8.0)


def test_an_analysis_set_may_rest_on_a_characteristic(ready: Any, scenario_with: Any) -> None:
    used = {"intake.used_before": {"probabilities": {"never": 0.6, "ever": 0.4}}}
    modifier = {
        "item": "intake.used_before@SCR",
        "codes": ["ever"],
        "effect": {"pcl5.total": 1, "madrs.total": 0},
    }
    naive = {
        "id": "naive",
        "text": "Never used",
        "participants": "randomized",
        "arm": "as_randomized",
        "rule": 'intake.used_before@SCR == "never"',
    }
    edit = _edit(
        scenario_with(characteristics=used, modifiers={"prior_use": modifier}),
        lambda data: data.update(analysis_sets=[naive]),
    )
    _near(_primary(ready(edit)), 0.6 * -8.0)
    # A rule without a visit means the one that asks.
    anywhere = {**naive, "rule": 'intake.used_before == "never"'}
    loose = _edit(edit, lambda data: data.update(analysis_sets=[anywhere]), _estimand(population="naive"))
    _near(_primary(ready(loose)), -8.0)
    _near(_primary(ready(_edit(edit, _estimand(population="naive")))), -8.0)


def test_raters_who_drift_move_no_difference_but_a_value_that_meets_the_floor(
    ready: Any, scenario_with: Any
) -> None:
    drifting = ready(scenario_with(raters={"madrs.total": {"drift_per_year": -40}}), participants=100)
    still = _primary(ready())
    found = _primary(drifting)
    assert found.value is not None
    assert still.value is not None
    assert found.value > still.value + 0.5
    assert true_value_key(drifting) != true_value_key(ready(scenario_with(), participants=100))


def test_a_value_that_the_file_states_is_taken(ready: Any, scenario_with: Any) -> None:
    found = _primary(ready(scenario_with(true_values={"primary": -7.5})))
    assert (found.value, found.mcse, found.stated) == (-7.5, 0.0, True)
    assert found.pharmacological == pytest.approx(-8, abs=0.1)


def test_a_score_the_scenario_says_nothing_of_has_none(ready: Any) -> None:
    found = _primary(ready(lambda data: data["simulation"]["scenarios"][0]["outcomes"].pop("madrs.total")))
    assert (found.value, found.pharmacological) == (None, None)
    assert "says nothing of madrs.total" in str(found.reason)


def test_a_principal_stratum_has_none(ready: Any) -> None:
    truth = ready(_handled("treatment_policy"))
    (estimand,) = truth.resolved.protocol.estimands
    handled = (estimand.intercurrent_events[0].model_copy(update={"strategy": "principal_stratum"}),)
    estimand = estimand.model_copy(update={"intercurrent_events": handled})
    changed = truth.resolved.protocol.model_copy(update={"estimands": (estimand,)})
    found = _primary(replace(truth, resolved=replace(truth.resolved, protocol=changed)))
    assert found.value is None
    assert "principal stratum" in str(found.reason)


def test_a_population_by_a_later_score_has_no_true_value(ready: Any) -> None:
    rule = {
        "id": "ill",
        "text": "Ill",
        "participants": "randomized",
        "arm": "as_randomized",
        "rule": "madrs.total@D7 > 9",
    }
    edit = _edit(lambda data: data.update(analysis_sets=[rule]), _estimand(population="ill"))
    assert "no characteristic before randomization" in str(_primary(ready(edit), participants=1000).reason)


def test_odds_that_nobody_has_are_no_value(ready: Any) -> None:
    estimand = _estimand(summary="odds_ratio", estimator={"name": "odds_ratio"}, missing="failure")
    found = _primary(ready(_edit(_variable(type="remission", threshold=60), estimand)), participants=2000)
    assert found.value is None
    assert "all or none respond" in str(found.reason)


def test_every_estimand_of_the_flagship_has_one(frontline: Resolved) -> None:
    truth = truth_of(frontline, frontline.protocol.scenario())
    found = true_values(truth, seed=SEED, participants=20_000)
    assert set(found) == {one.id for one in frontline.protocol.estimands}
    assert all(one.value is not None for one in found.values())
