"""Every figure: what it must show, in both widths, whatever the data."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.report.figures import curve, fan, flow, individuals, intervals, svg, trajectory
from equipoise.report.figures.curve import Curve, Curves
from equipoise.report.figures.fan import Fan
from equipoise.report.figures.flow import Box, Column, Flow
from equipoise.report.figures.individuals import Individuals, Panel
from equipoise.report.figures.intervals import Bar, Intervals
from equipoise.report.figures.trajectory import Course, Point, Trajectory

BARS = Intervals(
    title="12.0 points lower",
    description="A description",
    bars=(
        Bar(label="This trial", value=-12, low=-17.7, high=-6.3, text="−12.0 (−17.7 to −6.3)"),
        Bar(
            label="Published",
            value=-9,
            low=-12,
            high=-6,
            text="−9.0 (−12.0 to −6.0)",
            hollow=True,
            group="Elsewhere",
        ),
    ),
    axis="Difference, points",
    left="Lower on psilocybin",
    right="Higher on psilocybin",
)
COURSES = Trajectory(
    title="Means",
    description="A description",
    courses=(
        Course(
            "Psilocybin",
            1,
            tuple(Point(day, 20 - day / 10, 15 - day / 10, 25 - day / 10, 15) for day in (-8, 1, 28, 168)),
        ),
        Course("Niacin", 2, tuple(Point(day, 22 - day / 20, 17, 27, 14) for day in (-8, 1, 28, 168))),
    ),
    axis="Mean MADRS total",
    low=0,
    high=60,
    unblinding_day=28,
)
LINES = Individuals(
    title="Courses",
    description="A description",
    panels=(
        Panel("Psilocybin", 1, (((-8, 30), (28, 5), (168, 8)), ((-8, 25), (28, 10))), ((-8, 27), (28, 7))),
        Panel("Niacin", 2, (((-8, 30), (28, 25)),), ((-8, 27), (28, 20))),
    ),
    days=(-8, 28, 168),
    axis="MADRS total",
    low=0,
    high=60,
    unblinding_day=28,
)
FLOW = Flow(
    title="30 of 49 were randomized",
    description="A description",
    screened=Box("Assessed for eligibility (n = 49)"),
    excluded=Box("Excluded (n = 19)", (" MADRS not above 21: 14", " Declined: 5")),
    randomized=Box("Randomized (n = 30)"),
    stages=("Allocation", "Open label", "Analysis"),
    columns=(
        Column(
            "Psilocybin",
            1,
            (Box("Allocated (n = 15)", ("Received it: 15",)), None, Box("Analyzed", ("Primary: 15",))),
        ),
        Column(
            "Niacin",
            2,
            (Box("Allocated (n = 15)"), Box("Offered", ("Took it: 12",)), Box("Analyzed", ("Primary: 15",))),
        ),
    ),
)
POWER = Curves(
    title="Power is 60.0% (56.9 to 63.1) with 16",
    description="A description",
    curves=(
        Curve(
            "The effects the paper reports, with their spread",
            1,
            (curve.Point(16, 60, 56.9, 63.1), curve.Point(60, 99, 98, 100)),
            ((16, 61), (60, 99)),
        ),
        Curve("Nothing", 2, (curve.Point(16, 5, 3, 7), curve.Point(60, 5, 3, 7))),
    ),
    along="Participants",
    upward="Power, %",
    target=80,
    marked=30,
    words="30 rehearsed",
)
GROWTH = tuple((month, 3.0 * month) for month in range(11))
ENROLLED = Fan(
    title="In after 9.4 months (6.7 to 12.1)",
    description="A description",
    middle=GROWTH,
    bands=((GROWTH, tuple((1.3 * month, count) for month, count in GROWTH)),),
    names=("Nine trials in ten",),
    total=30,
    along="Months",
    upward="Participants in",
)
CASES = [
    (curve.draw, POWER),
    (fan.draw, ENROLLED),
    (intervals.draw, BARS),
    (trajectory.draw, COURSES),
    (individuals.draw, LINES),
    (flow.draw, FLOW),
]
CANVASES = svg.canvases("figure-x")


def texts(drawing):
    return [
        one.replace("\N{NO-BREAK SPACE}", " ") for one in re.findall(r"<text[^>]*>([^<]*)</text>", drawing)
    ]


def numbers(drawing, name):
    return [float(one) for one in re.findall(rf' {name}="(-?[\d.]+)"', drawing)]


@pytest.mark.parametrize("canvas", CANVASES, ids=["wide", "narrow"])
@pytest.mark.parametrize(("draw", "content"), CASES)
def test_a_figure_is_named_described_and_never_negative_in_size(draw, content, canvas):
    drawing = draw(content, canvas)
    assert f'<title id="{canvas.name}-title">{content.title}</title>' in drawing
    assert f'<desc id="{canvas.name}-desc">A description</desc>' in drawing
    assert all(one >= 0 for name in ("width", "height", "r") for one in numbers(drawing, name))
    assert "nan" not in drawing
    assert "#" not in drawing, "colors come from the page's style"


@pytest.mark.parametrize("canvas", CANVASES, ids=["wide", "narrow"])
@pytest.mark.parametrize(("draw", "content"), CASES)
def test_nothing_is_drawn_outside_the_canvas(draw, content, canvas):
    drawing = draw(content, canvas)
    height = numbers(drawing, "height")[0]
    assert all(
        -1 <= one <= canvas.width + 1 for name in ("x", "x1", "x2", "cx") for one in numbers(drawing, name)
    )
    assert all(-1 <= one <= height + 1 for name in ("y", "y1", "y2", "cy") for one in numbers(drawing, name))


@pytest.mark.parametrize("canvas", CANVASES, ids=["wide", "narrow"])
@pytest.mark.parametrize(("draw", "content"), [(trajectory.draw, COURSES), (individuals.draw, LINES)])
def test_a_long_axis_title_takes_lines_and_is_never_cut(draw, content, canvas):
    long = "Mean SPFI burnout, sum of ten items answered by the participant (scale 0 to 40, higher is worse)"
    drawing = draw(replace(content, axis=long), canvas)
    assert all(svg.measure(line, canvas.font) <= canvas.width for line in texts(drawing))
    assert " ".join(long.split()) in " ".join(texts(drawing))


@pytest.mark.parametrize(("draw", "content"), CASES)
def test_drawing_is_repeatable(draw, content):
    assert draw(content, CANVASES[0]) == draw(content, CANVASES[0])


def test_every_estimate_has_its_interval_its_numbers_and_the_line_of_no_difference():
    drawing = intervals.draw(BARS, CANVASES[0])
    assert drawing.count('class="interval"') == 3 * len(BARS.bars)
    assert {"This trial", "−12.0 (−17.7 to −6.3)", "Elsewhere"} <= set(texts(drawing))
    assert 'class="zero"' in drawing
    assert {"← Lower on psilocybin", "Higher on psilocybin →", "0", "5"} <= set(texts(drawing))


DETAILED = replace(
    BARS,
    bars=(
        replace(BARS.bars[0], detail="What was assumed of values that nobody saw", remark="As planned"),
        replace(BARS.bars[1], detail="Something else", remark="Changes: includes zero"),
    ),
    guide=-12.0,
)


@pytest.mark.parametrize("canvas", CANVASES, ids=["wide", "narrow"])
def test_details_stand_below_the_label_and_remarks_below_the_numbers(canvas):
    shown = " ".join(texts(intervals.draw(DETAILED, canvas)))
    for part in ("What was assumed of values that nobody saw", "As planned", "Changes: includes zero"):
        assert part in shown


def test_upright_lines_keep_out_of_the_text_on_a_phone():
    wide, narrow = (intervals.draw(DETAILED, canvas) for canvas in CANVASES)
    assert wide.count('class="zero"') == wide.count('class="guide"') == 1
    assert narrow.count('class="zero"') == narrow.count('class="guide"') == len(DETAILED.bars)


def test_results_from_elsewhere_are_outlined():
    assert intervals.draw(BARS, CANVASES[0]).count('class="mark hollow"') == 1


def test_the_axis_shows_both_sides_of_no_difference_even_if_all_lies_on_one():
    marks = [one for one in texts(intervals.draw(BARS, CANVASES[0])) if re.fullmatch(r"−?\d+", one)]
    assert "0" in marks[:-1]


def test_the_line_of_unblinding_is_drawn_and_named():
    for canvas in CANVASES:
        drawing = trajectory.draw(COURSES, canvas)
        assert 'class="unblinding"' in drawing
        assert "No randomized comparison after this" in " ".join(texts(drawing))
    assert 'class="unblinding"' not in trajectory.draw(replace(COURSES, unblinding_day=None), CANVASES[0])


def test_lines_are_labeled_directly_and_counts_stand_below():
    drawing = trajectory.draw(COURSES, CANVASES[0])
    assert drawing.count('class="direct"') == 2
    assert texts(drawing).count("15") == texts(drawing).count("14") == 4
    assert "Participants" in texts(drawing)


def test_the_axis_of_means_starts_at_the_low_end_of_the_scale():
    assert "0" in texts(trajectory.draw(COURSES, CANVASES[0]))
    assert trajectory.value_range([20, 25], 0, 60) == (0, 30)
    assert trajectory.value_range([20, 55], 0, 60) == (0, 55)
    assert trajectory.value_range([-4, 3], None, None) == (-4, 3)
    assert trajectory.value_range([2, 3], None, None) == (0, 3)


def test_a_mean_without_an_interval_is_a_bare_marker():
    bare = replace(
        COURSES, courses=(Course("A", 1, (Point(0, 3, None, None, None), Point(7, 4, None, None, None))),)
    )
    drawing = trajectory.draw(bare, CANVASES[0])
    assert 'class="interval"' not in drawing
    assert 'class="mark"' in drawing


def test_every_participant_is_one_line_without_a_name():
    drawing = individuals.draw(LINES, CANVASES[0])
    assert drawing.count('class="one"') == 3
    assert {"Psilocybin (n = 2)", "Niacin (n = 1)"} <= set(texts(drawing))


@pytest.mark.parametrize("canvas", CANVASES, ids=["wide", "narrow"])
def test_differences_stand_below_the_means_on_the_same_days(canvas):
    points = tuple(Point(day, -3, -5, -1, None, hollow=day < 28) for day in (1, 28))
    courses = tuple(replace(course, label="A") for course in COURSES.courses)
    content = replace(COURSES, courses=courses, unblinding_day=None, differences=(Course("A", 0, points),))
    drawing = trajectory.draw(content, canvas)
    assert drawing.count('class="mark hollow"') == 1
    assert drawing.count('class="zero"') == 1
    assert texts(drawing).count("28") == 2
    assert "No difference" in " ".join(texts(drawing)), "words stay whole beside short names of arms"


def test_differences_of_several_arms_are_labeled_by_arm():
    points = (Point(1, -3, -5, -1, None), Point(28, -4, -6, -2, None))
    content = replace(COURSES, differences=(Course("High", 1, points), Course("Low", 2, points)))
    shown = texts(trajectory.draw(content, CANVASES[0]))
    assert {"High", "Low"} <= set(shown)
    assert "No difference" not in " ".join(shown)


def test_panels_stand_side_by_side_on_a_page_and_below_each_other_on_a_phone():
    wide, narrow = (individuals.draw(LINES, canvas) for canvas in CANVASES)
    assert numbers(narrow, "height")[0] > 1.5 * numbers(wide, "height")[0]


def test_the_flow_shows_every_number_in_both_widths():
    for canvas in CANVASES:
        shown = " ".join(texts(flow.draw(FLOW, canvas)))
        for part in (
            "Assessed for eligibility (n = 49)",
            "Declined: 5",
            "Randomized (n = 30)",
            "Took it: 12",
            "Received it: 15",
        ):
            assert part in shown


def test_the_flow_begins_with_randomization_where_screening_is_unknown():
    drawing = flow.draw(replace(FLOW, screened=None, excluded=None), CANVASES[0])
    assert "Assessed" not in drawing
    assert "Randomized (n = 30)" in drawing


@settings(max_examples=20, deadline=None)
@given(arms=st.integers(1, 6), words=st.text("abcdefg ", max_size=80))
def test_the_flow_takes_any_number_of_arms_and_long_reasons(arms, words):
    columns = tuple(
        Column(
            f"Arm {place} {words}",
            place,
            (Box(f"Allocated to {words}", (f" {words}: 3",)), None, Box("Analyzed")),
        )
        for place in range(1, arms + 1)
    )
    for canvas in CANVASES:
        drawing = flow.draw(replace(FLOW, columns=columns), canvas)
        assert drawing.count("Analyzed") + drawing.count("analyzed") == arms
        assert max(numbers(drawing, "y")) <= numbers(drawing, "height")[0] + 1


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0, 1e3), st.floats(0, 1e3)), min_size=1, max_size=6)
)
def test_any_intervals_fit_their_axis(rows):
    bars = tuple(
        Bar(label="A label", value=value, low=value - down, high=value + up, text="x", place=place)
        for place, (value, down, up) in enumerate(rows)
    )
    for canvas in CANVASES:
        drawing = intervals.draw(replace(BARS, bars=bars), canvas)
        assert all(-1 <= one <= canvas.width + 1 for one in numbers(drawing, "x1") + numbers(drawing, "x2"))
