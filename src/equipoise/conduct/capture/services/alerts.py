"""Alerts: an answer that a safety rule names reaches somebody, whatever else fails."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import Error
from django.http import Http404

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture import access, words
from equipoise.conduct.capture.access import FormGround
from equipoise.conduct.capture.answers import hold
from equipoise.conduct.capture.models import Alert, AlertMail, AlertNote
from equipoise.conduct.capture.results import Instruction, Letter
from equipoise.conduct.capture.services import notes
from equipoise.conduct.frame import codes
from equipoise.errors import Problem, RecordError
from equipoise.protocol.filling import Fired

log = logging.getLogger(__name__)
STATUSES = ("seen", "closed")


def raise_alerts(
    found: FormGround, fired: Iterable[Fired], *, at: datetime, by: Viewer
) -> tuple[Instruction, ...]:
    """Store an alert for each rule that has none open on this form: an act of its own, before anything else.

    Never fails: where the store does, the instruction says that nobody was told.
    """
    rules = list(fired)
    if not rules:
        return ()
    try:
        _store(found, rules, at=at, by=by)
        stored = True
    except (Error, OSError):
        # The message may hold values, so the log gets the form's code only.
        log.error("an alert could not be stored: form %s", found.code)
        stored = False
    return tuple(_instruction(one, stored=stored) for one in rules)


def _store(found: FormGround, fired: list[Fired], *, at: datetime, by: Viewer) -> None:
    waiting = _open_rules(found.number)
    if not [one for one in fired if (one.rule.id, one.certain) not in waiting]:
        return
    with act("trial", "alert.raised", at=at, by=by.person, subjects=found.subjects) as one:
        hold(one.alias, found.participant)
        before = Counter(Alert.objects.filter(form=found.row).values_list("rule", "certain"))
        one.add_all(
            [
                Alert(
                    form=found.row,
                    code=codes.code(
                        "alert",
                        found.code,
                        alert.rule.id,
                        alert.certain,
                        before[alert.rule.id, alert.certain] + 1,
                    ),
                    rule=alert.rule.id,
                    certain=alert.certain,
                    raised_at=instant(at),
                    due_at=instant(at + timedelta(minutes=alert.rule.within_minutes)),
                )
                for alert in fired
                if (alert.rule.id, alert.certain) not in waiting
            ]
        )


def _code(form: str, fired: Fired, before: Counter[tuple[str, bool]]) -> str:
    """Return the code of the next alert of its kind about a form; `before` is how many there were of each."""
    kind = (fired.rule.id, fired.certain)
    return codes.code("alert", form, *kind, before[kind] + 1)


def _open_rules(form: int) -> set[tuple[str, bool]]:
    """Return the rules (id, certain) of a form's alerts that nobody has closed."""
    closed = AlertNote.objects.filter(alert__form=form, status="closed").values("alert_id")
    return set(Alert.objects.filter(form=form).exclude(id__in=closed).values_list("rule", "certain"))


def _instruction(fired: Fired, *, stored: bool) -> Instruction:
    rule = fired.rule
    return Instruction(
        rule=rule.id,
        level=rule.alert,
        instruction=rule.instruction,
        notify=tuple(words.role(role) for role in rule.notify),
        within_minutes=rule.within_minutes,
        certain=fired.certain,
        stored=stored,
    )


def note_mails(tried: Mapping[Letter, str], *, at: datetime) -> None:
    """Note what became of mails about alerts, an act for each alert: long after the save that raised it.

    tried   mail to what kept it from being sent; "" where the mail server took it
    """
    for alert in dict.fromkeys(letter.alert for letter in tried):
        row = Alert.objects.select_related("form").get(code=alert)
        mine = {letter: why for letter, why in tried.items() if letter.alert == alert}
        action = "alert.mailed" if "" in mine.values() else "alert.mail_failed"
        subjects = access.subjects(row.form)
        with act("trial", action, at=at, by="system", subjects=subjects) as one:
            one.add_all(
                [
                    AlertMail(
                        alert=row, person=letter.person, seq=letter.attempt, tried_at=instant(at), why=why
                    )
                    for letter, why in mine.items()
                ]
            )


def note_alert(*, alert: str, status: str, text: str, at: datetime, by: Viewer) -> None:
    """Say that an alert was seen, or close it with what was done.

    status   seen or closed; a closed alert stays closed
    Raises   Http404; PermissionRefused; RecordError when a closing says nothing, or it is closed already
    """
    row = Alert.objects.filter(code=alert).select_related("form").first() if codes.is_code(alert) else None
    if row is None:
        raise Http404
    found = access.form(row.form.code, viewer=by)
    rule = next((one for one in found.resolved.protocol.safety_rules if one.id == row.rule), None)
    if rule is None or not found.sight.rule(rule.when, form="") or not found.ground.may("alert.view"):
        raise Http404
    found.ground.require("alert.close" if status == "closed" else "alert.view")
    thread = list(AlertNote.objects.filter(alert=row).order_by("seq"))
    problems = []
    if status not in STATUSES:
        problems.append(Problem(f"`{status[:32]}` is no step", f"one of {', '.join(STATUSES)}", "status"))
    needed = "it does not say what was done" if status == "closed" else ""
    problems += notes.problems(text, path="text", needed=needed)
    if thread and thread[-1].status == "closed":
        problems.append(Problem("it is closed already", "", "alert"))
    if problems:
        raise RecordError("this cannot be noted", problems)
    with act("trial", f"alert.{status}", at=at, by=by.person, subjects=found.subjects) as one:
        one.add(
            AlertNote(
                alert=row,
                seq=len(thread) + 1,
                person=by.person,
                noted_at=instant(at),
                status=status,
                text=text.strip(),
            )
        )
