"""What is given about queries, alerts and the audit trail.

Holds shapes as they come over the line: dates and instants are ISO text. Refuses behavior.
"""

from typing import TypedDict


class Person(TypedDict):
    """Somebody, as pages name them; `person` is "system" for what happened by itself."""

    name: str
    person: str


class Note(TypedDict):
    """One step in the thread of a query or alert; `status` is that after the step."""

    at: str
    by: Person
    status: str
    text: str


class MailLine(TypedDict):
    """The last attempt to tell somebody of an alert by mail."""

    at: str
    by: Person
    why: str


class QueryLine(TypedDict):
    """A question about an answer."""

    automatic: bool
    form: str
    form_label: str
    item: str
    item_label: str
    may_answer: bool
    may_close: bool
    notes: list[Note]
    participant: str
    query: str
    row: int
    status: str
    visit_label: str


class AlertLine(TypedDict):
    """An answer that must reach somebody."""

    alert: str
    certain: bool
    due_at: str
    form: str
    form_label: str
    instruction: str
    late: bool
    level: str
    mails: list[MailLine]
    may_close: bool
    notes: list[Note]
    notify: list[str]
    participant: str
    raised_at: str
    rule: str
    site: str
    status: str
    visit_label: str


class Subject(TypedDict):
    """What an event is about: its id, in words, and the code of the form it is ("" for anything else)."""

    form: str
    id: str
    title: str


class TrailLine(TypedDict):
    """One event."""

    about: list[Subject]
    action: str
    at: str
    by: str
    name: str
    on_behalf: str
    reason: str


class Asked(TypedDict):
    """The query that was opened."""

    query: str
