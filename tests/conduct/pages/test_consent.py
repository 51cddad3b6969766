"""Consent as the staff see it: forms and their approval, countersignature, withdrawal, going on without an update."""

import re
from datetime import date
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.utils.translation import override
from tests.conduct.consenting import FORM, enrolled, form_for, provide_form
from tests.conduct.pages.conftest import HERE, THERE, World, fields_of, text_of, words_of
from tests.conduct.people import SECRET

from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import gates
from equipoise.conduct.capture.eligibility import CHANGED, DeviationLine
from equipoise.conduct.capture.models import Confirmation
from equipoise.conduct.consent import reads
from equipoise.conduct.enrollment.pages import deviations
from equipoise.conduct.identity import personal
from equipoise.conduct.stores.names import ALIASES

PASSWORD = "four plain words here"  # noqa: S105 - a test's
PAGE = f"/participants/{HERE}/consent/"
DAY = date(2026, 11, 23)


def with_password(world: World, who: str) -> None:
    account = world.people[who].account
    account.set_password(PASSWORD)
    account.save()


def code() -> str:
    """Return the code of the second factor now."""
    return str(format_hotp_value(hotp_value(SECRET, next(iter(yield_hotp_counters_from_time())))))


def test_a_form_is_added_approved_and_in_force(world: World) -> None:
    client = world.client("data_manager")
    assert "In force" in words_of(client.get("/consent/"))
    page = client.get("/consent/new/")
    assert "[acute_effects]" in text_of(page)
    bad = client.post(
        "/consent/new/", {"site": "SEA", "language": "en", "text": FORM.replace("[touch] ", "")}
    )
    assert bad.status_code == 422
    assert "Nothing says “touch”" in words_of(bad)
    assert "We touch you only as we agreed before." in fields_of(bad)["text"]
    made = client.post("/consent/new/", {"site": "SEA", "language": "en", "text": FORM})
    there = made.headers["Location"]
    assert there == "/consent/SEA/2/en/"
    said = words_of(client.get(there))
    assert "Not approved" in said
    assert "paragraph 3" in said
    early = client.post(f"{there}approve/", {"approved_on": "2026-11-23", "effective_from": "2026-11-01"})
    assert (early.status_code, "It would count before its approval" in words_of(early)) == (422, True)
    client.post(f"{there}approve/", {"approved_on": "2026-11-20", "effective_from": "2026-11-23"})
    assert "In force" in words_of(client.get(there))
    assert "A newer form is in force" in words_of(world.client("coordinator").get(PAGE))


@pytest.mark.parametrize("address", ["/consent/SEA/9/en/", "/consent/NOPE/1/en/", "/consent/SEA/1/xx/"])
def test_a_form_that_is_not_there_is_not_there(world: World, address: str) -> None:
    assert world.client("data_manager").get(address).status_code == 404
    assert world.client("data_manager").post(f"{address}approve/", {}).status_code in (302, 404, 422)
    assert world.client("outsider").get("/consent/SEA/1/en/").status_code == 404


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "عَرَبِيّ", "🌻"])
def test_a_form_is_shown_as_it_was_written_and_nothing_more(world: World, text: str) -> None:
    elements = ("acute_effects", "vulnerability", "touch", "confidentiality")
    provide_form("SEA", at=world.hand[0], text=form_for(elements).replace("We tell", f"{text} We tell"))
    said = text_of(world.client("data_manager").get("/consent/SEA/2/en/"))
    assert "<script>alert" not in said
    assert text.replace("<", "&lt;").replace(">", "&gt;") in said


def test_a_consent_is_countersigned_with_the_password(world: World) -> None:
    with_password(world, "coordinator")
    one = enrolled("SEA", at=world.hand[0], by=world.people.coordinator.viewer(), countersigned=False)
    client = world.client("coordinator")
    there = f"/participants/{one}/consent/"
    assert "Not countersigned" in words_of(client.get(there))
    refused = client.post(
        f"/participants/{one}/visit/", {"visit": "SCR", "repeat": "1", "status": "held", "date": "2026-11-23"}
    )
    assert "The consent is not countersigned yet." in words_of(refused)
    wrong = client.post(f"{there}countersign/", {"password": "guess"})
    assert (wrong.status_code, "Nothing was signed." in words_of(wrong)) == (422, True)
    assert client.post(f"{there}countersign/", {"password": PASSWORD}).headers["Location"] == there
    assert "Given and in force" in words_of(client.get(there))
    twice = client.post(f"{there}countersign/", {"password": PASSWORD}, follow=True)
    assert "No consent waits for a countersignature." in words_of(twice)


