"""What is settled before any grammar: characters, numbers, texts, signs and reserved words."""

import pytest

from equipoise.expressions.language import FOREIGN_WORDS, MAX_DIGITS
from equipoise.expressions.tokens import Scanner, shown


def problems(text):
    return [(problem.column, problem.message) for problem in Scanner(text).read().problems]


def test_every_refused_sign_is_reported_with_its_column_and_a_hint():
    found = Scanner("a ** 2 > 1 && b = 0x10").read().problems
    assert [problem.column for problem in found] == [3, 12, 17, 19]
    assert all(problem.hint for problem in found)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a = 1", "=="),
        ("a <> 1", "!="),
        ("a ≥ 1", ">="),
        ("a is b", "is_missing"),
        ("a AND b", "and"),
        ("a == None", "is_missing"),
        ("a == null", "is_missing"),
        ("a == true", "True"),
        ("a == “x”", "between"),
        ("a . b", "form.item"),
        ("a @ V", "item@VISIT"),
        ("class > 1", "form.class"),
        ("a−1", "-"),
    ],
)
def test_hint_says_what_to_write_instead(text, hint):
    assert hint in Scanner(text).read().problems[0].hint


def test_number_keeps_every_digit_it_may_have():
    longest = "9" * MAX_DIGITS
    assert Scanner(longest).read().tokens[0].leaf == ("number", int(longest))
    assert problems(longest + "9") == [(1, "the number is too long")]


@pytest.mark.parametrize(
    "text", ["1e5", "0x1F", "1_000", "007", ".5", "5.", "1.5.2", "1j", "1if", "9" * 1999 + "."]
)
def test_number_is_written_in_plain_decimals(text):
    assert len(problems(text)) == 1
    assert "not a number" in problems(text)[0][1]


def test_huge_number_costs_nothing():
    assert problems("9" * 100_000) == [(1, "the number is too long")]


@pytest.mark.parametrize("character", ["\x00", "\n", "\x1b", "\x7f", "\ud800", "\u202e", "\ufeff"])
def test_text_refuses_characters_that_cannot_be_shown(character):
    assert problems(f"a == 'x{character}'") == [
        (8, f"the character U+{ord(character):04X} cannot be part of a text")
    ]


@pytest.mark.parametrize("character", ["\x00", "\ud800", "é", "“", "𝒂", "\u00a0", "?", "$", "~", "\\", "#"])
def test_characters_outside_the_language_are_named(character):
    (column, message), *_ = problems(f"a {character}")
    assert column == 3
    assert message.isprintable()


def test_text_keeps_its_characters_in_composed_form():
    assert Scanner("'cafe\u0301'").read().tokens[0].leaf == ("text", "café")


@pytest.mark.parametrize("prefix", ["f", "b", "r", "u", "Rb", "x"])
def test_text_takes_no_prefix(prefix):
    assert problems(f"a == {prefix}'x'") == [(6 + len(prefix), "text takes no prefix")]


def test_text_takes_no_backslash():
    assert problems(r"a == '\d'") == [(6, "text has no backslash")]


@pytest.mark.parametrize("word", sorted(FOREIGN_WORDS))
def test_python_words_are_no_names_but_may_be_items_of_a_form(word):
    assert problems(word)
    assert not problems(f"form.{word}@V")


def test_multi_line_text_reads_as_one_line():
    assert problems("a > 1\n  and\tb > 2\r\n") == []


def test_message_repeats_no_more_than_a_line_and_nothing_unprintable():
    assert shown("a\x1b[31m" + "b" * 500).isprintable()
    assert len(shown("b" * 500)) < 80
