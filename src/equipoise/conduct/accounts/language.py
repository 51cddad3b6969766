"""In which language somebody reads: what they chose, or else what their browser asks for.

Whoever is signed in has chosen it for their account; a participant with the clinic's device in hand for as
long as the device is theirs, at first that of their consent form; everybody else for this browser. Holds the
choosing. Refuses to look at anything else of who asks: a page's language depends on nothing hidden.
"""

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from equipoise.conduct.accounts import hand_over
from equipoise.conduct.accounts.models import Account
from equipoise.conduct.accounts.request import StudyRequest
from equipoise.conduct.audit.services import act

COOKIE_SECONDS = 31_536_000


class Language:
    """Django middleware, after the gate: what Django found by cookie and browser gives way to a choice."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the language of whoever asks."""
        chosen = _chosen(cast(StudyRequest, request))
        if chosen:
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen
        return self.respond(request)


def known(language: str) -> str:
    """Return the language of ours that a tag such as "es-MX" asks for; "" for one that pages do not speak."""
    spoken = dict(settings.LANGUAGES)
    return next((one for one in (language, language.partition("-")[0]) if one in spoken), "")


def _chosen(asked: StudyRequest) -> str:
    if hand_over.of(asked.session) is not None:
        return known(str(asked.session.get(hand_over.READS, "")))
    return known(asked.user.language) if isinstance(asked.user, Account) else ""


def choose(asked: StudyRequest, response: HttpResponse, language: str) -> None:
    """Remember a language: for the participant, the account, or this browser.

    language   one of the settings'
    """
    translation.activate(language)
    if hand_over.of(asked.session) is not None:
        asked.session[hand_over.READS] = language
    elif isinstance(asked.user, Account):
        _choose_for(asked.user, language, asked)
    else:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=COOKIE_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def _choose_for(account: Account, language: str, asked: StudyRequest) -> None:
    if account.language == language:
        return
    person = account.person
    account.language = language
    with act("trial", "account.language_chosen", at=asked.at, by=person, subjects=[person]):
        account.save(update_fields=["language"])
