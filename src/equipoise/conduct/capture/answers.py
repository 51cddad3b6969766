"""Stored answers: reading the current ones of forms, and writing new versions.

Holds the way between rows and `protocol.answer.Answer`. Refuses to judge answers.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from django.db import connections

from equipoise.conduct.audit.services import Act
from equipoise.conduct.capture.models import Entry, EntryCurrent, FormState, Lock
from equipoise.protocol.answer import Answer
from equipoise.protocol.filling import Place

DERIVED = "derived"
COLUMNS = ("number", "text", "code", "date", "unit", "missing_reason")
_cells = attrgetter(*COLUMNS)


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
    columns = ["form_id", "item", "row", "entry__seq", "entry_id", "entry__origin", "entry__act"]
    rows = EntryCurrent.objects.filter(form__in=forms).values_list(
        *columns, *(f"entry__{name}" for name in COLUMNS)
    )
    found: dict[int, dict[Place, Stored]] = {}
    for form, item, row, seq, entry, origin, act, *answer in rows:
        found.setdefault(form, {})[item, row] = Stored(Answer(*answer), seq, entry, origin, act)
    return found


def answered(stored: dict[Place, Stored]) -> dict[Place, Answer]:
    """Return the answers people gave: without scores."""
    return {place: one.answer for place, one in stored.items() if one.origin != DERIVED}


@dataclass(frozen=True, slots=True)
class Revision:
    """How far a form has come: whoever read it and finds another one before writing must read again."""

    entry: int
    state: int
    lock: int


def revision(form: int, participant: str, *, alias: str = "default") -> Revision:
    """Return a form's revision in one statement."""
    entries, states, locks = (one._meta.db_table for one in (EntryCurrent, FormState, Lock))
    # Table names are this module's own models; every value is a parameter.
    statement = (
        f"SELECT (SELECT max(entry_id) FROM {entries} WHERE form_id = %s), "  # noqa: S608
        f"(SELECT max(seq) FROM {states} WHERE form_id = %s), "
        f"(SELECT max(id) FROM {locks} WHERE target IN (%s, 'study'))"
    )
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, [form, form, participant])
        found = cursor.fetchone()
    return Revision(*(number or 0 for number in found))


def hold(alias: str, participant: str) -> None:
    """On PostgreSQL hold a participant's data alone, and the study's lock shared, until the act ends.

    On SQLite the one writer holds everything.
    """
    _hold(
        alias,
        "pg_advisory_xact_lock_shared(hashtextextended('study', 0)), "
        "pg_advisory_xact_lock(hashtextextended(%s, 0))",
        [f"participant {participant}"],
    )


def hold_study(alias: str) -> None:
    """On PostgreSQL hold the study alone until the act ends: nobody saves meanwhile."""
    _hold(alias, "pg_advisory_xact_lock(hashtextextended('study', 0))", [])


def _hold(alias: str, locks: str, values: list[str]) -> None:
    if connections[alias].vendor == "postgresql":
        with connections[alias].cursor() as cursor:
            cursor.execute(f"SELECT {locks}", values)


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
    current_table, entries = EntryCurrent._meta.db_table, Entry._meta.db_table
    statement = (
        f"INSERT INTO {current_table} (form_id, item, row, entry_id) "  # noqa: S608
        f"SELECT form_id, item, row, id FROM {entries} WHERE form_id = %s AND id >= %s "
        "ON CONFLICT (form_id, item, row) DO UPDATE SET entry_id = excluded.entry_id"
    )
    with connections[one.alias].cursor() as cursor:
        cursor.execute(statement, [form, numbers[0]])
    return numbers
