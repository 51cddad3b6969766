"""What a page's script sends arrives alike as a form and as JSON; anything else is refused."""

import json
from typing import Any

import pytest

SENT = {"a:apparent_sadness:0": "3", "s:apparent_sadness:0": "0", "m:apparent_sadness:0": ""}


def post(world: Any, form: str, text: str) -> Any:
    return world.client("coordinator").post(
        f"/forms/{form}/save/", data=text, content_type="application/json"
    )


def test_answers_as_json_are_stored_as_those_of_a_form_are(world: Any) -> None:
    form = world.opened("madrs", "SCR")
    told = post(world, form, json.dumps(SENT)).json()
    assert told["items"]["apparent_sadness:0"]["seq"] == 1
    assert {line.item: line.answer for line in world.page(form).items}["apparent_sadness"] == "3"


@pytest.mark.parametrize("text", ["{", "[]", '{"a:apparent_sadness:0": 3}', '"a"', "null"])
def test_json_that_is_no_object_of_texts_is_refused_and_nothing_is_stored(world: Any, text: str) -> None:
    form = world.opened("madrs", "SCR")
    assert post(world, form, text).status_code == 400
    assert not any(line.answer for line in world.page(form).items)
