"""The public application, each fault planted."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]


def planted(plant: Plant, section: str) -> list[Problem]:
    return plant(("washouts:\n", f"application: {section}\nwashouts:\n"))


def test_an_application_without_a_fault_is_accepted(plant: Plant) -> None:
    assert planted(plant, "{items: [demographics.age, mood.reason, mood.since], keep_days: 90}") == []


@pytest.mark.parametrize(
    ("items", "place", "severity", "message"),
    [
        ("[]", "application.items", "error", "asks nothing"),
        ("[demographics.agee]", "application.items.0", "error", "no item `demographics.agee`"),
        ("[age]", "application.items.0", "error", "no item `age`"),
        ("[phq9.total]", "application.items.0", "error", "no item `phq9.total`"),
        ("[demographics.age, demographics.age]", "application.items.1", "error", "is asked twice"),
        (
            "[demographics.age, dose_given.taken_at]",
            "application.items.1",
            "error",
            "type instant is not asked",
        ),
        (
            "[demographics.age, effects.effect]",
            "application.items.1",
            "error",
            "is hidden from somebody",
        ),
        ("[demographics.age, phq9.mood]", "application.items.1", "warning", "belongs to a rating scale"),
        ("[demographics.sex]", "application.items", "warning", "cannot be sorted"),
    ],
)
def test_a_planted_fault_of_the_application_is_found(
    plant: Plant, items: str, place: str, severity: str, message: str
) -> None:
    found = [one for one in planted(plant, f"{{items: {items}, keep_days: 90}}") if one.path == place]
    assert [(one.severity, message in one.message) for one in found] == [(severity, True)], found


def test_somebody_is_not_kept_for_ever(plant: Plant) -> None:
    found = planted(plant, "{items: [demographics.age], keep_days: 0}")
    assert [one.path for one in found] == ["application.keep_days"]
