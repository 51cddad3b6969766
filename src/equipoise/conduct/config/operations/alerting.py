"""Telling people of alerts by mail, after the save and apart from it: nothing here delays or breaks one.

Holds sending, again and again while the system serves. A mail carries a link and a time, never an answer, a
participant or an arm; each attempt leaves a receipt that nobody can change.
"""

import fcntl
import logging
import smtplib
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage

from django.db import Error, close_old_connections
from django.utils.translation import gettext as _
from django.utils.translation import override

from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.results import Letter
from equipoise.conduct.config.operations import mailing
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import clock

EVERY_SECONDS = 5
NOBODY, UNREACHABLE, REFUSED = "nobody", "unreachable", "refused"

log = logging.getLogger(__name__)


def send(study: Settings, *, at: datetime) -> dict[Letter, str]:
    """Send every mail that waits, note what became of each, and return it: "" for those that were taken."""
    letters = reads.letters(at=at)
    addressed = [letter for letter in letters if letter.person]
    tried = {letter: NOBODY for letter in letters if not letter.person}
    if addressed:
        tried |= _post(study, addressed)
    services.note_mails(tried, at=at)
    return tried


def _post(study: Settings, letters: Sequence[Letter]) -> dict[Letter, str]:
    """Hand mails over in one connection; what the server did not come to is unreachable."""
    tried = dict.fromkeys(letters, UNREACHABLE)
    with suppress(OSError), mailing.connected(study) as server:
        for letter in letters:
            try:
                server.send_message(_written(study, letter))
            except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, ValueError):
                tried[letter] = REFUSED
            else:
                tried[letter] = ""
    return tried


def _written(study: Settings, letter: Letter) -> EmailMessage:
    with override(study.language):
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
    ended = threading.Event()
    if study.mail_server:
        threading.Thread(target=_send_until, args=[study, ended], daemon=True, name="alerts").start()
    return ended


def _send_until(study: Settings, ended: threading.Event) -> None:
    with (study.home / "alerts.lock").open("a") as file:
        # Waits until the process that sends ends; then this one takes over.
        fcntl.flock(file, fcntl.LOCK_EX)
        while not ended.is_set():
            send_once(study)
            ended.wait(EVERY_SECONDS)


def send_once(study: Settings) -> None:
    """Send what waits, and outlive whatever fails: a store that is away is there again later."""
    close_old_connections()
    try:
        tried = send(study, at=clock.now())
    except (Error, OSError) as error:
        log.error("alerts could not be mailed: %s", type(error).__name__)
    else:
        for letter, why in tried.items():
            if why:
                log.warning("a mail about alert %s was not sent: %s", letter.alert, why)
    close_old_connections()
