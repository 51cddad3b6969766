"""What must agree inside a scale: each check is shown to find what it is for."""

import pytest

from equipoise import instruments
from equipoise.errors import ProtocolError

TOTAL = "{id: total, label: Total, method: sum, items: all, answered_at_least: 2, range: [1, 11], higher_is: worse}"
FIRST = "{id: first, label: First, codes: four}"


def problems(text):
    with pytest.raises(ProtocolError) as caught:
        instruments.parse(text, "toy.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{id: second", "{id: first", "the id `first` is used 2 times"),
        ("{id: total", "{id: first", "the id `first` is used 2 times"),
        (FIRST, "{id: first, label: First}", "`first` needs at least two codes"),
        (FIRST, "{id: first, label: First, codes: {0: none}}", "`first` needs at least two codes"),
        (FIRST, "{id: first, label: First, type: text, codes: four}", "`first` is a text item and has codes"),
        (FIRST, "{id: first, label: First, type: number}", "`first` is a number without a range"),
        (FIRST, "{id: first, label: First, type: number, low: 3, high: 3}", "`first` runs from 3 to 3"),
        (
            FIRST,
            "{id: first, label: First, codes: four, low: 0}",
            "`first` is not a number item and has a range",
        ),
        (FIRST, "{id: first, label: First, codes: four, arms: {7: a}}", "`first` has no code 7"),
        ("type: text", "type: text, reverse: true", "`remark` is text and cannot be reversed"),
        (
            "codes: four}",
            "codes: four, asked_if: {items: [second], equals: 1}}",
            "`second` does not stand before `first`",
        ),
        ("scores:", "either: [[first, nobody]]\nscores:", "there is no item `nobody`"),
        ("scores:", "either: [[first]]\nscores:", "a group needs at least two items"),
        ("scores:", "either: [[first, second], [second, third]]\nscores:", "`second` stands in two groups"),
        ("scores:", "either: [[first, second]]\nscores:", "`total` takes a part of the group first, second"),
        ("items: all", "items: [first, nobody]", "`nobody` is not an item"),
        ("items: all", "items: [first, remark]", "`remark` is text and has no number"),
        ("items: all", "items: [first, first]", "`first` is counted twice in `total`"),
        ("items: all", "items: all, rules: [{of: first, at_least: 1}]", "the method sum works on items only"),
        ("method: sum", "method: any", "the method any works on `rules` only"),
        ("items: all", "items: all, at_least: 2", "the method sum has no threshold"),
        ("method: sum", "method: count", "a count cannot be filled up"),
        ("answered_at_least: 2", "answered_at_least: 4", "4 answers of 3 terms are impossible"),
        ("answered_at_least: 2", "answered_at_least: 0", "0 answers of 3 terms are impossible"),
        ("range: [1, 11]", "range: [0, 11]", "the items of `total` give 1 to 11, not 0 to 11"),
        ("method: sum", "method: mean", "the items of `total` give 0.333333 to 3.66667, not 1 to 11"),
        ("range: [1, 11]", "range: [1, 11], bands: [{label: a, low: 1, high: 10}]", "do not cover its range"),
        (
            "range: [1, 11]",
            "range: [1, 11], bands: [{label: a, low: 1, high: 5}, {label: b, low: 7, high: 11}]",
            "a ends at 5 and b starts at 7",
        ),
        (
            "range: [1, 11]",
            "range: [1, 11], bands: [{label: a, low: 1, high: 0}, {label: b, low: 1, high: 11}]",
            "the band a ends before it starts",
        ),
        (
            "range: [1, 11]",
            "range: [1, 11], decimals: 1, bands: [{label: a, low: 1, high: 11}]",
            "`total` is not a whole number",
        ),
        (
            "higher_is: worse",
            "higher_is: better, response: {fraction: 0.5}",
            "response and remission are drops",
        ),
        ("higher_is: worse", "higher_is: worse, remission: {}", "give exactly one of `at_most` and `below`"),
        (
            "higher_is: worse",
            "higher_is: worse, remission: {at_most: 12}",
            "12 is outside the range of `total`",
        ),
        (
            "higher_is: worse",
            "higher_is: worse, cuts: [{label: a, low: 0, high: 2}]",
            "0 is outside the range",
        ),
        (
            "licence:",
            "alerts: [{id: a, of: nobody, at_least: 1, note: b}]\nlicence:",
            "`nobody` is neither an item",
        ),
        ("licence:", "hidden_from: [rater]\nlicence:", "`hidden_from` and `until` come together"),
        ("licence:", "hidden_from: [participant]\nuntil: lock\nlicence:", "participant fills this form"),
        (
            "licence:",
            "unverified: [nonsense]\nlicence:",
            "write the field, a colon, and what is not verified",
        ),
        (
            "licence:",
            'unverified: ["scores.total.mdi: unseen"]\nlicence:',
            "there is no field `scores.total.mdi`",
        ),
        ("licence:", 'unverified: ["items.nobody: unseen"]\nlicence:', "there is no field `items.nobody`"),
    ],
)
def test_what_does_not_fit_together_is_found(toy_text, old, new, message):
    assert old in toy_text
    assert [line for line in problems(toy_text.replace(old, new, 1)) if message in line]


def test_a_rule_may_only_look_back(toy_text):
    flag = "  - {id: flag, label: F, method: all, rules: [{of: late, at_least: 1}], range: [0, 1], higher_is: worse}\n"
    late = "  - {id: late, label: L, method: sum, items: [first], range: [0, 3], higher_is: worse}\n"
    instruments.parse(toy_text.replace("licence:", late + flag + "licence:", 1), "toy.yaml")
    found = problems(toy_text.replace("licence:", flag + late + "licence:", 1))
    assert [line for line in found if "`late` is neither an item nor a score before `flag`" in line]


def test_everything_that_does_not_fit_is_listed_at_once_with_its_place(toy_text):
    text = toy_text.replace("range: [1, 11]", "range: [0, 99]").replace("{id: second", "{id: first")
    found = problems(text)
    assert len([line for line in found if "the id `first` is used 2 times" in line]) == 2
    assert [line for line in found if line.startswith("toy.yaml:17:") and "not 0 to 99" in line]
