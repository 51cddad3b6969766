"""What pages show of participants, visits and forms, as frozen values.

Holds shapes only, made by `reads` with what is hidden from the viewer already left out: a template may print
everything it is handed. Dates are `date`, instants are aware `datetime` in the site's own time zone.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from equipoise.conduct.capture.recruitment import Month
from equipoise.protocol.schedule import ItemType

VisitState = Literal[
    "unplanned",
    "planned",
    "due",
    "late",
    "in_progress",
    "done",
    "locked",
    "missed",
    "declined",
    "not_expected",
    "by_agreement",
]
"""unplanned: its anchor has no date yet. planned: its window opens later. due: the window is open. late: it
has closed. not_expected, by_agreement: what a withdrawal left of it. in_progress: begun, a form is not
complete. done: every form is complete. locked: every form is
locked."""
FormStateName = Literal["not_begun", "in_progress", "complete", "verified", "signed", "locked"]
Move = Literal["complete", "verify", "sign", "lock", "unlock"]
"""What this viewer may do with a form now; each is a service of the same name in `services`."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as pages name them; `person` is "system" for what happened by itself."""

    person: str
    name: str


@dataclass(frozen=True, slots=True)
class Code:
    """One possible answer to a code item."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Note:
    """One step in the thread of a query or alert; `status` is that after the step."""

    by: Person
    at: datetime
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class QueryLine:
    """A question about an answer.

    query        its code, as `services.answer_query` and `close_query` take it
    form         code of the form; form_label, visit_label, item_label say where in words
    item, row    the answer; item "" for the whole form
    automatic    True when a check asked
    status       open, answered, closed
    notes        the thread, oldest first; the first is the question
    may_answer, may_close   what this viewer may do
    """

    query: str
    participant: str
    form: str
    form_label: str
    visit_label: str
    item: str
    row: int
    item_label: str
    automatic: bool
    status: str
    notes: tuple[Note, ...]
    may_answer: bool
    may_close: bool


@dataclass(frozen=True, slots=True)
class MailLine:
    """The last attempt to tell somebody of an alert by mail.

    by    whom; without a name where nobody holds a role that must know
    why   what kept it from being sent; empty where it was
    """

    by: Person
    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An answer that must reach somebody.

    alert        its code, as `services.note_alert` takes it
    level        urgent, same_day, routine
    certain      False when the rule could not be decided and a person must look
    instruction  what the person at the participant's side does
    notify       names of the roles to be told
    status       new, seen, closed
    late         whether its time is over and nobody has closed it
    mails        who was told by mail, or not yet
    """

    alert: str
    participant: str
    site: str
    form: str
    form_label: str
    visit_label: str
    rule: str
    level: str
    certain: bool
    instruction: str
    notify: tuple[str, ...]
    raised_at: datetime
    due_at: datetime
    status: str
    late: bool
    notes: tuple[Note, ...]
    mails: tuple[MailLine, ...]
    may_close: bool


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A score of a form.

    value     in the score's unit; None while it cannot be known
    lacking   labels of unanswered items it needs
    band      name of the band it lies in; "" for none
    """

    score: str
    label: str
    value: float | None
    low: float
    high: float
    lacking: tuple[str, ...]
    band: str


@dataclass(frozen=True, slots=True)
class FormLine:
    """A form in a list.

    code       the form's code; "" while it was not begun
    repeat     which entry of a log, or reading of a session, from 1
    minutes    minutes from the dose it is planned for; None where no clock runs
    fillers    names of the roles that fill it
    answered, asked   required answers given, of those there are before any is skipped (over what the viewer
                      may see)
    queries    open or answered queries the viewer may see
    summary    a log entry in a few words: its first answers
    """

    code: str
    form: str
    label: str
    visit: str
    visit_repeat: int
    repeat: int
    minutes: int | None
    state: FormStateName
    fillers: tuple[str, ...]
    may_fill: bool
    answered: int
    asked: int
    queries: int
    changed_at: datetime | None
    changed_by: Person | None
    summary: str
    safety: bool


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A visit, planned or begun.

    begun         whether it was begun or recorded
    target, opens, closes   dates at the site; None while the anchor has none
    provisional   True when they count from an anchor that is only planned, though the visit counts from the
                  one that took place
    held_on       day it took place
    day           days from its anchor to `held_on`, else to `target`
    out_of_window whether it took place outside its window
    asks          whether the participant may be handed the device for questions of their own: the protocol
                  has some here, and the viewer may hand it over
    reason        why it was missed or declined
    """

    begun: bool
    visit: str
    label: str
    repeat: int
    state: VisitState
    target: date | None
    opens: date | None
    closes: date | None
    provisional: bool
    held_on: date | None
    day: int | None
    out_of_window: bool
    reason: str
    unscheduled: bool
    offered: bool
    place: str
    forms: tuple[FormLine, ...]
    asks: bool


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log: forms tied to no visit."""

    form: str
    label: str
    entries: tuple[FormLine, ...]
    may_add: bool


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """A day from which others are counted; `label` names the visit it is."""

    anchor: str
    label: str
    planned_on: date | None
    actual_on: date | None


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that may be chosen: an id and its name."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """One participant.

    version       protocol version in force at the site today
    today         date at the site
    addable       unscheduled visits that may be begun now
    locked        whether the participant, or the study, is locked
    """

    participant: str
    site: str
    site_name: str
    time_zone: str
    entered_on: date
    version: int
    today: date
    locked: bool
    anchors: tuple[AnchorLine, ...]
    visits: tuple[VisitLine, ...]
    addable: tuple[Choice, ...]
    logs: tuple[LogLine, ...]
    alerts: tuple[AlertLine, ...]
    queries: int
    may_record: bool
    may_lock: bool


@dataclass(frozen=True, slots=True)
class ParticipantLine:
    """A participant in a list.

    next_visit, next_on   the next visit that is due or planned, and its target day; "" and None for none
    late, due             visits whose window has closed, is open
    queries, alerts       open ones the viewer may see
    """

    participant: str
    site: str
    site_name: str
    entered_on: date
    next_visit: str
    next_on: date | None
    due: int
    late: int
    done: int
    queries: int
    alerts: int
    locked: bool


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One question of a form page.

    number       its number on the published form; "" for none
    row          row of a group from 1; 0 outside one
    answer       what is stored, as it is typed: a code, a number with a point, an ISO date
    shown_answer the same in words: the code's label, the number with its unit
    seq          number of the version, counted from 1, that `services.save` must be given as `seen`; 0 when
                 never answered
    visible      False where the answers before it skip it
    problems     what is wrong with the stored answer, in words
    """

    item: str
    row: int
    number: str
    label: str
    hint: str
    type: ItemType
    unit: str
    low: float | None
    high: float | None
    low_label: str
    high_label: str
    decimals: int | None
    codes: tuple[Code, ...]
    required: bool
    visible: bool
    answer: str
    shown_answer: str
    missing_reason: str
    seq: int
    problems: tuple[str, ...]
    queries: tuple[QueryLine, ...]


