"""Properties: any text is read or refused, and where all values are known Python agrees."""

import ast
import json
import random
from statistics import mean

from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.errors import ProtocolError, RecordError
from equipoise.expressions import Expression, check_types, from_tree, parse, result_type
from equipoise.expressions.tree import render

WORDS = """
a form.item item@VISIT madrs.total@SCR 1 0.5 21 9999999999999999 1e9 0x1 'x' "y" f' ' " True False None __import__
and or not in if else is lambda for ( ) [ ] { } , . @ : := ; + - * / // ** % < <= > >= == != = ` ~ & | ^ \\ #
min max sum mean count abs days_between is_missing is_missing( sum( é ≤ ≥ ≠ × ÷ − “
"""
FRAGMENTS = st.sampled_from([*WORDS.split(), "\x00", "\ud800", "\n"])


def read_or_refuse(text):
    try:
        return parse(text)
    except ProtocolError as error:
        assert error.problems
        assert all(1 <= problem.column <= len(text) + 1 for problem in error.problems)
        assert all(problem.message for problem in error.problems)
        return None


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=[])) | st.lists(FRAGMENTS, max_size=30).map(" ".join))
def test_any_text_is_an_expression_or_a_protocol_error(text):
    expression = read_or_refuse(text)
    assert expression is None or isinstance(expression, Expression)


@settings(max_examples=100, deadline=None)
@given(st.lists(FRAGMENTS, max_size=30).map("".join))
def test_fragments_without_blanks_are_read_or_refused_too(text):
    read_or_refuse(text)


# What Python evaluates is the same text with every name replaced by an identifier.
NUMBERS = {"n": "n", "scale.total": "scale_total", "k@V1": "k_V1", "scale.k@V2": "scale_k_V2"}
CONDITIONS = {"p": "p", "form.q@V1": "form_q_V1"}
TEXTS = {"t": "t", "form.u": "form_u"}

MOST_DEPTH = 3


def leaf_or(dice, depth, leaf, *grown):
    """Return a leaf or something made of smaller parts, which are the fewer the deeper they stand."""
    return leaf() if dice.random() < (depth + 1) / (MOST_DEPTH + 1) else dice.choice(grown)()


def number(dice, depth=0):
    """Invent the text of a number."""

    def inner():
        return number(dice, depth + 1)

    def literal():
        return str(dice.choice([dice.randint(0, 99), round(dice.uniform(0, 99), 3), 0, 1]))

    def several():
        return f"{dice.choice(['min', 'max', 'sum', 'mean'])}({inner()}, [{inner()}, {inner()}])"

    return leaf_or(
        dice,
        depth,
        lambda: dice.choice(sorted(NUMBERS)) if dice.random() < 1 / 2 else literal(),
        lambda: f"{inner()} {dice.choice('+-*')} {inner()}",
        lambda: f"({inner()} {dice.choice('+-*')} {inner()})",
        lambda: f"({inner()}) / {dice.choice(['2', '0.5', '3'])}",
        lambda: f"-{inner()}",
        several,
        lambda: f"abs({inner()})",
        lambda: f"({inner()} if {inner()} > {inner()} else {inner()})",
    )


def text(dice):
    return dice.choice([*sorted(TEXTS), "'x'", '"no"'])


def comparison(dice, depth):
    def inner():
        return number(dice, depth + 1)

    return dice.choice(
        [
            lambda: f"{inner()} {dice.choice(['<', '<=', '>', '>=', '==', '!='])} {inner()}",
            lambda: f"{inner()} < {inner()} <= {inner()}",
            lambda: f"{inner()} {dice.choice(['in', 'not in'])} [{inner()}, {inner()}]",
            lambda: f"{text(dice)} {dice.choice(['==', '!=', '<'])} {text(dice)}",
            lambda: f"{text(dice)} in ({text(dice)}, {text(dice)})",
            lambda: dice.choice([*sorted(CONDITIONS), "True", "False"]),
        ]
    )()


