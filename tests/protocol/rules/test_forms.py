"""Rules over forms and items, each on a planted fault."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

LEVEL = "{id: level, label: Mood, type: number, range: [0, 100], decimals: 0}"
REASON = "codes: {work: Work, home: Home}, show_if: level < 50}"
PHQ = "{id: phq9, instrument: phq9, filled_by: participant}"


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (PHQ, PHQ.replace("instrument", "standard: vitals, instrument"), "forms.3", "a rating scale or a standard form, not both"),
        (PHQ, PHQ.replace("filled_by", "items: [{id: a, label: A, type: text}], filled_by"), "forms.3.instrument", "takes no items of the trial's own"),
        ("standard: vitals, filled_by", "filled_by", "forms.2", "the form vitals asks nothing"),
        ("filled_by: [participant, coordinator]", "filled_by: []", "forms.6.filled_by", "nobody fills this form"),
        (LEVEL, LEVEL.replace("[0, 100]", "[100, 0]"), "forms.6.items.0.range", "leaves nothing between its ends"),
        (LEVEL, LEVEL.replace("type: number", "type: text"), "forms.6.items.0.range", "`range` goes with type number; this item's is text"),
        ("codes: {work: Work, home: Home}, ", "", "forms.6.items.1", "the item reason has no codes"),
        (LEVEL, LEVEL.replace("id: level", "id: level, codes: {a: A}"), "forms.6.items.0.codes", "`codes` goes with type code"),
        ("items: [{id: text, label: What, type: text}]}", "items: []}", "forms.6.groups.0", "the group moments asks nothing"),
        ("logs: [medications, effects]", "logs: [medications, effects, phq9]", "forms.3.id", "the log phq9 is tied to no visit, yet SCR fills it"),
        (PHQ, PHQ.replace("filled_by", "codes: {mooood: {'0': No}}, filled_by"), "forms.3.codes.mooood", "phq9 has no item `mooood`"),
        (PHQ, PHQ.replace("filled_by", "codes: {mood: {}}, filled_by"), "forms.3.codes.mood", "the item mood needs codes"),
        ("{id: vitals, standard: vitals, ", "{id: vitals, standard: vitals, codes: {x: {a: A}}, ", "forms.2.codes", "only a rating scale's codes can be replaced"),
        (PHQ, PHQ.replace("filled_by", "arms: {'1': active}, filled_by"), "forms.3.arms", "only a treatment guess has codes that name arms"),
        ("{id: vitals, standard: vitals, ", "{id: vitals, standard: vitals, items: [{id: systolic, label: Again, type: text}], ", "forms.2", "two items of vitals have the id `systolic`"),
    ],
)  # fmt: skip
def test_a_fault_of_a_form_is_an_error(plant: Plant, old: str, new: str, place: str, message: str) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert any(message in problem.message and problem.severity == "error" for problem in found), found


def test_a_form_that_nobody_fills_is_a_warning(plant: Plant) -> None:
    problems = plant(
        (
            "  - {id: phq9, instrument",
            "  - {id: spare, standard: discharge, filled_by: rater}\n  - {id: phq9, instrument",
        )
    )
    assert [(problem.path, problem.severity) for problem in problems] == [("forms.3.id", "warning")]


def test_items_that_wait_for_each_other_are_an_error(plant: Plant) -> None:
    problems = plant((LEVEL, LEVEL.replace("decimals: 0", 'show_if: reason == "work"')))
    circles = [problem for problem in problems if "in a circle" in problem.message]
    assert len(circles) == 1
    assert circles[0].path in ("forms.6.items.0.show_if", "forms.6.items.1.show_if")


GUESS = "  - {id: guess, instrument: treatment_guess, filled_by: participant}\n  - {id: phq9, instrument"
AT_D28 = (
    "day: 28, window_days: [-3, 3], forms: [phq9, mood]}",
    "day: 28, window_days: [-3, 3], forms: [phq9, mood, guess]}",
)


def test_a_guess_between_two_arms_takes_the_codes_of_the_scale(plant: Plant) -> None:
    assert not plant(("  - {id: phq9, instrument", GUESS), AT_D28)


def test_a_guess_that_leaves_out_an_arm_is_an_error(plant: Plant) -> None:
    one = GUESS.replace(
        "filled_by", "codes: {guess: {'1': Drug, '9': Cannot say}}, arms: {'1': active}, filled_by"
    )
    problems = plant(("  - {id: phq9, instrument", one), AT_D28)
    assert [problem.message for problem in problems] == ["nobody can guess placebo in guess"]


def test_a_guess_may_not_name_arms_by_codes_it_does_not_offer(plant: Plant) -> None:
    one = GUESS.replace("filled_by", "arms: {'1': active, '7': placebo}, filled_by")
    problems = plant(("  - {id: phq9, instrument", one), AT_D28)
    assert [problem.message for problem in problems] == ["`7` is no code of guess"]