@dataclass(frozen=True, slots=True)
class RowLine:
    """One row of a repeating group."""

    row: int
    items: tuple[ItemLine, ...]


@dataclass(frozen=True, slots=True)
class GroupLine:
    """Items that repeat together. `blank` is the row that answers to a new one are given under."""

    group: str
    label: str
    rows: tuple[RowLine, ...]
    blank: RowLine | None


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """A signature; void once an answer changed after it."""

    by: Person
    at: datetime
    meaning: str
    valid: bool


@dataclass(frozen=True, slots=True)
class StateLine:
    """A step in the life of a form."""

    state: str
    by: Person
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Watch:
    """A safety rule that the page itself judges.

    when   the rule: [sign, place of the answer, constant], joined by ["and", ...] and ["or", ...]
    """

    rule: str
    level: str
    instruction: str
    notify: tuple[str, ...]
    when: list[Any]


@dataclass(frozen=True, slots=True)
class FormPage:
    """A form with its answers.

    code             the form's code
    instructions     of the licensed wording; "" for none
    editable         whether this viewer may change answers now
    blocked          why nothing can be changed, in words; "" where `editable`
    reason_needed    whether a change needs a reason: it was complete before
    moves            what this viewer may do with it now
    missing_reasons  what may stand in the place of an answer
    watches          safety rules that the page judges by itself, where the viewer may change answers
    transcribed      name of the role that filled it on paper, when the viewer enters it for them; "" else
    """

    code: str
    participant: str
    site: str
    time_zone: str
    visit: str
    visit_label: str
    visit_repeat: int
    form: str
    label: str
    repeat: int
    version: int
    log: bool
    instructions: str
    state: FormStateName
    editable: bool
    blocked: str
    reason_needed: bool
    transcribed: str
    moves: tuple[Move, ...]
    items: tuple[ItemLine, ...]
    groups: tuple[GroupLine, ...]
    scores: tuple[ScoreLine, ...]
    problems: tuple[str, ...]
    queries: tuple[QueryLine, ...]
    may_query: bool
    states: tuple[StateLine, ...]
    signatures: tuple[SignatureLine, ...]
    missing_reasons: tuple[Choice, ...]
    answered: int
    asked: int
    saved_at: datetime | None
    watches: tuple[Watch, ...]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of an answer, newest first in `reads.item_history`."""

    seq: int
    answer: str
    shown_answer: str
    missing_reason: str
    reason: str
    origin: str
    by: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class Recruitment:
    """How many entered, of how many planned; site "" for the whole study."""

    site: str
    name: str
    entered: int
    planned: int | None


@dataclass(frozen=True, slots=True)
class DueLine:
    """A visit to be thought of: due or late."""

    participant: str
    visit: str
    label: str
    repeat: int
    state: VisitState
    target: date
    opens: date
    closes: date


@dataclass(frozen=True, slots=True)
class Home:
    """The study's first page.

    recruitment   the whole study first, then each site
    months        how the whole study's recruitment went, month by month
    due, late     visits whose window is open or has closed, the most pressing first
    coming        how many visits are planned for the next seven days
    oldest_days   days since the window of the visit that is late for longest has closed; 0 for none
    """

    trial: str
    title: str
    simulated: bool
    version: int
    recruitment: tuple[Recruitment, ...]
    months: tuple[Month, ...]
    due: tuple[DueLine, ...]
    late: tuple[DueLine, ...]
    coming: int
    oldest_days: int
    alerts: tuple[AlertLine, ...]
    queries: int
