"""Whom an alert must still reach by mail: those who hold a role its rule names, at its site, and may see it.

Holds the choice, and when a failed attempt is made again. Refuses to know mail servers.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.audit.instants import moment
from equipoise.conduct.capture.models import Alert, AlertMail, AlertNote, Participant
from equipoise.conduct.capture.reads import threads
from equipoise.conduct.capture.results import Letter
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies.reads import Site

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
MOST_DOUBLINGS = 6
"""A minute doubled six times exceeds the longest pause."""


def letters(*, at: datetime) -> tuple[Letter, ...]:
    """Return the mails to send now about alerts that nobody has closed, the oldest alert first."""
    done = AlertNote.objects.filter(status=threads.CLOSED).values("alert_id")
    rows = list(Alert.objects.exclude(id__in=done).select_related("form").order_by("id"))
    if not rows:
        return ()
    tried: dict[tuple[int, str], list[AlertMail]] = {}
    for mail in AlertMail.objects.filter(alert__in=[row.id for row in rows]).order_by("id"):
        tried.setdefault((int(mail.alert_id), mail.person), []).append(mail)
    sites = _sites({row.form.participant for row in rows})
    seen: dict[str, frozenset[str]] = {}
    return tuple(
        letter
        for row in rows
        for letter in _letters(row, sites[row.form.participant], tried=tried, seen=seen, at=at)
    )


def _letters(
    row: Alert,
    site: Site,
    *,
    tried: Mapping[tuple[int, str], list[AlertMail]],
    seen: dict[str, frozenset[str]],
    at: datetime,
) -> Iterable[Letter]:
    rules = studies.resolved(row.form.version).protocol.safety_rules
    roles: Iterable[str] = next((one.notify for one in rules if one.id == row.rule), ())
    known = [
        (person, email)
        for person, email in people.holders(roles, site=site.site, at=at)
        if row.code in _seen(person, seen, at=at)
    ]
    due_at = moment(row.due_at).astimezone(site.zone)
    for person, email in known or [("", "")]:
        before = tried.get((int(row.id), person), [])
        if _due(before, at=at):
            yield Letter(row.code, person, email, len(before) + 1, site.name, due_at)


def _seen(person: str, seen: dict[str, frozenset[str]], *, at: datetime) -> frozenset[str]:
    """Return the open alerts that somebody may see; looked up once a person."""
    if person not in seen:
        viewer = people.viewer_of(person, at=at)
        found = threads.alerts(viewer=viewer, at=at) if viewer else ()
        seen[person] = frozenset(one.alert for one in found)
    return seen[person]


def _due(before: list[AlertMail], *, at: datetime) -> bool:
    """Whether somebody was not told yet, and the last attempt lies long enough behind."""
    if not before:
        return True
    last = before[-1]
    if not last.why or not last.person:
        return False
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(len(before) - 1, MOST_DOUBLINGS), LONGEST_PAUSE)
    return moment(last.tried_at) + pause <= at


def _sites(participants: set[str]) -> dict[str, Site]:
    known = {site.site: site for site in studies.sites()}
    rows = Participant.objects.filter(participant__in=participants).values_list("participant", "site")
    return {participant: known[site] for participant, site in rows}
