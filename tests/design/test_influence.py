"""What moves scores: each ingredient's moments against closed forms, on a score without bounds."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from equipoise.design import Batch, Truth, draw, truth_of
from equipoise.protocol.scenarios import OverTime

PARTICIPANTS = 320
REPLICATES = range(32)
MEAN, SD, TIE, EFFECT = 100.0, 10.0, 0.5, -6.0
STANDARD_ERRORS = 4.0
DIARY = "diary.score"


def _diary(**changes: Any) -> Any:
    """Return an edit: one score, N(100, 10), all but continuous, with an effect of -6 from the dose on."""

    def edit(data: dict[str, Any]) -> None:
        item = {"id": "score", "label": "Score", "type": "number", "decimals": 3}
        data["forms"].append({"id": "diary", "label": "Diary", "filled_by": "participant", "items": [item]})
        for visit in data["visits"]:
            if visit["id"] in {"BASE", "D7", "D28", "D84"}:
                visit["forms"].append("diary")
        outcome: dict[str, Any] = {
            "baseline": {"mean": MEAN, "sd": SD},
            "effect": {"drug": {"D7": EFFECT}},
            "sd": SD,
            "correlation": {"baseline": TIE, "visits": 0.8},
            "moments": "latent",
        }
        changed = {key: value for key, value in changes.items() if key != "outcome"}
        outcome.update(changes.get("outcome", {}))
        data["simulation"]["scenarios"][0].update(outcomes={DIARY: outcome}, between_outcomes=0, **changed)

    return edit


def _drawn(ready: Any, *, participants: int = PARTICIPANTS, **changes: Any) -> Batch:
    return draw(ready(_diary(**changes), participants=participants), REPLICATES, seed=5)


def _values(batch: Batch, visit: str) -> np.ndarray:
    scored = batch.scores[DIARY]
    found: np.ndarray = scored.values[:, :, scored.visits.index(visit)]
    return found


def _near(values: np.ndarray, expected: float) -> None:
    """Assert that independent values average to what is expected, within four standard errors."""
    error = values.std(ddof=1) / np.sqrt(values.size)
    assert abs(values.mean() - expected) < STANDARD_ERRORS * error


def _correlation(one: np.ndarray, two: np.ndarray) -> tuple[float, float]:
    """Return a correlation on Fisher's scale and its standard error."""
    return float(np.arctanh(np.corrcoef(one, two)[0, 1])), 1 / np.sqrt(one.size - 3)


@pytest.mark.parametrize(
    ("day", "share"),
    [(-3, 0), (0, 0), (2, 0.5), (4, 1), (30, 1), (90, 0.5), (150, 0.25)],
)
def test_a_course_comes_on_lasts_and_fades(day: int, share: float) -> None:
    course = OverTime(points=-8.0, onset_days=4, lasting_days=30, half_life_days=60)
    assert course.on_day(day) == pytest.approx(-8 * share)


def test_a_course_that_does_not_fade_ends_at_once() -> None:
    course = OverTime(points=-8.0, lasting_days=30)
    assert [course.on_day(day) for day in (1, 30, 31)] == [-8, -8, 0]


def test_an_effect_in_a_few_numbers_is_that_of_its_curve(ready: Any) -> None:
    shape = {"points": -8, "onset_days": 14, "lasting_days": 28, "half_life_days": 56}
    batch = _drawn(ready, outcome={"effect": {}, "effect_over_time": {"drug": shape}, "effect_scale": 0.5})
    expected = batch.truth.courses[DIARY].expected[0]
    assert expected[0] - expected[1] == pytest.approx([0, -2, -4, -2])


def test_correlation_between_visits_may_differ_by_arm(ready: Any) -> None:
    visits = {"drug": 0.9, "control": 0.6}
    batch = _drawn(ready, outcome={"correlation": {"baseline": 0.3, "visits": visits}})
    for arm, name in enumerate(("drug", "control")):
        there = batch.arm == arm
        found, error = _correlation(_values(batch, "D7")[there], _values(batch, "D28")[there])
        assert abs(found - np.arctanh(visits[name] ** (21 / 28))) < STANDARD_ERRORS * error


