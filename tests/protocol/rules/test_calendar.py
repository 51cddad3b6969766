"""The time line: where visits lie, and which comes first."""

import pytest

from equipoise.protocol.check import draft_of
from equipoise.protocol.reading import parse
from equipoise.protocol.rules.calendar import Calendar


def calendar(text: str) -> Calendar:
    protocol, document, problems = parse(text, name="small.yaml")
    assert protocol is not None, problems
    assert document is not None
    return Calendar(draft_of(protocol, document))


@pytest.fixture
def line(small: str) -> Calendar:
    later = small.replace("{dose: {visit: DOSE}}", "{dose: {visit: DOSE}, later: {visit: D14}}")
    return calendar(later.replace("anchor: dose, day: 28", "anchor: later, day: 14"))


def test_days_add_up_along_a_chain_of_anchors(line: Calendar) -> None:
    moments = {name: line.moment(visit) for name, visit in line.draft.visits.items()}
    assert moments == {
        "SCR": ("dose", -7),
        "DOSE": ("dose", 0),
        "D14": ("dose", 14),
        "D28": ("dose", 28),
        "UNS": None,
    }


def test_the_dose_is_where_a_dosing_session_is(line: Calendar) -> None:
    assert [visit.id for visit in line.doses] == ["DOSE"]
    assert line.first_dose is line.draft.visits["DOSE"]
    assert [name for name, visit in line.draft.visits.items() if line.follows_dose(visit)] == [
        "D14",
        "D28",
        "UNS",
    ]


def test_epochs_decide_where_days_do_not(line: Calendar) -> None:
    visits = line.draft.visits
    assert line.is_after(visits["UNS"], visits["SCR"]) is True
    assert line.is_after(visits["SCR"], visits["UNS"]) is False
    assert line.is_after(visits["UNS"], visits["D28"]) is None


def test_a_circle_has_no_moment(small: str) -> None:
    text = small.replace("{dose: {visit: DOSE}}", "{dose: {visit: DOSE}, later: {visit: D14}}")
    found = calendar(
        text.replace(
            "{id: DOSE, epoch: treatment, anchor: dose", "{id: DOSE, epoch: treatment, anchor: later"
        )
    )
    assert [set(circle) for circle in found.circles] == [{"dose", "later"}]
    assert found.anchor_moments == {"dose": None, "later": None}
    assert found.moment(found.draft.visits["SCR"]) is None
