"""Until when arms may be compared, and at which visits."""

import pytest

from equipoise import protocol
from equipoise.protocol.comparison import comparable, visits_compared

LATER = "  - {id: D56, epoch: follow_up, anchor: dose, day: 56, forms: [phq9]}\n"
BEFORE = "  - {id: UNS,"


def read(small: str, *, event: str = "", visits: str = "") -> protocol.Protocol:
    text = small.replace(BEFORE, visits + BEFORE)
    if event:
        text = text.replace(
            "masking: {participant: {until: lock}, rater: {until: lock}",
            f"events: [{event}]\nmasking: {{participant: {{until: told}}, rater: {{until: told}}",
        )
    return protocol.load(text, name="small.yaml")


def told(more: str = "visit: D28, tells: [participant]") -> str:
    return f"{{id: told, text: Told, {more}}}"


def fair(planned: protocol.Protocol) -> list[str]:
    return [visit.id for visit in planned.visits if comparable(planned, visit.id)]


def test_arms_may_be_compared_until_planned_unblinding_and_only_where_all_have_the_visit(small: str) -> None:
    some = LATER.replace("id: D56", "id: D21, arms: [active]").replace("day: 56", "day: 21")
    assert fair(read(small, event=told(), visits=LATER + some)) == ["SCR", "DOSE", "D14", "D28"]


@pytest.mark.parametrize(
    "event",
    [
        "visit: D28, tells: [participant], planned: false",
        "visit: D28, tells: [rater]",
        "tells: [participant]",
    ],
)
def test_an_event_that_may_never_tell_participants_ends_no_comparison(event: str, small: str) -> None:
    assert "D56" in fair(read(small, event=told(event), visits=LATER))


def test_the_visits_of_a_model_follow_the_baseline_in_time_up_to_unblinding(small: str) -> None:
    early = LATER.replace("D56", "D7").replace("56", "7")
    offered = LATER.replace("id: D56", "id: D10, offered: true").replace("day: 56", "day: 10")
    planned = read(small, event=told(), visits=LATER + early + offered)
    assert [visit.id for visit in visits_compared(planned, "phq9", baseline="SCR")] == ["D7", "D14", "D28"]
    assert [visit.id for visit in visits_compared(planned, "phq9", baseline="D14")] == ["D28"]
    assert [visit.id for visit in visits_compared(planned, "mood", baseline="SCR")] == ["DOSE", "D14", "D28"]
