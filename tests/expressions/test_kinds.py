"""What operators and functions accept, checked without data."""

import pytest

from equipoise.expressions import check_types, parse, result_type

TYPES = {"n": "number", "m": "number", "t": "text", "u": "text", "c": "code", "e": "code", "d": "date"}
TYPES |= {"f": "date", "b": "bool", "madrs.total@SCR": "number", "age": "number"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("madrs.total@SCR > 21 and age >= 18", "bool"),
        ("not b or n in [1, 2] or 1 < n < m", "bool"),
        ("c == 'yes' or c == 1 or c > 2 or c in [1, 'x'] or c == e", "bool"),
        ("d < f and d >= '2022-02-01' and d in ['2022-02-01', f]", "bool"),
        ("b == (n > 1) and b != True", "bool"),
        ("is_missing(t)", "bool"),
        ("n + m * -2 / c", "number"),
        ("sum(n, c) + mean(n) + abs(m)", "number"),
        ("count(n, t, d, b)", "number"),
        ("days_between(d, '2022-03-01') + days_between(t, f)", "number"),
        ("min(n, c)", "number"),
        ("max(d, f)", "date"),
        ("t", "text"),
        ("c", "code"),
        ("n if b else m", "number"),
        ("unheard_of", None),
        ("unheard_of if b else n", "number"),
        ("unheard_of > 1 and unheard_of == 'x'", "bool"),
        ("max(unheard_of)", None),
    ],
)
def test_fitting_kinds_pass_and_give_the_result(text, kind):
    assert check_types(parse(text), TYPES) == []
    assert result_type(parse(text), TYPES) == kind


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("t > 1", "text (`t`) is compared with number"),
        ("n == 'x'", "number (`n`) is compared with text"),
        ("d == 1", "date (`d`) is compared with number"),
        ("d > t", "date (`d`) is compared with text"),
        ("d > '2022-02'", '"2022-02" is not a whole date'),
        ("d > 'soon'", '"soon" is not a whole date'),
        ("b > (n > 1)", "cannot order true/false"),
        ("b == 1", "bool (`b`) is compared with number"),
        ("c == d", "code (`c`) is compared with date"),
        ("1 < n < t", "number (`n`) is compared with text"),
        ("n in [1, 'x']", "number (`n`) is compared with text"),
        ("t not in [b]", "text (`t`) is compared with bool"),
        ("n and b", "and is given a number (`n`)"),
        ("b or t", "or is given a text (`t`)"),
        ("not n", "not is given a number (`n`)"),
        ("n + t", "+ is given a text (`t`)"),
        ("d - f", "- is given a date (`d`) and a date (`f`)"),
        ("-t", "- is given a text (`t`)"),
        ("sum(n > 1, m > 1)", "sum is given a bool (`n > 1`) and a bool (`m > 1`)"),
        ("abs(d)", "abs is given a date (`d`)"),
        ("min(n, d)", "min is given a date (`d`)"),
        ("max(t)", "max is given a text (`t`)"),
        ("days_between(n, d)", "days_between is given a number (`n`)"),
        ("days_between('2022-02', d)", '"2022-02" is not a whole date'),
        ("n if m else 1", "if is given a number (`m`)"),
        ("n if b else t", "of different kinds, number and text"),
        ("'x' > 1", "is compared with number"),
    ],
)
def test_kinds_that_do_not_fit_are_reported_with_their_part(text, words):
    (problem,) = check_types(parse(text), TYPES)
    assert words in problem.message
    assert problem.hint


def test_every_misfit_is_reported_at_once():
    found = check_types(parse("t > 1 and n + d > 2 and not n"), TYPES)
    assert len(found) == 3


def test_hint_for_counting_conditions_says_how():
    assert "(1 if condition else 0)" in check_types(parse("sum(n > 1)"), TYPES)[0].hint


def test_choice_between_different_kinds_has_no_kind():
    assert result_type(parse("n if b else t"), TYPES) is None


def test_unknown_kind_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match=r"not a kind: integer"):
        check_types(parse("a > 1"), {"a": "integer"})
