"""Care: sessions and their clocks, medication to stop or avoid, further doses, adverse events asked for."""

from collections.abc import Iterator
from itertools import pairwise

from equipoise.errors import Problem
from equipoise.protocol.care import Session, Timed
from equipoise.protocol.rules.calendar import Calendar
from equipoise.protocol.rules.draft import Draft, nearest, shown
from equipoise.source import Path


def care(draft: Draft) -> Iterator[Problem]:
    """Yield what is wrong with sessions, medication rules and retreatment."""
    for place, session in enumerate(draft.protocol.sessions):
        yield from _session(draft, session, ("sessions", place))
    yield from _medication(draft)
    yield from _retreatment(draft)
    for place, interest in enumerate(draft.protocol.aesi):
        if not interest.terms:
            path: Path = ("aesi", place, "terms")
            yield draft.error(path, f"{interest.id} covers no term", "name at least one")


def _session(draft: Draft, session: Session, path: Path) -> Iterator[Problem]:
    if session.vitals is not None:
        yield from _timed(draft, session.vitals, (*path, "vitals"))
    for place, timed in enumerate(session.ratings):
        yield from _timed(draft, timed, (*path, "ratings", place))
    log = session.effects_log
    if log is not None and log in draft.form_place and log not in draft.protocol.logs:
        message = f"{log} is no log, so a session cannot add rows to it"
        yield draft.error((*path, "effects_log"), message, "list it in `logs`")


def _timed(draft: Draft, timed: Timed, path: Path) -> Iterator[Problem]:
    if not timed.minutes:
        yield draft.error((*path, "minutes"), f"{timed.form} has no times", "list minutes from the dose")
    for place, (before, after) in enumerate(pairwise(timed.minutes), start=1):
        if after <= before:
            message = f"{after} minutes does not come after {before}"
            yield draft.error((*path, "minutes", place), message, "list rising minutes, each once")


def _medication(draft: Draft) -> Iterator[Problem]:
    classes = _classes(draft)
    for section in ("washouts", "prohibited"):
        for place, rule in enumerate(getattr(draft.protocol, section)):
            path: Path = (section, place)
            if not classes:
                message = "no form records the class of a medication, so nobody can see this rule broken"
                yield draft.error((*path, "medication_class"), message, "add the standard form medications")
            elif rule.medication_class not in classes:
                message = f"{shown(rule.medication_class)} is no class of the medications log"
                yield draft.error(
                    (*path, "medication_class"), message, nearest(rule.medication_class, classes)
                )
    for place, washout in enumerate(draft.protocol.washouts):
        if washout.days is None and washout.half_lives is None:
            message = f"nothing says how long the washout {washout.id} lasts"
            yield draft.warning(("washouts", place), message, "give `days` or `half_lives`")


def _classes(draft: Draft) -> tuple[str, ...]:
    """Return the codes of every item `medication_class` that somebody fills."""
    found: dict[str, None] = {}
    for form in draft.forms.values():
        if form.id in draft.is_filled:
            for item in form.all_items():
                if item.id == "medication_class":
                    found.update(dict.fromkeys(item.codes or {}))
    return tuple(found)


def _retreatment(draft: Draft) -> Iterator[Problem]:
    calendar = Calendar(draft)
    moments = [calendar.moment(visit) for visit in draft.protocol.visits]
    last = max((moment[1] for moment in moments if moment is not None), default=None)
    for place, dose in enumerate(draft.protocol.retreatment):
        path: Path = ("retreatment", place)
        if dose.latest_day is not None and dose.latest_day < dose.earliest_day:
            message = f"the last day {dose.latest_day} comes before the first, {dose.earliest_day}"
            yield draft.error((*path, "latest_day"), message, "swap the two")
        latest = dose.latest_day or dose.earliest_day
        if last is not None and latest > last:
            message = f"a dose on day {latest} is followed by no visit; the last is on day {last}"
            yield draft.warning((*path, "latest_day"), message, "add a visit after it, or end earlier")
        if dose.rule is None and dose.assignment == "original":
            message = f"{dose.id} repeats a blinded dose without a rule that everybody follows alike"
            yield draft.warning(path, message, "give `rule`")
