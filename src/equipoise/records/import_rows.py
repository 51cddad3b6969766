"""The rows of another system's CSV, understood: who, when and what, with every contradiction between rows.

Holds what needs more than one cell: constants of a participant, repeated rows, totals against changes.
Refuses to choose between two rows that disagree.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from equipoise.errors import Problem
from equipoise.protocol import Resolved
from equipoise.records.cells import is_date
from equipoise.records.import_cells import Answer, Reading, nearest, read_column, read_number, shown
from equipoise.records.import_targets import Plan, Target

Cells: TypeAlias = list[str | None]
"""One cell a row, None where missing."""
Answers: TypeAlias = dict[tuple[str, str], list[Answer | None]]
"""(column, target's name) to one answer a row, None where missing or wrong."""
CHANGE = "_change"
"""How the id of an item ends that holds the change of the score of the form named before it."""
ROUNDING = 1e-6
"""Differences below this many points are rounding of the file, which may hold few digits."""


@dataclass(frozen=True, slots=True)
class Visited:
    """One row's visit; day from the visit's anchor."""

    participant: str
    visit: str
    date: str | None
    day: int | None


@dataclass(frozen=True, slots=True)
class Rows:
    """What the file says once nothing is wrong with it.

    participants   ids in the order of their first row
    arms           participant to arm id, None where no row has one; None when the file holds no arms
    sites          participant to site
    values         participant, visit, target and answer
    """

    participants: tuple[str, ...]
    arms: Mapping[str, str | None] | None
    sites: Mapping[str, str | None]
    visits: tuple[Visited, ...]
    values: tuple[tuple[str, str, Target, Answer], ...]


def rows_of(reading: Reading, plan: Plan, resolved: Resolved) -> tuple[Rows, list[Problem]]:
    """Return what the rows say, and everything wrong with them."""
    problems: list[Problem] = []
    participants = _participants(reading, plan, problems)
    visits = _visits(reading, plan, resolved, problems)
    answers: Answers = {}
    for target in (*plan.values, *plan.baseline):
        answers[target.column, target.name], found = read_column(reading, target)
        problems += found
    problems += _repeated(reading, plan, participants)
    problems += _miscalculated(reading, plan, answers)
    rows = Rows(
        participants=tuple(dict.fromkeys(one for one in participants if one is not None)),
        arms=_arms(reading, plan, resolved, participants, problems),
        sites=_sites(reading, plan, participants, problems),
        visits=_visited(reading, plan, participants, visits, problems),
        values=_values(reading, plan, participants, visits, answers, problems),
    )
    return rows, problems


def _participants(reading: Reading, plan: Plan, problems: list[Problem]) -> Cells:
    column = plan.map.participant
    found = reading.cells[column]
    problems += [
        reading.problem(row, column, "the participant is missing", "every row needs a participant's id")
        for row, one in enumerate(found)
        if one is None
    ]
    return found


def _visits(reading: Reading, plan: Plan, resolved: Resolved, problems: list[Problem]) -> Cells:
    """Return the visit id of every row, None where it is missing, unknown, or no column says it."""
    column = plan.map.visit
    if column is None:
        return [None] * len(reading.sheet.rows)
    meant = plan.visits or {visit.id: visit.id for visit in resolved.protocol.visits}
    problems += [
        reading.problem(row, column, "the visit is missing", "every row needs its visit")
        for row, cell in enumerate(reading.cells[column])
        if cell is None
    ]
    problems += _unknown(reading, column, meant, "visit")
    return [meant.get(cell) if cell is not None else None for cell in reading.cells[column]]


def _unknown(reading: Reading, column: str, meant: Mapping[str, str], what: str) -> Iterator[Problem]:
    for row, cell in enumerate(reading.cells[column]):
        if cell is not None and cell not in meant:
            message = f"`{shown(cell)}` is no {what} that the protocol's `import:` section knows"
            yield reading.problem(row, column, message, nearest(cell, meant))


def _arms(
    reading: Reading, plan: Plan, resolved: Resolved, participants: Cells, problems: list[Problem]
) -> dict[str, str | None] | None:
    column = plan.map.arm
    if column is None:
        return None
    meant = plan.map.arms or {arm.id: arm.id for arm in resolved.protocol.arms}
    problems += _unknown(reading, column, meant, "arm")
    found, differing = _constant(reading, column, participants, reading.cells[column])
    problems += differing
    for one in [one for one, cell in found.items() if cell is None]:
        message = f"no row of {one} has an arm; counted as not randomized"
        problems.append(
            reading.warning(participants.index(one), column, message, "complete it if that is wrong")
        )
    return {one: meant.get(str(cell)) for one, cell in found.items()}


def _sites(
    reading: Reading, plan: Plan, participants: Cells, problems: list[Problem]
) -> dict[str, str | None]:
    if plan.map.site is None:
        return {}
    found, differing = _constant(reading, plan.map.site, participants, reading.cells[plan.map.site])
    problems += differing
    return {one: None if cell is None else str(cell) for one, cell in found.items()}


def _constant(
    reading: Reading, column: str, participants: Cells, answers: Sequence[Answer | None]
) -> tuple[dict[str, Answer | None], list[Problem]]:
    """Return what a column says of each participant, and the rows that disagree with an earlier one."""
    known: dict[str, int] = {}
    found: dict[str, Answer | None] = {}
    problems = []
    for row, (one, answer) in enumerate(zip(participants, answers, strict=True)):
        if one is None:
            continue
        found.setdefault(one, None)
        if answer is not None and one not in known:
            known[one], found[one] = row, answer
        elif answer is not None and answer != found[one]:
            first = f"`{plain(found[one])}` in row {reading.sheet.numbers[known[one]]}"
            message = f"`{plain(answer)}` differs from {first}, of the same participant"
            problems.append(reading.problem(row, column, message, "give every row the same"))
    for row, one in enumerate(participants):
        if one in known and reading.cells[column][row] is None:
            message = f"missing here, `{plain(found[one])}` in row {reading.sheet.numbers[known[one]]}"
            problems.append(reading.warning(row, column, message, "complete it"))
    return found, problems


def plain(answer: Answer | None) -> str:
    """Return an answer as a person would write it."""
    return f"{answer:g}" if isinstance(answer, float) else shown(str(answer))


def _repeated(reading: Reading, plan: Plan, participants: Cells) -> Iterator[Problem]:
    """Yield every row with the participant and visit of an earlier one, and how the two differ."""
    column = plan.map.visit or plan.map.participant
    first: dict[tuple[str, str], int] = {}
    rows = reading.sheet.rows
    for row, (one, visit) in enumerate(zip(participants, reading.cells[column], strict=True)):
        if one is None or visit is None:
            continue
        earlier = first.setdefault((one, visit), row)
        if earlier == row:
            continue
        number = reading.sheet.numbers[earlier]
        differ = [
            f"{name} `{shown(there)}` and `{shown(here)}`"
            for name, there, here in zip(reading.sheet.header, rows[earlier], rows[row], strict=True)
            if there != here
        ]
        what = "participant and visit" if plan.map.visit else "participant"
        if differ:
            message = f"the same {what} as in row {number}, but other values: {', '.join(differ)}"
            yield reading.problem(row, column, message, "find out which row is right and remove the other")
        else:
            yield reading.problem(
                row, column, f"the row repeats row {number} exactly", "remove one of the two"
            )


def _miscalculated(reading: Reading, plan: Plan, answers: Answers) -> Iterator[Problem]:
    """Yield every change that is not the row's total minus the baseline."""
    for change in plan.values:
        stem = change.id.removesuffix(CHANGE)
        totals = [one for one in plan.values if one.form == stem and one is not change]
        pairs = [(total, start) for total in totals for start in plan.baseline if _same(total, start)]
        if stem == change.id or change.kind != "number" or len(pairs) != 1:
            continue
        total, start = pairs[0]
        columns = [answers[one.column, one.name] for one in (change, total, start)]
        for row, (moved, end, begin) in enumerate(zip(*columns, strict=True)):
            if not (isinstance(moved, float) and isinstance(end, float) and isinstance(begin, float)):
                continue
            if abs(end - begin - moved) > ROUNDING:
                message = f"{moved:g} is not {total.column} minus {start.column}, {end:g} - {begin:g}"
                yield reading.problem(row, change.column, message, "find out which of the three is wrong")


def _same(one: Target, other: Target) -> bool:
    return (one.form, one.id) == (other.form, other.id)


def _visited(
    reading: Reading, plan: Plan, participants: Cells, visits: Cells, problems: list[Problem]
) -> tuple[Visited, ...]:
    nothing: Cells = [None] * len(participants)
    dates = reading.cells[plan.map.date] if plan.map.date else nothing
    days = reading.cells[plan.map.day] if plan.map.day else nothing
    for row, date in enumerate(dates):
        if date is not None and plan.map.date and not is_date(date):
            message = f"`{shown(date)}` is no date"
            problems.append(reading.problem(row, plan.map.date, message, "write dates like 2022-03-05"))
    numbers = [None if day is None else read_number(day, commas=reading.commas) for day in days]
    for row, (day, number) in enumerate(zip(days, numbers, strict=True)):
        if day is not None and plan.map.day and (number is None or not number.is_integer()):
            message = f"`{shown(day)}` is no whole number of days"
            problems.append(reading.problem(row, plan.map.day, message, "count days from the anchor"))
    return tuple(
        Visited(one, visit, date, None if number is None else int(number))
        for one, visit, date, number in zip(participants, visits, dates, numbers, strict=True)
        if one is not None and visit is not None
    )


def _values(
    reading: Reading,
    plan: Plan,
    participants: Cells,
    visits: Cells,
    answers: Answers,
    problems: list[Problem],
) -> tuple[tuple[str, str, Target, Answer], ...]:
    """Return every answer once: the baseline's, then those of the rows in the file's order."""
    found: dict[tuple[str, str, str, str], tuple[str, str, Target, Answer]] = {}
    for target in plan.baseline:
        said_of, differing = _constant(
            reading, target.column, participants, answers[target.column, target.name]
        )
        problems += differing
        for participant, constant in said_of.items():
            if constant is not None and target.visit is not None:
                key = (participant, target.visit, target.form, target.id)
                found[key] = (participant, target.visit, target, constant)
    for row, (one, at) in enumerate(zip(participants, visits, strict=True)):
        for target in plan.values:
            visit, answer = target.visit or at, answers[target.column, target.name][row]
            if one is None or visit is None or answer is None:
                continue
            said = found.setdefault((one, visit, target.form, target.id), (one, visit, target, answer))
            if said[2] is not target and said[3] != answer:
                message = (
                    f"{plain(answer)} differs from {plain(said[3])}, which {said[2].column} says of {visit}"
                )
                problems.append(reading.problem(row, target.column, message, "find out which is right"))
    return tuple(found.values())
