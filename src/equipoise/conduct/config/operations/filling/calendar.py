"""The simulated calendar moved so that the trial is under way now.

Holds the shift in whole days and what it does to text. Refuses to read a clock.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

DAYS_SINCE = 12
"""So many days ago the last participant's primary visit was: everybody has it, most are still followed."""
MORNING_HOURS = 17
"""Visits begin at this hour UTC, as simulated ones do: nine or ten in the morning at the site."""
WHOLE_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days to add to every simulated date; `today` is the day before which everything has happened."""

    shift: timedelta
    today: date

    def day(self, simulated: str) -> date:
        """Return a simulated date (ISO) as it is told."""
        return date.fromisoformat(simulated[:10]) + self.shift

    def instant(self, simulated: str) -> datetime:
        """Return a simulated instant (ISO), or the morning of a date, as it is told."""
        if "T" in simulated:
            return datetime.fromisoformat(simulated) + self.shift
        return datetime.combine(self.day(simulated), datetime.min.time(), UTC) + timedelta(
            hours=MORNING_HOURS
        )

    def text(self, simulated: str) -> str:
        """Return the text of a date or instant moved; times of day and partial dates as they are."""
        if not WHOLE_DATE.match(simulated):
            return simulated
        return self.day(simulated).isoformat() + simulated[10:]

    def over(self, simulated: str) -> bool:
        """Whether a simulated date has passed."""
        return self.day(simulated) < self.today


def calendar(last_primary: str, *, at: datetime) -> Calendar:
    """Return the calendar under which the last primary visit was some days before an instant."""
    shift = at.astimezone(UTC).date() - timedelta(days=DAYS_SINCE) - date.fromisoformat(last_primary[:10])
    return Calendar(shift, at.astimezone(UTC).date())
