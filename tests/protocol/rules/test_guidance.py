"""What regulators ask of trials with psychedelics: warnings, and only for such trials."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

DRUG = ("substance: exemplum", "substance: Psilocybin")
STAFF = "staff: [{role: lead_session_monitor, training: [vital_signs]}]"
TWO = "{role: lead_session_monitor%s}, {role: assistant_session_monitor}"


def test_a_trial_without_a_psychedelic_is_left_alone(plant: Plant) -> None:
    assert not plant()


def test_a_trial_with_one_is_told_what_a_reader_of_the_guidance_would_miss(plant: Plant) -> None:
    problems = plant(DRUG)
    assert {problem.severity for problem in problems} == {"warning"}
    assert sorted(problem.message for problem in problems) == [
        "dosing does not have two session monitors, a lead and an assistant",
        "no physician leads dosing or can be there within 15 minutes",
        "nobody asks what participants expect before they are randomized",
        "nobody guesses the arm at D28, where the primary outcome is read",
        "nothing says what the consent form tells about effects on judgment and suggestibility",
        "randomization is not stratified by earlier use of psychedelics",
    ]


@pytest.mark.parametrize(
    ("old", "new", "satisfied"),
    [
        (STAFF, f"staff: [{TWO % ''}]", "dosing does not have two session monitors"),
        (STAFF, f"staff: [{TWO % ', credentials: [licensed physician]'}]", "no physician leads dosing"),
        (STAFF, "staff: [{role: on_call_physician, within_minutes: 15}]", "no physician leads dosing"),
        ("aesi: [", "consent: [{id: acute, text: Effects on judgment}]\naesi: [", "nothing says what the consent form"),
        ("[{id: sex, item", "[{id: prior_use, item", "not stratified by earlier use"),
    ],
)  # fmt: skip
def test_each_warning_ends_when_its_wish_is_met(plant: Plant, old: str, new: str, satisfied: str) -> None:
    assert any(satisfied in problem.message for problem in plant(DRUG))
    assert not any(satisfied in problem.message for problem in plant(DRUG, (old, new)))


def test_expectancy_counts_only_before_the_dose(plant: Plant) -> None:
    form = (
        "  - {id: hope, instrument: treatment_expectancy, filled_by: participant}\n  - {id: phq9, instrument"
    )
    wish = "nobody asks what participants expect before they are randomized"
    late = plant(
        DRUG,
        ("  - {id: phq9, instrument", form),
        ("day: 28, window_days: [-3, 3], forms: [", "day: 28, window_days: [-3, 3], forms: [hope, "),
    )
    early = plant(
        DRUG, ("  - {id: phq9, instrument", form), ("forms: [demographics, ", "forms: [hope, demographics, ")
    )
    assert wish in [problem.message for problem in late]
    assert wish not in [problem.message for problem in early]


def test_a_physician_too_far_away_is_none(plant: Plant) -> None:
    problems = plant(DRUG, (STAFF, "staff: [{role: on_call_physician, within_minutes: 30}]"))
    assert any("can be there within 15 minutes" in problem.message for problem in problems)


def test_without_a_log_of_effects_or_a_list_of_special_interest_there_are_two_more(plant: Plant) -> None:
    problems = plant(
        DRUG,
        ("    effects_log: effects\n", ""),
        ("aesi: [{id: harm, label: Self-harm, terms: [Self-injury], asked_by: [phq9]}]\n", ""),
    )
    messages = [problem.message for problem in problems]
    assert "no adverse event of special interest is asked for" in messages
    assert "dosing keeps no log of effects on perception, thinking and mood" in messages
