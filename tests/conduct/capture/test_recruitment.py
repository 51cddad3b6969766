"""Recruitment month by month: counts that add up, and a figure that lies on the paper."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from equipoise.conduct.capture.recruitment import HEIGHT, MOST_MONTHS, WIDTH, Month, draw, months

DAYS = st.lists(st.dates(date(2024, 1, 1), date(2026, 12, 31)), min_size=1, max_size=40)


def test_months_without_an_entry_are_counted_and_the_plan_stops_at_its_number() -> None:
    entered = [date(2026, 11, 30), date(2026, 11, 1), date(2027, 1, 31)]
    found = months(entered, today=date(2027, 2, 1), planned_n=7, per_month=2.5)
    assert found == (
        Month(date(2026, 11, 1), 2, 2, 2),
        Month(date(2026, 12, 1), 0, 2, 5),
        Month(date(2027, 1, 1), 1, 3, 7),
        Month(date(2027, 2, 1), 0, 3, 7),
    )


def test_without_a_plan_or_anybody_nothing_is_invented() -> None:
    assert months([], today=date(2026, 11, 23), planned_n=30, per_month=3) == ()
    assert draw(()) is None
    (month,) = months([date(2026, 11, 2)], today=date(2026, 11, 23), planned_n=30, per_month=None)
    assert month.planned is None
    curve = draw((month,))
    assert curve is not None
    assert curve.plan == ""


@given(DAYS, st.none() | st.floats(0.1, 50))
def test_what_is_drawn_adds_up_and_lies_on_the_paper(entered: list[date], per_month: float | None) -> None:
    course = months(entered, today=date(2026, 12, 31), planned_n=30, per_month=per_month)
    assert course[-1].total == len(entered)
    assert len(course) <= MOST_MONTHS
    curve = draw(course)
    assert curve is not None
    points = [point.split(",") for line in (curve.actual, curve.plan) for point in line.split()]
    assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in points)
    heights = [float(point.split(",")[1]) for point in curve.actual.split()]
    assert heights == sorted(heights, reverse=True)
    assert not curve.plan or abs(curve.plan_y - curve.actual_y) > 10
