"""Blinding: contradictions, dangers and doubts, each planted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from equipoise.errors import Problem
from equipoise.protocol.check import check

FRONTLINE = Path(__file__).parents[3] / "protocols" / "frontline.yaml"
Plant = Callable[..., list[Problem]]

EFFECTS = "hidden_from: [rater], until: lock}"
PHQ = "{id: phq9, instrument: phq9, filled_by: participant}"
DEMOGRAPHICS = "{id: demographics, standard: demographics, filled_by: coordinator}"
D14 = "{id: D14, epoch: follow_up,"
EVENT = "events: [{id: told, text: Told, visit: D28, tells: [%s]}]\nmasking: {"
MASKING = "masking: {participant: {until: lock}"
EVERYBODY = "[investigator, on_call_physician, medical_monitor, session_monitor]"


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (DEMOGRAPHICS, DEMOGRAPHICS[:-1] + ", hidden_from: [coordinator], until: lock}", "forms.0.hidden_from", "demographics is hidden from coordinator, who fills it"),
        (PHQ, PHQ[:-1] + f", hidden_from: {EVERYBODY}, until: lock}}", "forms.3.hidden_from", "hidden from everybody medically responsible"),
        (DEMOGRAPHICS, DEMOGRAPHICS[:-1] + f", safety: true, hidden_from: {EVERYBODY}, until: lock}}", "forms.0.hidden_from", "hidden from everybody medically responsible"),
        (EFFECTS, "hidden_from: [rater]}", "forms.5.hidden_from", "nothing says until when effects is hidden"),
        (EFFECTS, "hidden_from: [], until: lock}", "forms.5.until", "effects is hidden from nobody"),
        (PHQ, PHQ[:-1] + ", hidden_from: [investigator], until: lock}", "safety_rules.0.notify", "the alert tells investigator of an answer in phq9"),
        ("notify: [investigator]", "notify: []", "safety_rules.0.notify", "the alert item9 reaches nobody"),
        ("type: date, required: false}", "type: date, required: false, hidden_from: [participant], until: lock}", "forms.6.items.2.hidden_from", "mood.since is hidden from participant, who fills it"),
        ("type: date, required: false}", "type: date, required: false, hidden_from: [rater]}", "forms.6.items.2.hidden_from", "nothing says until when since is hidden"),
        ("type: date, required: false}", "type: date, required: false, until: lock}", "forms.6.items.2.until", "since is hidden from nobody"),
        (D14, D14 + " hidden_from: [participant], until: lock,", "visits.2.hidden_from", "D14 with its form phq9 is hidden from participant, who fills it"),
        (D14, D14 + " hidden_from: [rater],", "visits.2.hidden_from", "nothing says until when D14 is hidden"),
        ("masking: {", EVENT % "statistician", "events.0.tells.0", "told tells the statistician the arm, who is masked until lock"),
    ],
)  # fmt: skip
def test_blinding_that_contradicts_itself_is_an_error(
    plant: Plant, old: str, new: str, place: str, message: str
) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert any(message in problem.message and problem.severity == "error" for problem in found), found


def test_a_visit_hidden_from_everybody_responsible_for_its_alerts_is_an_error(plant: Plant) -> None:
    problems = plant((D14, D14 + f" hidden_from: {EVERYBODY}, until: lock,"))
    assert any("D14 with its form phq9 is a safety answer" in problem.message for problem in problems)


def told(plant: Plant, roles: str, *more: tuple[str, str]) -> list[str]:
    masking = (
        "masking: {" + ", ".join(f"{role}: {{until: told}}" for role in roles.split(", ")) + "}\nxmasking"
    )
    new = (EVENT % roles).replace("masking: {", masking.removesuffix("\nxmasking"))
    old = "masking: {participant: {until: lock}, rater: {until: lock}, statistician: {until: lock}}"
    return [problem.message for problem in plant((old, new), *more) if problem.severity == "warning"]


def test_telling_participants_while_others_are_randomized_is_a_warning(plant: Plant) -> None:
    assert told(plant, "participant") == [
        "participants learn their arm at D28 while others are still being randomized"
    ]


def test_it_is_none_when_everybody_is_randomized_before_the_first_is_told(plant: Plant) -> None:
    assert not told(plant, "participant", ("per_month: 10}", "per_month: 100}"))


@pytest.mark.parametrize("role", ["facilitator", "rater", "session_monitor"])
def test_telling_those_who_guide_or_rate_is_a_warning(plant: Plant, role: str) -> None:
    assert told(plant, role) == [f"{role} learn each participant's arm at D28, while others are treated"]


def test_an_emergency_is_not_planned_and_warns_of_nothing(plant: Plant) -> None:
    unplanned = (EVENT % "participant").replace("tells:", "planned: false, tells:")
    assert not plant(("masking: {", unplanned))


def test_block_sizes_that_sites_can_see_are_a_warning(plant: Plant) -> None:
    (found,) = plant(("{value: [2, 4], concealed: true}", "[2, 4]"))
    assert "block sizes are not concealed" in found.message
    assert found.severity == "warning"


def test_a_treatment_guess_shown_to_raters_is_a_warning(plant: Plant) -> None:
    guess = "  - {id: guess, instrument: treatment_guess, filled_by: participant, hidden_from: [statistician], until: lock}\n"
    (found,) = plant(
        ("  - {id: phq9, instrument", guess + "  - {id: phq9, instrument"),
        (
            "day: 28, window_days: [-3, 3], forms: [phq9, mood]}",
            "day: 28, window_days: [-3, 3], forms: [phq9, mood, guess]}",
        ),
    )
    assert found.message == "guess hints at the arm and is not hidden from rater"


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (DEMOGRAPHICS, DEMOGRAPHICS[:-1] + ", sealed: true}", "forms.0.sealed", "nothing says until when demographics is sealed"),
        (PHQ, PHQ[:-1] + ", until: lock, sealed: true}", "forms.3.sealed", "somebody must act on what it says"),
        (EFFECTS, "hidden_from: [rater], until: lock, sealed: true}", "forms.5.sealed", "effects is a log, which nobody completes"),
    ],
)  # fmt: skip
def test_a_seal_that_cannot_hold_is_an_error(
    plant: Plant, old: str, new: str, place: str, message: str
) -> None:
    found = [problem for problem in plant((old, new)) if problem.path == place]
    assert any(message in problem.message and problem.severity == "error" for problem in found), found


def test_a_sealed_form_may_be_hidden_from_nobody(plant: Plant) -> None:
    problems = plant((DEMOGRAPHICS, DEMOGRAPHICS[:-1] + ", until: lock, sealed: true}"))
    assert not [problem for problem in problems if problem.path.startswith("forms.0")]


def test_a_guess_after_some_ratings_only_is_a_warning() -> None:
    text = FRONTLINE.read_text(encoding="utf-8")
    some = text.replace(
        "forms: [madrs, meq30, cssrs_since, rater_guess]", "forms: [madrs, meq30, cssrs_since]"
    )
    assert some != text
    for given, warned in ((text, False), (some, True)):
        found = [
            problem
            for problem in check(given, name="frontline.yaml")
            if "raters guess in rater_guess" in problem.message
        ]
        assert bool(found) is warned
        assert all("D1" in problem.message and problem.severity == "warning" for problem in found)


def test_a_raters_question_that_another_form_shows_is_a_warning(plant: Plant) -> None:
    mood = ("filled_by: [participant, coordinator]", "filled_by: rater")
    shown = ("show_if: level < 50", "show_if: phq9.total@SCR > 3")
    for changes, warned in (((mood,), False), ((shown,), False), ((mood, shown), True)):
        found = [one for one in plant(*changes) if "raters are asked reason or not" in one.message]
        assert [one.severity for one in found] == ["warning"] * warned


def test_visits_of_one_arm_that_nobody_verifies_before_the_lock_are_a_warning() -> None:
    """The flagship names its monitor; without that line, or masked until the lock, nobody could."""
    text = FRONTLINE.read_text(encoding="utf-8")
    line = next(one for one in text.splitlines(keepends=True) if one.startswith("  monitor: {until: "))

    def found(text: str) -> list[str]:
        return [
            one.message
            for one in check(text, name="frontline.yaml")
            if "the monitor is masked until then" in one.message
        ]

    assert found(text) == []
    assert len(found(text.replace(line, ""))) == 1
    assert "OL_DOSE, OL_INT" in found(text.replace(line, "  monitor: {until: lock}\n"))[0]
