"""Telling people of alerts by mail, after the save and apart from it: nothing here delays or breaks one.

Holds sending, again and again while the system serves. A mail carries a link and a time, never an answer, a
participant or an arm; each attempt leaves a receipt that nobody can change.
"""

import logging
import threading
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage

from django.utils.translation import gettext as _
from django.utils.translation import override

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.results import Letter
from equipoise.conduct.config.operations import mailing, recurring
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import clock

EVERY_SECONDS = 5
NOBODY = "nobody"
"""Why there is no mail: nobody holds the role that must be told."""

log = logging.getLogger(__name__)


def send(study: Settings, *, at: datetime) -> dict[Letter, str]:
    """Send every mail that waits, note what became of each, and return it: "" for those that were taken."""
    letters = reads.letters(at=at)
    addressed = [letter for letter in letters if letter.person]
    tried = {letter: NOBODY for letter in letters if not letter.person}
    if addressed:
        spoken = people.languages({letter.person for letter in addressed})
        tried |= mailing.post(study, addressed, write=lambda letter: _written(study, letter, spoken))
    services.note_mails(tried, at=at)
    return tried


def _written(study: Settings, letter: Letter, spoken: Mapping[str, str]) -> EmailMessage:
    with override(spoken.get(letter.person, study.language)):
        due = f"{letter.due_at:%Y-%m-%d %H:%M} ({letter.due_at.tzname()})"
        text = _(
            "An alert at %(site)s waits for somebody of your role, to act by %(due)s.\n\n%(link)s\n\n"
            "Sign in to read it. What it is about is not in this mail.\n"
        ) % {"site": letter.site_name, "due": due, "link": f"{study.link}/alerts/#alert-{letter.alert}"}
        subject = _("Equipoise: an alert waits for you")
    return mailing.written(study, to=letter.email, subject=subject, text=text)


def keep_sending(study: Settings) -> threading.Event:
    """Send what waits every few seconds, in a thread of its own, from one process of this machine.

    Returns  what ends it when set; nothing is begun where no mail server is set
    """
    if not study.mail_server:
        return threading.Event()
    return recurring.keep_doing(study, "alerts", every_seconds=EVERY_SECONDS, work=lambda: _round(study))


def _round(study: Settings) -> None:
    for letter, why in send(study, at=clock.now()).items():
        if why:
            log.warning("a mail about alert %s was not sent: %s", letter.alert, why)
