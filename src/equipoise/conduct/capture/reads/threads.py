"""Queries and alerts with their threads, as lines for lists and pages."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import QuerySet

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.instants import moment
from equipoise.conduct.capture import words
from equipoise.conduct.capture.lines import AlertLine, MailLine, Note, QueryLine
from equipoise.conduct.capture.models import LOG, Alert, AlertMail, AlertNote, Participant, Query, QueryNote
from equipoise.conduct.capture.reads.sights import (
    SYSTEM,
    Circle,
    Names,
    circle,
    item_label,
    local,
    names,
    visit_label,
)
from equipoise.conduct.frame import codes
from equipoise.conduct.studies import wording
from equipoise.conduct.studies.reads import Site
from equipoise.protocol import Resolved
from equipoise.protocol.care import SafetyRule

PAGE = 100
"""Queries on one page of a list."""
CLOSED = "closed"


def queries(
    *, viewer: Viewer, closed: bool = False, find: str = "", before: str = ""
) -> tuple[QueryLine, ...]:
    """Return queries of the viewer's sites, the newest first, at most `PAGE` of them.

    closed   True for those that are closed instead of those that are not
    find     part of a participant's id
    before   a query's code, to go on behind it
    """
    seen = circle(viewer)
    done = QueryNote.objects.filter(status=CLOSED).values("query_id")
    rows = Query.objects.filter(form__participant__in=seen.people("query.view").values("participant"))
    rows = rows.filter(id__in=done) if closed else rows.exclude(id__in=done)
    if find:
        rows = rows.filter(form__participant__icontains=find)
    if before:
        rows = rows.filter(id__lt=Query.objects.filter(code=before).values("id"))
    found: list[Query] = []
    # What is hidden is left out page by page, so that a page is full though some of it is hidden.
    for row in rows.select_related("form").order_by("-id").iterator(chunk_size=PAGE):
        if _visible(row, seen):
            found.append(row)
        if len(found) == PAGE:
            break
    return query_lines(found, seen)


def query(code: str, *, viewer: Viewer) -> QueryLine | None:
    """Return one query with its thread; None when there is none the viewer may know of."""
    seen = circle(viewer)
    row = Query.objects.filter(code=code).select_related("form").first() if codes.is_code(code) else None
    if row is None or not seen.people("query.view").filter(participant=row.form.participant).exists():
        return None
    return query_lines([row], seen)[0] if _visible(row, seen) else None


def _visible(row: Query, seen: Circle) -> bool:
    """Whether a query may be known; its participant is known to be."""
    form = row.form
    resolved, sight = seen.version(form.version, form.participant)
    if form.visit != LOG and not sight.visit(form.visit):
        return False
    if not sight.item(form.form, row.item):
        return False
    rule = next((one.rule for one in resolved.forms[form.form].checks if one.id == row.check_id), None)
    return rule is None or sight.rule(rule, form=form.form)


def visible_queries(rows: Iterable[Query], seen: Circle) -> list[Query]:
    """Return the queries the viewer may know of; rows come with their forms."""
    return [row for row in rows if _visible(row, seen)]


def open_queries(forms: Sequence[int] | None, seen: Circle) -> list[Query]:
    """Return the queries not closed, of these forms or of all sites, that the viewer may know of."""
    done = QueryNote.objects.filter(status=CLOSED).values("query_id")
    rows = Query.objects.exclude(id__in=done).select_related("form")
    if forms is not None:
        rows = rows.filter(form__in=forms)
    else:
        rows = rows.filter(form__participant__in=seen.people("query.view").values("participant"))
    return visible_queries(rows, seen)


def query_lines(rows: Sequence[Query], seen: Circle) -> tuple[QueryLine, ...]:
    """Return queries as lines, in the order given, in three statements; in none where there are none."""
    if not rows:
        return ()
    threads: dict[int, list[QueryNote]] = {}
    for note in QueryNote.objects.filter(query__in=[row.id for row in rows]).order_by("query_id", "seq"):
        threads.setdefault(note.query_id, []).append(note)
    known = names({note.person for thread in threads.values() for note in thread})
    sites = _sites({row.form.participant for row in rows}, seen)
    return tuple(
        _query_line(row, threads.get(row.id, []), known, seen, site=sites[row.form.participant])
        for row in rows
    )


def _sites(participants: set[str], seen: Circle) -> dict[str, Site]:
    rows = Participant.objects.filter(participant__in=participants).values_list("participant", "site")
    return {participant: seen.sites[site] for participant, site in rows}


def _said(query: Query, note: QueryNote, resolved: Resolved) -> str:
    """Return a note: what a check asked in the language of the page, what a person wrote as they wrote it."""
    return wording.told(note.text, resolved) if query.check_id and note.person == SYSTEM else note.text


def _query_line(
    row: Query, thread: Sequence[QueryNote], known: Names, seen: Circle, *, site: Site
) -> QueryLine:
    form = row.form
    resolved, _ = seen.version(form.version, form.participant)
    definition = resolved.forms[form.form]
    status = thread[-1].status if thread else "open"
    is_open = status != CLOSED and not seen.is_locked(form.participant)
    return QueryLine(
        query=row.code,
        participant=form.participant,
        form=form.code,
        form_label=wording.said(definition.label, resolved),
        visit_label=visit_label(resolved, form.visit, form.visit_repeat),
        item=row.item,
        row=row.row,
        item_label=item_label(definition, row.item, resolved),
        automatic=bool(row.check_id),
        status=status,
        notes=tuple(
            Note(
                known.person(note.person), local(note.noted_at, site), note.status, _said(row, note, resolved)
            )
            for note in thread
        ),
        may_answer=is_open and seen.viewer.may("query.answer", site=site.site),
        may_close=is_open and seen.viewer.may("query.close", site=site.site),
    )


def alerts(*, viewer: Viewer, at: datetime, closed: bool = False, form: str = "") -> tuple[AlertLine, ...]:
    """Return alerts of the viewer's sites, those due first on top.

    closed   True for those that are closed instead of those that are not
    form     a form's code, for those that its answers raised
    """
    seen = circle(viewer)
    rows = Alert.objects.filter(form__participant__in=seen.people("alert.view").values("participant"))
    if form:
        rows = rows.filter(form__code=form)
    return alert_lines(rows, seen, at=at, closed=closed)


def alert_lines(
    rows: QuerySet[Alert], seen: Circle, *, at: datetime, closed: bool = False
) -> tuple[AlertLine, ...]:
    """Return the alerts among these rows that the viewer may know of, in five statements, or one for none."""
    done = AlertNote.objects.filter(status=CLOSED).values("alert_id")
    rows = rows.filter(id__in=done) if closed else rows.exclude(id__in=done)
    found = [row for row in rows.select_related("form").order_by("due_at", "id") if _alert_visible(row, seen)]
    if not found:
        return ()
    threads: dict[int, list[AlertNote]] = {}
    for note in AlertNote.objects.filter(alert__in=[row.id for row in found]).order_by("alert_id", "seq"):
        threads.setdefault(note.alert_id, []).append(note)
    mails: dict[int, dict[str, AlertMail]] = {}
    for mail in AlertMail.objects.filter(alert__in=[row.id for row in found]).order_by("id"):
        mails.setdefault(mail.alert_id, {})[mail.person] = mail
    told = {person for one in mails.values() for person in one}
    known = names({note.person for thread in threads.values() for note in thread} | told)
    sites = _sites({row.form.participant for row in found}, seen)
    return tuple(
        _alert_line(
            row,
            (threads.get(row.id, []), mails.get(row.id, {}).values()),
            known,
            seen,
            site=sites[row.form.participant],
            at=at,
        )
        for row in found
    )


def _alert_visible(row: Alert, seen: Circle) -> bool:
    form = row.form
    resolved, sight = seen.version(form.version, form.participant)
    rule = _rule(resolved, row.rule)
    at_visit = form.visit == LOG or sight.visit(form.visit)
    return rule is not None and at_visit and sight.form(form.form) and sight.rule(rule.when, form="")


def _rule(resolved: Resolved, rule: str) -> SafetyRule | None:
    return next((one for one in resolved.protocol.safety_rules if one.id == rule), None)


def _alert_line(
    row: Alert,
    told: tuple[Sequence[AlertNote], Iterable[AlertMail]],
    known: Names,
    seen: Circle,
    *,
    site: Site,
    at: datetime,
) -> AlertLine:
    form, (thread, mails) = row.form, told
    resolved, _ = seen.version(form.version, form.participant)
    rule = next(one for one in resolved.protocol.safety_rules if one.id == row.rule)
    status = thread[-1].status if thread else "new"
    return AlertLine(
        alert=row.code,
        participant=form.participant,
        site=site.site,
        form=form.code,
        form_label=wording.said(resolved.forms[form.form].label, resolved),
        visit_label=visit_label(resolved, form.visit, form.visit_repeat),
        rule=row.rule,
        level=rule.alert,
        certain=row.certain,
        instruction=wording.said(rule.instruction, resolved),
        notify=tuple(words.role(role) for role in rule.notify),
        raised_at=local(row.raised_at, site),
        due_at=local(row.due_at, site),
        status=status,
        late=status != CLOSED and moment(row.due_at) < at,
        notes=tuple(
            Note(known.person(note.person), local(note.noted_at, site), note.status, note.text)
            for note in thread
        ),
        mails=tuple(
            MailLine(known.person(mail.person), local(mail.tried_at, site), mail.why) for mail in mails
        ),
        may_close=status != CLOSED and seen.viewer.may("alert.close", site=site.site),
    )
