"""The figure of a tipping point."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.report.figures import svg, tipping
from equipoise.report.figures.tipping import Step, Tipping

CANVASES = svg.canvases("figure-x")
CONTENT = Tipping(
    title="The result would change",
    description="A description",
    steps=tuple(Step(delta, -3 + delta / 2, -5 + delta / 2, -1 + delta / 2) for delta in range(9)),
    axis="Difference, points",
    across="Added to missing values on drug, points",
    tips_at=2.0,
    told="2.0 points worse",
    sides=("interval excludes zero", "interval includes zero"),
)


def texts(drawing):
    return re.findall(r"<text[^>]*>([^<]*)</text>", drawing)


@pytest.mark.parametrize("canvas", CANVASES, ids=["wide", "narrow"])
def test_the_tipping_point_is_marked_and_named(canvas):
    drawing = tipping.draw(CONTENT, canvas)
    assert drawing.count('class="tipping"') == 1
    assert {"2.0 points worse", "interval includes zero", "0", "Difference, points"} <= set(texts(drawing))
    assert 'class="zero"' in drawing


def test_nothing_is_marked_where_nothing_tips():
    drawing = tipping.draw(replace(CONTENT, tips_at=None), CANVASES[0])
    assert 'class="tipping"' not in drawing
    assert 'class="shade"' not in drawing


def test_the_band_is_closed_over_all_steps():
    area = re.findall(r'd="(M[^"]*)" class="band-area"', tipping.draw(CONTENT, CANVASES[0]))[0]
    points = area.removeprefix("M").split(" L")
    assert len(points) == 2 * len(CONTENT.steps) + 1
    assert points[0] == points[-1]


def test_the_shade_lies_away_from_no_change():
    def shade(content):
        drawing = tipping.draw(content, CANVASES[0])
        return float(re.findall(r'<rect x="([\d.]+)"[^>]*class="shade"', drawing)[0])

    mirrored = tuple(replace(one, delta=-one.delta) for one in reversed(CONTENT.steps))
    assert shade(replace(CONTENT, steps=mirrored, tips_at=-2.0)) < shade(CONTENT)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-20, 20), st.floats(-1e3, 1e3), st.floats(0, 1e2)),
        min_size=2,
        max_size=8,
        unique_by=lambda one: round(one[0], 2),
    )
)
def test_any_steps_stay_on_the_canvas(rows):
    steps = tuple(Step(delta, value, value - half, value + half) for delta, value, half in sorted(rows))
    for canvas in CANVASES:
        drawing = tipping.draw(replace(CONTENT, steps=steps, tips_at=steps[0].delta), canvas)
        found = [float(one) for one in re.findall(r' x[12]?="(-?[\d.]+)"', drawing)]
        assert all(-1 <= one <= canvas.width + 1 for one in found)
        assert "nan" not in drawing