@pytest.mark.parametrize(("loses", "whole"), [("effect", EFFECT), ("change", EFFECT - 4)])
def test_a_relapse_takes_what_it_says_from_the_expected_share(ready: Any, loses: str, whole: float) -> None:
    relapse = {"per_28_days": {"drug": 0.4, "control": 0}, "from_day": 7, "keeps": 0.25, "loses": loses}
    plain, relapsed = (
        _drawn(ready, relapse=one, outcome={"response": {"D7": -4}}) for one in (None, relapse)
    )
    gone = 1 - 0.6 ** ((28 - 7) / 28)
    lost = 0.75 * gone * whole
    drug = plain.arm == 0
    moved = _values(relapsed, "D28") - _values(plain, "D28")
    _near(moved[drug], -lost)
    assert np.all(moved[~drug] == 0)
    assert np.array_equal(_values(relapsed, "D7"), _values(plain, "D7"))


def test_a_site_s_share_is_the_correlation_of_its_participants(ready: Any) -> None:
    share, sites = 0.2, 5
    batch = _drawn(ready, participants=50, sites=sites, outcome={"clustering": {"site": share}, "effect": {}})
    plain = _drawn(ready, participants=50, sites=sites, outcome={"effect": {}})
    for visit in ("BASE", "D28"):
        _near(_pairs(batch, visit, batch.site), share)
        _near(_pairs(plain, visit, plain.site), 0.0)
    # What participants share with the others of their site is not added to what was stated.
    ends = _values(batch, "D28")
    _near((ends - MEAN).mean(axis=1), 0.0)
    _near(((ends - MEAN) ** 2).mean(axis=1), SD**2)
    _near(((ends - MEAN) * (_values(batch, "BASE") - MEAN)).mean(axis=1), TIE * SD**2)


def _pairs(batch: Batch, visit: str, cluster: np.ndarray) -> np.ndarray:
    """Return each replicate's mean product of standardized values over pairs that share a cluster."""
    z = (_values(batch, visit) - MEAN) / SD
    shared = (cluster[:, :, None] == cluster[:, None, :]) & ~np.eye(z.shape[1], dtype=bool)
    products: np.ndarray = (z[:, :, None] * z[:, None, :] * shared).sum(axis=(1, 2)) / shared.sum(axis=(1, 2))
    return products


