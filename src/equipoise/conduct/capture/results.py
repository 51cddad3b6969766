"""What services of capture take and give back, as frozen values.

Holds shapes only. A refusal that a person must read is a value here; what nobody may do is an exception.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from equipoise.errors import Problem
from equipoise.protocol.answer import Finding


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as a browser sends it.

    item, row       the place; row 0 outside repeating groups
    text            as typed; empty with no missing_reason takes an answer back
    missing_reason  a key of `protocol.answer.MISSING_REASONS`, in the place of an answer
    seen            version of the answer that the page showed; 0 for none
    language        in which numbers and days were written
    """

    item: str
    row: int = 0
    text: str = ""
    missing_reason: str = ""
    seen: int = 0
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that is stored, with its version from now on."""

    item: str
    row: int
    seq: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """An answer that somebody else changed meanwhile: nothing was overwritten, a person decides.

    theirs, theirs_missing   what is stored, as typed; yours, yours_missing what was sent
    seq                      version of what is stored: send it as `seen` to replace it
    by                       name of who stored it
    """

    item: str
    row: int
    theirs: str
    theirs_missing: str
    yours: str
    yours_missing: str
    seq: int
    by: str


@dataclass(frozen=True, slots=True)
class Instruction:
    """What to do now because of an answer: shown whatever else happened.

    level    urgent, same_day, routine
    certain  False where the rule could not be decided and a person must look
    notify   names of the roles that must be told
    stored   whether the alert is stored; where False, tell them yourself
    """

    rule: str
    level: str
    instruction: str
    notify: tuple[str, ...]
    within_minutes: int
    certain: bool
    stored: bool


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of a save.

    kept          answers that are stored now, those that were stored already included
    refused       answers that were not stored, and why; nothing typed is lost, the page keeps it
    conflicts     answers that somebody else changed meanwhile
    doubts        what a person should look at in the form as it is now
    gaps          required answers still missing
    skipped       (item, row) that are not asked, as the answers stand
    scores        score to value, None while it cannot be known; hidden ones left out
    instructions  what to do now: show these first
    problem       why nothing at all was stored; None when something could be
    state         state of the form now
    answered, asked   how far the form is
    """

    kept: tuple[Kept, ...] = ()
    refused: tuple[Finding, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    doubts: tuple[Finding, ...] = ()
    gaps: tuple[Finding, ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()
    scores: Mapping[str, float | None] = field(default_factory=dict)
    instructions: tuple[Instruction, ...] = ()
    problem: Problem | None = None
    state: str = "in_progress"
    answered: int = 0
    asked: int = 0

    @property
    def done(self) -> bool:
        """Whether everything that was sent is stored."""
        return self.problem is None and not self.refused and not self.conflicts


@dataclass(frozen=True, slots=True)
class Completed:
    """What came of declaring a form complete.

    done      whether it is complete now
    gaps      required answers that keep it from being complete
    doubts    what became automatic queries
    """

    done: bool
    gaps: tuple[Finding, ...] = ()
    doubts: tuple[Finding, ...] = ()
    instructions: tuple[Instruction, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to send: that an alert waits, where, and until when; nothing of what was answered.

    person, email   whom; both empty where nobody holds a role that must know
    attempt         1 for the first
    due_at          in the site's time
    """

    alert: str
    person: str
    email: str
    attempt: int
    site_name: str
    due_at: datetime
