"""Scales in words."""

import pytest

from equipoise import instruments
from equipoise.instruments import describe


def test_the_reference_has_every_scale_once():
    page = describe.all_markdown()
    for name in instruments.names():
        assert page.count(f"\n## {name}\n") == 1
        assert f"(#{name})" in page


@pytest.mark.parametrize("name", instruments.names())
def test_a_scale_is_described_with_items_scores_licence_and_source(name):
    scale = instruments.load(name)
    text = describe.markdown(scale)
    assert scale.title in text
    assert scale.licence in text
    assert scale.source in text
    assert all(f"| `{item}` |" in text for item in scale.item_ids)
    assert all(f"**`{score}`**" in text for score in scale.score_ids)
    assert all(alert.note in text for alert in scale.alerts)


@pytest.mark.parametrize("name", instruments.names())
def test_every_unverified_statement_is_printed_and_marked(name):
    scale = instruments.load(name)
    lines = describe.markdown(scale).splitlines()
    for mark in scale.unverified:
        _, _, statement = mark.partition(": ")
        assert [line for line in lines if statement in line and describe.UNVERIFIED in line]


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("madrs", "- Licence: "),
        ("spfi", "**`burnout`**"),
        ("qids_sr16", "- Minimal important difference: "),
        ("phq9", "- Missing: "),
        ("madrs", "- `suicidal_thoughts` at least 4: "),
        ("cssrs_screen", "- Recall: "),
    ],
)
def test_an_unverified_field_is_marked_where_it_stands(name, start):
    lines = describe.markdown(instruments.load(name)).splitlines()
    [line] = [line for line in lines if line.startswith(start)]
    assert line.endswith(describe.UNVERIFIED)


def test_a_verified_field_is_not_marked():
    lines = describe.markdown(instruments.load("pcl5")).splitlines()
    [line] = [line for line in lines if line.startswith("- Licence: ")]
    assert describe.UNVERIFIED not in line


def test_a_cell_with_a_bar_does_not_break_its_table(toy_text):
    scale = instruments.parse(toy_text.replace("label: First", 'label: "one | two"'), "toy.yaml")
    [row] = [
        line for line in describe.markdown(scale).splitlines() if "`first`" in line and line.startswith("|")
    ]
    assert "one \\| two" in row


def test_a_condition_is_printed_as_the_protocol_would_write_it():
    text = describe.markdown(instruments.load("cssrs_since_last"))
    assert "asked when `wish_dead == 1 or active_thoughts == 1`" in text