def test_a_withdrawal_is_recorded_and_seen_everywhere(world: World) -> None:
    client = world.client("coordinator")
    page = client.get(PAGE)
    assert "No more treatment. Visits and questions go on as planned." in words_of(page)
    bad = client.post(f"{PAGE}withdraw/", {"degree": "", "on": "2026-12-24", "reason": "Tired"})
    assert bad.status_code == 422
    said = words_of(bad)
    assert "Say how much they take back." in said
    assert "This day lies ahead." in said
    assert fields_of(bad)["reason"] == "Tired"
    done = client.post(
        f"{PAGE}withdraw/", {"degree": "treatment", "on": "2026-11-23", "reason": "Tired"}, follow=True
    )
    assert "What was collected before is kept." in words_of(done)
    assert "Withdrawn : Treatment only" in words_of(done).replace("Withdrawn:", "Withdrawn :")
    assert 'value="treatment"' not in text_of(done), "what was withdrawn is not offered again"
    course = words_of(client.get(f"/participants/{HERE}/"))
    assert "No longer expected" in course
    refused = client.post(f"/participants/{HERE}/visit/new/", {"visit": "DOSE"}, follow=True)
    assert "The participant withdrew from treatment." in words_of(refused)
    event = Event.objects.using("default").order_by("-id").first()
    assert event is not None
    assert (event.action, event.reason) == ("consent.withdrawn_treatment", "")


def test_going_on_without_the_update_is_a_deviation(world: World) -> None:
    provide_form("SEA", at=world.hand[0], text=FORM)
    client = world.client("coordinator")
    assert "New visits wait until they have read and signed it." in words_of(client.get(PAGE))
    bad = client.post(f"{PAGE}go-on/", {"reason": ""})
    assert "A deviation needs a reason." in words_of(bad)
    done = client.post(f"{PAGE}go-on/", {"reason": "Already on the way"}, follow=True)
    assert "Already on the way" in words_of(done)
    assert "(went on without the newer consent form, important, Coordinator)" in words_of(done)
    assert deviations.KINDS.keys() == {CHANGED, gates.UNUPDATED}, "each kind has its words"
    assert client.post(f"/participants/{HERE}/visit/new/", {"visit": "PREP1"}).status_code == 302
    assert "The visit is begun." in words_of(client.get(f"/participants/{HERE}/"))


def test_a_deviation_that_the_system_noted_is_said_in_the_language_of_the_page(world: World) -> None:
    text = "An answer behind eligibility changed after it was confirmed; every criterion is still met"
    line = DeviationLine(CHANGED, DAY, "minor", text, "")
    with override("es"):
        said = deviations.in_words(line)
    assert (said.kind, said.importance) == ("registrada por el sistema", "menor")
    assert said.text == (
        "Una respuesta en la que se basa la elegibilidad cambió después de confirmarla; "
        "todos los criterios se siguen cumpliendo"
    )
    typed = DeviationLine(gates.UNUPDATED, DAY, "important", "it is closed already", "Coordinator")
    with override("es"):
        assert deviations.in_words(typed).text == typed.text


