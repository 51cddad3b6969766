"""What is wrong with answers, and what is missing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import expressions, instruments


def lines(problems):
    return [str(problem) for problem in problems]


def test_everything_wrong_is_said_at_once_with_item_and_allowed_answers(toy):
    found = lines(toy.check({"first": 7, "secnd": 1, "third": 2.5, "remark": 3}))
    assert found == [
        "toy: first: 7 is not a code of this item (answer with one of 0, 1, 2, 3)",
        "toy: secnd: toy has no item `secnd` (did you mean `second`?)",
        "toy: third: 2.5 is not a whole number (answer with a whole number from 1 to 5)",
        "toy: remark: 3 is not text (answer with text)",
    ]


def test_a_name_like_no_item_gets_the_list_of_items(toy):
    assert "its items are first, second, third, remark" in lines(toy.check({"zzz": 1}))[0]


@pytest.mark.parametrize("value", [None, float("nan"), ""])
def test_a_missing_answer_is_not_wrong(toy, value):
    assert toy.check({"first": value}) == []


@pytest.mark.parametrize("value", [True, "2", [2], float("inf"), 10**400, -(10**400), 1 + 2j, object()])
def test_what_is_no_number_is_refused_without_a_traceback(toy, value):
    [problem] = toy.check({"first": value})
    assert "is not a number that could be an answer" in problem.message


@pytest.mark.parametrize(("value", "message"), [(0, "0 is out of range"), (6, "6 is out of range")])
def test_a_number_outside_its_range_is_refused(toy, value, message):
    assert toy.check({"third": value})[0].message == message


def test_a_whole_number_written_as_a_float_is_an_answer(toy):
    assert toy.check({"first": 2.0, "third": 5.0, "remark": "words"}) == []


def test_optional_items_are_never_missing(toy):
    assert toy.missing({}) == ("first", "second", "third")


def test_of_two_questions_in_one_group_one_answer_is_enough():
    scale = instruments.load("qids_sr16")
    answers = dict.fromkeys(scale.item_ids, 0)
    del answers["appetite_increased"]
    assert scale.missing(answers) == ()
    del answers["appetite_decreased"]
    assert scale.missing(answers) == ("appetite_decreased", "appetite_increased")


def test_an_item_is_asked_while_what_decides_is_unknown():
    scale = instruments.load("cssrs_screen")
    assert "plan_intent" in scale.missing({})
    assert "plan_intent" not in scale.missing({"active_thoughts": 0})
    assert "plan_intent" in scale.missing({"active_thoughts": 1})


def test_a_skip_rule_can_be_read_by_the_expression_language():
    scale = instruments.load("cssrs_since_last")
    assert scale.item("plan_intent").skip == "not (active_thoughts == 1)"
    assert scale.item("frequency").skip == "not (wish_dead == 1 or active_thoughts == 1)"
    assert scale.item("wish_dead").skip is None
    rule = expressions.parse(scale.item("frequency").skip)
    assert rule.evaluate({"wish_dead": 0, "active_thoughts": 0}) is True
    assert rule.evaluate({"wish_dead": 0, "active_thoughts": None}) is None


def test_an_item_behind_a_skipped_item_is_skipped_too(toy_text):
    text = toy_text.replace(
        "third, label: Third, type: number, low: 1, high: 5",
        "third, label: Third, type: number, low: 1, high: 5, asked_if: {items: [second], equals: 1}",
    ).replace(
        "codes: four, reverse: true", "codes: four, reverse: true, asked_if: {items: [first], equals: 1}"
    )
    scale = instruments.parse(text, "toy.yaml")
    assert scale.missing({"first": 0}) == ()
    assert scale.missing({"first": 1}) == ("second", "third")


@settings(max_examples=50)
@given(
    answers=st.dictionaries(
        st.sampled_from(["first", "second", "third", "remark", "nobody"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=3)
        | st.lists(st.integers()),
    )
)
def test_no_answers_lead_to_a_traceback(toy, answers):
    toy.missing(answers)
    for problem in toy.check(answers):
        assert problem.path in answers
