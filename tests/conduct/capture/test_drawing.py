"""The line of visits: every dated visit on it in order, labels apart, days round the dose given room."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from equipoise.conduct.capture import drawing
from equipoise.conduct.capture.lines import AnchorLine, Timeline, VisitLine

DOSE = date(2026, 12, 14)
FLAGSHIP = (-21, -8, -3, 0, 1, 3, 7, 10, 20, 28, 56, 84, 168)


def visit(day: int | None, *, around: int = 3, state: str = "planned") -> VisitLine:
    target = None if day is None else DOSE + timedelta(days=day)
    span = timedelta(days=around)
    return VisitLine(
        begun=False,
        visit=f"V{day}",
        label=f"Day {day}",
        repeat=1,
        state=state,  # type: ignore[arg-type]
        target=target,
        opens=target - span if target else None,
        closes=target + span if target else None,
        provisional=False,
        held_on=None,
        day=day,
        out_of_window=False,
        reason="",
        unscheduled=False,
        offered=False,
        place="",
        forms=(),
        asks=False,
    )


def timeline(*visits: VisitLine, today: date = DOSE) -> Timeline:
    return Timeline(
        participant="P",
        site="SEA",
        site_name="Seattle",
        time_zone="America/Los_Angeles",
        entered_on=DOSE - timedelta(days=30),
        version=1,
        today=today,
        locked=False,
        anchors=(AnchorLine("dose", "Medication session", DOSE, None),),
        visits=visits,
        addable=(),
        logs=(),
        alerts=(),
        queries=0,
        may_record=True,
        may_lock=False,
    )


def test_nothing_is_drawn_while_no_visit_has_a_day() -> None:
    assert drawing.draw(timeline(visit(None)), None) is None
    assert drawing.draw(timeline(), None) is None


def test_the_flagships_visits_lie_in_order_with_labels_apart() -> None:
    drawn = drawing.draw(timeline(*(visit(day) for day in FLAGSHIP)), None)
    assert drawn is not None
    assert [mark.visit.day for mark in drawn.marks] == list(FLAGSHIP)
    for row in drawing.LABEL_ROWS:
        xs = [mark.x for mark in drawn.marks if mark.label_y == row]
        assert all(right - left >= drawing.LABEL_WIDTH for left, right in pairwise(xs))
    assert drawn.anchor == "Medication session"
    assert drawn.anchor_x == next(mark.x for mark in drawn.marks if mark.visit.day == 0) == drawn.today_x
    ticks = [tick.day for tick in drawn.ticks]
    assert {0, 28, 168} <= set(ticks)
    assert ticks == sorted(ticks)


def test_visits_of_one_day_both_have_a_label_of_their_own() -> None:
    drawn = drawing.draw(timeline(visit(0), replace(visit(0), visit="OTHER"), visit(28)), None)
    assert drawn is not None
    assert drawn.marks[0].label_y != drawn.marks[1].label_y


def test_today_is_left_out_where_it_lies_outside() -> None:
    drawn = drawing.draw(timeline(visit(0), visit(28), today=DOSE + timedelta(days=400)), None)
    assert drawn is not None
    assert drawn.today_x is None


def test_a_visit_counts_from_the_day_it_was_held() -> None:
    late = replace(visit(7), held_on=DOSE + timedelta(days=9))
    drawn = drawing.draw(timeline(visit(0), late, visit(28)), late)
    on_time = drawing.draw(timeline(visit(0), visit(7), visit(28)), None)
    assert drawn is not None
    assert on_time is not None
    assert drawn.marks[1].x > on_time.marks[1].x
    assert [mark.chosen for mark in drawn.marks] == [False, True, False]


@settings(max_examples=40, deadline=None)
@given(some.lists(some.integers(-400, 800), min_size=1, max_size=30), some.integers(-500, 900))
def test_everything_lies_on_the_paper_and_in_order(days: list[int], today: int) -> None:
    drawn = drawing.draw(timeline(*map(visit, days), today=DOSE + timedelta(days=today)), None)
    assert drawn is not None
    places = [mark.x for mark in drawn.marks]
    assert places == sorted(places)
    edges = [x for mark in drawn.marks for x in (mark.x_open, mark.x, mark.x_close)]
    shown = [*edges, drawn.anchor_x, *(tick.x for tick in drawn.ticks)]
    assert all(0 <= x <= drawn.width for x in shown)
    assert all(mark.x_open <= mark.x <= mark.x_close for mark in drawn.marks)
    assert drawn.today_x is None or drawn.today_x == pytest.approx(drawn.today_x)
