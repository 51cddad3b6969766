"""Rules over the planned analysis, each on a planted fault."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

MAIN = "variable: {score: phq9.total, type: change, visit: D28}"
ANCOVA = "estimator: {name: ancova, covariates: [phq9.total@SCR], strata: true}"
RESPONSE = "variable: {score: phq9.total, type: response, visit: D28, fraction: 0.5}"
RISK = "estimator: {name: risk_difference, interval: newcombe}"
EVENTS = "intercurrent_events: [{event: new_drug, strategy: treatment_policy}]"
DETECT = "detect: {form: medications, when: 'medication_class == \"antidepressant\"', date: start_date}"


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("role: primary\n    population", "role: secondary\n    population", "estimands", "no estimand is primary"),
        ("role: exploratory", "role: primary", "estimands.1.role", "a second estimand is primary; the first is main"),
        (MAIN, MAIN.replace("phq9.total", "phq9.totl"), "estimands.0.variable.score", "nobody collects `phq9.totl`"),
        (MAIN, MAIN.replace("phq9.total", "phq9.total@D28"), "estimands.0.variable.score", "the visit stands in a field of its own"),
        (MAIN, MAIN.replace("phq9.total", "demographics.sex"), "estimands.0.variable.score", "demographics.sex is a code, not a number"),
        (MAIN, MAIN.replace("visit: D28", "visit: DOSE"), "estimands.0.variable.visit", "nobody collects phq9.total at DOSE"),
        (MAIN, MAIN.replace("visit: D28", "baseline: D14, visit: D28"), "estimands.0.variable.baseline", "the baseline D14 comes after the first dose"),
        (MAIN, MAIN.replace("visit: D28", "baseline: DOSE, visit: D28"), "estimands.0.variable.baseline", "nobody collects phq9.total at the baseline visit DOSE"),
        (MAIN, MAIN.replace("visit: D28", "baseline: D28, visit: D28"), "estimands.0.variable.baseline", "both read at D28"),
        (MAIN, MAIN.replace("visit: D28", "baseline: D28, visit: D14"), "estimands.0.variable.baseline", "the baseline D28 comes after D14"),
        (MAIN, MAIN.replace("visit: D28", "fraction: 0.5, visit: D28"), "estimands.0.variable.fraction", "`fraction` goes with type response"),
        (MAIN, MAIN.replace("visit: D28", "threshold: 4, visit: D28"), "estimands.0.variable.threshold", "`threshold` goes with type remission"),
        (RESPONSE, RESPONSE.replace("phq9.total", "mood.level").replace(", fraction: 0.5", ""), "estimands.1.variable.type", "mood.level has no published definition of response"),
        (RESPONSE, RESPONSE.replace("phq9.total, type: response", "mood.level, type: remission").replace("fraction: 0.5", "threshold: 200"), "estimands.1.variable.threshold", "the threshold 200 is outside 0 to 100"),
        ("reference: placebo}\n    variable: {score: phq9.total, type: change", "reference: active}\n    variable: {score: phq9.total, type: change", "estimands.0.treatment", "active is compared with itself"),
        (ANCOVA, ANCOVA.replace("ancova", "risk_difference"), "estimands.0.estimator.name", "risk_difference estimates risk_difference, not difference_in_means"),
        (RISK, RISK.replace("risk_difference", "t_change").replace(", interval: newcombe", ""), "estimands.1.missing", "t_change can assume complete_cases, missing_at_random about missing values, not failure"),
        (RESPONSE, RESPONSE.replace("response", "change").replace(", fraction: 0.5", ""), "estimands.1.estimator.name", "risk_difference takes a variable of type response, remission, not change"),
        (RISK, RISK.replace("newcombe", "wald"), "estimands.1.estimator.interval", "risk_difference does not offer `wald`"),
        (RISK, RISK[:-1] + ", covariates: [phq9.total@SCR]}", "estimands.1.estimator.covariates", "risk_difference adjusts for nothing"),
        (RISK, RISK[:-1] + ", strata: true}", "estimands.1.estimator.strata", "risk_difference adjusts for nothing"),
        (RISK, RISK[:-1] + ", options: {speed: 1}}", "estimands.1.estimator.options.speed", "risk_difference does not offer `speed`"),
        ("missing: failure", "missing: failure\n    variance: robust", "estimands.1.variance", "risk_difference does not offer `robust`"),
        (ANCOVA, ANCOVA.replace("phq9.total@SCR", "phq9.total"), "estimands.0.estimator.covariates.0", "nothing says at which visit phq9.total is read"),
        (ANCOVA, ANCOVA.replace("phq9.total@SCR", "mood.since@D14"), "estimands.0.estimator.covariates.0", "mood.since is a date, neither number nor code"),
        (ANCOVA, ANCOVA.replace("phq9.total@SCR", "phq9.totl@SCR"), "estimands.0.estimator.covariates.0", "nobody collects `phq9.totl`"),
        (ANCOVA, ANCOVA.replace("[phq9.total@SCR]", "[phq9.total@SCR, phq9.total@SCR]"), "estimands.0.estimator.covariates", "`phq9.total@SCR` stands twice"),
        (EVENTS, EVENTS.replace("]", ", {event: new_drug, strategy: hypothetical}]"), "estimands.0.intercurrent_events", "two strategies are given for `new_drug`"),
        (EVENTS, EVENTS.replace("treatment_policy", "principal_stratum"), "estimands.0.intercurrent_events.0.strategy", "is never observed"),
        (EVENTS, EVENTS.replace("treatment_policy", "composite"), "estimands.0.estimator", "nothing says which number stands for a failure by new_drug"),
        (DETECT, "detect: {}", "intercurrent_events.0.detect", "new_drug is found by nothing"),
        (DETECT, DETECT[:-1] + ", visit: D14}", "intercurrent_events.0.detect", "new_drug is found by form, visit"),
        (DETECT, DETECT.replace("start_date", "start_dat"), "intercurrent_events.0.detect.date", "medications has no item `start_dat`"),
        (DETECT, DETECT.replace("start_date", "name"), "intercurrent_events.0.detect.date", "medications.name is no date"),
        (DETECT, "detect: {visit: D14, date: start_date}", "intercurrent_events.0.detect.date", "`date` goes with `form`"),
        ("{visit: D14, from_day: 8, to_day: 20}", "{visit: D14, from_day: 20, to_day: 8}", "analysis_windows.0.to_day", "ends on day 8, before it begins on day 20"),
        ("{visit: D14, from_day: 8, to_day: 20}", "{visit: D14, from_day: 15, to_day: 20}", "analysis_windows.0.from_day", "leaves out day 14"),
        ("{visit: D14, from_day: 8, to_day: 20}", "{visit: D14, from_day: 8, to_day: 21}", "analysis_windows.1", "the analysis windows of D14 and D28 overlap on day 21"),
        ("  - {visit: D28, from_day: 21, to_day: 40}", "  - {visit: D14, from_day: 9, to_day: 19}", "analysis_windows", "two analysis windows are given for `D14`"),
        ("score: phq9.total, visit: D28}\ninter", "score: phq9.total, visit: DOSE}\ninter", "endpoints.0.visit", "nobody collects phq9.total at DOSE"),
        ("score: phq9.total, visit: D28}\ninter", "score: phq9.totals, visit: D28}\ninter", "endpoints.0.score", "nobody collects `phq9.totals`"),
        ("strata: [{id: sex, item: demographics.sex@SCR, levels: [F, M, X]}]", "strata: []", "estimands.0.estimator.strata", "the trial is not stratified"),
    ],
)  # fmt: skip
def test_a_fault_of_the_analysis_is_an_error(
    plant: Plant, old: str, new: str, place: str, message: str
) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert any(message in problem.message and problem.severity == "error" for problem in found), found


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (
            f"    {EVENTS}\n",
            "",
            "estimands.0",
            "the primary estimand does not say what happens with new_drug",
        ),
        (
            "role: exploratory",
            "role: sensitivity",
            "estimands.1",
            "nothing says whose robustness better examines",
        ),
        (
            ANCOVA,
            ANCOVA.replace("@SCR", "@D14"),
            "estimands.0.estimator.covariates.0",
            "is measured after the dose",
        ),
    ],
)
def test_a_doubt_about_the_analysis_is_a_warning(
    plant: Plant, old: str, new: str, place: str, message: str
) -> None:
    (found,) = plant((old, new))
    assert (found.path, found.severity) == (place, "warning")
    assert message in found.message


def test_a_comparison_after_participants_were_told_is_a_warning(plant: Plant) -> None:
    problems = plant(
        ("masking: {", "events: [{id: told, text: Told, visit: D14, tells: [participant]}]\nmasking: {")
    )
    warned = [
        problem.path for problem in problems if "comes after participants learn their arm" in problem.message
    ]
    assert warned == ["estimands.0.variable.visit", "estimands.1.variable.visit"]


def test_a_change_needs_a_baseline_visit(plant: Plant) -> None:
    problems = plant((" baseline: true,", ""))
    assert any("a change needs a baseline" in problem.message for problem in problems)


def test_a_bare_name_used_once_names_an_item(plant: Plant) -> None:
    problems = plant((MAIN, MAIN.replace("phq9.total", "level").replace("change", "value")))
    assert not [problem for problem in problems if problem.severity == "error"]
