"""Whether records fit the protocol: people, visits, forms, answers and the protocol's edit checks.

Holds the checks over whole tables; those of single answers are in `value_checks`, edit checks in
`edit_checks`. Refuses to change anything, and to stop at the first finding.
"""

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from equipoise.errors import Problem, Severity
from equipoise.protocol import Resolved
from equipoise.records import edit_checks, table_text, value_checks
from equipoise.records.dataset import Records
from equipoise.records.tables import DISPOSITIONS, LOG, TABLES

CSV = ".csv"


def check(records: Records, resolved: Resolved) -> list[Problem]:
    """Return everything in the records that does not fit the protocol, by table, row and column.

    Errors     what no rule of the protocol allows: unknown participants, visits, forms, items and codes,
               answers outside a scale's range, malformed dates, rows with one key
    Warnings   what a person should look at: implausible numbers, failed edit checks, forms nobody planned
    """
    problems = [
        problem
        for name, table in TABLES.items()
        for problem in table_text.write(records.table(name), table, name=name + CSV)[1]
    ]
    problems += _strangers(records)
    problems += _references(records, resolved)
    problems += _stages(records)
    problems += value_checks.check_values(records, resolved)
    problems += edit_checks.check_rules(records, resolved)
    if not any(problem.severity == "error" for problem in problems):
        problems += value_checks.check_totals(records, resolved)
    return problems


def _strangers(records: Records) -> Iterator[Problem]:
    known = set(records.participants["participant"])
    for name in TABLES:
        if name != "participants":
            yield from _unknown(records, name, "participant", known, "is not in participants.csv")


def _references(records: Records, resolved: Resolved) -> Iterator[Problem]:
    protocol = resolved.protocol
    visits = [visit.id for visit in protocol.visits]
    sessions = [session.id for session in protocol.sessions]
    events = [event.id for event in protocol.intercurrent_events]
    yield from _unknown(records, "visits", "visit", visits, "is no visit of the protocol")
    yield from _unknown(records, "values", "visit", [*visits, LOG], "is no visit of the protocol")
    yield from _unknown(records, "values", "form", resolved.forms, "is no form of the protocol")
    yield from _unknown(records, "sessions", "visit", visits, "is no visit of the protocol")
    yield from _unknown(records, "sessions", "session", sessions, "is no session of the protocol")
    said = "is no intercurrent event of the protocol"
    yield from _unknown(records, "intercurrent_events", "event", events, said)
    deviations = [rule.id for rule in protocol.deviations]
    said = "is no deviation the protocol lists"
    yield from _unknown(records, "deviations", "deviation", deviations, said, severity="warning")
    interests = [event.id for event in protocol.aesi]
    said = "is no event of special interest of the protocol"
    yield from _unknown(records, "adverse_events", "aesi", interests, said, severity="warning")


def _unknown(
    records: Records,
    table: str,
    column: str,
    known: Collection[str],
    said: str,
    *,
    severity: Severity = "error",
) -> Iterator[Problem]:
    cells: pd.Series[str] = records.table(table)[column]
    for row in np.flatnonzero(cells.notna() & ~cells.isin(list(known))):
        message = f"`{cells.iloc[row]}` {said}"
        yield Problem(message, "", column, table + CSV, int(row) + 2, severity=severity)


def _stages(records: Records) -> Iterator[Problem]:
    stages, states = (records.dispositions[name].tolist() for name in ("stage", "status"))
    for row, (stage, status) in enumerate(zip(stages, states, strict=True)):
        possible = DISPOSITIONS.get(stage, ())
        if possible and status not in possible:
            hint = f"one of {', '.join(possible)}"
            yield Problem(f"`{status}` cannot follow `{stage}`", hint, "status", "dispositions.csv", row + 2)
