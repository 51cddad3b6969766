"""The pages on writing and amending protocols are true: their file checks, simulates and differs as they say."""

import re
from pathlib import Path

import pytest

from equipoise.protocol import check, diff, load, resolve

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
BLOCK = re.compile(r"^```(yaml|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, kind: str) -> list[str]:
    text = (HOW_TO / page).read_text(encoding="utf-8")
    return [body for name, body in BLOCK.findall(text) if name == kind]


@pytest.fixture(scope="module")
def lift() -> str:
    return "".join(blocks("write-a-protocol.md", "yaml"))


def test_the_sections_together_are_a_protocol(lift: str) -> None:
    resolved = resolve(load(lift, name="lift.yaml"))
    assert resolved.protocol.trial.id == "LIFT"


def test_check_says_of_it_what_the_page_prints(lift: str) -> None:
    problems = [str(problem) for problem in check(lift, name="lift.yaml")]
    (printed,) = blocks("write-a-protocol.md", "text")
    assert printed.splitlines() == [*problems, "lift.yaml: no errors, 1 warning"]


def test_the_first_line_for_editors_is_a_comment(lift: str) -> None:
    (head,) = blocks("edit-with-completion.md", "yaml")
    assert not [
        problem
        for problem in check(head + lift.removeprefix("equipoise: 1\n"), name="x")
        if problem.severity == "error"
    ]


def test_diff_says_of_the_amendment_what_the_page_prints(lift: str) -> None:
    new = lift
    for old, text in (
        ("day: 28, window_days: [-3, 3]", "day: 28, window_days: [-7, 7]"),
        (
            "      - {id: last_use, label: Month of the last time, type: partial_date, show_if: 'psychedelics == \"ever\"'}\n",
            "",
        ),
        (
            "name: mmrm, covariates: [phq9.total@SCR]",
            "name: mmrm, covariates: [phq9.total@SCR, history.age@SCR]",
        ),
        ("value: [2, 4, 6]", "value: [4, 6]"),
    ):
        assert new.count(old) == 1
        new = new.replace(old, text)
    lines, part = [], ""
    for one in diff(lift, new):
        if one.part != part:
            part = one.part
            lines += ["", part.capitalize()]
        lines.append(f"  {one}")
    (printed,) = blocks("amend-a-protocol.md", "text")
    assert printed.splitlines() == lines
