"""Days and instants: each says in the description what it is, so that a typed client gives no text for it.

Every answer that a test of the interface sees is looked through as well (`checked`).
"""

import copy
from typing import Any

import pytest
from tests.conduct.api import days
from tests.conduct.api.conftest import Programs


def test_every_field_that_is_called_like_a_day_is_described_as_one() -> None:
    assert days.untyped(days.described()) == []


def test_a_field_without_its_format_is_found_by_its_name_and_by_what_it_holds() -> None:
    found = copy.deepcopy(days.described())
    shapes = found["components"]["schemas"]
    del shapes["Delegated"]["properties"]["at"]["format"]
    del shapes["FormNamed"]["properties"]["approved_on"]["anyOf"][0]["format"]
    assert sorted(days.untyped(found)) == ["Delegated.at", "FormNamed.approved_on"]
    for name, field, text in (
        ("Delegated", "at", "2026-11-23T18:00:00Z"),
        ("FormNamed", "approved_on", "2026-11-20"),
    ):
        schema = {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
        said = list(days.undeclared([{field: text}], schema, found))
        assert said == [f"{name}.{field} holds {text!r} and is described as text"]
        assert list(days.undeclared([{field: None}], schema, found)) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11-23T18:00:00", "which has no offset"),
        ("2026-11-23", "and is described as date-time"),
        ("", "and is described as date-time"),
    ],
)
def test_an_instant_without_an_offset_and_a_text_in_its_place_are_found(text: str, said: str) -> None:
    schema: dict[str, Any] = {"$ref": "#/components/schemas/Note"}
    (wrong,) = days.undeclared({"at": text}, schema, days.described())
    assert said in wrong


def test_the_delegation_log_and_roles_say_their_days(programs: Programs) -> None:
    """Who is known only by a role and a task: their days are as the rest is described."""
    there = f"/people/{programs.world.people.coordinator.person}"
    tasks = {"site": "SEA", "tasks": "Vital signs", "from_on": "2026-11-02"}
    programs.ask("investigator", f"{there}/delegations", tasks, status=204)
    (line,) = programs.ask("investigator", "/sites/SEA/delegation-log")
    assert (line["from_on"], line["until_on"]) == ("2026-11-02", None)
    assert line["at"].startswith("2026-11-23T18:00")
    (role,) = programs.ask("investigator", there)["roles"]
    assert role["until_day"] is None