def condition(dice, depth=0):
    """Invent the text of a condition."""

    def inner():
        return condition(dice, depth + 1)

    return leaf_or(
        dice,
        depth,
        lambda: comparison(dice, depth),
        lambda: f"{inner()} {dice.choice(['and', 'or'])} {inner()}",
        lambda: f"({inner()} {dice.choice(['and', 'or'])} {inner()})",
        lambda: f"not {inner()}",
        lambda: f"({inner()} if {inner()} else {inner()})",
    )


def known(dice):
    """Invent a value for every name; equal ones come often."""
    scores = [
        dice.choice([dice.randint(-50, 50), dice.randint(-1, 1), round(dice.uniform(-50, 50), 2)])
        for _ in NUMBERS
    ]
    return (
        dict(zip(NUMBERS, scores, strict=True))
        | {name: dice.random() < 1 / 2 for name in CONDITIONS}
        | {name: dice.choice(["x", "y", "no"]) for name in TEXTS}
    )


def invented(make):
    """Draw by one seed: a strategy for every word costs ten times as much."""
    return st.integers(0, 2**32).map(lambda seed: make(random.Random(seed)))  # noqa: S311 - guards nothing


conditions = invented(condition)
rules = invented(number) | conditions
values_known = invented(known)


def flat(function):
    """Take lists as their elements, as the language does."""

    def called(*arguments):
        return function([part for one in arguments for part in (one if isinstance(one, list) else [one])])

    return called


FUNCTIONS = {
    "min": flat(min),
    "max": flat(max),
    "sum": flat(sum),
    "mean": flat(lambda them: sum(them) / len(them)),
}


def python_value(text, values):
    identifiers = NUMBERS | CONDITIONS | TEXTS
    for name in sorted(identifiers, key=len, reverse=True):
        if name != identifiers[name]:
            text = text.replace(name, identifiers[name])
    tree = ast.parse(text, mode="eval")
    known = {identifiers[name]: value for name, value in values.items()}
    return eval(compile(tree, "rule", "eval"), {"__builtins__": {}, "abs": abs} | FUNCTIONS, known)  # noqa: S307 - our own text


@settings(max_examples=200, deadline=None)
@given(rules, values_known)
def test_python_agrees_where_every_value_is_known(text, values):
    found, expected = parse(text).evaluate(values), python_value(text, values)
    assert found == expected
    assert type(found) is type(expected)


@settings(max_examples=100, deadline=None)
@given(rules)
def test_tree_and_canonical_text_come_back_to_the_same_rule(text):
    expression = parse(text)
    again = from_tree(json.loads(json.dumps(expression.tree)))
    assert again == expression
    assert again.tree == expression.tree
    assert again.text == render(expression.root)


@settings(max_examples=100, deadline=None)
@given(conditions, values_known, st.data())
def test_unknown_is_never_wrong(text, values, data):
    """Hiding values may turn an answer into unknown, never into the opposite."""
    hidden = data.draw(st.sets(st.sampled_from(sorted(values))))
    partial = parse(text).evaluate(
        {name: None if name in hidden else value for name, value in values.items()}
    )
    assert partial is None or partial is parse(text).evaluate(values)


@settings(max_examples=100, deadline=None)
@given(rules, values_known)
def test_checked_rules_never_fail_on_values_of_their_kinds(text, values):
    types = (
        dict.fromkeys(NUMBERS, "number") | dict.fromkeys(CONDITIONS, "bool") | dict.fromkeys(TEXTS, "text")
    )
    expression = parse(text)
    assert check_types(expression, types) == []
    kind = {bool: "bool", int: "number", float: "number"}[type(expression.evaluate(values))]
    assert result_type(expression, types) == kind


@settings(max_examples=200, deadline=None)
@given(
    st.lists(FRAGMENTS, min_size=1, max_size=9).map(" ".join),
    st.dictionaries(
        st.sampled_from(["a", "form.item", "item@VISIT", "madrs.total@SCR"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.dates(),
    ),
)
def test_any_values_give_a_value_or_a_record_error(text, values):
    expression = read_or_refuse(text)
    if expression is not None:
        try:
            expression.evaluate(values)
            check_types(expression, {})
        except RecordError as error:
            assert error.problems


def test_mean_is_the_arithmetic_mean():
    assert parse("mean(a, b, c)").evaluate({"a": 1, "b": 2, "c": 6}) == mean([1, 2, 6])
