"""Rows that the protocol's own rules find."""

from typing import Any

import pytest

from equipoise.design.happening import row_for
from equipoise.expressions import parse
from equipoise.protocol import Resolved
from equipoise.protocol.plan import Detection

DATE = "2030-05-06"


@pytest.mark.parametrize(
    "rule",
    [
        'kind == "psychedelic"',
        'kind in ["neuromodulation", "psychotherapy"]',
        'kind != "psychedelic" and not kind == "psychotherapy"',
    ],
)
def test_the_row_meets_the_rule_that_looks_for_it(trial: Resolved, rule: str) -> None:
    row = row_for(trial, Detection(form="elsewhere", when=rule, date="start_date"), date=DATE)
    assert row is not None
    assert parse(rule).evaluate(lambda name: row[name.item]) is True
    assert row["start_date"] == DATE


def test_numbers_are_chosen_to_meet_a_rule(small: Any) -> None:
    def edit(data: dict[str, Any]) -> None:
        data["forms"][-1]["items"] = [
            {"id": "doses", "label": "Doses", "type": "number", "range": [0, 12]},
            {"id": "weight", "label": "Weight", "type": "number"},
        ]

    row = row_for(small(edit), Detection(form="elsewhere", when="doses > 3", date="start_date"), date=DATE)
    assert row is not None
    assert row["doses"] > 3
    assert row["weight"] == 0


def test_without_a_rule_every_row_is_the_event(trial: Resolved) -> None:
    row = row_for(trial, Detection(form="medications", date="start_date"), date=DATE)
    assert row is not None
    assert row["medication_class"] == "other"


def test_events_that_leave_no_row_have_none(trial: Resolved) -> None:
    assert row_for(trial, Detection(visit="OPEN"), date=DATE) is None
    impossible = 'kind == "psychedelic" and kind == "other"'
    assert row_for(trial, Detection(form="elsewhere", when=impossible), date=DATE) is None


def test_too_many_combinations_are_not_tried(small: Any) -> None:
    def edit(data: dict[str, Any]) -> None:
        data["forms"][-1]["items"] = [
            {"id": name, "label": name, "type": "number", "range": [0, 99]} for name in ("one", "two")
        ]

    assert row_for(small(edit), Detection(form="elsewhere", when="one + two > 190"), date=DATE) is None
