"""Participants' pages: entering, the line of visits, visits held, missed and declined, logs, days planned."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from tests.conduct.consenting import enrolled
from tests.conduct.pages.conftest import HERE, THERE, World, fields_of, text_of, words_of

from equipoise.conduct.capture import reads

PAGE = f"/participants/{HERE}/"


def states(world: World) -> dict[str, str]:
    """Return visit to its state on the page's line."""
    found = reads.timeline(HERE, viewer=world.people.coordinator.viewer(), at=world.hand[0])
    assert found is not None
    return {f"{one.visit}{one.repeat}": one.state for one in found.visits}


def test_the_list_holds_the_viewers_sites_only_and_finds(world: World) -> None:
    assert HERE in world.get("coordinator", "/participants/")
    assert THERE not in world.get("coordinator", "/participants/")
    both = world.get("monitor", "/participants/")
    assert HERE in both
    assert THERE in both
    found = world.get("monitor", "/participants/", find="nyc")
    assert THERE in found
    assert HERE not in found
    assert "Nobody you work with has such an id." in world.get("coordinator", "/participants/", find="nyc")


def test_a_planned_day_gives_every_visit_its_window(world: World) -> None:
    said = words_of(world.get("coordinator", PAGE))
    assert "planned for 14 Dec 2026" in said
    assert "target Mon 23 Nov 2026" in said
    answer = world.post("coordinator", f"{PAGE}anchor/", anchor="dose", date="2026-12-21", reason="")
    assert answer.status_code == 422
    assert fields_of(answer)["date"] in ("2026-12-21", "2026-11-23")
    assert 'value="2026-12-21"' in text_of(answer)
    assert "planned for 14 Dec 2026" in words_of(answer)
    answer = world.post("coordinator", f"{PAGE}anchor/", anchor="dose", date="2026-12-21", reason="Ill")
    assert answer.status_code == 302
    assert "planned for 21 Dec 2026" in words_of(world.get("coordinator", PAGE))


@pytest.mark.parametrize(
    ("status", "given", "state"),
    [
        ("held", {"date": "2026-11-23"}, "in_progress"),
        ("missed", {"date": "2026-11-23", "reason": "Snow"}, "missed"),
    ],
)
def test_a_visit_is_recorded_with_one_button(
    world: World, status: str, given: dict[str, str], state: str
) -> None:
    answer = world.post("coordinator", f"{PAGE}visit/", visit="SCR", repeat="1", status=status, **given)
    assert answer.headers["Location"] == f"{PAGE}?visit=SCR&repeat=1"
    assert states(world)["SCR1"] == state


def test_an_offered_visit_may_be_declined_and_others_not(world: World) -> None:
    refused = world.post(
        "coordinator", f"{PAGE}visit/", visit="SCR", repeat="1", status="declined", reason="No time"
    )
    assert refused.status_code == 422
    assert "Only an offered visit can be declined. Record it as missed, with the reason." in words_of(refused)
    assert 'id="visit-reason" name="reason" maxlength="4000" value="No time"' in text_of(refused)
    assert states(world)["SCR1"] == "due"


def test_every_problem_of_a_refused_visit_is_said_and_what_was_typed_stays(world: World) -> None:
    world.post("coordinator", f"{PAGE}visit/", visit="SCR", repeat="1", status="held", date="2026-11-23")
    answer = world.post(
        "coordinator", f"{PAGE}visit/", visit="SCR", repeat="1", status="held", date="2026-12-24"
    )
    said = words_of(answer)
    assert answer.status_code == 422
    assert "A changed record needs a reason." in said
    assert "This day lies ahead." in said
    assert 'id="visit-date" name="date" value="2026-12-24"' in text_of(answer)
    assert '<h2 id="visit">Screening</h2>' in text_of(answer)
    answer = world.post(
        "coordinator", f"{PAGE}visit/", visit="SCR", repeat="1", status="held", date="yesterday"
    )
    assert (answer.status_code, "“yesterday” is no day. Write it as 2026-11-23." in words_of(answer)) == (
        422,
        True,
    )


def test_unscheduled_visits_are_begun_one_after_the_other(world: World) -> None:
    found = reads.timeline(HERE, viewer=world.people.coordinator.viewer(), at=world.hand[0])
    assert found is not None
    assert found.addable, "the flagship has an unscheduled visit"
    visit = found.addable[0]
    assert f"Begin: {visit.label}" in words_of(world.get("coordinator", PAGE))
    client = world.client("coordinator")
    for repeat in (1, 2):
        page = client.post(f"{PAGE}visit/new/", {"visit": visit.id}, follow=True)
        shown = f'name="repeat" value="{repeat}"'
        assert shown in text_of(page)
        world.post(
            "coordinator",
            f"{PAGE}visit/",
            visit=visit.id,
            repeat=str(repeat),
            status="held",
            date="2026-11-23",
        )
    assert {f"{visit.id}1", f"{visit.id}2"} <= set(states(world))


