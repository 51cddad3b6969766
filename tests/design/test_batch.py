"""Many replicates at once: the same numbers as one, and masks that do what the scenario says."""

from typing import Any

import numpy as np
import pytest

from equipoise.design import Batch, draw, simulate
from equipoise.protocol import Resolved

FULL = {
    "dropout": {"per_28_days": 0.1, "mechanism": "mar", "score": "madrs.total", "odds_ratio_per_point": 1.05},
    "missed_forms": 0.05,
    "late_visits": 0.1,
    "expectancy": {"right": {"drug": 0.9, "control": 0.7}, "bias": {"madrs.total": -2}},
    "crossover": {"uptake": 0.7, "like": "drug"},
    "attendance": 0.9,
    "intercurrent_events": {"antidepressant": {"probability": 0.2, "from_day": 5, "to_day": 60}},
    "dispensing_error": 0.05,
    "screening": {"failure": 0.4, "reasons": {"I1": 0.5, "E1": 0.2}},
    "adverse_events": [
        {
            "term": "Headache",
            "probability": 0.3,
            "onset_hours": [1, 5],
            "duration_hours": [1, 9],
            "severity": {"mild": 0.6, "moderate": 0.4},
        }
    ],
    "deviations": {"late_consent": 0.1},
}
ARRAYS = ("arm", "received", "stratum", "site", "left", "held", "crossed")


def _same(one: Batch, other: Batch, *, row: int, n: int) -> None:
    for name in ARRAYS:
        assert np.array_equal(getattr(one, name)[0, :n], getattr(other, name)[row, :n]), name
    for name, scored in one.scores.items():
        for part in ("values", "recorded"):
            here, there = getattr(scored, part), getattr(other.scores[name], part)
            assert np.array_equal(here[0, :n], there[row, :n]), (name, part)
    for name, days in one.events.items():
        assert np.array_equal(days[0, :n], other.events[name][row, :n], equal_nan=True), name


def test_a_replicate_is_the_same_alone_and_in_a_batch(ready: Any, scenario_with: Any) -> None:
    truth = ready(scenario_with(**FULL))
    batch = draw(truth, range(70), seed=7)
    for replicate in (0, 31, 32, 69):
        _same(draw(truth, [replicate], seed=7), batch, row=replicate, n=truth.participants)


def test_the_first_participants_are_the_same_whatever_their_number(ready: Any, scenario_with: Any) -> None:
    edit = scenario_with(**FULL)
    _same(
        draw(ready(edit, participants=30), [4], seed=7),
        draw(ready(edit, participants=60), [4], seed=7),
        row=0,
        n=30,
    )


def test_the_records_of_a_replicate_hold_the_batch_s_scores(
    small: Any, scenario_with: Any, ready: Any
) -> None:
    edit = scenario_with(**FULL)
    simulated = simulate(small(edit), replicate=5)
    batch = draw(ready(edit), [3, 4, 5], seed=7)
    ids = simulated.allocation.participants
    rows = simulated.records.values
    rows = rows[(rows["form"] == "madrs") & rows["participant"].isin(ids)]
    totals = rows.groupby(["participant", "visit"])["number"].sum(min_count=10).dropna()
    scored = batch.scores["madrs.total"]
    expected = {
        (ids[row], visit): scored.values[2, row, at]
        for at, visit in enumerate(scored.visits)
        for row in np.flatnonzero(scored.recorded[2, :, at])
    }
    assert totals.to_dict() == expected


@pytest.mark.parametrize("mechanism", ["mcar", "mar", "mnar"])
def test_changing_who_leaves_changes_nothing_for_those_who_stay(
    ready: Any, scenario_with: Any, mechanism: str
) -> None:
    dropout = {**FULL["dropout"], "mechanism": mechanism, "per_28_days": 0.3}
    few = draw(ready(scenario_with(**{**FULL, "dropout": None})), range(4), seed=7)
    many = draw(ready(scenario_with(**{**FULL, "dropout": dropout})), range(4), seed=7)
    for name, scored in many.scores.items():
        assert np.array_equal(scored.values, few.scores[name].values)
        assert scored.recorded.sum() < few.scores[name].recorded.sum()
        assert not np.any(scored.recorded & ~few.scores[name].recorded)


def test_another_visit_or_event_changes_no_score_before_it(ready: Any, scenario_with: Any) -> None:
    def longer(data: dict[str, Any]) -> None:
        data["visits"].append({**data["visits"][-1], "id": "D168", "day": 168})
        scenario_with(intercurrent_events={"psychedelic": {"probability": 0.5, "from_day": 1, "to_day": 9}})(
            data
        )

    short, long = draw(ready(), [0], seed=7), draw(ready(longer), [0], seed=7)
    for name, scored in short.scores.items():
        assert np.array_equal(scored.values, long.scores[name].values[:, :, :-1])


