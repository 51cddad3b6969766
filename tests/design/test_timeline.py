"""Visits on one axis of days, and what their places mean."""

from typing import Any

from equipoise.design.timeline import timeline_of
from equipoise.protocol import Resolved


def test_the_flagship_has_its_places(frontline: Resolved) -> None:
    timeline = timeline_of(frontline.protocol)
    named = [place.visit.id for place in timeline.places]
    assert "UNS" not in named
    assert [place.day for place in timeline.places] == sorted(place.day for place in timeline.places)
    assert named[timeline.baseline] == "PREP1"
    assert named[timeline.randomized] == "PREP1"
    assert [named[at] for at in timeline.doses] == ["DOSE"]
    assert timeline.unblinded is not None
    assert named[timeline.unblinded] == "D28"
    assert timeline.open_dose is not None
    assert named[timeline.open_dose] == "OL_DOSE"
    assert {place.visit.id for place in timeline.places if place.open} == {"OL_DOSE", "OL_INT"}


def test_days_of_a_further_anchor_count_from_its_visit(frontline: Resolved) -> None:
    timeline = timeline_of(frontline.protocol)
    days = {place.visit.id: place.day for place in timeline.places}
    assert days["OL_INT"] == days["OL_DOSE"] + 3


def test_a_repeating_visit_has_a_place_for_each_occurrence(small: Any) -> None:
    def weekly(data: dict[str, Any]) -> None:
        data["visits"][3].update(repeats={"maximum": 3, "every_days": 6})

    places = [place for place in timeline_of(small(weekly).protocol).places if place.visit.id == "D7"]
    assert [(place.repeat, place.day, place.key) for place in places] == [
        (1, 7, "D7"),
        (2, 13, "D7#2"),
        (3, 19, "D7#3"),
    ]


def test_a_trial_without_dosing_sessions_counts_from_baseline(small: Any) -> None:
    def without(data: dict[str, Any]) -> None:
        data["sessions"] = []
        for visit in data["visits"]:
            visit.pop("session", None)

    timeline = timeline_of(small(without).protocol)
    assert timeline.doses == ()
    assert timeline.places[timeline.baseline].day == 0
    assert timeline.treated_from == timeline.baseline + 1


def test_two_planned_doses_are_both_doses(small: Any) -> None:
    def twice(data: dict[str, Any]) -> None:
        data["visits"][4].update(session="dosing", id="DOSE2", forms=["dose_given"])

    timeline = timeline_of(small(twice).protocol)
    assert [timeline.places[at].visit.id for at in timeline.doses] == ["DOSE", "DOSE2"]


def test_visits_counted_from_randomization_come_before_the_dose(small: Any) -> None:
    def by_event(data: dict[str, Any]) -> None:
        data["anchors"]["start"] = {"event": "randomization"}
        data["visits"][0].update(anchor="start", planned_anchor=False, day=0)

    places = timeline_of(small(by_event).protocol).places
    assert {place.visit.id: place.day for place in places}["SCR"] < 0


def test_a_visit_without_a_day_follows_the_one_before_it(small: Any) -> None:
    def undated(data: dict[str, Any]) -> None:
        data["visits"][4].update(day=None, window_days=None)

    days = {place.visit.id: place.day for place in timeline_of(small(undated).protocol).places}
    assert days["INT"] == days["D7"] + 1