def test_a_form_is_begun_from_the_visit_and_found_again(world: World) -> None:
    page = world.get("coordinator", f"{PAGE}?visit=SCR&repeat=1")
    assert 'name="form" value="screening"' in page
    given = {"form": "screening", "visit": "SCR", "visit_repeat": "1", "repeat": "1"}
    first = world.post("coordinator", f"{PAGE}form/", **given)
    again = world.post("coordinator", f"{PAGE}form/", **given)
    assert first.headers["Location"] == again.headers["Location"]
    assert f'<a href="{first.headers["Location"]}">' in world.get("coordinator", f"{PAGE}?visit=SCR&repeat=1")


def test_a_form_of_a_missed_visit_is_refused_with_the_reason(world: World) -> None:
    world.post("coordinator", f"{PAGE}visit/", visit="SCR", repeat="1", status="missed", reason="Snow")
    client = world.client("coordinator")
    given = {"form": "screening", "visit": "SCR", "visit_repeat": "1", "repeat": "1"}
    answer = client.post(f"{PAGE}form/", given, follow=True)
    assert "The visit was missed. Record it as held first." in words_of(answer)
    assert answer.redirect_chain[0][0] == f"{PAGE}?visit=SCR&repeat=1"


def test_log_entries_are_added_and_named_by_what_they_say(world: World) -> None:
    client = world.client("coordinator")
    for term in ("Headache", "Nausea"):
        answer = client.post(f"{PAGE}form/", {"form": "adverse_events", "visit": "log"})
        world.save(answer.headers["Location"].split("/")[-2], term=term)
    said = words_of(world.get("coordinator", PAGE))
    assert "Headache" in said
    assert "Nausea" in said
    assert "Adverse events and effects 2" in said


def test_how_far_a_form_is_never_exceeds_what_it_asks(world: World) -> None:
    form = world.fill(world.opened("vitals", "SCR"))
    assert any(line.answer and not line.required for line in world.page(form).items), "an optional question"
    found = reads.timeline(HERE, viewer=world.people.coordinator.viewer(), at=world.hand[0])
    assert found is not None
    shown = [one for visit in found.visits for one in visit.forms if one.code == form]
    page = world.page(form)
    assert page.answered == page.asked
    assert [one.answered for one in shown] == [page.asked]
    assert f'data-label="Answers">{page.asked}</td>' in world.get("coordinator", f"{PAGE}?visit=SCR&repeat=1")


def test_late_and_due_visits_stand_on_the_first_page(world: World) -> None:
    assert "Screening" in words_of(world.get("coordinator", "/"))
    world.hand[0] = datetime(2026, 12, 5, 18, tzinfo=UTC)
    said = words_of(world.get("coordinator", "/"))
    assert said.index("Late") < said.index("Screening")
    assert THERE not in said
    assert "2 of 30 participants" in said
    assert "Nothing is late." in words_of(world.get("pharmacist", "/")) or HERE not in words_of(
        world.get("pharmacist", "/")
    )


def test_times_are_named_by_the_zone_they_are_in(world: World) -> None:
    assert "Times in America/Los_Angeles; page made 10:00" in words_of(world.get("coordinator", "/"))
    assert "Times by each site's clock; page made 18:00 UTC" in words_of(world.get("monitor", "/"))
    assert "Times in America/New_York; page made 13:00" in words_of(
        world.get("monitor", f"/participants/{THERE}/")
    )
    assert "Times in UTC; page made 18:00" in words_of(world.get("monitor", "/audit/"))


def test_pages_of_the_list_and_the_line_ask_the_store_equally_often_for_more(world: World) -> None:
    world.save(world.opened("madrs", "SCR"), apparent_sadness="1")
    few = counted(world)
    for _ in range(5):
        enrolled("SEA", at=world.hand[0], by=world.people.coordinator.viewer())
    for form in ("screening", "demographics"):
        world.opened(form, "SCR")
    assert counted(world) == few


def counted(world: World) -> int:
    client, count = world.client("coordinator"), 0

    def count_one(execute, *statement):  # type: ignore[no-untyped-def]
        nonlocal count
        count += 1
        return execute(*statement)

    with connection.execute_wrapper(count_one):
        for path in ("/", "/participants/", PAGE):
            assert client.get(path).status_code == 200
    return count
