"""What is given about a form: its questions and answers, and what came of saving.

Holds shapes as they come over the line: dates and instants are ISO text. Refuses behavior.
"""

from typing import Any, TypedDict

from equipoise.client.shapes.review import Person, QueryLine


class Code(TypedDict):
    """One possible answer to a code item."""

    code: str
    label: str


class Choice(TypedDict):
    """Something that may be chosen: an id and its name."""

    id: str
    label: str


class ItemLine(TypedDict):
    """One question of a form page."""

    answer: str
    codes: list[Code]
    decimals: int | None
    high: float | None
    high_label: str
    hint: str
    item: str
    label: str
    low: float | None
    low_label: str
    missing_reason: str
    number: str
    problems: list[str]
    queries: list[QueryLine]
    required: bool
    row: int
    seq: int
    shown_answer: str
    type: str
    unit: str
    visible: bool


class RowLine(TypedDict):
    """One row of a repeating group."""

    items: list[ItemLine]
    row: int


class GroupLine(TypedDict):
    """Items that repeat together. `blank` is the row that answers to a new one are given under."""

    blank: RowLine | None
    group: str
    label: str
    rows: list[RowLine]


class ScoreLine(TypedDict):
    """A score of a form."""

    band: str
    high: float
    label: str
    lacking: list[str]
    low: float
    score: str
    value: float | None


class SignatureLine(TypedDict):
    """A signature; void once an answer changed after it."""

    at: str
    by: Person
    meaning: str
    valid: bool


class StateLine(TypedDict):
    """A step in the life of a form."""

    at: str
    by: Person
    reason: str
    state: str


class Watch(TypedDict):
    """A safety rule that the page itself judges."""

    instruction: str
    level: str
    notify: list[str]
    rule: str
    when: list[Any]


class FormPage(TypedDict):
    """A form with its answers."""

    answered: int
    asked: int
    blocked: str
    code: str
    editable: bool
    form: str
    groups: list[GroupLine]
    instructions: str
    items: list[ItemLine]
    label: str
    log: bool
    may_query: bool
    missing_reasons: list[Choice]
    moves: list[str]
    participant: str
    problems: list[str]
    queries: list[QueryLine]
    reason_needed: bool
    repeat: int
    saved_at: str | None
    scores: list[ScoreLine]
    signatures: list[SignatureLine]
    site: str
    state: str
    states: list[StateLine]
    time_zone: str
    transcribed: str
    version: int
    visit: str
    visit_label: str
    visit_repeat: int
    watches: list[Watch]


class VersionLine(TypedDict):
    """One version of an answer, newest first in `reads.item_history`."""

    answer: str
    at: str
    by: Person
    missing_reason: str
    origin: str
    reason: str
    seq: int
    shown_answer: str


class Kept(TypedDict):
    """An answer that is stored, with its version from now on."""

    item: str
    row: int
    seq: int


class Conflict(TypedDict):
    """An answer that somebody else changed meanwhile: nothing was overwritten, a person decides."""

    by: str
    item: str
    row: int
    seq: int
    theirs: str
    theirs_missing: str
    yours: str
    yours_missing: str


class Finding(TypedDict):
    """Something about an answer: an error keeps it from being stored, a warning asks a person to look."""

    check: str
    hint: str
    item: str
    kind: str
    message: str
    row: int
    severity: str


class Instruction(TypedDict):
    """What to do now because of an answer: shown whatever else happened."""

    certain: bool
    instruction: str
    level: str
    notify: list[str]
    rule: str
    stored: bool
    within_minutes: int


class Problem(TypedDict):
    """One finding: what is wrong, where, and what to do."""

    column: int
    hint: str
    line: int
    message: str
    path: str
    severity: str
    source: str


class Saved(TypedDict):
    """What came of a save."""

    answered: int
    asked: int
    conflicts: list[Conflict]
    doubts: list[Finding]
    gaps: list[Finding]
    instructions: list[Instruction]
    kept: list[Kept]
    problem: Problem | None
    refused: list[Finding]
    scores: dict[str, float | None]
    skipped: list[list[Any]]
    state: str


class Completed(TypedDict):
    """What came of declaring a form complete."""

    done: bool
    doubts: list[Finding]
    gaps: list[Finding]
    instructions: list[Instruction]
    problem: Problem | None
