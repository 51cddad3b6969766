"""Rules of the file: read, named, typed and asked at a time when the answer exists."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

I1 = "rule: demographics.age@SCR >= 18}\n  - {id: I2"
I2 = "rule: phq9.total@SCR >= 10}"
SHOW = "show_if: level < 50"
WHEN = "when: phq9.self_harm > 0"
WOMEN = "rule: 'demographics.sex@SCR == \"F\"'"
CLASS = "when: 'medication_class == \"antidepressant\"'"


def one(problems: list[Problem], place: str) -> Problem:
    found = [problem for problem in problems if problem.path == place]
    assert len(found) == 1, [str(problem) for problem in problems]
    return found[0]


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "hint"),
    [
        (I2, "rule: phq9.totl@SCR >= 10}", "eligibility.1.rule", "nobody collects `phq9.totl`", "did you mean `total`?"),
        (I2, "rule: phq8.total@SCR >= 10}", "eligibility.1.rule", "there is no form `phq8`", "did you mean `phq9`?"),
        (I2, "rule: phq9.total@SRC >= 10}", "eligibility.1.rule", "there is no visit `SRC`", "did you mean `SCR`?"),
        (I2, "rule: phq9.total@DOSE >= 10}", "eligibility.1.rule", "nobody collects phq9.total at DOSE", "phq9 is filled at SCR, D14, D28"),
        (I2, "rule: nothing_of_that_sort >= 10}", "eligibility.1.rule", "nobody collects `nothing_of_that_sort`", ""),
        (I2, "rule: phq9 >= 10}", "eligibility.1.rule", "`phq9` is a form, not an item", "write `phq9` with its item: phq9.total"),
        (I2, "rule: text == 'x'}", "eligibility.1.rule", "`text` is in several forms", "write effects.text, mood.text"),
        (I2, "rule: phq9.total@SCR >=}", "eligibility.1.rule", "in the rule at character 18", ""),
        (I2, "rule: phq9.total@SCR + 1}", "eligibility.1.rule", "the rule gives a number, not true or false", ""),
        (I2, "rule: 'phq9.total@SCR == \"10\"'}", "eligibility.1.rule", "number (`phq9.total@SCR`) is compared with text", ""),
        (I2, "rule: phq9.total@D14 >= 10}", "eligibility.1.rule", "phq9.total is not known before the first dose", ""),
        (I2, "rule: medications.name@SCR == 'x'}", "eligibility.1.rule", "nobody collects medications.name at SCR", "medications is a log"),
        (SHOW, "show_if: levl < 50", "forms.6.items.1.show_if", "nobody collects `mood.levl`", "did you mean `level`?"),
        ("rule: level <= 100 or", "rule: level <= or", "forms.6.checks.0.rule", "in the rule at character 10", ""),
        (WHEN, "when: phq9.self_harmm > 0", "safety_rules.0.when", "nobody collects `phq9.self_harmm`", "did you mean `self_harm`?"),
        (WHEN, "when: phq9.self_harm == 7", "safety_rules.0.when", "`7` is no code of phq9.self_harm", "its codes are 0, 1, 2, 3"),
        (WOMEN, "rule: 'demographics.sex@SCR == \"W\"'", "subgroups.0.rule", "`W` is no code of demographics.sex", "its codes are F, M, X"),
        (WOMEN, "rule: 'demographics.sex@SCR in [\"F\", \"W\"]'", "subgroups.0.rule", "`W` is no code of demographics.sex", ""),
        (CLASS, "when: 'medication_clas == \"antidepressant\"'", "intercurrent_events.0.detect.when", "nobody collects `medications.medication_clas`", ""),
        (CLASS, "when: 'medication_class == \"magic\"'", "intercurrent_events.0.detect.when", "`magic` is no code of medications.medication_class", ""),
        ("rule: vitals.systolic > 200}", "rule: vitals.sistolic > 200}", "sessions.0.stopping.0.rule", "nobody collects `vitals.sistolic`", "did you mean `systolic`?"),
        ("arm: as_randomized, rule: demographics.age@SCR", "arm: as_randomized, rule: demographic.age@SCR", "analysis_sets.0.rule", "there is no form `demographic`", "did you mean `demographics`?"),
        ("rule: phq9.total >= 10, earliest", "rule: phq9.sum >= 10, earliest", "retreatment.0.rule", "nobody collects `phq9.sum`", ""),
        ("text: Late visit,", "text: Late visit, rule: 'days_between(mood.since, mood.level) > 3',", "deviations.0.rule", "days_between is given a number", ""),
    ],
)  # fmt: skip
def test_a_faulty_rule_is_an_error_that_says_what_to_write(
    plant: Plant, old: str, new: str, place: str, message: str, hint: str
) -> None:
    found = one(plant((old, new)), place)
    assert found.severity == "error"
    assert message in found.message
    assert hint in found.hint


def test_a_rule_that_names_a_form_nobody_fills_is_an_error(plant: Plant) -> None:
    problems = plant(
        (
            "  - {id: phq9, instrument",
            "  - {id: spare, standard: discharge, filled_by: rater}\n  - {id: phq9, instrument",
        ),
        (WHEN, "when: 'spare.oriented == \"0\"'"),
    )
    found = one(problems, "safety_rules.0.when")
    assert "no visit, session or log fills the form" in found.message


def test_a_rule_asked_once_over_a_form_of_many_visits_is_a_warning(plant: Plant) -> None:
    found = one(plant((I2, "rule: phq9.total >= 10}")), "eligibility.1.rule")
    assert found.severity == "warning"
    assert found.hint == "say which: phq9.total@SCR, phq9.total@D14, phq9.total@D28"


def test_a_form_that_cannot_be_resolved_raises_no_complaints_about_its_items(plant: Plant) -> None:
    problems = plant(("{id: phq9, instrument: phq9,", "{id: phq9, instrument: phq,"))
    assert [problem.path for problem in problems] == ["forms.3.instrument"]


def test_an_answer_on_the_clock_of_a_session_is_collected(plant: Plant) -> None:
    assert not plant((WHEN, "when: vitals.systolic@DOSE > 200"))
