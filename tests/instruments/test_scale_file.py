"""Reading a scale file: every problem with its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import instruments
from equipoise.errors import ProtocolError


def problems(text, name="toy.yaml"):
    with pytest.raises(ProtocolError) as caught:
        instruments.parse(text, name)
    return [str(problem) for problem in caught.value.problems]


def changed(text, old, new):
    assert old in text
    return text.replace(old, new)


def test_every_problem_of_the_shape_is_listed_with_line_and_column(toy_text):
    text = changed(toy_text, "title: A toy", "titel: A toy")
    text = changed(text, "recall_days: 7", "recall_days: seven")
    text = changed(text, "{id: first, label: First, codes: four}", "{id: First, label: '', codes: fuor}")
    found = problems(text)
    assert "toy.yaml:2:1: titel: there is no key `titel` here (did you mean `title`?)" in found
    assert "toy.yaml:1:1: title: `title` is missing (add it)" in found
    assert any(line.startswith("toy.yaml:7:14: recall_days: ") and "'seven'" in line for line in found)
    assert any("items.0.id" in line for line in found)
    assert any("items.0.label" in line for line in found)
    assert any("there is no set of codes named `fuor`" in line for line in found)
    assert found == sorted(found, key=lambda line: [int(part) for part in line.split(":")[1:3]])


def test_a_wrong_set_of_codes_is_reported_once_where_it_stands(toy_text):
    [found] = problems(changed(toy_text, "1: slight", "1: 17"))
    assert found.startswith("toy.yaml:10:")
    assert "codes.four.1" in found


def test_codes_must_be_whole_numbers(toy_text):
    [found] = problems(changed(toy_text, "1: slight", '"1": slight'))
    assert "codes.four" in found


def test_a_set_of_codes_that_no_item_uses_is_reported(toy_text):
    [found] = problems(changed(toy_text, "codes:\n", "codes:\n  spare: {0: no, 1: yes}\n"))
    assert found == "toy.yaml:10:3: codes.spare: no item uses the codes `spare` (remove it)"


def test_codes_that_are_no_sets_are_reported(toy_text):
    found = problems(
        changed(toy_text, "codes:\n  four: {0: none, 1: slight, 2: clear, 3: strong}", "codes: 3")
    )
    assert "toy.yaml:9:8: codes: expected named sets of codes (yes_no: {0: no, 1: yes})" in found


def test_the_file_is_named_after_the_scale(toy_text):
    [found] = problems(toy_text, "tyo.yaml")
    assert "rename the file to toy.yaml" in found


def test_items_all_stands_for_every_item_that_has_a_number(toy):
    assert toy.primary.items == ("first", "second", "third")


def test_bytes_are_read_like_text(toy_text, toy):
    assert instruments.parse(toy_text.encode(), "toy.yaml") == toy


@pytest.mark.parametrize(
    "text", ["", "3", "- 1", "a: [", "\x00", "null", "items: 3\nscores: {}\ncodes: {a: 1}"]
)
def test_what_is_no_scale_is_refused_without_a_traceback(text):
    assert problems(text)


@settings(max_examples=60)
@given(cut=st.integers(0, 900), noise=st.text("{}[]:-#'\"\n abc0", max_size=8))
def test_a_damaged_file_yields_problems_or_a_scale(toy_text, cut, noise):
    try:
        instruments.parse(toy_text[:cut] + noise + toy_text[cut:], "toy.yaml")
    except ProtocolError as error:
        assert error.problems
        assert all(problem.line for problem in error.problems)


def test_a_resolved_scale_can_be_written_as_json_and_read_back(toy):
    again = instruments.Instrument.model_validate_json(toy.model_dump_json())
    assert again == toy
    assert again.score({"first": 1, "second": 1, "third": 1}) == toy.score(
        {"first": 1, "second": 1, "third": 1}
    )
