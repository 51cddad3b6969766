"""In which language somebody reads: their choice, or else what their browser asks for."""

import html
import json
import re

import pytest
from django.test import Client
from tests.conduct.pages.conftest import HERE, World, text_of

from equipoise.conduct.accounts import hand_over
from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.audit.models import Event
from equipoise.conduct.identity.reads import applicants
from equipoise.conduct.identity.reads.applicants import Filter

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


HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
ENGLISH_WORDS = frozenset({"the", "and", "of", "is", "are", "was", "with", "your", "you", "which", "what"})


def words(answer: object) -> list[str]:
    page = re.sub(r"<script.*?</script>|<[^>]*>", " ", text_of(answer), flags=re.S)
    return re.findall(r"[a-z]+", html.unescape(page).lower())


def test_somebody_applies_in_spanish_from_the_first_page_to_the_last(world: World) -> None:
    client = Client(headers={"Accept-Language": "es-CO"})
    answer = client.get("/apply/")
    given = {"go": "next", "page": "0", "site": "SEA"}
    typed = ["41", "nurse", "3,5", "8", "1", "0", "0", "9", "1", "1"]
    for place in range(len(typed) + 2):
        assert ENGLISH_WORDS.isdisjoint(words(answer)), place
        assert SPANISH in text_of(answer)
        answer = client.post("/apply/", given)
        given = {name: html.unescape(value) for name, value in HIDDEN.findall(answer.content.decode())}
        given |= {"go": "next", "name": "Ana Ruiz", "email": "ana@example.org"}
        given |= {f"q{place}": typed[place]} if place < len(typed) else {}
    assert "Meses de atención en primera línea de COVID-19" in text_of(answer)
    assert "3.5" in text_of(answer)
    sent = client.post("/apply/", {**given, "go": "send"})
    assert "Gracias. Su solicitud se envió." in text_of(sent)
    assert ENGLISH_WORDS.isdisjoint(words(sent))
    (line,) = applicants.listed(["SEA", "NYC"], Filter()).lines
    one = applicants.opened(line.applicant, sites=["SEA"])
    assert one is not None
    assert one.language == "es"
    assert one.answers["screening.frontline_months"] == "3.5"


def test_the_language_changes_on_any_page_of_an_application_and_no_answer_is_lost(world: World) -> None:
    client = Client()
    page = client.post("/apply/", {"go": "next", "page": "1", "site": "SEA", "q0": "41"})
    assert 'form="application" name="language" value="es"' in text_of(page)
    spoken = client.post("/apply/", {"language": "es", "page": "2", "site": "SEA", "q0": "41", "q1": "nurse"})
    assert "Pregunta 2 de 12" in text_of(spoken)
    assert "Profesión" in text_of(spoken)
    assert 'name="q0" value="41"' in text_of(spoken)
    assert 'value="nurse" checked' in text_of(spoken)


def test_a_form_in_spanish_asks_stores_and_doubts_as_in_english(world: World) -> None:
    form = world.opened("screening", "SCR")
    client = world.client("coordinator")
    client.post("/language/", {"language": "es"})
    page = text_of(client.get(f"/forms/{form}/"))
    assert "Preguntas de selección" in page
    assert "Tiene quien conduzca para llevarle a casa después de la sesión" in page
    answer = client.post(
        f"/forms/{form}/save/",
        json.dumps({"a:frontline_months:0": "61,5", "a:symptom_months:0": "1,234"}),
        content_type="application/json",
        headers={"Accept": "application/json"},
    ).json()
    assert answer["items"]["frontline_months:0"]["problem"] == (
        "61.5 está fuera del intervalo. Se espera un número de 0 a 60."
    )
    assert (
        "una coma antes de tres cifras puede significar miles"
        in answer["items"]["symptom_months:0"]["problem"]
    )
    assert [one.answer for one in world.page(form).items if one.answer] == ["61.5"]
    assert "61.5 está fuera del intervalo" in text_of(client.get(f"/forms/{form}/"))
    assert "61.5 is outside the range" in world.get("monitor", f"/forms/{form}/")


def test_the_page_of_a_person_names_roles_in_its_language_only(world: World) -> None:
    client = world.client("system_administrator")
    client.post("/language/", {"language": "es"})
    for who in ("rater", "session_monitor"):
        page = text_of(client.get(f"/people/{world.people[who].person}/"))
        assert "Terminar: " in page
        assert "Acompañante de sesión necesita: " in page
        said = html.unescape(re.sub(r"<[^>]*>", "¦", page))
        # Somebody in a test is called after their role.
        assert not [
            one for one in ROLES.values() if re.search(rf"(Terminar: |[.¦] ?){one}( necesita|¦,|, )", said)
        ]
