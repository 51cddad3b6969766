"""Unblinding as people meet it: on a phone at night, with a code, and only those who may."""

import html
import re
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.test import Client
from tests.conduct.people import SECRET, People, Somebody, clock_at
from tests.conduct.unblinding.conftest import AT, EVENT, LABELS, Trial

from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.allocator.models import ArmRead
from equipoise.conduct.config.operations import breaking as mailing
from equipoise.conduct.config.settings import current
from equipoise.conduct.unblinding.models import CodeBreakMail

PASSWORD = "correct horse battery staple"  # noqa: S105 - a test's
WHY = "Chest pain and 230/140"


@pytest.fixture
def hand(trial: Trial, monkeypatch: pytest.MonkeyPatch):
    # The codes' clock stands too, so that none runs out within a test.
    monkeypatch.setattr(auth, "yield_hotp_counters_from_time", lambda: iter([58_797_360]))
    with clock_at(AT) as clock:
        yield clock


def words(answer) -> str:
    page = re.sub(r"<script\b.*?</script>", "", answer.content.decode(), flags=re.S)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def code() -> str:
    return auth.format_hotp_value(auth.hotp_value(SECRET, next(iter(auth.yield_hotp_counters_from_time()))))


def with_password(somebody: Somebody) -> Somebody:
    account = somebody.account
    account.set_password(PASSWORD)
    account.save()
    return somebody


def page(participant: str) -> str:
    return f"/participants/{participant}/break/"


def break_code(client: Client, participant: str, **given: str):
    # The library remembers codes in this process only, whatever the store says: another test used this one.
    cache.clear()
    sent = {"reason": WHY, "password": PASSWORD, "code": code(), **given}
    return client.post(page(participant), sent)


@pytest.mark.both_stores
def test_a_physician_finds_the_participant_by_kit_and_is_told(trial: Trial, people: People, hand) -> None:
    participant, other = trial.people[:2]
    client = people.client(with_password(people.on_call_physician))
    kit = allocator.assigned(participant).kit
    found = client.get("/code-break/", {"q": kit})
    assert found.headers["Location"] == f"/participants/{participant}/code-break/"
    asked = client.get(found.headers["Location"])
    assert "written down first" in words(asked)
    shown = break_code(client, participant)
    said = words(shown)
    assert shown.status_code == 200
    assert LABELS[trial.arm(participant)] in said
    assert "may never rate" in said
    assert other not in said
    assert allocator.assigned(other).kit not in said
    assert shown.headers["Cache-Control"] == "no-store"
    again = client.get("/code-break/")
    assert not any(label in words(again) for label in LABELS.values())


def test_without_password_code_or_reason_nothing_is_shown(trial: Trial, people: People, hand) -> None:
    participant = trial.people[0]
    client = people.client(with_password(people.investigator))
    for given in ({"password": "wrong"}, {"code": "000000"}, {"reason": " "}):
        refused = break_code(client, participant, **given)
        assert refused.status_code == 422, given
        assert "Nothing was shown" in words(refused)
        assert "sealed files" in words(refused)
    assert ArmRead.objects.count() == 0


def test_a_code_is_good_for_one_code_break(trial: Trial, people: People, hand) -> None:
    client, typed = people.client(with_password(people.investigator)), code()
    assert break_code(client, trial.people[0], code=typed).status_code == 200
    assert break_code(client, trial.people[0], code=typed).status_code == 422


