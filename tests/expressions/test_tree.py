"""The tree: canonical text, JSON and back, and refusal of trees no text has."""

import json

import pytest

from equipoise.errors import ProtocolError
from equipoise.expressions import LANGUAGE_VERSION, from_tree, parse
from equipoise.expressions.language import MAX_DEPTH
from equipoise.expressions.tree import render

RULES = [
    "madrs.total@SCR > 21 and age >= 18",
    "(a or b) and not (c and d) or not not e",
    "not a == b",
    "(not a) == b",
    "-(a + b) * -c - (d - e) / (f * g)",
    "--a - -5",
    "a * (b / c) / d",
    "(a if b else c) if (d if e else f) else g",
    "a + (b if c else d)",
    "(a < b) == (c < d < e)",
    "a in [1, -2, 0.00001, 'x', \"it's\", True, b + 1]",
    "(a in [1]) in [True]",
    "min(a, [b, c]) + count(d) - days_between(e, '2022-03-01')",
    "is_missing(a if b else c)",
]


@pytest.mark.parametrize("text", RULES)
def test_tree_goes_through_json_and_back(text):
    expression = parse(text)
    through = json.loads(json.dumps(expression.tree))
    assert through == expression.tree
    assert from_tree(through) == expression
    assert hash(from_tree(through)) == hash(expression)


@pytest.mark.parametrize("text", RULES)
def test_canonical_text_has_the_same_tree_and_is_its_own_canonical_text(text):
    canonical = render(parse(text).root)
    assert parse(canonical).tree == parse(text).tree
    assert render(parse(canonical).root) == canonical


def test_spelling_does_not_change_the_tree():
    one = parse("a>1 and(b in(1,2))and sum([c,d])<0.50")
    other = parse("  a > 1\n and b in [1, 2] and sum(c, d) < 0.5")
    assert one == other
    assert one.tree == other.tree
    assert one.text != other.text


def test_tree_of_the_example_is_stable():
    # Trees are stored with protocol versions: a change here needs a new LANGUAGE_VERSION.
    assert json.dumps(parse("madrs.total@SCR > 21 and age >= 18").tree) == (
        '{"language": 1, "root": ["and", [">", ["name", "madrs.total@SCR"], ["number", 21]], '
        '[">=", ["name", "age"], ["number", 18]]]}'
    )


def test_tree_is_a_fresh_copy():
    expression = parse("a > 1")
    expression.tree["root"].clear()
    assert expression.tree == parse("a > 1").tree


DEEP = ["name", "a"]
for _ in range(MAX_DEPTH):
    DEEP = ["not", DEEP]

ENDLESS = []
ENDLESS.append(ENDLESS)


@pytest.mark.parametrize(
    "root",
    [
        None,
        1,
        "a",
        [],
        {},
        [[]],
        [1],
        ["name"],
        ["name", "a", "b"],
        ["name", "a b"],
        ["name", "a > 1"],
        ["name", "min"],
        ["name", ["name", "a"]],
        ["number", "1"],
        ["number", True],
        ["number", float("nan")],
        ["number", float("inf")],
        ["number", 1e300],
        ["number", 10**5000],
        ["text", "a\\"],
        ["text", "both \" and '"],
        ["text", 1],
        ["bool", 1],
        ["bool", "True"],
        ["and", ["name", "a"]],
        ["and", ["and", ["name", "a"], ["name", "b"]], ["name", "c"]],
        ["not"],
        ["negate", ["number", 5]],
        ["if", ["name", "a"], ["name", "b"]],
        ["<", ["name", "a"]],
        ["<", ["name", "a"], ["name", "b"], ["name", "c"]],
        ["chain", ["name", "a"], "<", ["name", "b"]],
        ["chain", ["name", "a"], "<"],
        ["chain", ["name", "a"], "in", ["name", "b"], "<", ["name", "c"]],
        ["chain", ["name", "a"], ["<"], ["name", "b"]],
        ["in", ["name", "a"]],
        ["in", ["name", "a"], 1],
        ["+", ["name", "a"]],
        ["**", ["name", "a"], ["number", 2]],
        ["abs"],
        ["abs", ["name", "a"], ["name", "b"]],
        ["open", ["text", "x"]],
        DEEP,
        ENDLESS,
    ],
    ids=lambda root: f"{root!r:.40}" if root != ["number", 10**5000] else "a number of 5,001 digits",
)
def test_tree_no_text_has_is_refused(root):
    with pytest.raises(ProtocolError):
        from_tree({"language": LANGUAGE_VERSION, "root": root})


@pytest.mark.parametrize(
    "tree",
    [
        None,
        [],
        "a > 1",
        {},
        {"root": ["name", "a"]},
        {"language": LANGUAGE_VERSION},
        {"language": LANGUAGE_VERSION + 1, "root": ["name", "a"]},
        {"language": LANGUAGE_VERSION, "root": ["name", "a"], "more": 1},
    ],
)
def test_tree_of_another_version_or_shape_is_refused(tree):
    with pytest.raises(ProtocolError, match="tree"):
        from_tree(tree)


def test_whole_and_decimal_numbers_are_two_trees():
    assert parse("a > 1").tree != parse("a > 1.5").tree
    with_point = from_tree({"language": LANGUAGE_VERSION, "root": [">", ["name", "a"], ["number", 1.0]]})
    assert with_point.text == "a > 1.0"