def test_a_participant_consents_again_on_the_device(world: World) -> None:
    provide_form("SEA", at=world.hand[0], text=FORM)
    client = world.client("coordinator")
    answer = client.post(f"{PAGE}renew/", {"language": "en"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/device/read/1/"
    assert HERE not in text_of(answer)
    assert reads.under_way("SEA", participant=HERE)[0].participant == HERE
    assert reads.under_way("SEA") == ()


def test_names_are_on_their_own_page_only_and_gone_once_forgotten(world: World) -> None:
    client = world.client("coordinator")
    there = f"/participants/{HERE}/contact/"
    assert "Jo Doe" in words_of(client.get(there))
    for address in (PAGE, f"/participants/{HERE}/", "/participants/", "/audit/"):
        assert "Jo Doe" not in text_of(client.get(address))
    assert world.client("facilitator").get(there).status_code == 403
    assert world.client("outsider").get(there).status_code == 404
    personal.forget([reads.holder(HERE)], alias=ALIASES["identity"])
    assert "Nothing is kept: it was erased, or never there." in words_of(client.get(there))
    assert client.get(PAGE).status_code == 200


def test_who_may_not_take_consent_is_refused(world: World) -> None:
    for who in ("facilitator", "monitor", "rater", "data_manager"):
        client = world.client(who)
        for address in ("/participants/new/", f"{PAGE}renew/", f"{PAGE}withdraw/", f"{PAGE}go-on/"):
            assert client.post(address, {}).status_code == 403, (who, address)
    outsider = world.client("outsider")
    for address in (PAGE, f"/participants/{HERE}/eligibility/"):
        assert outsider.get(address).status_code == 404
    assert outsider.get(f"/participants/{THERE}/consent/").status_code == 200


def test_a_form_of_another_site_cannot_be_taken_up(world: World) -> None:
    world.client("outsider").post("/participants/new/", {"site": "NYC", "language": "en"})
    [form] = reads.under_way("NYC")
    client = world.client("coordinator")
    for address in ("/participants/new/again/", "/participants/new/put-away/"):
        assert client.post(address, {"signing": form.token}).status_code == 404
        assert client.post(address, {"signing": "\x00"}).status_code == 404
    mine = world.client("outsider")
    assert mine.post("/participants/new/put-away/", {"signing": form.token}).status_code == 302
    assert reads.under_way("NYC") == ()


def test_eligibility_is_shown_judged_and_signed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    there = f"/participants/{HERE}/eligibility/"
    client = world.client("coordinator")
    said = words_of(client.get(there))
    assert "0 of 20 criteria met" in said
    assert "Screening questions, Screening Months of frontline COVID-19 care" in said
    bad = client.post(there, {"criterion": "E9", "holds": "no", "reason": ""})
    assert (bad.status_code, "A judgment needs a reason." in words_of(bad)) == (422, True)
    client.post(there, {"criterion": "E9", "holds": "no", "reason": "ECG <read>"})
    assert "not true: ECG <read>" in words_of(client.get(there))
    assert client.get(f"{there}confirm/").status_code == 403
    doctor = world.client("investigator")
    assert doctor.get(f"{there}confirm/", follow=True).redirect_chain[-1][0] == there


def test_an_investigator_signs_the_table_with_password_and_code(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from equipoise.conduct.capture import eligibility  # noqa: PLC0415 - its judgment is replaced

    whole = eligibility.table

    def met(participant: str, resolved: Any) -> Any:
        return tuple(
            type(one)(one.criterion, "yes", one.values, (), one.by_person)
            for one in whole(participant, resolved)
        )

    monkeypatch.setattr(eligibility, "table", met)
    with_password(world, "investigator")
    doctor = world.client("investigator")
    there = f"/participants/{HERE}/eligibility/"
    assert "Confirm eligibility" in words_of(doctor.get(there))
    wrong = doctor.post(f"{there}confirm/", {"password": PASSWORD, "code": "000000"})
    assert (wrong.status_code, Confirmation.objects.count()) == (422, 0)
    done = doctor.post(f"{there}confirm/", {"password": PASSWORD, "code": code()}, follow=True)
    assert "Confirmed and signed by Investigator" in words_of(done)
    assert Confirmation.objects.count() == 1
    monkeypatch.setattr(eligibility, "table", whole)
    said = words_of(world.client("coordinator").get(there))
    assert "An answer changed since: the signature is void." in said


def test_ids_of_participants_never_lead_to_names_in_logs(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    one = enrolled("SEA", at=world.hand[0], by=world.people.coordinator.viewer(), name="Unmistakable Name")
    world.client("coordinator").get(f"/participants/{one}/contact/")
    assert "Unmistakable" not in caplog.text
    assert not re.search("Unmistakable", str(list(Event.objects.using("identity").values_list())))
