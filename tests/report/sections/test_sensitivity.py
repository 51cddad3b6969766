"""Sensitivity analyses side by side, and the tipping point."""

import pytest

from equipoise.report import summary
from equipoise.report.blocks import Figure, Prose, Table
from equipoise.report.folder import Written
from equipoise.report.sections import sensitivity
from equipoise.report.trial import open_trial


@pytest.fixture
def data(written, modeled):
    return modeled.added(written.frontline(per_arm=3))


def opened(data):
    return open_trial(Written(tuple(data["results"]), data["tables"], data["manifest"], data["protocol"]))


def blocks(data, kind):
    return {one.id: one for one in sensitivity.section(opened(data)).blocks if isinstance(one, kind)}


def lines(table):
    return {line.header: line.cells for line in table.lines}


def test_the_planned_analysis_comes_first_and_the_others_beside_it(data):
    table = blocks(data, Table)["table-suite-1"]
    assert [line.header for line in table.lines] == [
        "MADRS total change at day 28",
        "Jump to reference",
        "Jump to reference, Rubin's variance",
        "Another scale",
        "Retrieved dropouts",
    ]
    assert [line.cells[3] for line in table.lines] == [
        "As planned",
        "Same conclusion",
        "Changes: includes zero",
        "Not compared",
        "No estimate",
    ]


def test_each_row_says_what_it_assumes_and_whose_variance_it_has(data):
    row = lines(blocks(data, Table)["table-suite-1"])["Jump to reference, Rubin's variance"]
    assert row[0] == "Once participants have stopped, they are like the reference arm."
    assert "information-anchored (Rubin)" in row[1]
    assert "adjusted for MADRS total at preparation 1" in row[1]


def test_a_method_that_stands_among_the_results_is_named_by_its_letter(data):
    assert lines(blocks(data, Table)["table-suite-1"])["MADRS total change at day 28"][1] == (
        "Model-based, Kenward-Roger; method a"
    )


def test_no_sensitivity_analysis_shows_a_p_value(data):
    section = sensitivity.section(opened(data))
    said = " ".join(str(block) for block in section.blocks)
    assert "0.0371" not in said
    assert ".037" not in said


def test_the_forest_marks_a_changed_conclusion_in_words_and_shape(data):
    figure = blocks(data, Figure)["figure-suite-1"]
    assert figure.title.endswith(
        "as planned; the conclusion changes in 1 of 2 other analyses; 1 analysis gave no estimate"
    )
    for drawing in figure.drawings:
        assert drawing.count('class="mark hollow"') == 1
        assert "Changes: includes zero" in drawing
    assert 'class="guide"' in figure.drawings[0]


def test_what_was_estimated_on_another_scale_is_not_drawn_on_the_same_axis(data):
    data["tables"]["sensitivity"][0]["rows"][3]["estimand"] = "response"
    assert ">Another scale<" not in blocks(data, Figure)["figure-suite-1"].drawings[0]


def test_the_first_page_says_what_the_result_rests_on(data):
    threats = {entry.lead: entry.text for entry in summary.first_page(opened(data)).threats.entries}
    assert threats["Assumptions."] == (
        "The conclusion changes in 1 of 2 other analyses (Jump to reference, Rubin's variance); 1 analysis gave "
        "no estimate. The result would change if missing values on psilocybin 25 mg were 4.5 points worse than "
        "imputed."
    )


def test_a_suite_of_a_result_that_is_not_there_is_left_out(data):
    data["tables"]["sensitivity"][0]["of"] = "nobody"
    assert "figure-suite-1" not in blocks(data, Figure)


def test_without_a_suite_the_planned_result_stands_beside_the_others_on_its_scale(data):
    del data["tables"]["sensitivity"]
    assert "figure-sensitivity-1" in blocks(data, Figure)


def test_the_tipping_point_is_named_marked_and_tabled(data):
    figure = blocks(data, Figure)["figure-tipping-1"]
    assert figure.title == (
        "The result would change if missing values on psilocybin 25 mg were 4.5 points worse than imputed"
    )
    assert ">4.5 points worse<" in figure.drawings[0]
    table = blocks(data, Table)["table-tipping-1"]
    assert [line.header for line in table.lines] == [
        "0.0", "+1.0", "+2.0", "+3.0", "+4.0", "+5.0", "+6.0", "+7.0", "+8.0",
    ]  # fmt: skip
    assert [line.cells[1] for line in table.lines][4:6] == ["Excludes zero", "Includes zero"]
    assert table.notes == ("9 of the 17 steps that tables.json holds.",)


def test_the_convention_stands_below_the_tipping_point(data):
    notes = [one.text for one in sensitivity.section(opened(data)).blocks if isinstance(one, Prose)]
    assert notes == ["Conditional mean imputation under missing at random, delta added."]


def test_a_result_that_never_tips_says_within_which_range(data, modeled):
    data["tables"]["tipping_point"] = [modeled.tipping_point(tips_at=None)]
    figure = blocks(data, Figure)["figure-tipping-1"]
    assert figure.title == (
        "The result does not change within the range examined (missing values on psilocybin 25 mg 0.0 to 8.0 "
        "points worse)"
    )
    assert 'class="tipping"' not in figure.drawings[0]


def test_small_steps_are_printed_apart(data, modeled):
    data["tables"]["tipping_point"] = [modeled.tipping_point(tips_at=1.1, step=0.25)]
    assert blocks(data, Table)["table-tipping-1"].lines[1].header == "+0.50"


def test_an_interval_that_ends_just_beside_zero_is_not_printed_as_zero(data, modeled):
    tip = modeled.tipping_point(tips_at=4.5)
    tip["points"][0]["ci_high"] = -0.002
    data["tables"]["tipping_point"] = [tip]
    assert lines(blocks(data, Table)["table-tipping-1"])["0.0"][0].endswith("to −0.002)")


def test_a_tipping_point_outside_the_steps_is_not_drawn(data, modeled):
    data["tables"]["tipping_point"] = [modeled.tipping_point(tips_at=4.5) | {"tips_at": 40.0}]
    assert 'class="tipping"' not in blocks(data, Figure)["figure-tipping-1"].drawings[0]


def test_one_step_is_no_tipping_point(data):
    data["tables"]["tipping_point"][0]["points"] = data["tables"]["tipping_point"][0]["points"][:1]
    assert "figure-tipping-1" not in blocks(data, Figure)