def test_beyond_the_limit_a_second_person_at_the_keyboard_goes_on(
    trial: Trial, people: People, hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("equipoise.conduct.accounts.sign_in.take_code", lambda *_, **__: True)
    client = people.client(with_password(people.on_call_physician))
    for one in trial.people[:3]:
        assert break_code(client, one).status_code == 200
    last = trial.people[3]
    refused = break_code(client, last)
    assert refused.status_code == 422
    assert "second_email" in refused.content.decode()
    second = with_password(people.investigator)
    given = {"second_email": second.email, "second_password": "wrong", "second_code": code()}
    assert "of the second person do not go together" in words(break_code(client, last, **given))
    given["second_password"] = PASSWORD
    shown = break_code(client, last, **given)
    assert LABELS[trial.arm(last)] in words(shown)
    assert allocator.exposed(second.person, last)


def test_investigator_and_medical_monitor_are_told_that_it_happened_and_no_more(
    trial: Trial, people: People, hand, post_office
) -> None:
    break_code(people.client(with_password(people.on_call_physician)), trial.people[0])
    for who in ("investigator", "medical_monitor"):
        said = words(people.client(who).get("/"))
        assert f"The code of {trial.people[0]} was broken" in said
        assert WHY not in said + words(people.client(who).get("/code-break/"))
    for who in ("coordinator", "rater", "statistician", "data_manager"):
        assert "was broken" not in words(people.client(who).get("/"))
    hand[0] = AT + timedelta(days=15)
    assert "was broken" not in words(people.client("investigator").get("/"))


def test_mails_go_out_once_and_say_nothing(trial: Trial, people: People, hand, monkeypatch) -> None:
    sent = []
    investigator, _ = people.investigator, people.medical_monitor
    break_code(people.client(with_password(people.on_call_physician)), trial.people[0])

    class Server:
        def __enter__(self):
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def send_message(self, message) -> None:
            sent.append(message)

    monkeypatch.setattr(mailing.mailing, "connected", lambda _: Server())
    study = current()
    mailing.send(study, at=AT)
    mailing.send(study, at=AT)
    assert sorted(one["To"] for one in sent) == sorted([investigator.email, people.medical_monitor.email])
    for one in sent:
        text = one.as_string()
        assert "/code-break/" in text
        kit = allocator.assigned(trial.people[0]).kit
        assert not any(word in text for word in (*LABELS.values(), *trial.people, WHY, kit))
    assert CodeBreakMail.objects.filter(why="").count() == 2


def test_a_mail_that_fails_is_tried_again(trial: Trial, people: People, hand) -> None:
    assert people.investigator
    break_code(people.client(with_password(people.on_call_physician)), trial.people[0])
    assert set(mailing.send(current(), at=AT).values()) == {"unreachable"}
    assert mailing.send(current(), at=AT + timedelta(minutes=1)) == {}
    assert [one.attempt for one in mailing.send(current(), at=AT + timedelta(minutes=16))] == [2]


@pytest.mark.both_stores
def test_a_coordinator_tells_and_others_read(trial: Trial, people: People, hand) -> None:
    participant = trial.people[0]
    there = f"/participants/{participant}/unblinding/"
    client = people.client("coordinator")
    said = words(client.get(there))
    assert "Still missing" in said
    assert "Day 28" in said
    trial.finish_forms(participant)
    assert "is here to be told" in words(client.get(there))
    unticked = client.post(f"/participants/{participant}/tell/", {"event": EVENT}, follow=True)
    assert "must be confirmed" in words(unticked)
    shown = client.post(f"/participants/{participant}/tell/", {"event": EVENT, "confirmed": "yes"})
    assert LABELS[trial.arm(participant)] in words(shown)
    facilitator = people.client("facilitator")
    page = words(facilitator.get(there))
    assert "Show the treatment" in page
    assert not any(label in page for label in LABELS.values())
    assert ArmRead.objects.filter(person=people.facilitator.person).count() == 0
    read = facilitator.post(f"/participants/{participant}/arm/")
    assert LABELS[trial.arm(participant)] in words(read)
    refused = people.client("on_call_physician").post(f"/participants/{participant}/arm/")
    assert refused.status_code == 403
    assert people.client("rater").post(f"/participants/{participant}/arm/").status_code == 403


def test_who_knows_what_is_for_people_who_are_not_blind(trial: Trial, people: People, hand) -> None:
    break_code(people.client(with_password(people.on_call_physician)), trial.people[0])
    for who in ("pharmacist", "unblinded_statistician"):
        said = words(people.client(who).get("/exposures/"))
        assert "On-call physician" in said
        assert WHY in said
        assert not any(label in said for label in LABELS.values())
    assert trial.people[0] not in words(people.client("pharmacist").get("/exposures/", {"find": "nobody"}))
    for who in ("coordinator", "investigator", "rater", "statistician", "monitor", "auditor", "data_manager"):
        assert people.client(who).get("/exposures/").status_code == 403
    stranger = people.add("pharmacist", name="Stranger", site="NYC")
    assert trial.people[0] not in words(people.client(stranger).get("/exposures/"))


def test_an_opened_file_is_reported_on_its_page(trial: Trial, people: People, hand, tmp_path) -> None:
    made = places.make_envelopes(folder=tmp_path / "files", at=AT, by="operator")[0]
    hand[0] = AT + timedelta(hours=8)
    client = people.client("coordinator")
    physician = people.on_call_physician
    assert made.code in words(client.get("/envelopes/"))
    given = {"code": made.code, "status": "opened", "person": physician.person, "reason": WHY}
    refused = client.post("/envelopes/report/", {**given, "happened_at": "soon"})
    assert refused.status_code == 422
    assert "does not say when" in words(refused)
    done = client.post("/envelopes/report/", {**given, "happened_at": "2026-11-23T12:30"}, follow=True)
    assert "Noted." in words(done)
    assert allocator.exposed(physician.person, made.participant)
    assert allocator.unblindings()[0].at == AT + timedelta(hours=2, minutes=30)
    assert "was broken" in words(people.client("investigator").get("/"))
