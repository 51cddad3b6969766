"""Recall: questions that look back over days must not look back across the dose without a word."""

from collections.abc import Iterator

from equipoise.errors import Problem
from equipoise.protocol.rules.calendar import Calendar
from equipoise.protocol.rules.draft import Draft, listed


def recall(draft: Draft) -> Iterator[Problem]:
    """Yield each form that asks about days on both sides of a dose."""
    calendar = Calendar(draft)
    doses = [moment for visit in calendar.doses if (moment := calendar.moment(visit)) is not None]
    for form in draft.forms.values():
        if not form.recall_days:
            continue
        across = []
        for name in draft.collected.get(form.id, ()):
            moment = calendar.moment(draft.visits[name])
            days = [moment[1] - day for line, day in doses if moment is not None and line == moment[0]]
            since = min((day for day in days if day > 0), default=None)
            if since is not None and since < form.recall_days:
                across.append((name, since))
        if across:
            yield _warning(draft, form.id, recall_days=form.recall_days, across=across)


def _warning(draft: Draft, form: str, *, recall_days: int, across: list[tuple[str, int]]) -> Problem:
    first = draft.visits[across[0][0]]
    place = first.forms.index(form) if form in first.forms else 0
    where = listed(f"{visit} ({since} day{'s' if since > 1 else ''} after it)" for visit, since in across)
    message = f"{form} asks about the last {recall_days} days and so reaches back across the dose at {where}"
    hint = "ask for the time since the dose, use a shorter recall, or read the value with that in mind"
    return draft.warning(("visits", draft.visit_place[first.id], "forms", place), message, hint)
