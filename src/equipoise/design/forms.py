"""Every form of every visit filled, and the logs: the answers of a simulated trial.

Holds who fills which form when. Refuses to draw scores or to decide who is there: the batch has.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.design import answers, dosing_day, happening
from equipoise.design.belief import Beliefs, beliefs
from equipoise.design.dates import iso_dates, iso_instants, opening
from equipoise.design.departure import filled_at
from equipoise.design.dosing_day import Dosed
from equipoise.design.entries import Entries, Occasion
from equipoise.design.screening import failing
from equipoise.design.trial import Trial, event_dates, kit_given, ordinal, session_hours
from equipoise.protocol.care import Session
from equipoise.protocol.resolve import ResolvedForm
from equipoise.protocol.scenarios import Expectancy
from equipoise.records.tables import LOG

Whole = NDArray[np.int64]
Texts = NDArray[np.object_]

PARTICIPANT = "participant"
IN_SESSION = frozenset({"facilitator", "session_monitor"})
"""Roles that see what the participant feels, and whose belief shifts with it."""
MINUTES_PER_HOUR = 60
KEPT_APART = frozenset({"adverse_events", "medications", "deviations", "disposition"})
"""Standard forms whose rows stand in tables of their own."""


def entries_of(trial: Trial) -> Entries:
    """Fill every form: those of screening failures, then visit by visit, then the logs."""
    entries = Entries()
    _fill_failing(trial, entries)
    for place in range(len(trial.truth.timeline)):
        for order, form in enumerate(trial.truth.timeline.places[place].visit.forms):
            _fill_form(trial, entries, place, form, order=order)
        _fill_ratings(trial, entries, place)
    _fill_logs(trial, entries)
    return entries


def _fill_failing(trial: Trial, entries: Entries) -> None:
    roster, resolved = trial.roster, trial.truth.resolved
    if roster.failed.size == 0:
        return
    place = trial.truth.timeline.places[0]
    people = failing(trial.batch, roster)
    for form_id in place.visit.forms:
        form = resolved.forms[form_id]
        occasion = Occasion(
            roster.failed, place.visit.id, 1, form_id, opening(roster.dates), _evaluator(form)
        )
        if not _fill_signs(
            trial, entries, occasion, form, dosed=_undosed(place.key, roster.before), minutes=(0,)
        ):
            answers.fill(entries, occasion, form, by=people)


def _fill_form(trial: Trial, entries: Entries, place: int, form_id: str, *, order: int) -> None:
    truth, batch = trial.truth, trial.batch
    where, form = truth.timeline.places[place], truth.resolved.forms[form_id]
    rows = trial.present(place)
    filled = filled_at(truth.scenario, truth.timeline, form_id, place, batch.streams, truth.participants)[
        0, rows
    ]
    minutes = opening(trial.dates.visit[rows, place]) + order
    occasion = Occasion(
        trial.roster.randomized[rows], where.visit.id, where.repeat, form_id, minutes, _evaluator(form)
    )
    standard = truth.resolved.protocol.form(form_id).standard
    if standard == "dose_given" and place in trial.doses:
        _fill_dose(trial, entries, place, form)
        return
    if (~filled).any():
        entries.add_missing(occasion.of(~filled), [item.id for item in form.items if item.required])
    rows, occasion = rows[filled], occasion.of(filled)
    if standard == "session_attendance":
        _fill_attendance(trial, entries, occasion, place, rows)
    elif standard == "discharge":
        _fill_discharge(trial, entries, occasion, form, place)
    elif form.arms:
        answers.fill_guess(
            entries, occasion, form, by=trial.respondents(rows), beliefs=_beliefs(trial, form, rows)
        )
    elif not _fill_clock(trial, entries, occasion, form, place, rows):
        answers.fill(entries, occasion, form, by=trial.respondents(rows))


def _fill_clock(
    trial: Trial, entries: Entries, occasion: Occasion, form: ResolvedForm, place: int, rows: Whole
) -> bool:
    """Fill a form of signs: on the clock of a dosing day, once elsewhere; return False for other forms."""
    session = trial.session(place)
    timed = session.vitals if session is not None and session.vitals is not None else None
    dosed = trial.doses.get(place)
    if timed is not None and timed.form == form.id and dosed is not None:
        kept = np.isin(dosed.rows, rows)
        chosen = Dosed(dosed.key, dosed.rows[kept], dosed.arm[kept], dosed.minutes[kept])
        return _fill_signs(
            trial, entries, occasion, form, dosed=chosen, minutes=timed.minutes, session=session
        )
    key = trial.truth.timeline.places[place].key
    return _fill_signs(trial, entries, occasion, form, dosed=_undosed(key, rows), minutes=(0,))


def _fill_ratings(trial: Trial, entries: Entries, place: int) -> None:
    """Fill the forms a session rates on a clock, beside those of its visit."""
    session, dosed = trial.session(place), trial.doses.get(place)
    if session is None or dosed is None:
        return
    where = trial.truth.timeline.places[place].visit
    for timed in session.ratings:
        form = trial.truth.resolved.forms[timed.form]
        people = trial.roster.randomized[dosed.rows]
        occasion = Occasion(people, where.id, 1, form.id, dosed.minutes, _evaluator(form))
        _fill_signs(trial, entries, occasion, form, dosed=dosed, minutes=timed.minutes, session=session)


def _fill_signs(
    trial: Trial,
    entries: Entries,
    occasion: Occasion,
    form: ResolvedForm,
    *,
    dosed: Dosed,
    minutes: tuple[int, ...],
    session: Session | None = None,
) -> bool:
    """Fill a form whose numbers are signs, a row a reading; return False, doing nothing, when none is."""
    numbers = [item for item in form.items if item.type == "number"]
    if not numbers or any(dosing_day.sign_of(trial.truth, form, item) is None for item in numbers):
        return False
    limits = trial.limits(session) if session is not None else {}
    read = [
        dosing_day.readings(
            trial.truth, form, item, streams=trial.batch.streams, dosed=dosed, minutes=minutes, limits=limits
        )
        for item in numbers
    ]
    start = dosed.minutes if session is not None else occasion.minutes
    at = Occasion(
        people=np.repeat(occasion.people, len(minutes)),
        visit=occasion.visit,
        repeat=occasion.repeat,
        form=form.id,
        minutes=(start[:, None] + np.array(minutes)).ravel(),
        evaluator=occasion.evaluator,
    )
    rows = np.tile(np.arange(1, len(minutes) + 1), occasion.people.size)
    for item in form.items:
        if item.type == "instant":
            entries.add_words(at, item.id, "date", iso_instants(at.minutes), row=rows)
    values = np.stack([one.ravel() for one in read], axis=1)
    units = [item.unit for item in numbers]
    entries.add_numbers(at, [item.id for item in numbers], values, units=units, row=rows)
    return True


def _undosed(key: str, rows: Whole) -> Dosed:
    """Return people at rest, for whom no dose counts."""
    return Dosed(key, rows, np.zeros_like(rows), np.zeros_like(rows))


def _fill_dose(trial: Trial, entries: Entries, place: int, form: ResolvedForm) -> None:
    dosed, visit = trial.doses[place], trial.truth.timeline.places[place].visit
    people = trial.roster.randomized[dosed.rows]
    occasion = Occasion(people, visit.id, 1, form.id, dosed.minutes, _evaluator(form))
    entries.add_words(occasion, "taken_at", "date", iso_instants(dosed.minutes))
    entries.add_words(occasion, "kit", "text", kit_given(trial, place))
    entries.add_words(occasion, "fully_taken", "code", _all("1", people.size))
    witness = occasion.evaluator or answers.INVENTED
    entries.add_words(occasion, "witness", "text", _all(witness, people.size))


def _fill_attendance(trial: Trial, entries: Entries, occasion: Occasion, place: int, rows: Whole) -> None:
    size = occasion.people.size
    entries.add_words(occasion, "attended", "code", _all("1", size))
    entries.add_numbers(occasion, ["duration_hours"], session_hours(trial, place)[rows][:, None], units=["h"])
    entries.add_words(occasion, "facilitator", "text", _all(occasion.evaluator or answers.INVENTED, size))


def _fill_discharge(
    trial: Trial, entries: Entries, occasion: Occasion, form: ResolvedForm, place: int
) -> None:
    """Everybody goes home as the protocol wants it, when the session is over."""
    rows = np.flatnonzero(np.isin(trial.roster.randomized, occasion.people))
    end = occasion.minutes + np.floor(session_hours(trial, place)[rows] * MINUTES_PER_HOUR).astype(np.int64)
    at = Occasion(occasion.people, occasion.visit, occasion.repeat, form.id, end, occasion.evaluator)
    for item in form.items:
        if item.type == "code":
            entries.add_words(at, item.id, "code", _all("1", at.people.size))
        elif item.type == "instant":
            entries.add_words(at, item.id, "date", iso_instants(end))


def _beliefs(trial: Trial, form: ResolvedForm, rows: Whole) -> Beliefs:
    """Return what those who fill a form believe: participants by their own, observers each by theirs."""
    batch, scenario = trial.batch, trial.truth.scenario
    found = batch.beliefs
    if PARTICIPANT not in form.fillers or found is None:
        expectancy = scenario.expectancy or Expectancy()
        who = form.fillers[0]
        if who not in IN_SESSION | {PARTICIPANT}:
            expectancy = expectancy.model_copy(update={"right": None, "side_effect_shift": {}})
        found = beliefs(expectancy, trial.truth.arms, received=batch.received, streams=batch.streams, who=who)
    return Beliefs(found.belief[:, rows], found.active[:, rows], found.guess[:, rows])


def _fill_logs(trial: Trial, entries: Entries) -> None:
    protocol, forms = trial.truth.resolved.protocol, trial.truth.resolved.forms
    for form_id in protocol.logs:
        standard = protocol.form(form_id).standard
        if standard == "effects_log":
            _fill_effects(trial, entries, forms[form_id])
        if standard not in KEPT_APART:
            _fill_events(trial, entries, forms[form_id])


def _fill_events(trial: Trial, entries: Entries, form: ResolvedForm) -> None:
    """Log the intercurrent events whose rule looks into this log, numbered within a participant by date."""
    resolved = trial.truth.resolved
    found: list[tuple[int, int, dict[str, Any]]] = []
    for event in resolved.protocol.intercurrent_events:
        if event.detect.form == form.id and event.id in trial.batch.events:
            rows, days = event_dates(trial, event.id)
            for row, day, date in zip(rows, days, iso_dates(days).tolist(), strict=True):
                answer = happening.row_for(resolved, event.detect, date)
                found += [(int(row), int(day), answer)] if answer is not None else []
    found.sort(key=lambda one: one[:2])
    rows, days = (np.array([one[column] for one in found], dtype=np.int64) for column in (0, 1))
    occasion = Occasion(trial.roster.randomized[rows], LOG, 1, form.id, opening(days), _evaluator(form))
    for item in form.all_items() if found else ():
        cells = _all(None, rows.size)
        cells[:] = [answer[item.id] for _, _, answer in found]
        if item.type == "number":
            numbers = cells.astype(np.float64)[:, None]
            entries.add_numbers(occasion, [item.id], numbers, units=[item.unit], row=ordinal(rows))
        else:
            kind = item.type if item.type in {"text", "code"} else "date"
            entries.add_words(occasion, item.id, kind, cells, row=ordinal(rows))


def _fill_effects(trial: Trial, entries: Entries, form: ResolvedForm) -> None:
    """Log those adverse events that the effects log has a code for, a row each, in order of onset."""
    codes = form.item("effect").codes or {}
    kept = [
        (one, code)
        for one in trial.episodes
        for code in [dosing_day.effect_code(one.event.term, codes)]
        if code
    ]
    if not kept:
        return
    rows = np.concatenate([one.rows for one, _ in kept])
    onset, end = (
        np.concatenate(parts)
        for parts in zip(*((one.onset, one.onset + one.minutes) for one, _ in kept), strict=True)
    )
    words = {
        "effect": np.concatenate([_all(code, one.rows.size) for one, code in kept]),
        "severity": np.concatenate([one.severity for one, _ in kept]),
        "valence": np.concatenate([_all(one.event.valence, one.rows.size) for one, _ in kept]),
    }
    order = np.lexsort((onset, rows))
    rows, onset, end = rows[order], onset[order], end[order]
    occasion = Occasion(trial.roster.randomized[rows], LOG, 1, form.id, onset, _evaluator(form))
    numbers = ordinal(rows)
    for item, cells in words.items():
        entries.add_words(occasion, item, "code", cells[order], row=numbers)
    entries.add_words(occasion, "onset_at", "date", iso_instants(onset), row=numbers)
    entries.add_words(occasion, "resolved_at", "date", iso_instants(end), row=numbers)
    entries.add_words(occasion, "intervention", "code", _all("none", rows.size), row=numbers)


def _evaluator(form: ResolvedForm) -> str | None:
    role = form.fillers[0]
    return None if role == PARTICIPANT else f"{role}-1"


def _all(word: object, size: int) -> Texts:
    return np.full(size, word, dtype=object)
