"""The triangle of correlations."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.report.figures import matrix, svg
from equipoise.report.figures.matrix import Matrix, Panel

CANVASES = svg.canvases("figure-x")


def content(size, panels=1, name="Week"):
    rows = tuple(tuple(0.9 ** abs(a - b) for a in range(size)) for b in range(size))
    return Matrix(
        title="Correlations",
        description="A description",
        visits=tuple(f"{name} {place}" for place in range(1, size + 1)),
        panels=tuple(Panel(f"Arm {place}", rows, (1.5,) * size) for place in range(panels)),
    )


def texts(drawing):
    return re.findall(r"<text[^>]*>([^<]*)</text>", drawing)


@pytest.mark.parametrize("canvas", CANVASES, ids=["wide", "narrow"])
def test_a_correlation_is_drawn_once_with_its_number(canvas):
    drawing = matrix.draw(content(4), canvas)
    assert len(re.findall(r'class="cell cell-\d"', drawing)) == 6
    assert texts(drawing).count(".90") == 3
    assert texts(drawing).count("1") == 4
    assert {"SD", "1.5", "Week 1"} <= set(texts(drawing))


def test_depth_follows_strength_whatever_the_sign():
    assert [matrix.step(value) for value in (0.0, -0.13, 0.5, -1.0, 1.0)] == [0, 1, 4, 7, 7]


def test_correlations_are_printed_as_journals_do():
    assert [matrix.coefficient(value) for value in (0.62, -0.05, 1.0, 0.0, None)] == [
        ".62",
        "−.05",
        "1.00",
        ".00",
        "–",
    ]


def test_long_names_of_visits_give_way_to_numbers_along_the_foot():
    drawing = matrix.draw(content(8, name="Preparation"), CANVASES[1])
    said = " ".join(texts(drawing)).replace("\N{NO-BREAK SPACE}", " ")
    assert "1. Preparation 1" in said
    assert said.endswith("1 2 3 4 5 6 7 8")


@pytest.mark.parametrize("canvas", CANVASES, ids=["wide", "narrow"])
def test_cells_too_small_for_numbers_have_none_and_say_nothing_wrong(canvas):
    drawing = matrix.draw(content(30), canvas)
    assert "on-cell" not in drawing
    assert len(re.findall(r'class="cell cell-\d"', drawing)) == 30 * 29 / 2


def test_a_negative_correlation_keeps_its_sign_where_its_number_has_no_room():
    base = content(30)
    rows = tuple(tuple(-one for one in row) for row in base.panels[0].correlation)
    drawing = matrix.draw(replace(base, panels=(replace(base.panels[0], correlation=rows),)), CANVASES[0])
    assert texts(drawing).count("−") > 0
    assert "1" not in texts(drawing)[: texts(drawing).index("−")]


@settings(max_examples=12, deadline=None)
@given(size=st.one_of(st.integers(1, 24), st.just(60)), panels=st.integers(1, 3))
def test_a_matrix_of_any_size_stays_on_its_canvas(size, panels):
    for canvas in CANVASES:
        drawing = matrix.draw(content(size, panels), canvas)
        height = float(re.findall(r' height="([\d.]+)"', drawing)[0])
        for name, limit in (("x", canvas.width), ("y", height)):
            found = [float(one) for one in re.findall(rf' {name}="(-?[\d.]+)"', drawing)]
            assert all(-1 <= one <= limit + 1 for one in found)
