"""A study's licensed wording, checked item by item."""

import pytest
import yaml

from equipoise import instruments
from equipoise.errors import ProtocolError


def pack(instrument, **changes):
    """A complete wording of a scale, as plain data."""
    items = {
        item.id: {
            "text": f"Text of {item.id}",
            **({"codes": dict(item.codes)} if item.type == "code" else {}),
        }
        for item in instrument.items
    }
    whole = {
        "scale": instrument.id,
        "language": "en",
        "edition": "first",
        "licence": "a letter",
        "items": items,
    }
    return {**whole, **changes}


def read(data, scale, lang="en"):
    return instruments.wording(
        yaml.safe_dump(data, sort_keys=False), scale, lang=lang, name="wording/en/x.yaml"
    )


def problems(data, scale, lang="en"):
    with pytest.raises(ProtocolError) as caught:
        read(data, scale, lang)
    assert all(problem.line and problem.source == "wording/en/x.yaml" for problem in caught.value.problems)
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize("name", instruments.names())
def test_a_complete_wording_is_accepted_for_every_scale(name):
    scale = instruments.load(name)
    found = read(pack(scale), scale)
    assert [found.text(item) for item in scale.item_ids] == [f"Text of {item}" for item in scale.item_ids]


def test_codes_may_be_worded_once_for_all_items(toy):
    data = pack(toy, codes={0: "a", 1: "b", 2: "c", 3: ""})
    del data["items"]["first"]["codes"]
    found = read(data, toy)
    assert found.code_texts("first") == {0: "a", 1: "b", 2: "c", 3: ""}
    assert found.code_texts("second")[1] == "slight"


def test_every_misfit_is_listed_at_once(toy):
    data = pack(toy, scale="tyo", language="de")
    del data["items"]["third"]
    data["items"]["frist"] = {"text": "x"}
    del data["items"]["first"]["codes"][2]
    data["items"]["second"]["codes"][9] = "x"
    data["items"]["remark"]["codes"] = {0: "x"}
    assert sorted(problems(data, toy)) == sorted(
        [
            "this is the wording of `tyo`",
            "`de` stands in the folder en",
            "the item `third` has no wording",
            "there is no item `frist`",
            "no text for code 2 of `first`",
            "`second` has no code 9",
            "`remark` has no codes",
        ]
    )


def test_an_unknown_item_gets_the_nearest_name(toy):
    data = pack(toy)
    data["items"]["frist"] = {"text": "x"}
    with pytest.raises(ProtocolError, match="did you mean `first`"):
        read(data, toy)


def test_a_scale_that_needs_permission_needs_a_licence():
    madrs = instruments.load("madrs")
    assert problems(pack(madrs, licence=" "), madrs) == ["MADRS may only be shown with permission"]


def test_a_wording_of_the_wrong_shape_is_refused_with_its_place(toy):
    data = pack(toy)
    data["items"]["first"] = {"txt": "x"}
    found = problems(data, toy)
    assert "there is no key `txt` here" in found
    assert "`text` is missing" in found


def test_a_code_without_text_must_be_given_empty_and_not_left_out(toy):
    data = pack(toy, codes={0: "a", 1: "b"})
    del data["items"]["first"]["codes"]
    assert problems(data, toy) == ["no text for code 2, 3 of `first`"]


@pytest.mark.parametrize("text", ["", "3", "items: {}", "- a", "{"])
def test_what_is_no_wording_is_refused_without_a_traceback(toy, text):
    with pytest.raises(ProtocolError):
        instruments.wording(text, toy, lang="en", name="x.yaml")


def test_a_guess_with_other_codes_is_checked_against_those():
    scale = instruments.load("treatment_guess")
    larger = scale.with_codes("guess", {1: "a", 2: "b", 3: "c", 9: "d"}, arms={1: "x", 2: "y", 3: "z"})
    assert problems(pack(scale), larger) == ["no text for code 3 of `guess`"]
