"""Recall that reaches back across a dose."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

D14 = "{id: D14, epoch: follow_up, anchor: dose, day: 14, window_days: [-3, 3]"
PHQ = "{id: phq9, instrument: phq9, filled_by: participant}"


def at(day: int) -> tuple[str, str]:
    return D14, D14.replace("day: 14, window_days: [-3, 3]", f"day: {day}")


@pytest.mark.parametrize(("day", "warns"), [(1, True), (13, True), (14, False), (15, False)])
def test_two_weeks_asked_before_two_weeks_have_passed_is_a_warning(
    plant: Plant, day: int, *, warns: bool
) -> None:
    found = plant(at(day), ("  - {visit: D14, from_day: 8, to_day: 20}\n", ""))
    assert [(problem.path, problem.severity) for problem in found] == [
        ("visits.2.forms.0", "warning")
    ] * warns
    if warns:
        unit = "day" if day == 1 else "days"
        assert (
            f"asks about the last 14 days and so reaches back across the dose at D14 ({day} {unit} after"
            in found[0].message
        )


def test_a_shorter_recall_of_the_form_is_respected(plant: Plant) -> None:
    changes = at(5), ("  - {visit: D14, from_day: 8, to_day: 20}\n", "")
    assert plant(*changes)
    assert not plant(*changes, (PHQ, PHQ[:-1] + ", recall_days: 5}"))


def test_a_second_dose_counts_as_well(plant: Plant) -> None:
    second = (
        "  - {id: DOSE2, epoch: follow_up, anchor: dose, day: 20, session: dosing, forms: [dose_given]}\n"
    )
    (found,) = plant(("  - {id: D28", second + "  - {id: D28"))
    assert "at D28 (8 days after it)" in found.message


def test_without_a_dosing_session_the_standard_form_marks_the_dose(plant: Plant) -> None:
    found = plant(at(1), ("kind: dosing", "kind: other"), ("  - {visit: D14, from_day: 8, to_day: 20}\n", ""))
    assert any("reaches back across the dose" in problem.message for problem in found)