def test_another_effect_keeps_every_other_number(ready: Any) -> None:
    def stronger(data: dict[str, Any]) -> None:
        data["simulation"]["scenarios"][0]["outcomes"]["madrs.total"]["effect"]["drug"]["D28"] = -12

    weak, strong = draw(ready(), range(8), seed=7), draw(ready(stronger), range(8), seed=7)
    assert np.array_equal(weak.arm, strong.arm)
    assert np.array_equal(weak.scores["pcl5.total"].values, strong.scores["pcl5.total"].values)
    control = weak.arm == 1
    assert np.array_equal(
        weak.scores["madrs.total"].values[control], strong.scores["madrs.total"].values[control]
    )


def test_scores_are_whole_points_within_the_scale(ready: Any, scenario_with: Any) -> None:
    batch = draw(ready(scenario_with(**FULL), participants=200), range(4), seed=7)
    for name, high in (("madrs.total", 60), ("pcl5.total", 80)):
        values = batch.scores[name].values
        assert np.array_equal(values, np.rint(values))
        assert values.min() >= 0
        assert values.max() <= high


def test_screening_scores_keep_to_eligibility_and_hang_on_baseline(ready: Any) -> None:
    values = draw(ready(participants=500), range(4), seed=7).scores["madrs.total"].values
    assert values[:, :, 0].min() == 22
    assert np.corrcoef(values[:, :, 0].ravel(), values[:, :, 1].ravel())[0, 1] > 0.6


def test_different_scores_of_one_visit_correlate_as_stated(ready: Any) -> None:
    def alike(data: dict[str, Any]) -> None:
        scenario = data["simulation"]["scenarios"][0]
        for outcome in scenario["outcomes"].values():
            outcome.update(moments="latent", correlation={"baseline": 0.5, "visits": 0.7})
            outcome["baseline"] = {"mean": 30, "sd": 4}
            outcome["sd"] = 4
        scenario["between_outcomes"] = 0.6

    batch = draw(ready(alike, participants=1000), range(8), seed=7)
    control = batch.arm == 1
    first, second = (
        scored.values[:, :, scored.visits.index("D28")][control] for scored in batch.scores.values()
    )
    found = np.corrcoef(first, second)[0, 1]
    # Rounding adds a twelfth to a variance of 16, on both sides.
    assert abs(found - 0.6 * 16 / (16 + 1 / 12)) < 4 * (1 - 0.36) / np.sqrt(first.size)


def test_missing_values_are_nan_where_observed(ready: Any, scenario_with: Any) -> None:
    batch = draw(ready(scenario_with(**FULL), participants=300), [0], seed=7)
    scored = batch.scores["madrs.total"]
    observed = scored.observed()
    assert np.array_equal(np.isnan(observed), ~scored.recorded)
    assert np.array_equal(observed[scored.recorded], scored.values[scored.recorded])


def test_forms_up_to_randomization_are_never_missed(ready: Any, scenario_with: Any) -> None:
    batch = draw(ready(scenario_with(missed_forms=0.5), participants=300), [0], seed=7)
    recorded = batch.scores["madrs.total"].recorded
    assert recorded[:, :, :2].all()
    share = recorded[:, :, 2].mean()
    assert abs(share - 0.5) < 4 * np.sqrt(0.25 / 300)


def test_attendance_below_one_misses_later_sessions_only(ready: Any, scenario_with: Any) -> None:
    batch = draw(ready(scenario_with(attendance=0.7), participants=400), [0], seed=7)
    held = {
        place.visit.id: batch.held[0, :, at].mean() for at, place in enumerate(batch.truth.timeline.places)
    }
    assert held["BASE"] == held["DOSE"] == held["D28"] == 1
    assert abs(held["INT"] - 0.7) < 4 * np.sqrt(0.21 / 400)


def test_arms_given_are_kept(ready: Any) -> None:
    truth = ready(participants=6)
    arms = np.array([[0, 0, 1, 1, 1, 0]])
    assert np.array_equal(draw(truth, [0], seed=7, arms=arms).arm, arms)


def test_arms_are_those_of_the_list_that_records_show(ready: Any, trial: Resolved) -> None:
    batch = draw(ready(), range(3), seed=7)
    for replicate in range(3):
        simulated = simulate(trial, replicate=replicate)
        named = [["drug", "control"][arm] for arm in batch.arm[replicate]]
        assert simulated.allocation.table["arm"].tolist() == named


def test_a_thousand_trials_are_one_draw(ready: Any, scenario_with: Any) -> None:
    batch = draw(ready(scenario_with(**FULL)), range(1000), seed=7)
    assert batch.scores["madrs.total"].values.shape == (1000, 24, 5)
    assert batch.replicates == tuple(range(1000))
