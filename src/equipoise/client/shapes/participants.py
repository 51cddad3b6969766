"""What is given about participants: lines of lists, a course of visits, what was found.

Holds shapes as they come over the line: dates and instants are ISO text. Refuses behavior.
"""

from typing import TypedDict

from equipoise.client.shapes.forms import Choice
from equipoise.client.shapes.review import AlertLine, Person


class FormLine(TypedDict):
    """A form in a list."""

    answered: int
    asked: int
    changed_at: str | None
    changed_by: Person | None
    code: str
    fillers: list[str]
    form: str
    label: str
    may_fill: bool
    minutes: int | None
    queries: int
    repeat: int
    safety: bool
    state: str
    summary: str
    visit: str
    visit_repeat: int


class LogLine(TypedDict):
    """A log: forms tied to no visit."""

    entries: list[FormLine]
    form: str
    label: str
    may_add: bool


class VisitLine(TypedDict):
    """A visit, planned or begun."""

    asks: bool
    begun: bool
    closes: str | None
    day: int | None
    forms: list[FormLine]
    held_on: str | None
    label: str
    offered: bool
    opens: str | None
    out_of_window: bool
    place: str
    provisional: bool
    reason: str
    repeat: int
    state: str
    target: str | None
    unscheduled: bool
    visit: str


class AnchorLine(TypedDict):
    """A day from which others are counted; `label` names the visit it is."""

    actual_on: str | None
    anchor: str
    label: str
    planned_on: str | None


class Timeline(TypedDict):
    """One participant."""

    addable: list[Choice]
    alerts: list[AlertLine]
    anchors: list[AnchorLine]
    entered_on: str
    locked: bool
    logs: list[LogLine]
    may_lock: bool
    may_record: bool
    participant: str
    queries: int
    site: str
    site_name: str
    time_zone: str
    today: str
    version: int
    visits: list[VisitLine]


class ParticipantLine(TypedDict):
    """A participant in a list."""

    alerts: int
    done: int
    due: int
    entered_on: str
    late: int
    locked: bool
    next_on: str | None
    next_visit: str
    participant: str
    queries: int
    site: str
    site_name: str


class FoundForm(TypedDict):
    """A form that was begun."""

    code: str
    label: str
    participant: str
    visit_label: str


class Found(TypedDict):
    """What was found; `more` where there is more of it than is shown."""

    forms: list[FoundForm]
    more: bool
    participants: list[str]


class Opened(TypedDict):
    """The form that was opened, or found."""

    form: str
