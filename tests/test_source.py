"""YAML as Equipoise reads it: YAML 1.2 core, with positions, safe on any input."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import source
from equipoise.errors import ProtocolError


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(ProtocolError) as caught:
        source.read(text, name="p.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_words_that_yaml_1_1_mangles_stay_text() -> None:
    document = source.read("[NO, yes, 12:30, 2024-01-01, on, <<]", name="p.yaml")
    assert document.data == ["NO", "yes", "12:30", "2024-01-01", "on", "<<"]


def test_numbers_booleans_and_null_are_read_by_core_rules() -> None:
    document = source.read("[1, -2.5, 1e3, true, null, ~, '1', 0x10]", name="p.yaml")
    assert document.data == [1, -2.5, 1000.0, True, None, None, "1", 16]


def test_positions_point_at_values_and_keys() -> None:
    document = source.read("arms:\n  - {id: a, dose_mg: 25}\n", name="p.yaml")
    assert document.place(("arms", 0, "dose_mg")) == (2, 22)
    assert document.place(("arms", 0, "dose_mg"), key=True) == (2, 13)
    assert document.place(("arms", 0, "dose_mg", "value")) == (2, 22)


def test_every_duplicate_key_is_reported_at_once() -> None:
    found = problems("a: 1\nb: 2\na: 3\nb: 4\n")
    assert [text.split(" ")[0] for text in found] == ["p.yaml:3:1:", "p.yaml:4:1:"]
    assert "first is in line 1" in found[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        ("# only a comment\n", "empty"),
        (b"\x00\x01\x02", "U+0000"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("a: [1, 2", "not YAML"),
        ("a: &x [*x]", "no anchor before it"),
        ("a: !!python/object:os.system x", "tag"),
        ("a: .nan", "finite"),
        ("a: 1\n---\nb: 2\n", "second document"),
        ("[" * 5000, "levels deep"),
        ("a: " + "9" * 5000, "too long"),
        ("true: 1", "key must be text"),
        ("? [a, b]\n: 1", "key must be text"),
    ],
)
def test_bad_input_is_one_clear_problem(text: str | bytes, expected: str) -> None:
    assert any(expected in line for line in problems(text)), problems(text)


def test_ten_megabytes_are_refused_before_parsing() -> None:
    assert "10,000,000 bytes" in problems(b"a" * 10_000_000)[0]


def test_aliases_that_explode_are_counted_not_followed() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert "aliases" in problems("\n".join(lines))[0]


def test_an_alias_gives_the_anchored_value() -> None:
    assert source.read("a: &x {b: 1}\nc: *x\n", name="p").data == {"a": {"b": 1}, "c": {"b": 1}}


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=200), st.text("[]{}:,&*!-?|>'\"#%@` \n\tab1~", max_size=80)
    )
)
def test_any_input_gives_a_document_or_problems(text: str | bytes) -> None:
    try:
        source.read(text, name="p.yaml")
    except ProtocolError as error:
        assert error.problems
