"""Telling system administrators at once, by mail, that somebody tries to sign in who cannot.

A mail says how often and from how many places, never whose account. Each telling is an event.
"""

from datetime import datetime
from email.message import EmailMessage

from django.utils.translation import gettext as _
from django.utils.translation import override

from equipoise.conduct.accounts import attempts
from equipoise.conduct.accounts import reads as people
from equipoise.conduct.accounts.attempts import Attempts
from equipoise.conduct.accounts.services import ADMINISTRATOR
from equipoise.conduct.config.operations import mailing, recurring
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import clock

EVERY_SECONDS = 15


def send(study: Settings, *, at: datetime) -> dict[str, str]:
    """Tell every system administrator of failures they do not know of; return address to what became of it.

    While the mail server is away nothing is noted, and the next round tries again.
    """
    found = attempts.unreported(at=at)
    if found is None:
        return {}
    addresses = [email for _person, email in people.holders([ADMINISTRATOR], site="", at=at)]
    tried = mailing.post(study, addresses, write=lambda to: _written(study, found, to)) if addresses else {}
    if mailing.UNREACHABLE not in tried.values():
        attempts.report(found, told=sum(not why for why in tried.values()), at=at)
    return tried


def _written(study: Settings, found: Attempts, to: str) -> EmailMessage:
    with override(study.language):
        text = _(
            "%(failures)s attempts to sign in failed within the last hour, from %(places)s places; "
            "%(accounts)s accounts have to wait for it.\n\n%(link)s\n\n"
            "The audit trail lists them as “Sign-in failed”. If it was no colleague who forgot a password, "
            "look at who has access, and call whoever looks after the network.\n"
        ) % {
            "failures": found.failures,
            "places": found.addresses,
            "accounts": found.accounts,
            "link": f"{study.link}/people/",
        }
        subject = _("Equipoise: attempts to sign in failed")
    return mailing.written(study, to=to, subject=subject, text=text)


def keep_sending(study: Settings) -> None:
    """Look again and again while the system serves; nothing where no mail server is set."""
    if study.mail_server:
        recurring.keep_doing(
            study, "attempts", every_seconds=EVERY_SECONDS, work=lambda: send(study, at=clock.now())
        )
