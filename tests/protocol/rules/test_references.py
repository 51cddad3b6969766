"""Names that name nothing, and identifiers that name two things."""

import re
from collections.abc import Callable

import pytest

from equipoise import source
from equipoise.errors import Problem
from equipoise.protocol.rules.references import KEYS, REFERENCES, references

Plant = Callable[..., list[Problem]]


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "hint"),
    [
        ("endpoints: [phq]", "endpoints: [pq]", "objectives.0.endpoints.0", "no objective's endpoint `pq`", "did you mean `phq`?"),
        ("elements: {treatment: sugar}", "elements: {treatmnt: sugar}", "arms.1.elements.treatmnt", "no epoch `treatmnt`", "did you mean `treatment`?"),
        ("elements: {treatment: sugar}", "elements: {treatment: [sugar, suger]}", "arms.1.elements.treatment.1", "no intervention `suger`", "did you mean `sugar`?"),
        ("{id: SCR, epoch: screening, anchor: dose", "{id: SCR, epoch: screening, anchor: does", "visits.0.anchor", "no anchor `does`", "did you mean `dose`?"),
        ("rater: {until: lock}", "rater: {until: look}", "masking.rater.until", "no event `look`", "did you mean `lock`?"),
        ("session: dosing, forms", "session: dose, forms", "visits.1.session", "no session `dose`", ""),
        ("training: [vital_signs]", "training: [vitals]", "sessions.0.staff.0.training.0", "no training `vitals`", "did you mean `vital_signs`?"),
        ("logs: [medications, effects]", "logs: [medications, effects, ae]", "logs.2", "no form `ae`", ""),
        ("until_visit: D28", "until_visit: D82", "prohibited.0.until_visit", "no visit `D82`", "did you mean `D28`?"),
        ("ratio: {active: 1, placebo: 1}", "ratio: {active: 1, placebo: 1, third: 1}", "allocation.ratio.third", "no arm `third`", "known: active, placebo"),
        ("population: adults", "population: adult", "estimands.1.population", "no analysis set `adult`", "did you mean `adults`?"),
        ("[{event: new_drug, strategy", "[{event: newdrug, strategy", "estimands.0.intercurrent_events.0.event", "no intercurrent event `newdrug`", "did you mean `new_drug`?"),
        ("order: [main]", "order: [main, mian]", "multiplicity.order.1", "no estimand `mian`", "did you mean `main`?"),
        ("reasons: {I2: 0.5}", "reasons: {I2: 0.5, I3: 0.1}", "simulation.scenarios.0.screening.reasons.I3", "no criterion `I3`", ""),
        ("deviations: {late: 0.1}", "deviations: {latte: 0.1}", "simulation.scenarios.0.deviations.latte", "no deviation `latte`", "did you mean `late`?"),
        ("name: risk_difference, interval", "name: risk_diff, interval", "estimands.1.estimator.name", "no estimator `risk_diff`", "did you mean `risk_difference`?"),
        ("instrument: phq9", "instrument: phq_9", "forms.3.instrument", "no rating scale `phq_9`", "did you mean `phq9`?"),
        ("standard: vitals", "standard: vital", "forms.2.standard", "no standard form `vital`", "did you mean `vitals`?"),
        ('"4": D28', '"4": D29', "import.visits.4", "no visit `D29`", "did you mean `D28`?"),
        ("P: placebo}\n  ignored", "P: plazebo}\n  ignored", "import.arms.P", "no arm `plazebo`", "did you mean `placebo`?"),
        ("response: {D14: -3, D28: -4}", "response: {D14: -3, D2: -4}", "simulation.scenarios.0.outcomes.phq9.total.response.D2", "no visit `D2`", "did you mean `D28`?"),
        ("sd: {active: 4, placebo: 5}", "sd: {active: 4, placebo: 5, other: 5}", "simulation.scenarios.0.outcomes.phq9.total.sd.other", "no arm `other`", ""),
    ],
)  # fmt: skip
def test_a_name_that_names_nothing_is_an_error_with_the_nearest_name(
    plant: Plant, old: str, new: str, place: str, message: str, hint: str
) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert [problem.message for problem in found if message in problem.message]
    assert any(hint in problem.hint for problem in found)
    assert found[0].line > 0


def test_every_pattern_of_the_table_finds_what_it_is_for() -> None:
    """Each pattern, laid over data made from it, reports the unknown name placed there."""
    for kind, patterns in REFERENCES.items():
        for pattern in patterns:
            data = _data(pattern.split("."))
            document = source.Document(data, "made.yaml", {(): (1, 1)}, {})
            found = [problem for problem in references(document) if "no_such_name" in problem.message]
            assert found, (kind, pattern)


def _data(parts: list[str]) -> object:
    if not parts:
        return "no_such_name"
    if parts[0] == KEYS:
        return {"no_such_name": 1}
    return [_data(parts[1:])] if parts[0] == "*" else {parts[0]: _data(parts[1:])}


def test_every_pattern_follows_the_vocabulary(small: str) -> None:
    """A misspelled pattern would judge nothing; every first part is a section of the protocol."""
    sections = set(re.findall(r"^([a-z_]+):", small, re.MULTILINE)) | {"consent", "events", "baseline_rule"}
    used = {pattern.split(".")[0] for patterns in REFERENCES.values() for pattern in patterns}
    assert used <= sections | {"events"}
