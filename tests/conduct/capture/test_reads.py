"""Pages cost as many statements with much data as with little, and show what is stored."""

from collections.abc import Callable
from datetime import datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from tests.conduct.consenting import enrolled

from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.models import Entry
from equipoise.conduct.capture.results import Given, Saved

Open = Callable[..., Any]
MADRS = ["apparent_sadness", "reported_sadness", "inner_tension", "reduced_sleep"]


def test_lists_cost_the_same_for_one_participant_and_for_many(
    desk: Open, statements: Callable[[], int], staff: Any, at: datetime
) -> None:
    asked = (
        lambda: reads.participants(viewer=staff.data_manager, at=at),
        lambda: reads.home(viewer=staff.data_manager, at=at),
        lambda: reads.queries(viewer=staff.data_manager),
        lambda: reads.alerts(viewer=staff.investigator, at=at),
    )

    def counted() -> list[int]:
        counts = []
        for ask in asked:
            before = statements()
            assert ask() is not None
            counts.append(statements() - before)
        return counts

    one = desk("madrs", "SCR")
    one.save(suicidal_thoughts="6")
    services.open_query(form=one.form, text="Sure?", at=at, by=staff.monitor)
    few = counted()
    for _ in range(4):
        name = enrolled("SEA", at=at, by=staff.coordinator)
        place = {"participant": name, "visit": "SCR", "at": at, "by": staff.coordinator}
        form = services.open_form(form="madrs", **place)
        given = [Given("suicidal_thoughts", text="6")]
        services.save(form=form, given=given, at=at, by=staff.coordinator)
        services.open_query(form=form, text="Sure?", at=at, by=staff.monitor)
    assert counted() == few
    assert len(reads.queries(viewer=staff.data_manager)) == 5
    assert len(reads.alerts(viewer=staff.investigator, at=at)) == 5


def test_a_timeline_and_a_form_cost_the_same_with_few_and_many_answers(
    desk: Open, participant: str, statements: Callable[[], int], staff: Any, at: datetime
) -> None:
    def counted(form: str) -> list[int]:
        counts = []
        for ask in (
            lambda: reads.timeline(participant, viewer=staff.team, at=at),
            lambda: reads.form_page(form, viewer=staff.team),
        ):
            before = statements()
            assert ask() is not None
            counts.append(statements() - before)
        return counts

    one = desk("madrs", "SCR")
    one.save(lassitude="1")
    desk("medications").save(name="sertraline")
    few = counted(one.form)
    one.save(**dict.fromkeys(MADRS, "1"))
    for name in ("demographics", "screening", "vitals"):
        desk(name, "SCR")
    desk("medications").save(name="lithium")
    assert counted(one.form) == few


@pytest.mark.both_stores
def test_an_answer_taken_back_no_longer_counts_on_the_timeline(
    desk: Open, participant: str, staff: Any, at: datetime
) -> None:
    one = desk("madrs", "SCR")
    one.save(lassitude="1", pessimistic_thoughts="2")
    given = [Given("apparent_sadness", missing_reason="declined")]
    assert services.save(form=one.form, given=given, at=at, by=one.by).done

    def answered() -> int:
        found = reads.timeline(participant, viewer=staff.coordinator, at=at)
        assert found is not None
        (line,) = [form for visit in found.visits for form in visit.forms if form.code == one.form]
        return line.answered

    assert answered() == 3
    one.save(lassitude="")
    assert answered() == 2
    assert one.page.answered == 2


@pytest.mark.both_stores
def test_a_form_page_shows_what_was_saved(desk: Open, staff: Any, at: datetime) -> None:
    one = desk("demographics", "SCR")
    one.save(age="17", sex="F")
    page = one.page
    by_item = {line.item: line for line in page.items}
    age = by_item["age"]
    assert (age.answer, age.seq) == ("17", 1)
    assert age.shown_answer.startswith("17 ")
    assert age.problems == ("17 is outside the range",)
    assert by_item["sex"].shown_answer == "Female"
    assert (page.answered, page.asked, page.state, page.editable) == (2, 2, "in_progress", True)
    assert page.saved_at == at
    readonly = reads.form_page(one.form, viewer=staff.monitor)
    assert readonly is not None
    assert "filled by: Coordinator" in readonly.blocked


@pytest.mark.both_stores
def test_two_saves_of_one_answer_at_once_keep_one_and_show_the_other(
    desk: Open, staff: Any, at: datetime
) -> None:
    one = desk("demographics", "SCR")
    barrier = Barrier(2)
    found: list[Saved] = []

    def save(age: str, by: Any) -> None:
        barrier.wait()
        try:
            found.append(services.save(form=one.form, given=[Given("age", text=age)], at=at, by=by))
        finally:
            connections["default"].close()

    threads = [
        Thread(target=save, args=("44", staff.coordinator)),
        Thread(target=save, args=("45", staff.team)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(saved.conflicts) for saved in found) == [0, 1]
    assert Entry.objects.filter(form__code=one.form, item="age").count() == 1
    [conflict] = [conflict for saved in found for conflict in saved.conflicts]
    assert {conflict.theirs, conflict.yours} == {"44", "45"}


@pytest.mark.both_stores
def test_forms_opened_at_once_are_one_form(participant: str, staff: Any, at: datetime) -> None:
    barrier = Barrier(3)
    found: list[int] = []

    def opened() -> None:
        barrier.wait()
        place = {"participant": participant, "visit": "SCR", "form": "demographics"}
        try:
            found.append(services.open_form(at=at, by=staff.coordinator, **place))
        finally:
            connections["default"].close()

    threads = [Thread(target=opened) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(set(found)) == 1
