"""Trainings the protocol asks of a role, and whether somebody has them on a day.

Holds the rule only. Which trainings there are the caller says, who knows the protocol.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Training:
    """A training the protocol in force names.

    roles          roles that nobody holds without it
    valid_months   how long it counts; None for good
    """

    id: str
    label: str
    roles: frozenset[str]
    valid_months: int | None = None

    def expires_on(self, completed_on: date) -> date | None:
        """Return the first day on which it no longer counts; None when it counts for good."""
        if self.valid_months is None:
            return None
        years, month = divmod(completed_on.month - 1 + self.valid_months, MONTHS_A_YEAR)
        year = completed_on.year + years
        return date(year, month + 1, min(completed_on.day, monthrange(year, month + 1)[1]))

    def counts(self, completed_on: date, *, on: date) -> bool:
        """Whether it counts on a day."""
        expires_on = self.expires_on(completed_on)
        return completed_on <= on and (expires_on is None or on < expires_on)


def lacking(
    role: str, *, trainings: Iterable[Training], completed: Mapping[str, Iterable[date]], on: date
) -> tuple[Training, ...]:
    """Return the trainings a role needs that somebody has not, or no longer, on a day.

    completed   training to the days on which the person completed it
    """
    return tuple(
        one
        for one in trainings
        if role in one.roles and not any(one.counts(day, on=on) for day in completed.get(one.id, ()))
    )
