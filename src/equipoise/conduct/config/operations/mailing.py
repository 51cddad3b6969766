"""Mails: made as plain text, handed to the mail server of the settings.

Holds the one way to it. Refuses to say what a mail is about, to keep one that cannot be sent, and to talk to
a server whose certificate cannot be trusted where the settings ask for one.
"""

import logging
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from typing import TypeVar

from equipoise.conduct.config.settings import Settings, SettingsError, mail_password

MAIL_SECONDS = 30
UNREACHABLE, REFUSED = "unreachable", "refused"
"""Why a mail was not taken."""

log = logging.getLogger(__name__)

L = TypeVar("L")


class MailServerError(OSError):
    """The mail server cannot be used. Its text says why, and names no person."""


@contextmanager
def connected(study: Settings) -> Iterator[smtplib.SMTP]:
    """Connect to the mail server, encrypted and signed in as the settings say.

    Raises  MailServerError when none is set, it does not answer, its certificate cannot be trusted, or it
            refuses name and password
    """
    server = _opened(study)
    with server:
        yield server


def _opened(study: Settings) -> smtplib.SMTP:
    if not study.mail_server:
        raise MailServerError("no `mail_server` is set")
    where = f"{study.mail_host}:{study.mail_port}"
    try:
        return _signed_in(study)
    except SettingsError as error:
        raise MailServerError(str(error)) from None
    except (OSError, UnicodeError) as error:
        raise MailServerError(f"{where}: {_why(error)}") from None


def _signed_in(study: Settings) -> smtplib.SMTP:
    host, port = study.mail_host, study.mail_port
    server: smtplib.SMTP = (
        smtplib.SMTP_SSL(host, port, timeout=MAIL_SECONDS, context=_trusting(study))
        if study.mail_tls == "tls"
        else smtplib.SMTP(host, port, timeout=MAIL_SECONDS)
    )
    try:
        if study.mail_tls == "starttls":
            server.starttls(context=_trusting(study))
        if study.mail_user:
            server.login(study.mail_user, mail_password(study))
    except BaseException:
        server.close()
        raise
    return server


def _trusting(study: Settings) -> ssl.SSLContext:
    """Return a context that checks name and certificate, against the authorities that the settings name."""
    return ssl.create_default_context(cafile=study.mail_certificates or None)


def _why(error: Exception) -> str:
    """Say what is wrong and what to do, without what the server said: it may repeat an address."""
    match error:
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate cannot be trusted: {error.verify_message}; see that `mail_server` is the "
                "name in the certificate, or name its authority in `mail_certificates`"
            )
        case ssl.SSLError():
            return (
                f"no encrypted connection ({error.reason}); see whether `mail_tls` and the port go together"
            )
        case smtplib.SMTPAuthenticationError():
            return "it refuses the name in `mail_user` or its password"
        case smtplib.SMTPNotSupportedError():
            return "it does not offer what `mail_tls` or `mail_user` asks for; see whether the port is right"
        case smtplib.SMTPException() | UnicodeError():
            return (
                f"it does not talk as a mail server ({type(error).__name__}); see whether the port is right"
            )
        case _:
            return f"it does not answer: {getattr(error, 'strerror', None) or type(error).__name__}"


def written(study: Settings, *, to: str, subject: str, text: str) -> EmailMessage:
    """Return a mail, in plain ASCII where its text is."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = study.mail_from, to, subject
    message.set_content(text, cte="7bit" if text.isascii() else None)
    return message


def post(study: Settings, letters: Sequence[L], *, write: Callable[[L], EmailMessage]) -> dict[L, str]:
    """Hand letters over in one connection, and return what became of each: "" for those that were taken.

    write   makes a letter's mail; an address that no mail can carry counts as refused
    What the server did not come to is unreachable; the log says why.
    """
    tried = dict.fromkeys(letters, UNREACHABLE)
    try:
        with connected(study) as server:
            for letter in letters:
                try:
                    server.send_message(write(letter))
                except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, ValueError):
                    tried[letter] = REFUSED
                else:
                    tried[letter] = ""
    except MailServerError as error:
        log.error("mails wait: %s", error)
    except OSError as error:
        log.error("mails wait: the connection broke off (%s)", type(error).__name__)
    return tried
