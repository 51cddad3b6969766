"""The schedule: anchors, days, windows and the baseline."""

from collections import defaultdict
from collections.abc import Iterator

from equipoise.errors import Problem
from equipoise.protocol.rules.calendar import Calendar
from equipoise.protocol.rules.draft import Draft, listed
from equipoise.protocol.schedule import Visit
from equipoise.source import Path

REPEATS_COMPARED = 100
"""Planned repeats of one visit whose windows are compared with other visits'."""


def schedule(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with anchors, days and windows."""
    calendar = Calendar(draft)
    yield from _anchors(draft, calendar)
    for place, visit in enumerate(draft.protocol.visits):
        path = ("visits", place)
        yield from _day(draft, visit, path)
        yield from _window(draft, visit, path)
        yield from _repeats(draft, visit, path)
    yield from _overlaps(draft)
    yield from _epoch_order(draft, calendar)
    yield from _baseline(draft, calendar)
    yield from _unused(draft)


def _anchors(draft: Draft, calendar: Calendar) -> Iterator[Problem]:
    for circle in calendar.circles:
        message = f"the anchors {listed(circle)} are counted from each other"
        hint = "count one of their visits from another anchor"
        yield draft.error(("anchors", circle[0]), message, hint, key=True)
    for name, anchor in draft.anchors.items():
        path: Path = ("anchors", name)
        if (anchor.visit is None) == (anchor.event is None):
            yield draft.error(
                path, "an anchor is the date of one visit or of one event", "give `visit` or `event`"
            )
        visit = draft.visits.get(anchor.visit or "")
        if visit is not None and visit.anchor == name and visit.day != 0:
            message = f"{visit.id} is the anchor's own visit, so its day is 0"
            yield draft.error((*_path(draft, visit), "day"), message)
        if visit is not None and visit.unscheduled:
            message = f"{visit.id} may never take place, and days are counted from it"
            yield draft.warning((*path, "visit"), message)


def _path(draft: Draft, visit: Visit) -> Path:
    return ("visits", draft.visit_place[visit.id])


def _day(draft: Draft, visit: Visit, path: Path) -> Iterator[Problem]:
    if visit.unscheduled:
        if visit.day is not None:
            yield draft.error((*path, "day"), "an unscheduled visit has no planned day", "remove `day`")
        return
    if visit.day is None:
        hint = "give `day`, or mark the visit `unscheduled: true`"
        yield draft.warning(path, f"the day of {visit.id} is unknown, so it cannot be scheduled", hint)
    elif visit.anchor is None:
        yield draft.error((*path, "day"), "nothing says what this day is counted from", "give `anchor`")
    elif visit.day < 0 and not visit.planned_anchor:
        message = f"{visit.id} comes {-visit.day} days before its anchor, whose date is not known then"
        hint = "add `planned_anchor: true` to count from the planned date"
        yield draft.error((*path, "day"), message, hint)


def _window(draft: Draft, visit: Visit, path: Path) -> Iterator[Problem]:
    if visit.window_days is None:
        return
    earliest, latest = visit.window_days
    place = (*path, "window_days")
    if earliest > latest:
        yield draft.error(place, f"the window ends before it begins: [{earliest}, {latest}]", "swap the two")
    elif not earliest <= 0 <= latest:
        message = f"the window [{earliest}, {latest}] leaves out the target day itself"
        yield draft.error(place, message, "a window is a deviation from the day, e.g. [-3, 3]")
    if visit.unscheduled:
        yield draft.error(place, "an unscheduled visit has no window", "remove `window_days`")


def _repeats(draft: Draft, visit: Visit, path: Path) -> Iterator[Problem]:
    every = visit.repeats.every_days if visit.repeats else None
    if every is not None and visit.window_days is not None:
        earliest, latest = visit.window_days
        if latest - earliest >= every:
            message = f"a window of {latest - earliest + 1} days overlaps the next one, {every} days later"
            yield draft.error((*path, "window_days"), message, "narrow the window")
    if visit.repeats is not None and visit.day is not None and every is None:
        place = (*path, "repeats")
        yield draft.error(place, "nothing says when the planned repeats take place", "give `every_days`")


def _overlaps(draft: Draft) -> Iterator[Problem]:
    """Yield visits between which a day cannot decide: one anchor, one form, windows that overlap."""
    spans: defaultdict[tuple[str, str], list[tuple[int, int, Visit]]] = defaultdict(list)
    for visit in draft.protocol.visits:
        if visit.day is None or visit.anchor is None or visit.unscheduled or visit.offered:
            continue
        for first, last in _spans(visit):
            for form in dict.fromkeys(visit.forms):
                spans[visit.anchor, form].append((first, last, visit))
    told: set[tuple[str, str]] = set()
    for (_, form), found in spans.items():
        widest: tuple[int, int, Visit] | None = None
        for span in sorted(found, key=lambda one: one[:2]):
            if widest is not None and span[0] <= widest[1] and _collide(widest[2], span[2], told):
                yield _overlap(draft, widest[2], span[2], day=span[0], form=form)
            if widest is None or span[1] > widest[1]:
                widest = span


def _collide(visit: Visit, other: Visit, told: set[tuple[str, str]]) -> bool:
    """Say whether two visits are for the same people, the first time they are asked about."""
    share = visit.arms is None or other.arms is None or bool(set(visit.arms) & set(other.arms))
    if visit.id == other.id or not share or (visit.id, other.id) in told:
        return False
    told.add((visit.id, other.id))
    return True


def _overlap(draft: Draft, visit: Visit, other: Visit, *, day: int, form: str) -> Problem:
    message = f"the windows of {visit.id} and {other.id} overlap: both may fill {form} on day {day}"
    place = "window_days" if other.window_days else "day"
    return draft.error((*_path(draft, other), place), message, "narrow one of the windows")


def _spans(visit: Visit) -> Iterator[tuple[int, int]]:
    """Yield the first and last allowed day of each planned occurrence."""
    assert visit.day is not None  # noqa: S101 - the caller left out visits without a day
    earliest, latest = visit.window_days or (0, 0)
    every = visit.repeats.every_days if visit.repeats else None
    count = min((visit.repeats.maximum if visit.repeats else 1) or REPEATS_COMPARED, REPEATS_COMPARED)
    for number in range(count if every else 1):
        target = visit.day + number * (every or 0)
        yield target + min(earliest, latest), target + max(earliest, latest)


def _epoch_order(draft: Draft, calendar: Calendar) -> Iterator[Problem]:
    """Yield visits whose epoch comes earlier than that of a visit before them."""
    epochs = {epoch: place for place, epoch in enumerate(draft.protocol.epochs)}
    lines: defaultdict[str, list[tuple[int, int, Visit]]] = defaultdict(list)
    for visit in draft.protocol.visits:
        moment = calendar.moment(visit)
        if moment is not None and visit.epoch in epochs and visit.arms is None and not visit.offered:
            lines[moment[0]].append((moment[1], epochs[visit.epoch], visit))
    for line in lines.values():
        latest = None
        for _, place, visit in sorted(line, key=lambda one: one[:2]):
            if latest is not None and place < epochs[latest.epoch]:
                message = (
                    f"{visit.id} is in {visit.epoch}, yet follows {latest.id}, which is in {latest.epoch}"
                )
                yield draft.warning((*_path(draft, visit), "epoch"), message, "check the day and the epoch")
            else:
                latest = visit


def _baseline(draft: Draft, calendar: Calendar) -> Iterator[Problem]:
    marked = [visit for visit in draft.protocol.visits if visit.baseline]
    for extra in marked[1:]:
        message = f"{extra.id} is a second baseline visit; the first is {marked[0].id}"
        yield draft.error((*_path(draft, extra), "baseline"), message, "mark one visit only")
    for visit in marked:
        if calendar.follows_dose(visit):
            message = f"the baseline visit {visit.id} comes after the first dose"
            yield draft.error((*_path(draft, visit), "baseline"), message, "a baseline is measured before")
    rule = draft.protocol.baseline_rule
    if rule.method == "last_before_anchor" and rule.anchor is None:
        yield draft.error(("baseline_rule",), "nothing says before which anchor", "give `anchor`")
    if rule.method == "visit" and rule.anchor is not None:
        yield draft.error(("baseline_rule", "anchor"), "an anchor goes with method last_before_anchor only")


def _unused(draft: Draft) -> Iterator[Problem]:
    used = {visit.epoch for visit in draft.protocol.visits}
    used.update(epoch for arm in draft.protocol.arms for epoch in arm.elements)
    for place, epoch in enumerate(draft.protocol.epochs):
        if epoch not in used:
            yield draft.warning(("epochs", place), f"nothing takes place in the epoch {epoch}", "remove it")
    held = {visit.session for visit in draft.protocol.visits}
    for place, session in enumerate(draft.protocol.sessions):
        if session.id not in held:
            message = f"no visit holds the session {session.id}"
            yield draft.warning(("sessions", place, "id"), message, "name it at a visit, or remove it")
