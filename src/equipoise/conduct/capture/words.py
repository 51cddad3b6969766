"""Answers, roles and reasons in words, as pages say them.

Holds wording only. What is stored and what is typed stay ISO dates, codes and numbers with a point.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.capture.lines import Code
from equipoise.conduct.frame import days
from equipoise.protocol.answer import Answer

MISSING: dict[str, Promise] = {
    "not_done": gettext_lazy("Not done"),
    "declined": gettext_lazy("Participant declined"),
    "unable": gettext_lazy("Participant was unable"),
    "unknown": gettext_lazy("Not known"),
    "not_applicable": gettext_lazy("Does not apply"),
    "lost": gettext_lazy("Source was lost"),
}
"""`protocol.answer.MISSING_REASONS` for translators; a test keeps the two alike."""
UNITS: dict[str, str | Promise] = {
    "a": gettext_lazy("years"),
    "mo": gettext_lazy("months"),
    "wk": gettext_lazy("weeks"),
    "d": gettext_lazy("days"),
    "h": gettext_lazy("hours"),
    "/min": gettext_lazy("per minute"),
    "Cel": "°C",
    "ug": "µg",
    "uL": "µL",
}
"""Units that people write otherwise than UCUM; brackets are dropped from all others."""
DAY, MONTH, MINUTE = "j M Y", "M Y", "j M Y H:i"
_YEAR, _MONTH = len("2026"), len("2026-11")


def role(name: str) -> str:
    """Return what a role is called; `participant` holds no grant and still fills forms."""
    return _("Participant") if name == "participant" else _(ROLES[name]) if name in ROLES else name


def missing(reason: str) -> str:
    """Return a reason for a missing answer in words."""
    return str(MISSING.get(reason, reason))


def answer(given: Answer, codes: Sequence[Code]) -> str:
    """Return an answer in words: the code's label, the number with its unit, a day, or why there is none."""
    if given.missing_reason:
        return missing(given.missing_reason)
    if given.code is not None:
        return next((one.label for one in codes if one.code == given.code), "") or given.code
    if given.date is not None:
        return day(given.date)
    return f"{given.typed} {unit(given.unit)}".strip()


def unit(code: str) -> str:
    """Return a unit as people write it, from its code in UCUM."""
    return str(UNITS.get(code, code.replace("[", "").replace("]", "")))


def day(text: str) -> str:
    """Return a stored date, partial date, instant or time as people read it; a time stays as it is."""
    if ":" in text and "T" not in text:
        return text
    if "T" in text:
        return days.in_words(datetime.fromisoformat(text), MINUTE)
    if len(text) == _YEAR:
        return text
    if len(text) == _MONTH:
        return days.in_words(date.fromisoformat(f"{text}-01"), MONTH)
    return days.in_words(date.fromisoformat(text), DAY)
