"""In which language somebody reads: their choice, or else what their browser asks for."""

import pytest
from django.test import Client
from tests.conduct.pages.conftest import HERE, World, text_of

from equipoise.conduct.accounts import hand_over
from equipoise.conduct.audit.models import Event

SPANISH, ENGLISH = '<html lang="es">', '<html lang="en">'
PASSWORD = "four plain words here"  # noqa: S105 - a test's


def test_a_page_speaks_what_the_browser_asks_for(world: World) -> None:
    answer = Client().get("/sign-in/", headers={"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"})
    assert SPANISH in text_of(answer)
    assert "<h1>Iniciar sesión</h1>" in text_of(answer)
    assert answer.headers["Content-Language"] == "es"
    assert {"Accept-Language", "Cookie"} <= set(answer.headers["Vary"].split(", "))
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/sign-in/", "/help-now/", "/apply/", "/nowhere/"])
def test_every_page_has_the_switch_and_the_browser_keeps_the_choice(world: World, path: str) -> None:
    client = Client()
    page = text_of(client.get(path))
    assert ENGLISH in page
    assert 'name="language" value="es" lang="es">Español<' in page
    answer = client.post(
        "/language/", {"language": "es"}, headers={"Referer": f"http://testserver{path}?a=1"}
    )
    assert answer.headers["Location"] == ("/" if path == "/nowhere/" else f"{path}?a=1")
    assert SPANISH in text_of(client.get(path, headers={"Accept-Language": "en"}))


def test_whoever_is_signed_in_chooses_for_their_account_and_it_is_on_record(world: World) -> None:
    client = world.client("coordinator")
    before = Event.objects.using("default").count()
    assert client.post("/language/", {"language": "es"}).status_code == 302
    assert "django_language" not in client.cookies
    elsewhere = world.client("coordinator")
    assert SPANISH in text_of(elsewhere.get("/participants/", headers={"Accept-Language": "en"}))
    assert ENGLISH in world.get("investigator", "/participants/")
    client.post("/language/", {"language": "es"})
    kinds = list(Event.objects.using("default").order_by("id").values_list("action", flat=True))[before:]
    assert kinds.count("account.language_chosen") == 1


@pytest.mark.parametrize(
    "there",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "http://testserver/nowhere/",
        "http://testserver/language/",
        "http://testserver//elsewhere.example/",
        "",
    ],
)
def test_the_switch_leads_to_a_page_of_ours_and_nowhere_else(world: World, there: str) -> None:
    answer = world.client("coordinator").post("/language/", {"language": "es"}, headers={"Referer": there})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("language", ["", "fr", "es'; --", "x" * 5_000])
def test_a_language_that_pages_do_not_speak_changes_nothing(world: World, language: str) -> None:
    client = Client()
    client.post("/language/", {"language": language})
    assert ENGLISH in text_of(client.get("/sign-in/"))


def test_a_participant_reads_their_own_language_whatever_the_staff_reads(world: World) -> None:
    account = world.people["coordinator"].account
    account.set_password(PASSWORD)
    account.language = "es"
    account.save()
    client = world.client("coordinator")
    client.post(f"/participants/{HERE}/device/", {"visit": "PREP1", "repeat": "1"})
    page = client.get("/device/", follow=True)
    assert ENGLISH in text_of(page)
    client.post("/language/", {"language": "es"})
    assert SPANISH in text_of(client.get("/device/", follow=True))
    client.post("/device/back/", {"password": PASSWORD})
    assert hand_over.READS not in client.session
    account.refresh_from_db()
    assert account.language == "es"
    assert SPANISH in text_of(client.get("/participants/"))
