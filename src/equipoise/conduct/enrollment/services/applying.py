"""Applications between the two stores: judged by the protocol when they arrive, counted for the trial.

Holds the calls that need protocol and identity store together. Refuses to bring anything about one person
into the trial store: only counts and reasons cross.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from django.db.models import Max
from django.utils.translation import gettext_noop

from equipoise.conduct.audit.services import act
from equipoise.conduct.enrollment.models.applications import ApplicationTally
from equipoise.conduct.identity.reads import applicants as reads
from equipoise.conduct.identity.services import applicants
from equipoise.conduct.identity.services.applicants import Application
from equipoise.conduct.studies.reads import Site
from equipoise.errors import Problem, RecordError
from equipoise.protocol import Resolved
from equipoise.protocol.answer import Typed, read
from equipoise.protocol.prescreening import prescreen

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "places": gettext_noop("All places are taken"),
        "contact": gettext_noop("Could not be reached"),
        "other": gettext_noop("Another reason"),
    }
)
"""Reasons for a decline besides the protocol's criteria, and their names on pages."""


def apply(
    resolved: Resolved,
    *,
    site: Site,
    language: str,
    contact: Mapping[str, str],
    answers: Mapping[str, str],
    at: datetime,
    once: str = "",
) -> str:
    """Judge and keep an application, and return its id.

    contact   name, email, phone
    answers   `form.item` to the answer as typed
    once      a secret of the page it was written on, so that nothing is kept twice
    Raises    RecordError with everything that is wrong; an answer is named by its item
    """
    plan = resolved.protocol.application
    if plan is None:
        raise RecordError("the application was not sent", [Problem("this study takes none", "", "study")])
    values, problems = _values(resolved, {name: text for name, text in answers.items() if name in plan.items})
    if problems:
        raise RecordError("the application was not sent", problems)
    said = prescreen(resolved, values)
    return applicants.apply(
        Application(
            site=site.site,
            language=language,
            name=contact.get("name", ""),
            email=contact.get("email", ""),
            phone=contact.get("phone", ""),
            answers={name: text for name, text in answers.items() if name in plan.items},
            verdict=said.verdict,
            unmet=said.unmet,
        ),
        at=at,
        today=site.today(at),
        keep_days=plan.keep_days,
        once=once,
    )


def _values(
    resolved: Resolved, answers: Mapping[str, str]
) -> tuple[dict[str, float | str | None], list[Problem]]:
    values: dict[str, float | str | None] = {}
    problems = []
    for name, text in answers.items():
        form, _dot, item = name.partition(".")
        answer, findings = read(resolved.forms[form].item(item), Typed(text))
        problems += [Problem(one.message, one.hint, name) for one in findings if one.severity == "error"]
        values[name] = answer.value if answer is not None else None
    return values, problems


def count(*, at: datetime, by: str = "system") -> int:
    """Bring the trial store's counts up to date, and return how many of them changed.

    Counts are whole, not differences, so that nothing is lost or counted twice when this is interrupted.
    """
    now = reads.tallies()
    known = tallies()
    changed = {
        key: now.get(key, 0) for key in now.keys() | known.keys() if now.get(key, 0) != known.get(key, 0)
    }
    if not changed:
        return 0
    with act("trial", "applications.counted", at=at, by=by) as one:
        rows = ApplicationTally.objects.values_list("site", "state", "reason").annotate(Max("seq"))
        last = {(site, state, reason): seq for site, state, reason, seq in rows}
        one.add_all(
            [
                ApplicationTally(
                    site=key[0], state=key[1], reason=key[2], seq=last.get(key, 0) + 1, number=number
                )
                for key, number in sorted(changed.items())
            ]
        )
    return len(changed)


def tallies() -> dict[tuple[str, str, str], int]:
    """Return (site, state, reason) to how many, as the trial store knows them; those at zero left out."""
    rows = ApplicationTally.objects.order_by("seq").values_list("site", "state", "reason", "number")
    latest = {(site, state, reason): number for site, state, reason, number in rows}
    return {key: number for key, number in latest.items() if number}
