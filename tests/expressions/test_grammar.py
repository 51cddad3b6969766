"""From text to tree: precedence, forms refused, places of problems, limits."""

import pytest

from equipoise.errors import ProtocolError
from equipoise.expressions import MAX_CHARACTERS, grammar, parse
from equipoise.expressions.language import MAX_DEPTH


def refused(text):
    with pytest.raises(ProtocolError) as caught:
        parse(text)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("a.b@C", ("name", "a.b@C")),
        ("2*a@V", ("*", ("number", 2), ("name", "a@V"))),
        ("-a@V", ("negate", ("name", "a@V"))),
        ("-5", ("number", -5)),
        ("a - -0.50", ("-", ("name", "a"), ("number", -0.5))),
        ("a-b-c", ("-", ("-", ("name", "a"), ("name", "b")), ("name", "c"))),
        ("(a and b) and c", ("and", ("name", "a"), ("name", "b"), ("name", "c"))),
        ("a and (b or c)", ("and", ("name", "a"), ("or", ("name", "b"), ("name", "c")))),
        ("max([a, 1], (b, c))", ("max", ("name", "a"), ("number", 1), ("name", "b"), ("name", "c"))),
        ("max(a,)", ("max", ("name", "a"))),
        ("a not in ('x',)", ("not in", ("name", "a"), ("text", "x"))),
        ("1 < a <= 2", ("chain", ("number", 1), "<", ("name", "a"), "<=", ("number", 2))),
        ("not''", ("not", ("text", ""))),
        ("'x'in['y']", ("in", ("text", "x"), ("text", "y"))),
        (
            "a<b==(c>=-1)",
            ("chain", ("name", "a"), "<", ("name", "b"), "==", (">=", ("name", "c"), ("number", -1))),
        ),
        ("form.count + form.and", ("+", ("name", "form.count"), ("name", "form.and"))),
    ],
)
def test_text_has_this_tree(text, root):
    assert parse(text).root == root


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "empty"),
        ("  \n ", 1, "empty"),
        ("a b", 3, "operator is missing between a and b"),
        ("a > 'x' 'y'", 9, "operator is missing"),
        ("a and", 6, "missing after and"),
        ("a and or b", 7, "missing before or"),
        ("max(, a)", 5, "missing before ,"),
        ("(a > 1", 1, "not closed"),
        ("a > [1)", 7, "nothing opens this )"),
        ("a > 1]", 6, "nothing opens this ]"),
        ("age > 1 if b", 1, "cannot be read"),
        ("mena(a)", 1, "no function mena"),
        ("a > min", 5, "min is a function"),
        ("a > 5(3)", 5, "only a function"),
        ("abs(a, b)", 1, "cannot take 2 values"),
        ("a in b", 6, "needs a list"),
        ("a in []", 6, "list is empty"),
        ("a in 1, 2", 1, "list cannot stand here"),
        ("a < b in [1]", 1, "chain"),
        ("1 + a[0]", 5, "indexed"),
        ("max(*a)", 5, "spread"),
    ],
)
def test_problem_points_at_its_place(text, column, words):
    problem = next(problem for problem in refused(text) if words in problem.message)
    assert problem.column == column
    assert problem.hint


@pytest.mark.parametrize(
    "text", ["a &*b", "a ÷/ b", "a ≤< b", "a ≥> b", "a −> b", "a = = b", "a ***b", "f'x'or''"]
)
def test_refused_signs_side_by_side_are_problems(text):
    assert refused(text)


def test_unknown_function_suggests_the_nearest():
    assert refused("mena(a) > 1")[0].hint == "did you mean mean?"
    assert "is_missing" in refused("zzz(a) > 1")[0].hint


def test_all_problems_come_at_once_in_their_order():
    found = refused("foo(a) ** 2 > bar(b[1]) and c in d or None")
    assert [problem.column for problem in found] == [1, 8, 15, 19, 34, 39]


def test_problems_of_a_hopeless_text_are_counted_not_all_listed():
    found = refused("?" * 500)
    assert len(found) == 21
    assert found[-1].message == "480 more problems"


def test_longest_text_is_read_and_a_longer_one_refused():
    longest = "a in [" + "1, " * 600
    longest += "1" * 15 + "]"
    longest = longest.ljust(MAX_CHARACTERS)
    assert parse(longest).names == {"a"}
    assert str(MAX_CHARACTERS) in refused(longest + " ")[0].hint


@pytest.mark.parametrize(
    "text",
    [
        "(" * 999 + "a" + ")" * 999,
        "[" * 1999,
        "-" * 1999 + "a",
        "not " * 499 + "a",
        "a" + "+a" * 999,
        "a if b else " * 160 + "c",
        "abs(" * 300 + "a" + ")" * 300,
    ],
    ids=["brackets", "open lists", "signs", "not", "sum", "choices", "calls"],
)
def test_deep_nesting_is_refused_with_a_hint(text):
    (problem,) = refused(text)
    assert problem.message == "the expression is nested too deeply"
    assert "sum(...)" in problem.hint


def test_deepest_rule_is_read_and_the_next_refused():
    assert parse("a" + "+a" * (MAX_DEPTH - 1)).names == {"a"}
    refused("a" + "+a" * MAX_DEPTH)


def test_without_the_limit_of_depth_python_would_overflow(monkeypatch):
    monkeypatch.setattr(grammar, "MAX_DEPTH", MAX_CHARACTERS)
    with pytest.raises(RecursionError):
        parse("-" * 1999 + "a")


@pytest.mark.parametrize("error", [RecursionError, MemoryError])
def test_parser_that_gives_up_is_a_problem_too(monkeypatch, error):
    def give_up(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(grammar.ast, "parse", give_up)
    assert refused("a > 1")[0].message == "the expression is nested too deeply"


def test_python_sees_no_character_of_an_operand(monkeypatch):
    seen = []
    real = grammar.ast.parse
    monkeypatch.setattr(grammar.ast, "parse", lambda text, **how: seen.append(text) or real(text, **how))
    parse("madrs.total@SCR > 21 and site == '\\'".replace("\\", "é"))
    assert set(seen[0]) <= set("n >=()and'")
