"""Stored answers: reading the current ones of forms, and writing new versions.

Holds the way between rows and `protocol.answer.Answer`. Refuses to judge answers.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db import connections

from equipoise.conduct.audit.services import Act
from equipoise.conduct.capture.models import STUDY, Entry
from equipoise.conduct.capture.moves import COMPLETE, IN_PROGRESS
from equipoise.conduct.consent import reads as consents
from equipoise.conduct.stores import statements
from equipoise.protocol.answer import Answer
from equipoise.protocol.filling import Place

DERIVED = "derived"
COLUMNS = ("number", "text", "code", "date", "unit", "missing_reason")
_cells = attrgetter(*COLUMNS)
_CURRENT = (
    "SELECT c.form_id, c.item, c.row, e.seq, c.entry_id, e.origin, e.act, "  # noqa: S608
    + ", ".join(f"e.{name}" for name in COLUMNS)
    + " FROM entry_current c JOIN entry e ON e.id = c.entry_id"
)
_MAKE_CURRENT = """
INSERT INTO entry_current (form_id, item, row, entry_id)
SELECT form_id, item, row, id FROM entry WHERE form_id = %s AND id >= %s
ON CONFLICT (form_id, item, row) DO UPDATE SET entry_id = excluded.entry_id
"""
# Names are those of this program's own tables; every value is a parameter.
_REVISION = f"""
SELECT (SELECT max(entry_id) FROM entry_current WHERE form_id = %s),
       (SELECT max(seq) FROM form_state WHERE form_id = %s),
       (SELECT max(id) FROM data_lock WHERE target IN (%s, %s)),
       (SELECT max(seq) FROM {consents.WITHDRAWALS} WHERE participant = %s),
       (SELECT state FROM form_state WHERE form_id = %s ORDER BY seq DESC LIMIT 1),
       EXISTS (SELECT 1 FROM form_state WHERE form_id = %s AND state = %s)
"""  # noqa: S608
_HOLD = (
    "SELECT pg_advisory_xact_lock_shared(hashtextextended('study', 0)), "
    "pg_advisory_xact_lock(hashtextextended(%s, 0))"
)
_HOLD_STUDY = "SELECT pg_advisory_xact_lock(hashtextextended('study', 0))"


@dataclass(frozen=True, slots=True)
class Stored:
    """The current version of an answer. `entry` is the row's number, `act` the act that wrote it."""

    answer: Answer
    seq: int
    entry: int
    origin: str
    act: str


def current(form: int) -> dict[Place, Stored]:
    """Return every current answer of a form, scores included, by (item, row)."""
    return currents([form]).get(form, {})


def currents(forms: Collection[int]) -> dict[int, dict[Place, Stored]]:
    """Return the current answers of several forms in one query, by form and place."""
    if not forms:
        return {}
    marks = ", ".join(["%s"] * len(forms))
    # Names are this module's own; every value is a parameter.
    rows = statements.rows("default", f"{_CURRENT} WHERE c.form_id IN ({marks})", [*forms])
    found: dict[int, dict[Place, Stored]] = {}
    for form, item, row, seq, entry, origin, act, *answer in rows:
        found.setdefault(form, {})[item, row] = Stored(Answer(*answer), seq, entry, origin, act)
    return found


def answered(stored: dict[Place, Stored]) -> dict[Place, Answer]:
    """Return the answers people gave: without scores."""
    return {place: one.answer for place, one in stored.items() if one.origin != DERIVED}


@dataclass(frozen=True, slots=True)
class Revision:
    """How far a form has come: whoever read it and finds another one before writing must read again.

    entry, state, lock, withdrawal   numbers of the newest of each; 0 for none
    in_state             the state it is in
    ever_complete        whether it was complete before
    """

    entry: int
    state: int
    lock: int
    withdrawal: int
    in_state: str
    ever_complete: bool


def revision(form: int, participant: str) -> Revision:
    """Return a form's revision in one statement."""
    return _revision(statements.rows("default", *_asked(form, participant)))


def hold(alias: str, participant: str) -> None:
    """On PostgreSQL hold a participant's data alone, and the study's lock shared, until the act ends.

    On SQLite the one writer holds everything.
    """
    statements.together(alias, *_holding(alias, participant))


def held_revision(alias: str, form: int, participant: str) -> Revision:
    """Hold a participant's data as `hold` does, and return a form's revision as it then is, in one trip."""
    return _revision(statements.together(alias, *_holding(alias, participant), _asked(form, participant)))


def _asked(form: int, participant: str) -> statements.Statement:
    return _REVISION, [form, form, participant, STUDY, participant, form, form, COMPLETE]


def _revision(found: list[tuple[Any, ...]]) -> Revision:
    entry, state, lock, withdrawal, in_state, complete = found[0]
    numbers = (entry or 0, state or 0, lock or 0, withdrawal or 0)
    return Revision(*numbers, in_state or IN_PROGRESS, bool(complete))


def _holding(alias: str, participant: str) -> list[statements.Statement]:
    if connections[alias].vendor != "postgresql":
        return []
    return [(_HOLD, [f"participant {participant}"])]


def hold_study(alias: str) -> None:
    """On PostgreSQL hold the study alone until the act ends: nobody saves meanwhile."""
    if connections[alias].vendor == "postgresql":
        statements.together(alias, (_HOLD_STUDY, ()))


def write(
    one: Act,
    form: int,
    versions: Mapping[Place, tuple[Answer, int]],
    *,
    collected_at: str,
    origin: str = "staff",
    reason: str = "",
) -> Sequence[int]:
    """Write new versions of a form's answers within an act, make them the current ones, return their numbers.

    versions   place to the answer and its version
    """
    if not versions:
        return ()
    items, rows = zip(*versions, strict=True)
    given, seqs = zip(*versions.values(), strict=True)
    own = dict(zip(COLUMNS, zip(*map(_cells, given), strict=True), strict=True))
    shared = {"form_id": form, "origin": origin, "reason": reason, "collected_at": collected_at}
    numbers = one.add_columns(Entry, {**own, "item": items, "row": rows, "seq": seqs}, shared)
    statements.together(one.alias, (_MAKE_CURRENT, [form, numbers[0]]))
    return numbers
