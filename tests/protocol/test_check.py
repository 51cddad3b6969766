"""`check`: every problem at once, in order, and never a traceback."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import source
from equipoise.errors import Problem, ProtocolError
from equipoise.protocol import check, load

Plant = Callable[..., list[Problem]]
PROTOCOLS = Path(__file__).parents[2] / "protocols"
FRONTLINE = (PROTOCOLS / "frontline.yaml").read_text(encoding="utf-8")


def test_a_sound_file_has_no_problem(plant: Plant) -> None:
    assert plant() == []


@pytest.mark.parametrize("name", ["frontline.yaml", "dose-response.yaml", "antidepressant.yaml"])
def test_the_protocols_that_ship_have_no_error(name: str) -> None:
    problems = check((PROTOCOLS / name).read_bytes(), name=name)
    assert [str(problem) for problem in problems if problem.severity == "error"] == []


def test_the_flagship_is_warned_of_what_its_design_risks() -> None:
    warnings = [problem.message for problem in check(FRONTLINE, name="frontline.yaml")]
    assert any("participants learn their arm at D28 while others are still" in one for one in warnings)
    assert any("madrs asks about the last 7 days" in one and "D1 (1 day after it)" in one for one in warnings)


def test_faults_of_every_kind_are_said_at_once_by_line(plant: Plant) -> None:
    """Unknown keys, wrong types, unknown names, overlaps and odd rules in one go."""
    problems = plant(
        ("title: A small trial", "titel: A, title: A small trial"),
        ("day: 14, window_days: [-3, 3]", "day: 14, window_days: [-3, 12]"),
        ("standard: vitals,", "standard: vitals, colour: red,"),
        ("rule: phq9.total@SCR >= 10", "rule: phq9.total@SRC >= 10"),
        ("ratio: {active: 1, placebo: 1}", "ratio: {active: 0, placebo: 1}"),
        ("order: [main], alpha: 0.05", "order: [main, nothing], alpha: 0.05"),
        ("earliest_day: 14", "earliest_day: soon"),
        ("sd: {active: 4, placebo: 5}", "sd: {active: -4, placebo: 5}"),
    )
    messages = [problem.message for problem in problems]
    for part in (
        "unknown key `titel`",
        "unknown key `colour`",
        "overlap",
        "there is no visit `SRC`",
        "with weight 0 nobody",
        "there is no estimand `nothing`",
        "found `soon`",
        "-4 is impossible",
    ):
        assert any(part in message for message in messages), (part, messages)
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)


def test_an_unreadable_value_brings_no_complaints_that_only_follow_from_it(plant: Plant) -> None:
    (found,) = plant(
        (
            "window_days: [-3, 3], forms: [phq9, mood]}\n  - {id: D28",
            "window_days: [-3, x], forms: [phq9, mood]}\n  - {id: D28",
        )
    )
    assert found.path == "visits.2.window_days.1"
    (found,) = plant(("{id: phq9, instrument: phq9,", "{id: phq9, instrment: phq9, "))
    assert found.message == "unknown key `instrment`"


def test_an_entry_that_cannot_be_read_leaves_the_others_and_their_places_alone(plant: Plant) -> None:
    d28 = "{id: D28, epoch: follow_up,"
    (found,) = plant((d28, "{id: D28, epoch: 5,"))
    assert found.path == "visits.3.epoch"
    found, later = plant(
        (d28, "{id: D28, epoch: 5,"), ("unscheduled: true,", "unscheduled: true, day: 3, anchor: dose,")
    )
    assert (found.path, later.path) == ("visits.3.epoch", "visits.4.day")
    assert later.line == found.line + 1


def test_each_problem_prints_its_place_message_and_hint(plant: Plant) -> None:
    (found,) = plant(("rule: phq9.total@SCR >= 10", "rule: phq9.total@SRC >= 10"))
    assert str(found) == "small.yaml:49:53: eligibility.1.rule: there is no visit `SRC` (did you mean `SCR`?)"


def test_load_raises_every_error_and_lets_warnings_pass(small: str) -> None:
    warned = small.replace("{value: [2, 4], concealed: true}", "[2, 4]")
    assert load(warned, name="small.yaml").trial.id == "SMALL"
    broken = warned.replace("active: 1, placebo: 1", "active: 0, placebo: 0")
    with pytest.raises(ProtocolError) as caught:
        load(broken, name="small.yaml")
    assert len([one for one in caught.value.problems if "weight 0" in one.message]) == 2
    assert all(problem.severity == "error" for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "the file is empty"),
        (b"\x7fELF\x02\x01\x00", "cannot stand in a text file"),
        (b"\xff\xfe\x00", "not UTF-8 text"),
        (b"a: " + b"x" * 10_000_000, "a protocol has at most 2 MB"),
        (b"[" * 5000, "nested more than 64 levels deep"),
        ("a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(f"b{i}: &b{i} [{', '.join(['*' + ('a' if i == 0 else f'b{i - 1}')] * 10)}]\n" for i in range(8)), "values once aliases are followed"),
        ("- 1\n- 2\n", "a protocol is a mapping of keys"),
        ("equipoise: 1\nequipoise: 1\n", "stands twice"),
        ("equipoise: 2\n", "is missing"),
    ],
)  # fmt: skip
def test_rubbish_is_a_problem(text: str | bytes, message: str) -> None:
    assert any(message in problem.message for problem in check(text, name="rubbish.yaml"))


def test_dates_written_as_text_are_read_and_wrong_ones_refused(plant: Plant) -> None:
    assert not plant(("start_date: 2026-01-05", 'start_date: "2026-01-05"'))
    (found,) = plant(("start_date: 2026-01-05", "start_date: 5 January 2026"))
    assert found.path == "simulation.scenarios.0.accrual.start_date"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_problems_and_no_traceback(text: bytes) -> None:
    assert check(text, name="any.yaml")


FRONTLINE_DATA = source.read(FRONTLINE, name="frontline.yaml").data


def places(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = enumerate(data) if isinstance(data, list) else data.items() if isinstance(data, dict) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


PLACES = places(FRONTLINE_DATA)[1:]
ODD = [
    None,
    True,
    0,
    -1,
    1.5,
    10**12,
    "",
    "D28",
    "madrs.total@D28",
    "((",
    "lock",
    [],
    {},
    [[]],
    {"id": "madrs"},
]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(PLACES),
            st.sampled_from(["drop", "odd", "swap", "twice"]),
            st.randoms(use_true_random=True),
        ),
        max_size=4,
    )
)
def test_a_mutilated_flagship_gives_problems_and_no_traceback(changes: list[Any]) -> None:
    data = json.loads(json.dumps(FRONTLINE_DATA))
    for path, kind, random in changes:
        mutilate(data, path, kind, random)
    problems = check(json.dumps(data), name="frontline.yaml")
    assert all(problem.line > 0 and problem.message for problem in problems)


def mutilate(data: Any, path: tuple[str | int, ...], kind: str, random: Any) -> None:
    try:
        for key in path[:-1]:
            data = data[key]
        if kind == "drop":
            del data[path[-1]]
        elif kind == "odd":
            data[path[-1]] = random.choice(ODD)
        elif kind == "twice":
            data.append(data[path[-1]])
        else:
            other = FRONTLINE_DATA
            for key in random.choice(PLACES):
                other = other[key]
            data[path[-1]] = other
    except (KeyError, IndexError, TypeError, AttributeError):
        return


def test_more_visits_than_any_trial_has_are_judged() -> None:
    """Windows are compared by sweeping, names are compared in bounded numbers."""
    visits = "\n".join(
        f"  - {{id: V{n}, epoch: e, anchor: a, day: {n % 900}, forms: [f]}}" for n in range(1_200)
    )
    text = f"equipoise: 1\nepochs: [e]\nanchors: {{a: {{event: consent}}}}\nvisits:\n{visits}\n"
    assert check(text, name="many.yaml")


def test_judging_a_protocol_needs_no_numerics() -> None:
    code = "import sys, equipoise.protocol as p; p.check(b'a: 1', name='x'); print(sorted({'numpy', 'pandas', 'scipy', 'django'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == "[]"
