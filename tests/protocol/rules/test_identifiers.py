"""Identifiers name one thing each."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("- {id: sugar,", "- {id: drug,", "interventions.1.id", "the id `drug` stands twice"),
        ("- {id: D28, epoch", "- {id: D14, epoch", "visits.3.id", "the id `D14` stands twice"),
        ("{id: reason, label", "{id: level, label", "forms.6.items.1.id", "the id `level` stands twice"),
        ("{id: I2, kind", "{id: I1, kind", "eligibility.1.id", "the id `I1` stands twice"),
        ("id: better\n", "id: main\n", "estimands.1.id", "the id `main` stands twice"),
        ("epochs: [screening, ", "epochs: [screening, screening, ", "epochs.1", "`screening` is listed twice"),
        ("logs: [medications, ", "logs: [medications, medications, ", "logs.1", "`medications` is listed twice"),
        ("forms: [dose_given, mood]", "forms: [dose_given, mood, mood]", "visits.1.forms.2", "`mood` is listed twice"),
        ("order: [main]", "order: [main, main]", "multiplicity.order.1", "`main` is listed twice"),
        ("masking: {", "events: [{id: lock, text: Locked}]\nmasking: {", "events.0.id", "the event `lock` always exists"),
    ],
)  # fmt: skip
def test_what_stands_twice_is_an_error(plant: Plant, old: str, new: str, place: str, message: str) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert [problem.message for problem in found] == [message]
    assert found[0].severity == "error"


def test_the_hint_names_the_line_of_the_first(plant: Plant) -> None:
    found = [
        problem
        for problem in plant(("- {id: sugar,", "- {id: drug,"))
        if problem.path == "interventions.1.id"
    ]
    assert found[0].hint == f"the first is in line {found[0].line - 1}; rename one"
