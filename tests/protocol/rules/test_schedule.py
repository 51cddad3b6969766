"""The schedule's rules: each is silent on a sound file and speaks of a planted fault."""

from collections.abc import Callable

import pytest

from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]

DOSE = "{id: DOSE, epoch: treatment, anchor: dose, day: 0,"
D14 = "{id: D14, epoch: follow_up, anchor: dose, day: 14, window_days: [-3, 3],"
D28 = "{id: D28, epoch: follow_up, anchor: dose, day: 28, window_days: [-3, 3],"
SCR = "{id: SCR, epoch: screening, anchor: dose, planned_anchor: true, day: -7, window_days: [-3, 3], baseline: true,"
UNS = "{id: UNS, epoch: follow_up, unscheduled: true,"


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (D14, D14.replace("[-3, 3]", "[3, -3]"), "visits.2.window_days", "ends before it begins"),
        (D14, D14.replace("[-3, 3]", "[1, 3]"), "visits.2.window_days", "leaves out the target day"),
        (D14, D14.replace("[-3, 3]", "[-3, 12]"), "visits.3.window_days", "D14 and D28 overlap: both may fill phq9 on day 25"),
        (SCR, SCR.replace(" planned_anchor: true,", ""), "visits.0.day", "SCR comes 7 days before its anchor"),
        (D14, D14.replace("anchor: dose, ", ""), "visits.2.day", "nothing says what this day is counted from"),
        (UNS, UNS + " day: 3, anchor: dose,", "visits.4.day", "an unscheduled visit has no planned day"),
        (UNS, UNS + " window_days: [-1, 1],", "visits.4.window_days", "an unscheduled visit has no window"),
        ("{dose: {visit: DOSE}}", "{dose: {visit: DOSE, event: consent}}", "anchors.dose", "one visit or of one event"),
        ("{dose: {visit: DOSE}}", "{dose: {visit: DOSE}, second: {}}", "anchors.second", "one visit or of one event"),
        (DOSE, DOSE.replace("day: 0", "day: 1"), "visits.1.day", "the anchor's own visit, so its day is 0"),
        (DOSE, DOSE + " baseline: true,", "visits.1.baseline", "DOSE is a second baseline visit"),
        (D14, D14 + " repeats: {},", "visits.2.repeats", "nothing says when the planned repeats"),
        (D14, D14 + " repeats: {every_days: 5, maximum: 2},", "visits.2.window_days", "overlaps the next one, 5 days later"),
        (D14, D14 + " repeats: {every_days: 7, maximum: 3},", "visits.3.window_days", "D14 and D28 overlap"),
        ("training: [{id", "baseline_rule: {method: last_before_anchor}\ntraining: [{id", "baseline_rule", "nothing says before which anchor"),
        ("training: [{id", "baseline_rule: {method: visit, anchor: dose}\ntraining: [{id", "baseline_rule.anchor", "last_before_anchor only"),
    ],
)  # fmt: skip
def test_a_planted_fault_of_the_schedule_is_an_error(
    plant: Plant, old: str, new: str, place: str, message: str
) -> None:
    found = only([problem for problem in plant((old, new)) if problem.severity == "error"])
    assert found.path == place
    assert message in found.message


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (UNS, UNS.replace("unscheduled: true,", "anchor: dose,"), "visits.4", "the day of UNS is unknown"),
        (D14, D14.replace("follow_up", "screening"), "visits.2.epoch", "D14 is in screening, yet follows DOSE"),
        ("epochs: [", "epochs: [nowhere, ", "epochs.0", "nothing takes place in the epoch nowhere"),
        ("training: [{id", "  - {id: spare, label: Spare, kind: other}\ntraining: [{id", "sessions.1.id", "no visit holds the session spare"),
        ("{dose: {visit: DOSE}}", "{dose: {visit: DOSE}, chance: {visit: UNS}}", "anchors.chance.visit", "UNS may never take place"),
    ],
)  # fmt: skip
def test_a_doubtful_schedule_is_a_warning(plant: Plant, old: str, new: str, place: str, message: str) -> None:
    found = only(plant((old, new)))
    assert (found.path, found.severity) == (place, "warning")
    assert message in found.message


def test_anchors_that_are_counted_from_each_other_are_an_error(plant: Plant) -> None:
    problems = plant(
        ("{dose: {visit: DOSE}}", "{dose: {visit: DOSE}, later: {visit: D14}}"),
        (DOSE, DOSE.replace("anchor: dose", "anchor: later")),
    )
    messages = [problem.message for problem in problems if problem.severity == "error"]
    assert messages == ["the anchors dose, later are counted from each other"]


def test_an_anchor_may_be_its_own_visits_beginning_and_hang_on_another(plant: Plant) -> None:
    assert not plant(
        ("{dose: {visit: DOSE}}", "{dose: {visit: DOSE}, later: {visit: D14}}"),
        (D28, D28.replace("anchor: dose, day: 28", "anchor: later, day: 14")),
        ("{visit: D28, from_day: 21, to_day: 40}", "{visit: D28, from_day: 7, to_day: 21}"),
    )


def test_a_baseline_after_the_first_dose_is_an_error(plant: Plant) -> None:
    problems = plant((" baseline: true,", ""), (D14, D14 + " baseline: true,"))
    assert any(problem.message == "the baseline visit D14 comes after the first dose" for problem in problems)


def test_windows_may_overlap_where_no_arm_or_no_form_is_shared(plant: Plant) -> None:
    wide = D14.replace("[-3, 3]", "[-3, 12]")
    assert not plant((D14, wide + " arms: [active],"), (D28, D28 + " arms: [placebo],"))
    problems = plant((D14 + " forms: [phq9, mood]", wide + " forms: [vitals]"))
    assert not any("overlap" in problem.message for problem in problems)


def test_a_window_is_compared_with_every_other_not_only_with_its_neighbor(plant: Plant) -> None:
    extra = "  - {id: D20, epoch: follow_up, anchor: dose, day: 20, forms: [mood]}\n"
    problems = plant((D14, D14.replace("[-3, 3]", "[-3, 30]")), ("  - {id: UNS", extra + "  - {id: UNS"))
    pairs = [problem.message.partition(":")[0] for problem in problems if "overlap" in problem.message]
    assert pairs == ["the windows of D14 and D28 overlap", "the windows of D14 and D20 overlap"]
