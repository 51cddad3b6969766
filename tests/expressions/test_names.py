"""The four written forms of a name."""

import copy
import json
import pickle

import pytest

from equipoise.expressions import Name


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("age", (None, "age", None)),
        ("madrs.total", ("madrs", "total", None)),
        ("age@SCR", (None, "age", "SCR")),
        ("madrs.total@D28", ("madrs", "total", "D28")),
    ],
)
def test_name_has_the_parts_of_its_text(text, parts):
    name = Name(text)
    assert (name.form, name.item, name.visit) == parts
    assert Name(name.item, form=name.form, visit=name.visit) == name
    assert str(name) == text


@pytest.mark.parametrize("text", ["", "a.b.c", "a b", "1a", "a@", "@V", ".a", "a@V.x", "é", "a\n", "a@V@W"])
def test_name_refuses_any_other_form(text):
    with pytest.raises(ValueError, match="not a name"):
        Name(text)


@pytest.mark.parametrize("parts", [{"form": "b"}, {"visit": "V"}])
def test_name_refuses_a_part_given_twice(parts):
    with pytest.raises(ValueError, match="not a name"):
        Name("a.b@V", **parts)


def test_name_is_its_text_for_mappings_json_and_sorting():
    assert {"madrs.total": 24}[Name("madrs.total")] == 24
    assert {Name("madrs.total"): 24}["madrs.total"] == 24
    assert json.dumps([Name("b"), Name("a.b")]) == '["b", "a.b"]'
    assert sorted([Name("b"), Name("a.b")]) == ["a.b", "b"]


def test_name_cannot_be_changed():
    with pytest.raises(AttributeError):
        Name("age").visit = "SCR"


def test_name_survives_copying_and_pickling():
    name = Name("madrs.total@D28")
    for twin in (copy.deepcopy(name), pickle.loads(pickle.dumps(name))):  # noqa: S301 - our own bytes
        assert twin == name
        assert twin.visit == "D28"


def test_bare_item_belongs_to_the_form_its_rule_stands_in():
    assert Name("age@SCR").within("demography") == "demography.age@SCR"
    assert Name("madrs.total").within("demography") == "madrs.total"


def test_name_says_what_it_is():
    assert repr(Name("age")) == "Name('age')"
