"""What people ask of a scale: bands, response, remission, names."""

import pytest
from pydantic import ValidationError

from equipoise import instruments
from equipoise.errors import ProtocolError


@pytest.fixture(scope="module")
def madrs():
    return instruments.load("madrs")


def test_a_scale_cannot_be_changed(madrs):
    with pytest.raises(ValidationError):
        madrs.title = "another"


def test_the_band_of_a_missing_value_is_unknown(madrs):
    assert madrs.band("total", None) is None
    assert madrs.band("total", float("nan")) is None


def test_a_value_no_score_can_take_has_no_band(madrs):
    with pytest.raises(ValueError, match="outside 0 to 60"):
        madrs.band("total", 61)


@pytest.mark.parametrize(
    ("baseline", "value", "verdict"),
    [(None, 10, None), (28, None, None), (0, 0, None), (28, 14, True), (28, 15, False), (27.5, 13.75, True)],
)
def test_response_is_a_drop_of_half(madrs, baseline, value, verdict):
    assert madrs.responded(baseline, value) is verdict


def test_response_on_a_scale_that_starts_at_one_counts_from_one(toy_text):
    text = toy_text.replace("higher_is: worse", "higher_is: worse, response: {fraction: 0.5}")
    scale = instruments.parse(text, "toy.yaml")
    assert scale.responded(9, 5) is True
    assert scale.responded(9, 5.5) is False


def test_response_is_not_lost_to_rounding(toy_text):
    text = toy_text.replace("higher_is: worse", "higher_is: worse, response: {fraction: 0.3}")
    scale = instruments.parse(text, "toy.yaml")
    # 0.7 x 10 is 7.000000000000001 or 6.999999999999999, depending on how it is computed
    assert scale.responded(11, 8) is True
    assert scale.responded(2, 1.7) is True


def test_a_scale_without_a_rule_knows_no_response(toy):
    assert toy.responded(10, 2) is None
    assert toy.remitted(1) is None
    assert toy.mid is None
    assert instruments.load("treatment_guess").responded(10, 2) is None


@pytest.mark.parametrize(("value", "verdict"), [(10, True), (10.5, False), (11, False), (None, None)])
def test_remission_is_at_most_its_limit(madrs, value, verdict):
    assert madrs.remitted(value) is verdict


def test_a_rule_can_be_asked_of_another_score():
    assert instruments.load("spfi").responded(10, 2, score="exhaustion") is None
    assert instruments.load("madrs").remitted(3, score="total") is True


@pytest.mark.parametrize("ask", ["item", "score_named"])
def test_an_unknown_name_is_refused_with_the_nearest(madrs, ask):
    with pytest.raises(ProtocolError, match="did you mean"):
        getattr(madrs, ask)({"item": "suicidal_thought", "score_named": "totl"}[ask])
    with pytest.raises(ProtocolError, match="it has"):
        getattr(madrs, ask)("zzzz")


def test_only_codes_that_name_arms_may_be_replaced(madrs):
    with pytest.raises(ProtocolError, match="its codes are fixed by the scale"):
        madrs.with_codes("suicidal_thoughts", {0: "no", 1: "yes"}, arms={})


def test_a_replaced_code_that_names_an_arm_needs_a_label():
    scale = instruments.load("treatment_guess")
    with pytest.raises(ProtocolError, match="the code 3 names the arm low and has no label"):
        scale.with_codes("guess", {1: "high", 2: "medium"}, arms={1: "high", 3: "low"})


def test_replacing_codes_leaves_everything_else_alone():
    scale = instruments.load("treatment_guess")
    assert scale.plans == {}  # computed before, so that the copy is shown to start afresh
    other = scale.with_codes("guess", {1: "a", 2: "b", 9: "cannot say"}, arms={1: "x", 2: "y"})
    assert other.item("certainty") == scale.item("certainty")
    assert other.hidden_from == scale.hidden_from
    assert scale.item("guess").codes[1] == "study treatment"
