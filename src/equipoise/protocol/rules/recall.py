"""Recall: questions that look back over days must not look back across the dose without a word."""

import bisect
from collections import defaultdict
from collections.abc import Iterator

from equipoise.errors import Problem
from equipoise.protocol.rules.calendar import Calendar
from equipoise.protocol.rules.draft import Draft, listed


def recall(draft: Draft) -> Iterator[Problem]:
    """Yield each form that asks about days on both sides of a dose."""
    calendar = Calendar(draft)
    doses: defaultdict[str, list[int]] = defaultdict(list)
    for visit in calendar.doses:
        moment = calendar.moment(visit)
        if moment is not None:
            bisect.insort(doses[moment[0]], moment[1])
    for form in draft.forms.values():
        if not form.recall_days:
            continue
        across = []
        for name in draft.collected.get(form.id, ()):
            moment = calendar.moment(draft.visits[name])
            if moment is None:
                continue
            line = doses[moment[0]]
            earlier = bisect.bisect_left(line, moment[1])
            if earlier and moment[1] - line[earlier - 1] < form.recall_days:
                across.append((name, moment[1] - line[earlier - 1]))
        if across:
            yield _warning(draft, form.id, recall_days=form.recall_days, across=across)


def _warning(draft: Draft, form: str, *, recall_days: int, across: list[tuple[str, int]]) -> Problem:
    first = draft.visits[across[0][0]]
    place = first.forms.index(form) if form in first.forms else 0
    where = listed(f"{visit} ({since} day{'s' if since > 1 else ''} after it)" for visit, since in across)
    message = f"{form} asks about the last {recall_days} days and so reaches back across the dose at {where}"
    hint = "ask for the time since the dose, use a shorter recall, or read the value with that in mind"
    return draft.warning(("visits", draft.visit_place[first.id], "forms", place), message, hint)
