"""Rules over scenarios: what cannot be true, and what cannot be rehearsed."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

AT = "simulation.scenarios.0"
TOTAL = f"{AT}.outcomes.phq9.total"
SD = "sd: {active: 4, placebo: 5}"
AGE = "demographics.age: {mean: 40, sd: 10}"
SEX = "probabilities: {F: 0.5, M: 0.5}"


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("baseline: {mean: 15, sd: 4}", "baseline: {mean: 30, sd: 4}", f"{TOTAL}.baseline", "the mean at baseline in active is 30, outside 0 to 27"),
        ("baseline: {mean: 15, sd: 4}", "baseline: {mean: 2, sd: 9}", f"{TOTAL}.baseline", "no score from 0 to 27 with mean 2 has the SD 9"),
        ("baseline: {mean: 15, sd: 4}", "baseline: {mean: {active: 15}, sd: 4}", f"{TOTAL}.baseline.mean", "no value for placebo"),
        ("baseline: {mean: 15, sd: 4}", "baseline: {mean: 15, sd: 0}", f"{TOTAL}.baseline.sd", "a standard deviation is above 0"),
        ("response: {D14: -3, D28: -4}", "response: {D14: -3, D28: -14}", f"{TOTAL}.response.D28", "the mean at D28 in active is -2, outside 0 to 27"),
        ("response: {D14: -3, D28: -4}", "response: {D14: -3, DOSE: -4}", f"{TOTAL}.response.DOSE", "nobody collects phq9.total at DOSE"),
        (SD, "sd: {active: -4, placebo: 5}", f"{TOTAL}.sd.active", "-4 is impossible: a standard deviation is above 0"),
        (SD, f"{SD}\n          correlation: {{baseline: 1}}", f"{TOTAL}.correlation.baseline", "1 is impossible: a correlation is between -1 and 1"),
        (SD, f"{SD}\n          correlation: {{baseline: 0.95, visits: 0.5}}", f"{TOTAL}.correlation.baseline", "0.95 with baseline and 0.5 between visits exclude each other"),
        ("phq9.total:\n", "phq9.totl:\n", f"{AT}.outcomes.phq9.totl", "nobody collects `phq9.totl`"),
        ("phq9.total:\n", "phq9.total@D28:\n", f"{AT}.outcomes.phq9.total@D28", "an outcome has no visit of its own"),
        ("phq9.total:\n", "demographics.sex:\n", f"{AT}.outcomes.demographics.sex", "demographics.sex is a code, not a number"),
        ("score: phq9.total, odds", "score: mood.level, odds", f"{AT}.dropout.score", "mood.level is none of the scenario's outcomes"),
        ("score: phq9.total, odds_ratio", "odds_ratio", f"{AT}.dropout", "depends on a score that is not named"),
        ("per_28_days: 0.05", "per_28_days: 1.5", f"{AT}.dropout.per_28_days", "1.5 is no probability"),
        ("bias: {phq9.total: -1}", "bias: {phq9.sum: -1}", f"{AT}.expectancy.bias.phq9.sum", "nobody collects `phq9.sum`"),
        (AGE, "demographics.age: {mean: 40}", f"{AT}.characteristics.demographics.age", "nothing or two things say how"),
        (AGE, "demographics.agee: {mean: 40, sd: 10}", f"{AT}.characteristics.demographics.agee", "nobody collects `demographics.agee`"),
        (SEX, "probabilities: {F: 0.5, M: 0.4}", f"{AT}.characteristics.demographics.sex.probabilities", "add up to 0.9, not 1"),
        (SEX, "probabilities: {F: 0.5, W: 0.5}", f"{AT}.characteristics.demographics.sex.probabilities.W", "`W` is no code of demographics.sex"),
        ("severity: {mild: 0.8, moderate: 0.2}", "severity: {mild: 0.8}", f"{AT}.adverse_events.0.severity", "add up to 0.8, not 1"),
        ("onset_hours: [1, 4]", "onset_hours: [4, 1]", f"{AT}.adverse_events.0.onset_hours", "1 comes before 4"),
        ("duration_hours: [1, 8]", "duration_hours: [-1, 8]", f"{AT}.adverse_events.0.duration_hours", "nothing lasts less than no time"),
        ("probability: {active: 0.3, placebo: 0.1}", "probability: {active: 3, placebo: 0.1}", f"{AT}.adverse_events.0.probability.active", "3 is no probability"),
        ("from_day: 1, to_day: 28", "from_day: 28, to_day: 1", f"{AT}.intercurrent_events.new_drug.to_day", "the last day 1 comes before the first, 28"),
        ("reasons: {I2: 0.5}", "reasons: {I1: 0.7, I2: 0.5}", f"{AT}.screening.reasons", "add up to 1.2, more than 1"),
        ("deviations: {late: 0.1}", "deviations: {late: 0.1}\n      crossover: {uptake: 0.5, like: active}", f"{AT}.crossover", "nobody can cross over"),
    ],
)  # fmt: skip
def test_a_truth_that_cannot_be_is_an_error(
    plant: Plant, old: str, new: str, place: str, message: str
) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert any(message in problem.message and problem.severity == "error" for problem in found), found


def test_a_scenario_without_an_estimands_score_is_a_warning(plant: Plant) -> None:
    (found,) = plant(
        ("type: response, visit: D28, fraction", "type: response, visit: D28, fraction"),
        ("{score: phq9.total, type: change, visit", "{score: mood.level, type: value, visit"),
    )
    assert (found.path, found.severity) == (f"{AT}.outcomes", "warning")
    assert found.message == "likely says nothing about mood.level, so main cannot be rehearsed"


def test_a_curve_before_the_dose_is_a_warning(plant: Plant) -> None:
    (found,) = plant(("response: {D14: -3, D28: -4}", "response: {SCR: -1, D14: -3, D28: -4}"))
    assert found.message == "SCR comes before the first dose, where every curve is 0"


def test_two_visits_on_one_day_cannot_be_drawn_apart(plant: Plant) -> None:
    more = "  - {id: EXTRA, epoch: follow_up, anchor: dose, day: 14, offered: true, forms: [phq9]}\n"
    (found,) = plant(("  - {id: UNS", more + "  - {id: UNS"))
    assert found.message == "D14 and EXTRA fall on one day, so phq9.total cannot be drawn for both"


def test_latent_moments_are_not_bound_to_the_scores_range(plant: Plant) -> None:
    assert not plant(
        ("baseline: {mean: 15, sd: 4}", "baseline: {mean: 30, sd: 4}"),
        (SD, f"{SD}\n          moments: latent"),
    )


def test_participants_must_be_said_somewhere(plant: Plant) -> None:
    problems = plant(("sample_size: {n: 40, justification: By simulation}\n", ""))
    assert any(problem.message == "nothing says how many participants likely has" for problem in problems)


def test_no_scenario_is_an_error(plant: Plant, small: str) -> None:
    begin, end = small.index("  scenarios:\n"), small.index("import:\n")
    problems = plant((small[begin:end], "  scenarios: []\n"))
    assert [problem.message for problem in problems] == ["there is no scenario"]
