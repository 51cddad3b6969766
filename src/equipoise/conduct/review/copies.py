"""A participant's whole record as one document that people read: for inspection, review and copying.

Holds the read and the page made of it. It is what one person may see, no more: every part is asked for as
that person asks for it on pages, so what is hidden from them is not in it, nor that it exists.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.template.loader import render_to_string

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.capture import access, reads, words
from equipoise.conduct.capture.lines import FormLine, FormPage, ItemLine, QueryLine, Timeline, VersionLine
from equipoise.conduct.consent import reads as consents
from equipoise.conduct.consent.reads import Given, TakenBack
from equipoise.conduct.consent.words import DEGREES

ACTION = "audit.view"
"""Whoever gets a copy reads who entered what, when and why, as in the audit trail."""

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#111;background:#fff}
body{margin:2rem auto;max-width:70rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #999;padding:.3rem .5rem;text-align:start;vertical-align:top}
thead{background:#eee}
section{margin-block:2rem}
.earlier{color:#444}
.digest{font:12px monospace;overflow-wrap:anywhere}
h2,h3{break-after:avoid}
tr{break-inside:avoid}
"""
"""The look of a document that stands alone; no character of it needs escaping."""


@dataclass(frozen=True, slots=True)
class AnswerCopy:
    """One question with every version of its answer, the newest first.

    row   what the question is a row of, in words; "" outside a group
    """

    row: str
    item: ItemLine
    versions: tuple[VersionLine, ...]


@dataclass(frozen=True, slots=True)
class FormCopy:
    """A form with everything that was ever entered in it."""

    page: FormPage
    answers: tuple[AnswerCopy, ...]

    @property
    def silent(self) -> bool:
        """Whether no answer is in it: none was given, or none may be seen."""
        return not any(one.versions for one in self.answers)

    @property
    def queries(self) -> tuple[QueryLine, ...]:
        """Those about the form as a whole, then those about an answer."""
        return (*self.page.queries, *chain.from_iterable(one.item.queries for one in self.answers))


@dataclass(frozen=True, slots=True)
class RecordCopy:
    """A participant's record.

    consents, withdrawals   empty where the person may not see consent
    forms                   in the order of visits, then logs
    """

    timeline: Timeline
    consents: tuple[Given, ...]
    withdrawals: tuple[TakenBack, ...]
    forms: tuple[FormCopy, ...]


def record(participant: str, *, viewer: Viewer, at: datetime) -> RecordCopy:
    """Return a participant's record as somebody may see it.

    Raises  Http404 when there is no such participant for this person; PermissionRefused
    """
    ground = access.participant(participant, viewer=viewer, action=ACTION)
    timeline = reads.timeline(participant, viewer=viewer, at=at)
    assert timeline is not None  # noqa: S101 - the ground is there, and a site in use has a version
    consented = ground.may("consent.view")
    lines = [*(one.forms for one in timeline.visits), *(one.entries for one in timeline.logs)]
    return RecordCopy(
        timeline=timeline,
        consents=consents.given(participant) if consented else (),
        withdrawals=consents.taken_back(participant) if consented else (),
        forms=tuple(copy for line in chain.from_iterable(lines) for copy in _copies(line, viewer)),
    )


def _copies(line: FormLine, viewer: Viewer) -> tuple[FormCopy, ...]:
    """Return the form of a line; nothing where it was not begun."""
    page = reads.form_page(line.code, viewer=viewer) if line.code else None
    if page is None:
        return ()
    rows = [
        (f"{group.label} {row.row}", item)
        for group in page.groups
        for row in group.rows
        for item in row.items
    ]
    asked = [*(("", item) for item in page.items), *rows]
    return (FormCopy(page, tuple(_answer(page, row, item, viewer) for row, item in asked)),)


def _answer(page: FormPage, row: str, item: ItemLine, viewer: Viewer) -> AnswerCopy:
    """Return a question with its history; one never answered has none, and nothing is asked of the store."""
    known = reads.item_history(page.code, item=item.item, row=item.row, viewer=viewer) if item.seq else ()
    return AnswerCopy(row, item, known or ())


def document(participant: str, *, viewer: Viewer, at: datetime) -> str:
    """Return a participant's record as an HTML document that needs nothing else; raises as `record`."""
    roles = ", ".join(words.role(role) for role in sorted(viewer.roles))
    found = record(participant, viewer=viewer, at=at)
    context = {
        "record": found,
        "withdrawals": [(one, DEGREES[one.degree][0]) for one in found.withdrawals],
        "viewer": viewer,
        "roles": roles,
        "at": at,
    }
    return render_to_string("review/copy.html", context)
