"""What is done about applications while nobody looks: letters sent, people forgotten in time, counts kept.

Holds one round of it. A letter goes out once: what the mail server refuses is shown to the coordinator.
"""

from datetime import datetime
from email.message import EmailMessage

from equipoise.conduct.config.operations import mailing, recurring
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.enrollment import letters
from equipoise.conduct.enrollment.services import applying
from equipoise.conduct.identity.reads import applicants as reads
from equipoise.conduct.identity.reads.applicants import ToSend
from equipoise.conduct.identity.services import applicants
from equipoise.conduct.stores import clock
from equipoise.conduct.studies import reads as studies

EVERY_SECONDS = 60
MOST_LETTERS = 200
"""Letters of one round: a mail server may not like thousands at once."""


def keep_up(study: Settings) -> None:
    """Do a round a minute while the system serves."""
    recurring.keep_doing(
        study, "applications", every_seconds=EVERY_SECONDS, work=lambda: one_round(study, at=clock.now())
    )


def one_round(study: Settings, *, at: datetime) -> None:
    """Send letters that wait, note who takes part, forget whose day has come, and bring counts up to date."""
    if study.mail_server:
        send_letters(study, at=at)
    applicants.settle(at=at)
    applicants.forget_due(today=at.date(), at=at)
    applying.count(at=at)


def send_letters(study: Settings, *, at: datetime) -> dict[str, int]:
    """Hand waiting letters to the mail server, note what became of each, and return outcome to how many.

    While the server cannot be reached letters go on waiting.
    """
    names = {site.site: site.name for site in studies.sites()}
    waiting = reads.waiting_letters(MOST_LETTERS)
    tried = mailing.post(
        study, waiting, write=lambda one: _written(study, one, names.get(one.site, one.site))
    )
    outcomes = {
        "sent": [one.letter for one, why in tried.items() if not why],
        "failed": [one.letter for one, why in tried.items() if why == mailing.REFUSED],
    }
    for outcome, done in outcomes.items():
        if done:
            applicants.letter_done(done, outcome=outcome, at=at, by="system")
    return {outcome: len(done) for outcome, done in outcomes.items()}


def _written(study: Settings, one: ToSend, site: str) -> EmailMessage:
    text = letters.write(one.kind, name=one.name, number=one.applicant, site=site, language=one.language)
    return mailing.written(study, to=one.email, subject=text.subject, text=text.text)
