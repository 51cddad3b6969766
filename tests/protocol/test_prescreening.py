"""Applications are sorted by the criteria their answers decide, and by no others."""

from pathlib import Path

import pytest

from equipoise import protocol
from equipoise.protocol.prescreening import decided, prescreen

FRONTLINE = Path(__file__).parents[2] / "protocols" / "frontline.yaml"
GOOD = {
    "demographics.age": 41.0,
    "screening.profession": "nurse",
    "screening.frontline_months": 6.0,
    "screening.symptom_months": 8.0,
    "screening.earlier_treatment": "1",
    "screening.prior_diagnosis": "0",
    "screening.psychedelic_use": "0",
    "screening.pregnancy": "9",
    "screening.driver": "1",
    "screening.support_person": "1",
}


@pytest.fixture(scope="module")
def frontline() -> protocol.Resolved:
    return protocol.resolve(protocol.load(FRONTLINE.read_bytes(), name=FRONTLINE.name))


def test_criteria_that_read_anything_else_do_not_sort(frontline: protocol.Resolved) -> None:
    assert [one.id for one in decided(frontline)] == ["I1", "I2", "I5", "I8", "I9", "I10", "E2", "E3", "E7"]


@pytest.mark.parametrize(
    ("changed", "verdict", "unmet", "unknown"),
    [
        ({}, "likely", (), ()),
        ({"demographics.age": 17.0}, "unlikely", ("I1",), ()),
        ({"screening.psychedelic_use": "1", "screening.driver": "0"}, "unlikely", ("I8", "E7"), ()),
        ({"screening.prior_diagnosis": None}, "open", (), ("E2",)),
        ({"screening.prior_diagnosis": None, "demographics.age": 3.0}, "unlikely", ("I1",), ("E2",)),
        # One half of a rule may settle the whole of it.
        ({"screening.profession": "other", "screening.frontline_months": None}, "unlikely", ("I2",), ()),
    ],
)
def test_what_is_not_known_is_neither_met_nor_unmet(
    frontline: protocol.Resolved,
    changed: dict[str, float | str | None],
    verdict: str,
    unmet: tuple[str, ...],
    unknown: tuple[str, ...],
) -> None:
    found = prescreen(frontline, {**GOOD, **changed})
    assert (found.verdict, found.unmet, found.unknown) == (verdict, unmet, unknown)
