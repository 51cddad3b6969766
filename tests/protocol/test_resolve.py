"""A resolved protocol says everything it refers to, names every value, and hashes each part."""

from pathlib import Path

import pytest

from equipoise.errors import ProtocolError
from equipoise.protocol import Protocol, Resolved, canonical_json, load, resolve
from equipoise.protocol.resolve import PARTS

FRONTLINE = Path(__file__).parents[2] / "protocols" / "frontline.yaml"


@pytest.fixture(scope="module")
def text() -> str:
    return FRONTLINE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def frontline(text: str) -> Resolved:
    return resolve(load(text, name="frontline.yaml"))


def test_an_instrument_becomes_items_and_scores(frontline: Resolved) -> None:
    madrs = frontline.forms["madrs"]
    assert len(madrs.items) == 10
    assert madrs.scores[0] == "total"
    assert madrs.recall_days == 7


def test_a_standard_form_becomes_items_and_knows_that_it_is_a_log(frontline: Resolved) -> None:
    events = frontline.forms["adverse_events"]
    assert events.log
    assert events.item("valence").codes is not None


def test_names_carry_types_and_a_bare_name_must_be_unique(frontline: Resolved) -> None:
    assert frontline.names["madrs.total"] == "number"
    assert frontline.names["demographics.sex"] == "code"
    assert frontline.names["age"] == "number"
    assert "start_date" not in frontline.names
    assert frontline.locate("age") == ("demographics", "age")
    assert frontline.locate("madrs.total@PREP1") == ("madrs", "total")
    for unknown in ("start_date", "madrs.nothing", "nothing"):
        with pytest.raises(KeyError):
            frontline.locate(unknown)


def test_ranges_come_from_the_instrument_or_the_item(frontline: Resolved) -> None:
    assert frontline.range_of("madrs.total") == (0, 60)
    assert frontline.range_of("demographics.age") == (18, 100)


def test_codes_of_a_guess_name_arms_by_role(frontline: Resolved) -> None:
    assert frontline.forms["guess"].arms == {"1": "psilocybin", "2": "niacin"}


def test_a_form_may_list_the_codes_of_its_guess(text: str) -> None:
    listed = text.replace(
        "{id: guess, instrument: treatment_guess,",
        "{id: guess, codes: {guess: {'1': Drug, '2': Niacin, '9': Cannot say}}, instrument: treatment_guess,",
    )
    assert listed != text
    guess = resolve(load(listed, name="p")).forms["guess"]
    assert guess.arms == {"1": "psilocybin", "2": "niacin"}
    assert guess.instrument is not None
    assert guess.instrument.item("guess").codes == {1: "Drug", 2: "Niacin", 9: "Cannot say"}


def test_a_hint_at_the_arm_is_hidden_by_the_instruments_default(text: str) -> None:
    plain = text.replace(
        "{id: guess, instrument: treatment_guess, filled_by: participant, "
        "hidden_from: [rater, statistician], until: lock, sealed: true, assumption: true}",
        "{id: guess, instrument: treatment_guess, filled_by: participant}",
    )
    assert plain != text
    guess = resolve(load(plain, name="p")).forms["guess"]
    assert "rater" in guess.hidden_from
    assert guess.until == "lock"


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("seed: 20241205", "seed: 1", {"simulation"}),
        ("block_sizes: {value: [2, 4]", "block_sizes: {value: [4]", {"allocation"}),
        ("alpha: 0.05", "alpha: 0.04", {"analysis"}),
        ("day: 56, window_days: [-7, 7]", "day: 56, window_days: [-6, 7]", {"build"}),
        ("protocol_number: STUDY00013891", "protocol_number: X", {"design"}),
        ("label: Niacin, role: control", "label: Nicotinic acid, role: control", {"design", "allocation"}),
    ],
)
def test_a_change_moves_the_hashes_of_its_parts_only(
    text: str, frontline: Resolved, old: str, new: str, changed: set[str]
) -> None:
    assert old in text
    other = resolve(load(text.replace(old, new, 1), name="p"))
    assert {part for part, digest in frontline.hashes.items() if other.hashes[part] != digest} == changed


def test_layout_and_comments_of_the_file_do_not_matter(text: str, frontline: Resolved) -> None:
    assert resolve(load("# a remark\n" + text, name="p")).hashes == frontline.hashes


def test_an_estimand_hash_moves_with_that_estimand_only(text: str, frontline: Resolved) -> None:
    other = resolve(load(text.replace("threshold: 10", "threshold: 12", 1), name="p"))
    moved = {
        name for name, digest in frontline.estimand_hashes.items() if other.estimand_hashes[name] != digest
    }
    assert moved == {"remission"}


def test_canonical_json_is_sorted_dense_and_composed() -> None:
    assert canonical_json({"b": 1, "a": "e\u0301"}) == '{"a":"é","b":1}'.encode()
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"a": float("nan")})


def test_an_unknown_instrument_is_an_error_of_the_protocol(text: str) -> None:
    with pytest.raises(ProtocolError):
        resolve(load(text.replace("instrument: pcl5", "instrument: pcl6"), name="p"))


def test_every_section_of_the_file_belongs_to_a_part() -> None:
    marks = {"assumption", "source", "note"}
    assert set(Protocol.model_fields) - marks == {name for part in PARTS.values() for name in part}


def test_a_session_brings_the_forms_on_its_clock_to_its_visits(frontline: Resolved) -> None:
    dosing = frontline.protocol.forms_at("DOSE")
    assert "intensity" in dosing
    assert "intensity" not in frontline.protocol.visit("DOSE").forms
    assert len(dosing) == len(set(dosing))
    assert frontline.protocol.forms_at("W8") == frontline.protocol.visit("W8").forms