def test_a_facilitator_s_share_shows_after_the_dose_only_and_by_arm(ready: Any) -> None:
    batch = _drawn(
        ready,
        participants=60,
        sites=2,
        facilitators=2,
        outcome={"clustering": {"facilitator": {"drug": 0.3, "control": 0.0}}, "effect": {}},
    )
    assert batch.facilitator is not None
    assert np.array_equal(batch.facilitator // 2, batch.site)
    drug = np.where(batch.arm == 0, batch.facilitator, -1 - np.arange(60))
    control = np.where(batch.arm == 1, batch.facilitator, -1 - np.arange(60))
    _near(_pairs(batch, "D28", drug), 0.3)
    _near(_pairs(batch, "BASE", drug), 0.0)
    _near(_pairs(batch, "D28", control), 0.0)
    _near(((_values(batch, "D28") - MEAN) ** 2).mean(axis=1), SD**2)


def test_raters_add_error_and_drift_to_what_was_stated(ready: Any) -> None:
    drift = 12.0
    raters = {DIARY: {"error_sd": 6, "drift_per_year": drift}}
    plain, rated = (_drawn(ready, raters=one) for one in ({}, raters))
    added = {visit: _values(rated, visit) - _values(plain, visit) for visit in ("BASE", "D28")}
    years = {visit: (plain.arrival + days) / 365.25 for visit, days in (("BASE", 13), ("D28", 48))}
    for visit, error in added.items():
        rest = error - drift * years[visit]
        _near(rest, 0.0)
        _near(rest**2, 36.0)
    # Raters err anew each time, and drift between the two visits.
    _near((added["D28"] - drift * years["D28"]) * (added["BASE"] - drift * years["BASE"]), 0.0)


def test_sites_may_drift_apart(ready: Any) -> None:
    raters = {DIARY: {"drift_sd": 3}}
    plain, rated = (_drawn(ready, participants=80, sites=4, raters=one) for one in ({}, raters))
    slope = (_values(rated, "D28") - _values(plain, "D28")) / ((rated.arrival + 48) / 365.25)
    firsts = np.array([row[site == 0].mean() for row, site in zip(slope, rated.site, strict=True)])
    _near(firsts**2, 9.0)
    for row, site in zip(slope[:4], rated.site[:4], strict=True):
        assert np.ptp(row[site == 0]) < 0.01


def test_an_event_moves_every_later_score_and_no_earlier_one(ready: Any) -> None:
    event = {"probability": 0.5, "from_day": 8, "to_day": 40, "shift": {DIARY: {"drug": -5, "control": 3}}}
    plain, moved = (
        _drawn(ready, intercurrent_events={"antidepressant": {**event, **one}}) for one in ({"shift": {}}, {})
    )
    day = moved.events["antidepressant"]
    for visit, planned in (("BASE", -7), ("D7", 7), ("D28", 28), ("D84", 84)):
        expected = np.where(day < planned, np.where(moved.arm == 0, -5.0, 3.0), 0.0)
        assert np.allclose(_values(moved, visit) - _values(plain, visit), expected, atol=1e-3)
    assert np.array_equal(day, plain.events["antidepressant"], equal_nan=True)


def test_an_event_may_take_days_to_work(ready: Any) -> None:
    event = {"probability": 1, "from_day": 18, "to_day": 18, "shift": {DIARY: -4}, "onset_days": 20}
    plain, moved = (
        _drawn(ready, intercurrent_events={"antidepressant": {**event, **one}}) for one in ({"shift": {}}, {})
    )
    assert np.allclose(_values(moved, "D28") - _values(plain, "D28"), -2.0, atol=1e-3)
    assert np.allclose(_values(moved, "D84") - _values(plain, "D84"), -4.0, atol=1e-3)


def test_an_event_may_hang_on_the_last_score_before_it(ready: Any) -> None:
    event = {"probability": 0.3, "from_day": 10, "to_day": 20, "score": DIARY, "odds_ratio_per_point": 1.1}
    batch = _drawn(ready, intercurrent_events={"antidepressant": event})
    above = _values(batch, "D7") - (MEAN + EFFECT / 2)
    odds = 0.3 / 0.7 * 1.1**above
    happens = ~np.isnan(batch.events["antidepressant"])
    chance = odds / (1 + odds)
    residual = (happens - chance) * above
    _near(happens - chance, 0.0)
    _near(residual, 0.0)
    # The same with odds that do not rise would show.
    assert abs(((happens - 0.3) * above).mean()) > STANDARD_ERRORS * residual.std() / np.sqrt(residual.size)


MODIFIER = {"item": "intake.used_before@SCR", "codes": ["ever"]}
USED = {"intake.used_before": {"probabilities": {"never": 0.7, "ever": 0.3}}}


def _users(batch: Batch) -> np.ndarray:
    drawn = batch.truth.people.values(
        ("intake.used_before", "SCR"), lambda purpose: batch.streams.uniform(purpose, PARTICIPANTS)
    )
    found: np.ndarray = drawn == "ever"
    return found


def test_a_trait_moves_response_effect_and_bias_of_those_who_have_it(ready: Any) -> None:
    expectancy = {"right": {"drug": 1.0, "control": 1.0}, "bias": {DIARY: -2}}
    modifier = {**MODIFIER, "response": {DIARY: 1.5}, "effect": {DIARY: 0.5}, "bias": {DIARY: -3}}
    plain, moved = (
        _drawn(ready, characteristics=USED, expectancy=expectancy, modifiers=one)
        for one in ({}, {"prior_use": modifier})
    )
    users = _users(plain)
    _near(users.astype(float), 0.3)
    found = _values(moved, "D28") - _values(plain, "D28")
    drug = plain.arm == 0
    assert np.allclose(found[users & drug], 1.5 - EFFECT / 2 - 3, atol=2e-3)
    assert np.allclose(found[users & ~drug], 1.5, atol=2e-3)
    assert np.all(found[~users] == 0)


def test_a_trait_moves_the_belief_of_those_who_have_it(ready: Any) -> None:
    modifier = {**MODIFIER, "belief": 0.1}
    batch = _drawn(
        ready, characteristics=USED, expectancy={"belief_mean": 0.4}, modifiers={"prior_use": modifier}
    )
    assert batch.beliefs is not None
    users = _users(batch)
    _near(batch.beliefs.active[users].astype(float), 0.5)
    _near(batch.beliefs.active[~users].astype(float), float(ndtr(-1.0)))


def test_a_trait_may_be_a_number_from_some_value_on(ready: Any) -> None:
    modifier = {"item": "intake.age@SCR", "at_least": 50, "response": {DIARY: 4}}
    plain, moved = (_drawn(ready, modifiers=one) for one in ({}, {"older": modifier}))
    ages = plain.truth.people.values(
        ("intake.age", "SCR"), lambda purpose: plain.streams.uniform(purpose, PARTICIPANTS)
    ).astype(float)
    expected = np.where(ages >= 50, 4.0, 0.0)
    assert np.allclose(_values(moved, "D28") - _values(plain, "D28"), expected, atol=1e-3)


def test_disappointment_moves_those_who_believe_to_have_had_the_control(ready: Any) -> None:
    expectancy = {"right": {"drug": 0.9, "control": 0.8}, "do_not_know": 0.1}
    plain, moved = (
        _drawn(ready, expectancy={**expectancy, **one}) for one in ({}, {"disappointment": {DIARY: 2.5}})
    )
    assert moved.beliefs is not None
    found = _values(moved, "D28") - _values(plain, "D28")
    believes = ~moved.beliefs.active & (moved.beliefs.guess >= 0)
    assert np.allclose(found, np.where(believes, 2.5, 0.0), atol=1e-3)
    assert believes[moved.arm == 1].mean() == pytest.approx(0.9 * 0.8, abs=0.02)
    # Once told, at the visit of day 28, whoever had the control knows it.
    later = _values(moved, "D84") - _values(plain, "D84")
    assert np.allclose(later, np.where(moved.arm == 1, 2.5, 0.0), atol=1e-3)


def test_a_scaled_effect_is_the_effect_times_its_factor(ready: Any) -> None:
    truth = ready(_diary(), participants=40)
    scale = np.array([0.0, 0.5, 1.0, 2.0])
    plain, scaled = (draw(truth, range(4), seed=5, effect_scale=one) for one in (None, scale))
    moved = _values(scaled, "D28") - _values(plain, "D28")
    expected = np.where(plain.arm == 0, (scale - 1)[:, None] * EFFECT, 0.0)
    assert np.allclose(moved, expected, atol=2e-3)
    assert np.array_equal(_values(scaled, "D28")[2], _values(plain, "D28")[2])
    alone = draw(truth, [3], seed=5, effect_scale=scale[3:])
    assert np.array_equal(_values(alone, "D28")[0], _values(scaled, "D28")[3])


def test_a_factor_of_0_gives_the_scenario_without_effect(ready: Any) -> None:
    scaled = draw(ready(_diary(), participants=40), range(4), seed=5, effect_scale=np.zeros(4))
    null = draw(ready(_diary(outcome={"effect": {}}), participants=40), range(4), seed=5)
    assert np.array_equal(scaled.scores[DIARY].values, null.scores[DIARY].values)


def test_a_recorded_score_without_its_effect_has_the_mean_stated_without(ready: Any) -> None:
    scaled = draw(
        ready(participants=PARTICIPANTS), REPLICATES, seed=5, effect_scale=np.zeros(len(REPLICATES))
    )
    scored = scaled.scores["madrs.total"]
    for visit, mean in (("D7", 22.0), ("D28", 20.0)):
        _near(scored.values[:, :, scored.visits.index(visit)][scaled.arm == 0], mean)


EVERYTHING: dict[str, Any] = {
    "sites": 3,
    "facilitators": 2,
    "accrual": {"start_date": "2030-01-01", "per_month": 4, "shares": [3, 2, 1], "opening_days": [0, 40, 10]},
    "screening": {"failure": 0.4},
    "characteristics": USED,
    "modifiers": {"prior_use": {**MODIFIER, "belief": 0.1, "effect": {DIARY: 0.5}}},
    "outcome": {"clustering": {"site": 0.05, "facilitator": 0.1}},
    "relapse": {"per_28_days": 0.3},
    "raters": {DIARY: {"error_sd": 2, "drift_per_year": 1, "drift_sd": 1}},
    "dropout": {
        "per_28_days": 0.05,
        "later": [{"from_day": 10, "per_28_days": 0.2}],
        "mechanism": "mnar",
        "score": DIARY,
        "odds_ratio_per_point": 1.05,
        "disappointment": {"drug": 1, "control": 2},
    },
    "expectancy": {
        "right": {"drug": 0.9, "control": 0.8},
        "bias": {DIARY: -2},
        "bias_sd": {DIARY: 1},
        "disappointment": {DIARY: 1},
    },
    "intercurrent_events": {
        "antidepressant": {
            "probability": 0.3,
            "from_day": 10,
            "to_day": 60,
            "score": DIARY,
            "odds_ratio_per_point": 1.1,
            "shift": {DIARY: -3},
        }
    },
}
ARRAYS = ("arm", "site", "facilitator", "left", "held", "arrival", "screened")


def _same(one: Batch, other: Batch, *, row: int, n: int) -> None:
    for name in ARRAYS:
        assert np.array_equal(getattr(one, name)[0, :n], getattr(other, name)[row, :n]), name
    for part in ("values", "recorded"):
        here, there = (getattr(batch.scores[DIARY], part) for batch in (one, other))
        assert np.array_equal(here[0, :n], there[row, :n]), part
    for name, days in one.events.items():
        assert np.array_equal(days[0, :n], other.events[name][row, :n], equal_nan=True), name


def test_with_every_ingredient_a_replicate_is_the_same_alone_and_in_a_batch(ready: Any) -> None:
    truth = ready(_diary(**EVERYTHING), participants=30)
    batch = draw(truth, range(40), seed=7)
    for replicate in (0, 31, 33):
        _same(draw(truth, [replicate], seed=7), batch, row=replicate, n=30)


def test_with_every_ingredient_the_first_participants_do_not_depend_on_the_others(ready: Any) -> None:
    few, many = (draw(ready(_diary(**EVERYTHING), participants=n), [4], seed=7) for n in (30, 60))
    _same(few, many, row=0, n=30)


@pytest.mark.parametrize("ingredient", sorted(EVERYTHING))
def test_an_ingredient_changes_no_number_but_its_own(ready: Any, ingredient: str) -> None:
    """Arms, and whatever comes before anything the ingredient touches, stay as they were."""
    plain = _drawn(ready, participants=24)
    changes = {ingredient: EVERYTHING[ingredient]}
    if ingredient == "modifiers":
        changes["characteristics"] = USED
    if ingredient == "dropout":
        changes["expectancy"] = {}
    if ingredient == "outcome":
        changes["facilitators"] = 2
    if ingredient == "accrual":
        changes["sites"] = 3
    other = _drawn(ready, participants=24, **changes)
    assert np.array_equal(other.arm, plain.arm)
    if ingredient not in {"raters", "outcome"}:
        assert np.array_equal(_values(other, "BASE"), _values(plain, "BASE"))
    if ingredient not in {"raters", "outcome", "relapse", "modifiers", "expectancy"}:
        assert np.array_equal(_values(other, "D7"), _values(plain, "D7"))


def test_a_truth_cut_short_draws_the_same_numbers_up_to_there(ready: Any) -> None:
    truth: Truth = ready(_diary(**EVERYTHING), participants=30)
    whole, short = draw(truth, range(3), seed=7), draw(truth.until(["D28"]), range(3), seed=7)
    assert short.scores[DIARY].visits == ("BASE", "D7", "D28")
    for part in ("values", "recorded"):
        here, there = (getattr(batch.scores[DIARY], part)[:, :, :3] for batch in (short, whole))
        assert np.array_equal(here, there)
    last = whole.truth.timeline.of_visit("D28")
    assert last is not None
    assert np.array_equal(short.held[:, :, : last + 1], whole.held[:, :, : last + 1])
    assert not short.held[:, :, last + 1 :].any()


def test_scores_nobody_wants_are_left_out_unless_leaving_hangs_on_them(
    ready: Any, scenario_with: Any
) -> None:
    dropout = {"per_28_days": 0.1, "score": "madrs.total", "odds_ratio_per_point": 1.05}
    truth: Truth = ready(scenario_with(dropout=dropout))
    assert set(truth.until(["D28"], ["pcl5.total"]).courses) == {"madrs.total", "pcl5.total"}
    assert set(ready().until(["D28"], ["pcl5.total"]).courses) == {"pcl5.total"}


def test_scenarios_share_random_numbers_where_one_says_so(ready: Any, small: Any) -> None:
    def three(data: dict[str, Any]) -> None:
        first = data["simulation"]["scenarios"][0]
        data["simulation"]["scenarios"] += [
            {**first, "id": "alike", "numbers_of": "truth"},
            {**first, "id": "apart"},
        ]

    resolved = small(three)
    truths = [truth_of(resolved, one) for one in resolved.protocol.simulation.scenarios]
    scores = [draw(truth, range(2), seed=7).scores["madrs.total"].values for truth in truths]
    assert np.array_equal(scores[0], scores[1])
    assert not np.array_equal(scores[0], scores[2])


GOLDEN = Path(__file__).parents[1] / "golden" / "ingredients" / "expected.csv"
GOLDEN_PARTICIPANTS = 8
THOUSANDTHS = 1000


def golden_rows(truth: Truth) -> dict[str, int]:
    """Return the whole numbers that every machine must draw."""
    batch = draw(truth, [0], seed=7)
    scored = batch.scores[DIARY]
    found: dict[str, int] = {}
    for one in range(GOLDEN_PARTICIPANTS):
        for name in ("arm", "site", "facilitator", "left", "screened"):
            found[f"{one} {name}"] = int(getattr(batch, name)[0, one])
        found[f"{one} arrival"] = int(np.floor(batch.arrival[0, one]))
        day = batch.events["antidepressant"][0, one]
        found[f"{one} event"] = -1 if np.isnan(day) else int(day)
        for at, visit in enumerate(scored.visits):
            found[f"{one} {visit}"] = round(float(scored.values[0, one, at]) * THOUSANDTHS)
            found[f"{one} {visit} recorded"] = int(scored.recorded[0, one, at])
    return found


def test_every_machine_draws_the_committed_numbers(ready: Any) -> None:
    truth = ready(_diary(**EVERYTHING), participants=GOLDEN_PARTICIPANTS)
    with GOLDEN.open(encoding="utf-8", newline="") as stream:
        expected = {row["quantity"]: int(row["value"]) for row in csv.DictReader(stream)}
    assert golden_rows(truth) == expected
