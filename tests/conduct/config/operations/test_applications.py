"""While nobody looks, letters go out once, people are forgotten in time, and the trial store counts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from equipoise.conduct.config import settings
from equipoise.conduct.config.operations import applications
from equipoise.conduct.enrollment.services import applying
from equipoise.conduct.identity.reads import applicants as reads
from equipoise.conduct.identity.services import applicants
from equipoise.conduct.identity.services.applicants import Application

AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
TODAY = date(2026, 11, 23)
PostOffice = tuple[str, list[str]]


def arrived(name: str = "Ada Núñez", email: str = "ada@example.org") -> str:
    given = Application("SEA", "en", name, email, "", {"demographics.age": "41"}, "likely", ())
    return applicants.apply(given, at=AT, today=TODAY, keep_days=30)


@pytest.fixture
def mails(study: Path, post_office: PostOffice) -> settings.Settings:
    return replace(settings.read(study), mail_server=post_office[0])


def test_each_letter_goes_out_once_and_says_nothing_of_the_answers(
    mails: settings.Settings, post_office: PostOffice
) -> None:
    name = arrived()
    applicants.decide([name], decision="declined", reason="I4", at=AT, by="ana")
    assert applications.send_letters(mails, at=AT) == {"sent": 2, "failed": 0}
    assert applications.send_letters(mails, at=AT) == {"sent": 0, "failed": 0}
    text = "\n".join(post_office[1])
    assert text.count("To: ada@example.org") == 2
    assert text.count("Subject: About your message to us") == 2
    for secret in ("41", "I4", "MADRS", "psilocybin", "FRONTLINE"):
        assert secret not in text
    opened = reads.opened(name, sites=["SEA"])
    assert opened is not None
    assert [one.outcome for one in opened.letters] == ["sent", "sent"]


def test_letters_wait_while_the_mail_server_is_away(study: Path) -> None:
    name = arrived()
    away = replace(settings.read(study), mail_server="127.0.0.1:9")
    assert applications.send_letters(away, at=AT) == {"sent": 0, "failed": 0}
    assert [one.applicant for one in reads.waiting_letters(9)] == [name]


def test_an_address_no_server_takes_is_shown_as_failed(mails: settings.Settings) -> None:
    name = arrived(email="ada@exa\nmple.org")
    assert applications.send_letters(mails, at=AT) == {"sent": 0, "failed": 1}
    opened = reads.opened(name, sites=["SEA"])
    assert opened is not None
    assert [one.outcome for one in opened.letters] == ["failed"]


def test_a_round_forgets_whose_day_has_come_and_still_counts_them(study: Path) -> None:
    name = arrived()
    applications.one_round(settings.read(study), at=AT)
    assert reads.states([name]) == {name: "new"}
    applications.one_round(settings.read(study), at=AT + timedelta(days=30))
    assert reads.states([name]) == {name: "forgotten"}
    assert applying.tallies() == {("SEA", "new", ""): 1}
