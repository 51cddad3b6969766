"""Mails: made as plain text, handed to the mail server of the settings.

Holds the one way to it. Refuses to say what a mail is about, and to keep one that cannot be sent.
"""

import smtplib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import TypeVar

from equipoise.conduct.config.settings import Settings

MAIL_SECONDS = 30
SMTP_PORT = 25
UNREACHABLE, REFUSED = "unreachable", "refused"
"""Why a mail was not taken."""

L = TypeVar("L")


@contextmanager
def connected(study: Settings) -> Iterator[smtplib.SMTP]:
    """Connect to the mail server.

    Raises  OSError when none is set or it does not answer; smtplib.SMTPException when it does not want to
    """
    if not study.mail_server:
        raise OSError("no `mail_server` is set")
    host, _, port = study.mail_server.rpartition(":")
    with smtplib.SMTP(
        host or study.mail_server, int(port) if host else SMTP_PORT, timeout=MAIL_SECONDS
    ) as server:
        yield server


def written(study: Settings, *, to: str, subject: str, text: str) -> EmailMessage:
    """Return a mail, in plain ASCII where its text is."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = study.mail_from, to, subject
    message.set_content(text, cte="7bit" if text.isascii() else None)
    return message


def post(study: Settings, letters: Sequence[L], *, write: Callable[[L], EmailMessage]) -> dict[L, str]:
    """Hand letters over in one connection, and return what became of each: "" for those that were taken.

    write   makes a letter's mail; an address that no mail can carry counts as refused
    What the server did not come to is unreachable.
    """
    tried = dict.fromkeys(letters, UNREACHABLE)
    with suppress(OSError), connected(study) as server:
        for letter in letters:
            try:
                server.send_message(write(letter))
            except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, ValueError):
                tried[letter] = REFUSED
            else:
                tried[letter] = ""
    return tried
