"""Queries: questions about answers, asked by people or by checks, answered and closed in a thread."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404

from equipoise.conduct.accounts.permission import RATER, Viewer
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.capture import access, blindness
from equipoise.conduct.capture.access import FormGround
from equipoise.conduct.capture.answers import hold
from equipoise.conduct.capture.models import EntryCurrent, Form, Query, QueryNote
from equipoise.conduct.capture.services import notes
from equipoise.conduct.frame import codes
from equipoise.conduct.stores.questions import Question
from equipoise.errors import Problem, RecordError
from equipoise.protocol import form_plan
from equipoise.protocol.answer import Finding

SYSTEM = "system"
OPEN, ANSWERED, CLOSED = "open", "answered", "closed"
FIXED = "The answer no longer gives rise to this question."
_AUTOMATIC = Question(Query, "WHERE form_id = %s AND check_id <> ''")
AGAIN = "This answer changed after the form was verified. Is it what the source says?"


def open_query(*, form: str, text: str, at: datetime, by: Viewer, item: str = "", row: int = 0) -> str:
    """Ask about an answer, or about the whole form (item ""), and return the query's code.

    Raises  Http404, also for a sealed form: what is answered would be sealed as well; PermissionRefused;
            RecordError when nothing is asked
    """
    found = access.form(form, viewer=by)
    if not _asks(found, item, row):
        raise Http404
    found.ground.require("query.open")
    _refuse_text(text, found)
    with act("trial", "query.opened", at=at, by=by.person, subjects=found.subjects) as one:
        hold(one.alias, found.participant)
        place = {"form": found.row, "item": item, "row": row}
        about = EntryCurrent.objects.filter(**place).values_list("entry_id", flat=True)
        before = Query.objects.filter(**place, check_id="").count()
        code = _code(found.row, item, row, "", before)
        query = one.add(Query(**place, about=about.first() or 0, code=code))
        one.add(_note(query, 1, OPEN, text, person=by.person, at=at))
    return code


def _code(form: Form, item: str, row: int, check: str, before: int) -> str:
    """Return the code of the next query of its kind about an answer; `before` is how many there were."""
    return codes.code("query", form.code, item, row, check, before + 1)


def ask_again(one: Act, found: FormGround, changed: Mapping[tuple[str, int], int], *, at: datetime) -> None:
    """Within an act, ask whether answers agree with the source that changed while their form stayed verified.

    changed   place to the id of its new entry
    """
    asked = []
    for (item, row), entry in changed.items():
        place = {"form": found.row, "item": item, "row": row}
        before = Query.objects.filter(**place, check_id="").count()
        asked.append(Query(**place, about=entry, code=_code(found.row, item, row, "", before)))
    one.add_all(asked)
    one.add_all([_note(query, 1, OPEN, AGAIN, person=SYSTEM, at=at) for query in asked])


def answer_query(*, query: str, text: str, at: datetime, by: Viewer) -> None:
    """Answer a query; who asked, or whoever may, closes it.

    Raises  Http404; PermissionRefused; RecordError when nothing is said, or it is closed
    """
    _step(query, "query.answer", ANSWERED, text, at=at, by=by)


def close_query(*, query: str, text: str, at: datetime, by: Viewer) -> None:
    """Close a query, by which its answer is accepted as it stands.

    Raises  Http404; PermissionRefused; RecordError when nothing is said, or it is closed
    """
    _step(query, "query.close", CLOSED, text, at=at, by=by)


def _step(query: str, action: str, status: str, text: str, *, at: datetime, by: Viewer) -> None:
    row = Query.objects.filter(code=query).select_related("form").first() if codes.is_code(query) else None
    if row is None:
        raise Http404
    found = access.form(row.form.code, viewer=by)
    if not may_see(found, row.item, row.check_id):
        raise Http404
    found.ground.require(action)
    _refuse_text(text, found)
    with act("trial", f"query.{status}", at=at, by=by.person, subjects=found.subjects) as one:
        hold(one.alias, found.participant)
        last = QueryNote.objects.filter(query=row).order_by("-seq").first()
        if last is not None and last.status == CLOSED:
            raise RecordError("this query is closed", [Problem("it is closed", "open a new one", "query")])
        one.add(_note(row, last.seq + 1 if last else 1, status, text, person=by.person, at=at))


def may_see(found: FormGround, item: str, check: str) -> bool:
    """Whether a query may be known: that of a check only when every answer the check reads may be."""
    if not found.ground.may("query.view") or not found.sight.item(found.row.form, item):
        return False
    rule = next((one.rule for one in found.form.checks if one.id == check), None)
    return rule is None or found.sight.rule(rule, form=found.row.form)


@dataclass(frozen=True, slots=True)
class _Thread:
    query: Query
    last: QueryNote


def follow(
    one: Act,
    found: FormGround,
    doubts: Iterable[Finding],
    *,
    newest: dict[tuple[str, int], int],
    at: datetime,
) -> None:
    """Within an act, open a query for each doubt that has none, and close those whose doubt is gone.

    newest   (item, row) to the id of its current entry
    A doubt that a person accepted by closing its query is raised again only when the answer changes.
    """
    threads: dict[tuple[str, int, str], list[_Thread]] = {}
    for thread in _automatic(found.row):
        key = (thread.query.item, thread.query.row, thread.query.check_id)
        threads.setdefault(key, []).append(thread)
    wanted = {(doubt.item, doubt.row, doubt.check): doubt for doubt in doubts}
    steps = [
        _note(thread.query, thread.last.seq + 1, CLOSED, FIXED, person=SYSTEM, at=at)
        for key, found_threads in threads.items()
        for thread in found_threads
        if key not in wanted and thread.last.status != CLOSED
    ]
    asked = []
    for key, doubt in wanted.items():
        about = newest.get((doubt.item, doubt.row), 0) if doubt.item else _newest(found, doubt.check, newest)
        if not any(_covers(thread, about) for thread in threads.get(key, ())):
            code = _code(found.row, *key, len(threads.get(key, ())))
            query = Query(
                form=found.row, item=doubt.item, row=doubt.row, check_id=doubt.check, about=about, code=code
            )
            asked.append((query, doubt))
    one.add_all([query for query, _ in asked])
    steps += [_note(query, 1, OPEN, doubt.message, person=SYSTEM, at=at) for query, doubt in asked]
    one.add_all(steps)


def _newest(found: FormGround, check: str, newest: Mapping[tuple[str, int], int]) -> int:
    """Return the newest entry that a check reads here: whoever may see its query may see those answers."""
    rules = (rule for one, rule in form_plan.plan(found.form, found.resolved).checks if one.id == check)
    read = {name.item for rule in rules for name in rule.names}
    return max((entry for (item, _), entry in newest.items() if item in read), default=0)


def _covers(thread: _Thread, about: int) -> bool:
    """Whether a thread speaks for a doubt: it is open, or a person accepted this very answer."""
    if thread.last.status != CLOSED:
        return True
    return thread.last.person != SYSTEM and thread.query.about == about


def _automatic(form: Form) -> list[_Thread]:
    queries = {one.id: one for one in _AUTOMATIC.rows(form.id)}
    last: dict[int, QueryNote] = {}
    for note in QueryNote.objects.filter(query__in=queries).order_by("seq") if queries else ():
        last[note.query_id] = note
    return [_Thread(query, last[number]) for number, query in queries.items() if number in last]


def any_open(form: Form) -> bool:
    """Whether a form has a query that is not closed."""
    closed = QueryNote.objects.filter(query__form=form, status=CLOSED).values("query_id")
    return Query.objects.filter(form=form).exclude(id__in=closed).exists()


def _note(query: Query, seq: int, status: str, text: str, *, person: str, at: datetime) -> QueryNote:
    return QueryNote(
        query=query, seq=seq, person=person, noted_at=instant(at), status=status, text=text.strip()
    )


def _asks(found: FormGround, item: str, row: int) -> bool:
    """Whether the form has this item, if any is named, and the viewer may see it."""
    if not item:
        return found.sight.item(found.row.form, "")
    grouped = {one.id for group in found.form.groups for one in group.items}
    known = any(one.id == item for one in found.form.all_items())
    return known and found.sight.item(found.row.form, item) and (row > 0) == (item in grouped)


def _refuse_text(text: str, about: FormGround) -> None:
    found = notes.problems(text, path="text", needed="nothing was written")
    if RATER in about.form.fillers:
        found += blindness.naming_problems(text, ground=about.ground, resolved=about.resolved, path="text")
    if found:
        raise RecordError("this cannot be written", found)
