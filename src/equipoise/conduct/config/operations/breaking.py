"""Telling people by mail that a code was broken, after it was shown and apart from it.

A mail carries a link and nothing else: no participant, no reason, no arm. Each attempt leaves a receipt.
"""

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage

from django.utils.translation import gettext as _
from django.utils.translation import override

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.config.operations import mailing, recurring
from equipoise.conduct.config.operations.alerting import NOBODY
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import clock
from equipoise.conduct.unblinding.reads.letters import Letter, letters
from equipoise.conduct.unblinding.services import breaking

EVERY_SECONDS = 10


def send(study: Settings, *, at: datetime) -> dict[Letter, str]:
    """Send every mail that waits, note what became of each, and return it: "" for those that were taken."""
    waiting = letters(at=at)
    tried = {one: NOBODY for one in waiting if not one.person}
    addressed = [one for one in waiting if one.person]
    if addressed:
        spoken = people.languages({one.person for one in addressed})
        tried |= mailing.post(study, addressed, write=lambda one: _written(study, one, spoken))
    noted = {(one.number, one.person, one.attempt): why for one, why in tried.items()}
    breaking.note_mails(noted, at=at)
    return tried


def _written(study: Settings, one: Letter, spoken: Mapping[str, str]) -> EmailMessage:
    with override(spoken.get(one.person, study.language)):
        text = _(
            "A code was broken in your study.\n\n%(link)s\n\n"
            "Sign in to read whose and by whom. No treatment is in this mail or on that page.\n"
        ) % {"link": f"{study.link}/code-break/"}
        return mailing.written(study, to=one.email, subject=_("Equipoise: a code was broken"), text=text)


def keep_sending(study: Settings) -> None:
    """Send what waits again and again while the system serves; nothing where no mail server is set."""
    if study.mail_server:
        recurring.keep_doing(
            study, "code-breaks", every_seconds=EVERY_SECONDS, work=lambda: send(study, at=clock.now())
        )
