"""Criteria are met, not met or not yet known; what is not known is never met."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from equipoise import protocol
from equipoise.expressions import Name
from equipoise.protocol import Resolved, eligibility

FRONTLINE = Path(__file__).parents[2] / "protocols" / "frontline.yaml"


@pytest.fixture(scope="module")
def flagship() -> Resolved:
    return protocol.resolve(protocol.load(FRONTLINE.read_text(encoding="utf-8"), name="frontline.yaml"))


def looking(**known: Any) -> Callable[[Name], Any]:
    """Answer by the name without its visit, dots as double underscores."""
    return lambda name: known.get(str(name).partition("@")[0].replace(".", "__"))


def met(found: tuple[eligibility.Judged, ...]) -> dict[str, str]:
    return {one.criterion.id: one.met for one in found}


def test_nothing_known_is_nothing_met(flagship: Resolved) -> None:
    found = eligibility.judge(flagship, look=looking(), judged={})
    assert set(met(found).values()) == {"unknown"}
    assert eligibility.eligible(found) == "unknown"
    assert [one.criterion.id for one in found] == [one.id for one in flagship.protocol.eligibility]
    assert found[1].wanted == (("screening", "frontline_months", "SCR"), ("screening", "profession", "SCR"))


@pytest.mark.parametrize(
    ("known", "criterion", "state"),
    [
        ({"demographics__age": 18.0}, "I1", "yes"),
        ({"demographics__age": 17.0}, "I1", "no"),
        ({"madrs__total": 21}, "I4", "no"),
        ({"madrs__total": 22}, "I4", "yes"),
        ({"screening__tramadol": "1"}, "E4", "no"),
        ({"screening__tramadol": "0"}, "E4", "yes"),
        ({"screening__profession": "other"}, "I2", "no"),
        ({"screening__profession": "nurse"}, "I2", "unknown"),
        ({"exposure_index__deaths": "2", "exposure_index__alone": "3"}, "I3", "unknown"),
    ],
)
def test_a_criterion_follows_its_rule(
    flagship: Resolved, known: dict[str, Any], criterion: str, state: str
) -> None:
    assert met(eligibility.judge(flagship, look=looking(**known), judged={}))[criterion] == state


def test_a_decided_criterion_wants_nothing_more(flagship: Resolved) -> None:
    found = eligibility.judge(flagship, look=looking(screening__profession="other"), judged={})
    second = found[1]
    assert (second.met, second.wanted) == ("no", ())
    assert second.lacking == (("screening", "frontline_months", "SCR"),)
    assert eligibility.eligible(found) == "no"


@pytest.mark.parametrize(("holds", "state"), [(False, "yes"), (True, "no"), (None, "unknown")])
def test_a_criterion_without_a_rule_is_a_persons_to_judge(
    flagship: Resolved, holds: bool | None, state: str
) -> None:
    judged = {} if holds is None else {"E9": holds}
    last = eligibility.judge(flagship, look=looking(), judged=judged)[-1]
    assert (last.criterion.id, last.by_person, last.met) == ("E9", True, state)


def test_a_judgment_does_not_overrule_a_rule(flagship: Resolved) -> None:
    found = eligibility.judge(flagship, look=looking(madrs__total=3), judged={"I4": True})
    assert met(found)["I4"] == "no"


def test_answers_that_do_not_go_together_decide_nothing(flagship: Resolved) -> None:
    found = eligibility.judge(flagship, look=looking(madrs__total="many"), judged={})
    assert met(found)["I4"] == "unknown"


def test_every_name_the_criteria_read_is_known(flagship: Resolved) -> None:
    names = eligibility.names(flagship)
    assert Name("madrs.total@SCR") in names
    assert {flagship.locate(name)[0] for name in names} == {
        "screening",
        "demographics",
        "exposure_index",
        "madrs",
    }
