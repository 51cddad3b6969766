"""Least-squares means over time: the figure's title, the table's numbers, and where a P value may stand."""

import copy

import pytest

from equipoise.report.blocks import Figure, Heading, Table
from equipoise.report.folder import Written
from equipoise.report.sections import over_time
from equipoise.report.trial import open_trial


@pytest.fixture
def data(written, modeled):
    return modeled.added(written.frontline(per_arm=3))


def section(data):
    return over_time.section(
        open_trial(Written(tuple(data["results"]), data["tables"], data["manifest"], data["protocol"]))
    )


def only(found, kind):
    return [block for block in found.blocks if isinstance(block, kind)]


def lines(table):
    return {line.header: line.cells for line in table.lines}


def test_the_title_states_the_finding_with_its_interval(data):
    figure = only(section(data), Figure)[0]
    assert figure.title == "MADRS total at day 28: 11.5 points lower on psilocybin 25 mg (7.8 to 15.2)"


def test_the_title_says_descriptive_where_nothing_was_tested(data):
    data["results"][0] |= {"tested": False, "gate": "descriptive, not tested"}
    figure = only(section(data), Figure)[0]
    assert figure.title.startswith("MADRS total at day 28: descriptive: 11.5 points lower")
    assert "Filled" not in figure.caption


def test_what_was_not_tested_is_outlined(data):
    drawing = only(section(data), Figure)[0].drawings[0]
    assert drawing.count('class="mark hollow"') == 2
    assert drawing.count('class="mark"') == 2 * 3 + 1


def test_means_and_differences_stand_by_visit_with_one_p_value(data):
    table = only(section(data), Table)[0]
    assert table.groups == (
        ("Psilocybin 25 mg", 2),
        ("Niacin 100 mg", 2),
        ("Psilocybin 25 mg minus niacin 100 mg", 2),
    )
    assert lines(table)["Day 7"][-2:] == ("−10.60 (−14.30 to −6.90)", "–")
    assert lines(table)["Day 28"][:2] == ("15", "−20.40 (−23.00 to −17.80)")
    assert lines(table)["Day 28"][-1] != "–"


def test_no_column_of_p_values_stands_where_nothing_was_tested(data):
    data["results"][0] |= {"tested": False}
    table = only(section(data), Table)[0]
    assert not [head for head in table.heads if head.startswith("P")]


def test_the_convention_stands_below_the_table(data):
    notes = only(section(data), Table)[0].notes
    assert any("MADRS total at preparation 1 crossed with visit" in note for note in notes)


def test_a_sensitivity_analysis_has_a_closed_table_and_no_figure(data, modeled):
    data["tables"]["by_visit"] += modeled.by_visit("primary_ancova")
    found = section(data)
    assert [table.folded for table in only(found, Table) if table.id.startswith("table-over")] == [
        False,
        True,
    ]
    assert len([figure for figure in only(found, Figure) if figure.id.startswith("figure-over")]) == 1


def test_two_models_have_a_heading_each(data, modeled):
    data["tables"]["by_visit"] += modeled.by_visit("burnout")
    found = section(data)
    assert [heading.text for heading in only(found, Heading)] == [
        "MADRS total change at day 28",
        "SPFI burnout sum change at day 28",
    ]


def test_several_comparisons_are_drawn_in_the_colors_of_their_arms(written, modeled):
    data = modeled.added(written.three_arms())
    more = [
        copy.deepcopy(row) | {"arm": "middle"}
        for row in data["tables"]["by_visit"]
        if row["arm"] == "psilocybin"
    ]
    data["tables"]["by_visit"] += more
    drawing = only(section(data), Figure)[0].drawings[0]
    assert "No difference" not in drawing
    assert drawing.count(">Psilocybin 10 mg<") >= 2


def test_a_model_of_one_visit_has_a_table_and_no_figure(data):
    data["tables"]["by_visit"] = [row for row in data["tables"]["by_visit"] if row["visit"] == "D28"]
    data["tables"]["covariance"] = []
    found = section(data)
    assert only(found, Figure) == []
    assert list(lines(only(found, Table)[0])) == ["Day 28"]


def test_the_blinded_section_withholds_and_the_empty_one_says_so(written):
    assert section(written.frontline(blinded=True)).blocks[0].text == over_time.BLINDED
    assert section(written.frontline()).blocks[0].text == over_time.WITHOUT
