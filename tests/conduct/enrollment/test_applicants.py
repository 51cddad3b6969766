"""Triage: applications are listed, narrowed, decided about one by one or all at once, and never seen by others."""

from datetime import UTC, date, datetime

import pytest
from tests.conduct.pages.conftest import World, text_of

from equipoise.conduct.consent import reads as consents
from equipoise.conduct.enrollment.services import applying
from equipoise.conduct.identity.reads import applicants as reads
from equipoise.conduct.identity.services import applicants as services
from equipoise.conduct.identity.services.applicants import Application

AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
MANY = 60


def arrived(name: str, **others: object) -> str:
    given: dict[str, object] = {
        "site": "SEA",
        "language": "en",
        "name": name,
        "email": f"{name.split(maxsplit=1)[0].lower()}@example.org",
        "phone": "",
        "answers": {"demographics.age": "41", "screening.profession": "nurse"},
        "verdict": "likely",
        "unmet": (),
    }
    return services.apply(
        Application(**{**given, **others}),  # type: ignore[arg-type]
        at=AT,
        today=date(2026, 11, 23),
        keep_days=180,
    )


def state(applicant: str) -> str:
    return reads.states([applicant])[applicant]


def test_a_coordinator_reads_what_somebody_wrote_and_invites_them(world: World) -> None:
    name = arrived("Ada Núñez", verdict="unlikely", unmet=("I4",))
    page = world.get("coordinator", "/applicants/")
    assert "Ada Núñez" in page
    assert "Unlikely" in page
    page = world.get("coordinator", f"/applicants/{name}/")
    for words in ("ada@example.org", "41", "Nurse", "I4 not met: MADRS above 21", "Deleted on 22 May 2027"):
        assert words in page, words
    answer = world.post("coordinator", "/applicants/decide/", applicant=name, decision="invited", back=name)
    assert answer.url == f"/applicants/{name}/"
    assert state(name) == "invited"
    page = world.get("coordinator", f"/applicants/{name}/")
    assert "Invitation: waits to be sent" in " ".join(page.split())


def test_a_decline_of_many_is_shown_with_its_letter_before_it_is_taken(world: World) -> None:
    names = [arrived(f"Person{number} X", verdict="unlikely", unmet=("E7",)) for number in range(MANY)]
    kept = arrived("Ada Núñez")
    given = {"everybody": "1", "verdict": "unlikely", "decision": "declined", "reason": "E7"}
    page = text_of(world.post("coordinator", "/applicants/decide/", **given))
    assert f"Decline {MANY} applications?" in page
    assert "we cannot offer you a place" in " ".join(page.split())
    assert "counted in reports" in page
    assert {state(one) for one in names} == {"new"}
    answer = world.client("coordinator").post("/applicants/decide/", {**given, "sure": "1"}, follow=True)
    assert f"{MANY} applications were decided about." in text_of(answer)
    assert {state(one) for one in names} == {"declined"}
    assert state(kept) == "new"
    assert applying.tallies() == {("SEA", "declined", "E7"): MANY, ("SEA", "new", ""): 1}
    assert [one.kind for one in reads.waiting_letters(999)].count("declined") == MANY


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"decision": "declined", "reason": ""}, "Choose why they are declined"),
        ({"decision": "declined", "reason": "because"}, "Choose why they are declined"),
        ({"decision": "abolished"}, "is no decision"),
    ],
)
def test_a_decision_that_says_too_little_changes_nothing(
    world: World, given: dict[str, str], words: str
) -> None:
    name = arrived("Ada")
    answer = world.client("coordinator").post(
        "/applicants/decide/", {"applicant": name, **given}, follow=True
    )
    assert words in text_of(answer)
    assert state(name) == "new"


def test_nothing_chosen_is_said(world: World) -> None:
    answer = world.client("coordinator").post("/applicants/decide/", {"decision": "invited"}, follow=True)
    assert "Choose at least one application." in text_of(answer)


def test_a_list_is_narrowed_and_turned_page_by_page(world: World) -> None:
    for number in range(MANY):
        arrived(f"Person{number} X", verdict="open")
    arrived("Ada Núñez", unmet=("I4", "E2"), verdict="unlikely")
    assert "Page 1 of 2" in world.get("coordinator", "/applicants/")
    page = world.get("coordinator", "/applicants/", page="2")
    assert "Person0 X" in page
    assert "Ada Núñez" not in page
    for asked in ({"unmet": "E2"}, {"verdict": "unlikely"}, {"find": "núñez"}):
        page = world.get("coordinator", "/applicants/", **asked)
        assert "Ada Núñez" in page, asked
        assert "Person0 X" not in page, asked
    assert "No application is like that." in world.get("coordinator", "/applicants/", find="Zoe")
    # What is no filter narrows nothing, and a page that does not exist is the last one.
    page = world.get("coordinator", "/applicants/", verdict="'; DROP TABLE", page="99")
    assert "Page 2 of 2" in page


def test_another_site_neither_sees_nor_decides(world: World) -> None:
    here, there = arrived("Ada Núñez"), arrived("Ben", site="NYC")
    assert "Ada Núñez" not in world.get("outsider", "/applicants/")
    assert world.client("outsider").get(f"/applicants/{here}/").status_code == 404
    world.client("outsider").post(
        "/applicants/decide/", {"applicant": [here, there], "decision": "withdrawn", "sure": "1"}
    )
    assert (state(here), state(there)) == ("new", "withdrawn")


def test_a_letter_written_by_hand_is_noted(world: World) -> None:
    name = arrived("Ada")
    opened = reads.opened(name, sites=["SEA"])
    assert opened is not None
    number = str(opened.letters[0].letter)
    assert world.post("coordinator", f"/applicants/{name}/letter/", letter=number).status_code == 302
    assert "written by hand" in world.get("coordinator", f"/applicants/{name}/")
    assert world.post("outsider", f"/applicants/{name}/letter/", letter=number).status_code == 404
    assert world.post("coordinator", f"/applicants/{name}/letter/", letter="999").status_code == 404


def test_of_somebody_forgotten_only_the_decision_is_left(world: World) -> None:
    name = arrived("Ada Núñez")
    services.forget([name], reason="asked for it", at=AT, by="system")
    for page in (world.get("coordinator", "/applicants/"), world.get("coordinator", f"/applicants/{name}/")):
        assert "Deleted" in page
        assert "Núñez" not in page
        assert "example.org" not in page


def test_an_applicant_is_handed_the_form_and_nobody_else_under_their_number(world: World) -> None:
    name, gone = arrived("Ada Núñez"), arrived("Ben")
    services.decide([gone], decision="withdrawn", at=AT, by="ana")
    assert f"/participants/new/?holder={name}" in world.get("coordinator", f"/applicants/{name}/")
    assert "?holder=" not in world.get("coordinator", f"/applicants/{gone}/")
    assert name in world.get("coordinator", "/participants/new/", holder=name)
    for holder in (gone, "A-NOBODY", "C-0123456789ABCDEF", "' OR 1=1"):
        answer = world.post("coordinator", "/participants/new/", site="SEA", language="en", holder=holder)
        assert answer.status_code == 422, holder
        assert "is open here" in text_of(answer)
    answer = world.post("coordinator", "/participants/new/", site="SEA", language="en", holder=name)
    assert answer.url == "/device/"
    assert [one.holder for one in consents.under_way("SEA")][-1:] == [name]
