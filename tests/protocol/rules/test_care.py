"""Rules over sessions, medication and further doses, each on a planted fault."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]


@pytest.mark.parametrize(
    ("old", "new", "place", "severity", "message"),
    [
        ("minutes: [0, 60, 120]", "minutes: [0, 120, 60]", "sessions.0.vitals.minutes.2", "error", "60 minutes does not come after 120"),
        ("minutes: [0, 60, 120]", "minutes: []", "sessions.0.vitals.minutes", "error", "vitals has no times"),
        ("effects_log: effects", "effects_log: vitals", "sessions.0.effects_log", "error", "vitals is no log"),
        ("medication_class: antidepressant, days: 14", "medication_class: antidepresant, days: 14", "washouts.0.medication_class", "error", "`antidepresant` is no class of the medications log"),
        ("medication_class: antidepressant, days: 14, ", "medication_class: antidepressant, ", "washouts.0", "warning", "nothing says how long the washout ssri lasts"),
        ("medication_class: antidepressant, from_anchor", "medication_class: ssri, from_anchor", "prohibited.0.medication_class", "error", "`ssri` is no class"),
        ("earliest_day: 14, latest_day: 21", "earliest_day: 14, latest_day: 7", "retreatment.0.latest_day", "error", "the last day 7 comes before the first, 14"),
        ("earliest_day: 14, latest_day: 21", "earliest_day: 14, latest_day: 60", "retreatment.0.latest_day", "warning", "a dose on day 60 is followed by no visit"),
        ("rule: phq9.total >= 10, earliest_day", "earliest_day", "retreatment.0", "warning", "repeats a blinded dose without a rule"),
        ("terms: [Self-injury]", "terms: []", "aesi.0.terms", "error", "harm covers no term"),
    ],
)  # fmt: skip
def test_a_planted_fault_of_care_is_found(
    plant: Plant, old: str, new: str, place: str, severity: str, message: str
) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert [problem.severity for problem in found] == [severity]
    assert message in found[0].message


def test_medication_rules_need_a_log_of_medication(plant: Plant) -> None:
    problems = plant(
        ("logs: [medications, effects]", "logs: [effects]"),
        ("  - {id: medications, standard: medications, filled_by: coordinator}\n", ""),
    )
    wanted = "no form records the class of a medication, so nobody can see this rule broken"
    assert [problem.path for problem in problems if problem.message == wanted] == [
        "washouts.0.medication_class",
        "prohibited.0.medication_class",
    ]
