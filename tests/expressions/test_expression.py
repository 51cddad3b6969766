"""One parsed rule: its look-ups, its errors, its explanation, its copies."""

import copy
import pickle
from collections import defaultdict
from types import MappingProxyType

import pytest

from equipoise.errors import ProtocolError, RecordError
from equipoise.expressions import Name, parse

ELIGIBLE = parse("madrs.total@SCR > 21 and age >= 18")
VALUES = {"madrs.total@SCR": 28, "age": 38}


def test_names_are_everything_the_rule_reads():
    rule = parse("a if b > 1 else max(c, [d.e, f@V]) + count(g) in [h] and a")
    assert rule.names == {"a", "b", "c", "d.e", "f@V", "g", "h"}
    assert all(type(name) is Name for name in rule.names)


@pytest.mark.parametrize(
    "lookup",
    [
        VALUES,
        {Name(name): value for name, value in VALUES.items()},
        MappingProxyType(VALUES),
        defaultdict(lambda: None, VALUES),
        VALUES.get,
        VALUES.__getitem__,
        lambda name: VALUES[f"{name.form}.{name.item}@{name.visit}" if name.form else name.item],
    ],
    ids=["dict", "dict of names", "proxy", "defaultdict", "get", "getitem", "function of the parts"],
)
def test_lookup_may_be_a_mapping_or_a_function(lookup):
    assert ELIGIBLE.evaluate(lookup) is True


def test_name_that_is_not_in_the_mapping_is_missing():
    assert ELIGIBLE.evaluate({"age": 38}) is None
    assert ELIGIBLE.evaluate({}) is None


def test_error_of_the_lookup_itself_passes_through():
    def broken(name):
        raise KeyError(name)

    with pytest.raises(KeyError):
        ELIGIBLE.evaluate(broken)


def test_record_error_names_rule_part_kinds_and_remedy():
    with pytest.raises(RecordError) as caught:
        ELIGIBLE.evaluate({"madrs.total@SCR": "28"})
    message = str(caught.value)
    assert "the rule `madrs.total@SCR > 21 and age >= 18`" in message
    assert "> compares text with number in `madrs.total@SCR > 21`" in message
    assert caught.value.problems[0].hint


def test_record_error_names_the_innermost_part():
    with pytest.raises(RecordError, match=r"in `a \+ 1`"):
        parse("not (abs(a + 1) > 2)").evaluate({"a": "x"})


def test_protocol_error_shows_the_text_harmlessly():
    with pytest.raises(ProtocolError) as caught:
        parse("\x1b[31m" + "x " * 400)
    assert str(caught.value).replace("\n", "").isprintable()


def test_expression_cannot_be_changed():
    with pytest.raises(AttributeError):
        ELIGIBLE.text = "True"


def test_expression_survives_copying_and_pickling():
    for twin in (copy.deepcopy(ELIGIBLE), pickle.loads(pickle.dumps(ELIGIBLE))):  # noqa: S301 - our own bytes
        assert twin == ELIGIBLE
        assert twin.text == ELIGIBLE.text
        assert twin.evaluate(VALUES) is True


def test_explanation_lists_each_condition_with_what_was_found():
    rule = parse("madrs.total@SCR>21 and age >= 18 and (role == 'nurse' or 18 <= madrs.total@SCR)")
    assert rule.explain({"madrs.total@SCR": 20, "role": "nurse"}) == [
        ("madrs.total@SCR > 21", 20, False),
        ("age >= 18", None, None),
        ('role == "nurse"', "nurse", True),
        ("18 <= madrs.total@SCR", 20, True),
    ]


def test_explanation_moves_not_into_the_conditions():
    rule = parse("not (a > 1 or not b == 2) and not is_missing(c) and not (not d)")
    assert rule.explain({"a": 0, "b": 2, "d": True}) == [
        ("not a > 1", 0, True),
        ("b == 2", 2, True),
        ("not is_missing(c)", None, False),
        ("d", True, True),
    ]


@pytest.mark.parametrize(
    ("text", "leaf"),
    [
        ("2 * a + b < c", ("2 * a + b < c", 7, True)),
        ("1 < 2", ("1 < 2", 1, True)),
        ("a in [1, 2]", ("a in [1, 2]", 2, True)),
        ("1 in [a, b]", ("1 in [a, b]", 2, False)),
        ("days_between('2022-02-27', d) > 1", ('days_between("2022-02-27", d) > 1', 2, True)),
        ("a > 1 if b > 1 else c > 1", ("a > 1 if b > 1 else c > 1", True, True)),
        ("1 < a < 3", ("1 < a < 3", 2, True)),
    ],
)
def test_explanation_shows_the_first_value_that_was_looked_up(text, leaf):
    assert parse(text).explain({"a": 2, "b": 3, "c": 8, "d": "2022-03-01"}) == [leaf]


def test_explanation_agrees_with_the_answer():
    rule = parse("a and b or not c")
    for values in (
        {"a": x, "b": y, "c": z} for x in (True, None) for y in (False, None) for z in (True, None)
    ):
        a, b, not_c = (leaf.met for leaf in rule.explain(values))
        both = False if False in (a, b) else None if None in (a, b) else True
        either = True if True in (both, not_c) else None if None in (both, not_c) else False
        assert rule.evaluate(values) is either


def test_only_conditions_are_explained():
    with pytest.raises(RecordError, match="the rule is given a number"):
        parse("a + 1").explain({"a": 1})
