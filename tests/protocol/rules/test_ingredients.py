"""Rules over what scenarios are made of, and over grids, priors and assurance."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

AT = "simulation.scenarios.0"
SD = "sd: {active: 4, placebo: 5}"
LATE = "deviations: {late: 0.1}"
RATE = "per_28_days: 0.05"
BIAS = "bias: {phq9.total: -1}"
EVENT = "from_day: 1, to_day: 28"
ACCRUAL = "start_date: 2027-01-01"


def _last(text: str) -> tuple[str, str]:
    """Return an edit that adds a line at the end of the scenario."""
    return LATE, f"{LATE}\n      {text}"


def _beside(text: str) -> tuple[str, str]:
    """Return an edit that adds a line beside the scenarios."""
    return LATE, f"{LATE}\n  {text}"


ALIKE = "scenario: likely, score: phq9.total, arm: active, visit: D28, prior: phase-3"


@pytest.mark.parametrize(
    ("edit", "place", "message"),
    [
        (_last("raters: {mood.level: {error_sd: 1}}"), f"{AT}.raters.mood.level", "none of the scenario's outcomes"),
        (_last("relapse: {per_28_days: 1.2}"), f"{AT}.relapse.per_28_days", "1.2 is no probability"),
        (_last("relapse: {per_28_days: {activ: 0.2}}"), f"{AT}.relapse.per_28_days.activ", "there is no arm `activ`"),
        (_last("true_values: {mian: 1}"), f"{AT}.true_values.mian", "there is no estimand `mian`"),
        (_last("numbers_of: unlikely"), f"{AT}.numbers_of", "there is no scenario `unlikely`"),
        (_last("modifiers: {old: {item: demographics.age@SCR}}"), f"{AT}.modifiers.old", "nothing or two things say who"),
        (_last("modifiers: {old: {item: demographics.agee@SCR, at_least: 3}}"), f"{AT}.modifiers.old.item", "nobody collects"),
        (_last("modifiers: {old: {item: demographics.sex@SCR, codes: [W]}}"), f"{AT}.modifiers.old.codes.0", "`W` is no code of"),
        (_last("modifiers: {old: {item: demographics.sex@SCR, codes: [F], effect: {phq9: 1}}}"), f"{AT}.modifiers.old.effect.phq9", "none of the scenario's"),
        (_last("modifiers: {old: {item: demographics.age, at_least: 3}}"), f"{AT}.modifiers.old.item", "nothing says when"),
        (_last("modifiers: {old: {item: phq9.total@SCR, at_least: 3}}"), f"{AT}.modifiers.old.item", "a course of its own"),
        ((RATE, f"{RATE}, disappointment: 0"), f"{AT}.dropout.disappointment", "0 is no factor on odds"),
        ((RATE, f"{RATE}, later: [{{from_day: 9, per_28_days: 3}}]"), f"{AT}.dropout.later.0.per_28_days", "3 is no probability"),
        ((RATE, f"{RATE}, later: [{{from_day: 9, per_28_days: 0}}, {{from_day: 9, per_28_days: 0}}]"), f"{AT}.dropout.later.1.from_day", "does not come after"),
        ((BIAS, f"{BIAS}, disappointment: {{phq9.sum: 1}}"), f"{AT}.expectancy.disappointment.phq9.sum", "none of the scenario's outcomes"),
        ((EVENT, f"{EVENT}, shift: {{phq9.sum: 1}}"), f"{AT}.intercurrent_events.new_drug.shift.phq9.sum", "none of the scenario's outcomes"),
        ((EVENT, f"{EVENT}, shift: {{phq9.total: {{activ: 1}}}}"), f"{AT}.intercurrent_events.new_drug.shift.phq9.total.activ", "there is no arm"),
        ((EVENT, f"{EVENT}, odds_ratio_per_point: 2"), f"{AT}.intercurrent_events.new_drug", "a score that is not named"),
        ((SD, f"{SD}\n          clustering: {{facilitator: 0.1}}"), f"{AT}.outcomes.phq9.total.clustering.facilitator", "how many facilitators"),
        ((SD, f"{SD}\n          clustering: {{facilitator: 1}}"), f"{AT}.outcomes.phq9.total.clustering.facilitator", "1 is no share"),
        ((SD, f"{SD}\n          correlation: {{visits: 1}}"), f"{AT}.outcomes.phq9.total.correlation.visits", "1 is impossible"),
        ((SD, f"{SD}\n          correlation: {{visits: {{active: 0.5}}}}"), f"{AT}.outcomes.phq9.total.correlation.visits", "no value for placebo"),
        ((SD, f"{SD}\n          response_over_time: {{points: 1}}"), f"{AT}.outcomes.phq9.total.response_over_time", "given twice"),
        ((SD, f"{SD}\n          effect_over_time: {{active: {{points: 1}}}}"), f"{AT}.outcomes.phq9.total.effect_over_time.active", "given twice"),
        (_beside("grid: [{id: g, scenario: unlikely, vary: {participants: [9]}}]"), "simulation.grid.0.scenario", "there is no scenario `unlikely`"),
        (_beside("grid: [{id: g, scenario: likely, vary: {participants: [9, 1]}}]"), "simulation.grid.0.vary.participants.1", "`1` is no value"),
        (_beside("grid: [{id: g, scenario: likely, vary: {outcomes.phq9.totl.sd: [9]}}]"), "simulation.grid.0.vary.outcomes.phq9.totl.sd", "leads nowhere"),
        (_beside("priors: {own: {mean: 1}}"), "simulation.priors.own", "nothing or two things say what is believed"),
        (_beside(f"assurance: [{{id: a, {ALIKE.replace('total', 'sum')}}}]"), "simulation.assurance.0.score", "none of the scenario's outcomes"),
        (_beside(f"assurance: [{{id: a, {ALIKE.replace('active', 'placebo')}}}]"), "simulation.assurance.0.arm", "states no effect of placebo"),
        (_beside(f"assurance: [{{id: a, {ALIKE.replace('D28', 'D29')}}}]"), "simulation.assurance.0.visit", "there is no visit `D29`"),
    ],
)  # fmt: skip
def test_an_ingredient_that_cannot_be_is_an_error(
    plant: Plant, edit: tuple[str, str], place: str, message: str
) -> None:
    found = [problem for problem in plant(edit) if problem.path == place]
    assert any(message in problem.message and problem.severity == "error" for problem in found), plant(edit)


def test_sites_named_by_a_stratum_or_counted_need_a_share_each(plant: Plant) -> None:
    found = plant(_last("sites: 3"), ("per_month: 10", "per_month: 10, shares: [1, 2], opening_days: [0]"))
    assert [problem.message for problem in found] == ["2 numbers for 3 sites", "1 numbers for 3 sites"]


def test_clusters_cannot_account_for_everything(plant: Plant) -> None:
    clustered = (SD, f"{SD}\n          clustering: {{site: 0.6, facilitator: 0.5}}")
    (found,) = plant(clustered, _last("facilitators: 2"))
    assert found.message == "sites and facilitators account for 1.1 of 1"


@pytest.mark.parametrize(
    "edit",
    [
        _last("relapse: {per_28_days: 0.1, from_day: 14}"),
        _last("raters: {phq9.total: {error_sd: 1, drift_per_year: 1}}"),
        _last("modifiers: {old: {item: demographics.age@SCR, at_least: 50, response: {phq9.total: 1}}}"),
        _beside("grid: [{id: g, scenario: likely, vary: {outcomes.phq9.total.effect_scale: [0.5, 1]}}]"),
        _beside(f"assurance: [{{id: a, {ALIKE}}}]"),
    ],
)  # fmt: skip
def test_what_can_be_is_no_problem(plant: Plant, edit: tuple[str, str]) -> None:
    assert plant(edit) == []
