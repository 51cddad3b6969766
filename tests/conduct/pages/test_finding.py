"""Finding a participant or form from a few letters, and recruitment on the first page: counts and nothing hidden."""

from datetime import timedelta

import pytest
from tests.conduct.consenting import enrolled
from tests.conduct.pages.conftest import AT, HERE, THERE, World, text_of, words_of

from equipoise.conduct.capture import reads, services


def test_a_few_letters_lead_to_the_one_thing_they_mean(world: World) -> None:
    form = world.opened("madrs", "PREP1")
    world.opened("madrs", "SCR")
    client = world.client("coordinator")
    for wanted, there in (
        ("sea-001", f"/participants/{HERE}/"),
        (" 001  MADRS prep1 ", f"/forms/{form}/"),
        ("montgomery prep1", f"/forms/{form}/"),
    ):
        answer = client.get("/find/", {"q": wanted})
        assert (answer.status_code, answer.headers["Location"]) == (302, there), wanted
    both = words_of(client.get("/find/", {"q": "madrs"}))
    assert both.count("Montgomery") == 2
    assert "Nothing you work with is called so." in words_of(client.get("/find/", {"q": "zebra"}))
    for odd in ("", "\x00", "%", "_", "' OR 1", "🌲", "x" * 10_000, "מרים"):
        assert client.get("/find/", {"q": odd}).status_code == 200, odd


def test_nothing_is_found_of_another_site_or_hidden(world: World) -> None:
    world.opened("madrs", "PREP1")
    guess = world.opened("guess", "D28")
    outsider = world.client("outsider")
    assert THERE in outsider.get("/find/", {"q": "frontline"}).headers["Location"]
    assert HERE not in text_of(outsider.get("/find/", {"q": "sea"}))
    assert "Montgomery" not in text_of(outsider.get("/find/", {"q": "madrs"}))
    mixed = world.people.add("coordinator", "statistician", name="Mixed", site="SEA")
    assert world.client("coordinator").get("/find/", {"q": "guess"}).headers["Location"] == f"/forms/{guess}/"
    hidden = world.client(mixed).get("/find/", {"q": "guess"})
    assert (hidden.status_code, "Nothing you work with is called so." in words_of(hidden)) == (200, True)


def test_more_than_fits_on_a_page_is_said_to_be_more(world: World) -> None:
    viewer = world.people.coordinator.viewer()
    for repeat in range(1, 53):
        services.open_form(
            participant=HERE, visit="log", form="adverse_events", repeat=repeat, at=AT, by=viewer
        )
    found = reads.find("adverse", viewer=viewer)
    assert (len(found.forms), found.more) == (50, True)
    assert "There is more: add a word." in words_of(world.get("coordinator", "/find/", q="adverse"))


@pytest.mark.parametrize("role", ["coordinator", "statistician", "dsmb_member"])
def test_the_first_page_shows_recruitment_by_month_as_counts(world: World, role: str) -> None:
    world.hand[0] = AT + timedelta(days=40)
    enrolled("SEA", at=world.hand[0], by=world.people.coordinator.viewer(world.hand[0]))
    page = world.get(role, "/")
    said = words_of(page)
    assert "Month Entered In all Planned in all Nov 2026 2 2 3 Dec 2026 0 2 6 Jan 2027 1 3 9" in said
    assert 'aria-label="3 entered by the end of this month, 9 planned"' in page
    assert ('class="spark-plan"' in page, 'class="spark"' in page) == (True, True)
    assert (HERE in page) == (role == "coordinator")


def test_the_first_page_counts_what_comes_and_how_long_the_oldest_is_late(world: World) -> None:
    soon = world.get("coordinator", "/")
    assert "visits late" not in words_of(soon)
    world.hand[0] = AT + timedelta(days=14)
    viewer = world.people.coordinator.viewer(world.hand[0])
    found = reads.home(viewer=viewer, at=world.hand[0])
    assert found is not None
    assert found.coming > 0
    assert found.oldest_days == max((world.hand[0].date() - one.closes).days for one in found.late)
    said = words_of(world.get("coordinator", "/"))
    assert f"{found.coming} visit" in said
    assert f"oldest: {found.oldest_days} day" in said
