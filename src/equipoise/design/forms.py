"""Every form of every visit filled, and the logs: the answers of a simulated trial.

Holds who fills which form when. Refuses to draw scores or to decide who is there: the batch has.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.design import answers, dosing_day, happening
from equipoise.design.belief import Beliefs, beliefs
from equipoise.design.dates import iso_dates, iso_instants, opening
from equipoise.design.dosing_day import Dosed
from equipoise.design.entries import Entries, Page, objects
from equipoise.design.screening import failing
from equipoise.design.timeline import Place
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
FACILITATOR = "facilitator {}"
KEPT_APART = frozenset({"adverse_events", "medications", "deviations", "disposition"})
"""Standard forms whose rows stand in tables of their own."""


def entries_of(trial: Trial) -> Entries:
    """Fill every form: those of screening failures, then visit by visit, then the logs."""
    filling = _Filling(trial, Entries())
    filling.fill_failing()
    for place in range(len(trial.truth.timeline)):
        for order, form in enumerate(trial.truth.timeline.places[place].visit.forms):
            filling.fill_form(place, form, order=order)
        filling.fill_ratings(place)
    for form in trial.truth.resolved.protocol.logs:
        filling.fill_log(form)
    return filling.entries


@dataclass(frozen=True)
class _Filling:
    """A trial and the entries being made of it."""

    trial: Trial
    entries: Entries

    def page(self, form: ResolvedForm, rows: Whole, *, minutes: Whole, at: Place | None) -> Page:
        """Return a form before participants at a visit, or in a log where there is no visit."""
        return Page(
            entries=self.entries,
            people=self.trial.roster.randomized[rows],
            visit=LOG if at is None else at.visit.id,
            repeat=1 if at is None else at.repeat,
            form=form.id,
            minutes=minutes,
            evaluator=_evaluator(form),
        )

    def fill_failing(self) -> None:
        """Fill what people filled whom screening kept out: the forms of the first visit."""
        roster, truth = self.trial.roster, self.trial.truth
        if roster.failed.size == 0:
            return
        first, people = truth.timeline.places[0], failing(self.trial.batch, roster)
        for form_id in first.visit.forms:
            form = truth.resolved.forms[form_id]
            page = self.page(form, roster.before, minutes=opening(roster.dates), at=first)
            page = replace(page, people=roster.failed)
            if not self.fill_signs(page, form, dosed=_undosed(first.key, roster.before), minutes=(0,)):
                answers.fill(page, form, by=people)

    def fill_form(self, place: int, form_id: str, *, order: int) -> None:
        """Fill one form of one visit, for those who fill it, and say that it is missing for the others."""
        trial, truth = self.trial, self.trial.truth
        where, form = truth.timeline.places[place], truth.resolved.forms[form_id]
        standard = truth.resolved.protocol.form(form_id).standard
        if standard == "dose_given" and place in trial.doses:
            self.fill_dose(place, form)
            return
        rows = trial.present(place)
        filled = trial.batch.filled(form_id, place)[0, rows]
        page = self.page(form, rows, minutes=opening(trial.dates.visit[rows, place]) + order, at=where)
        if not filled.all():
            page.of(~filled).add_missing([item.id for item in form.items if item.required])
        rows, page = rows[filled], page.of(filled)
        if standard == "session_attendance":
            self.fill_attendance(page, place=place, rows=rows)
        elif standard == "discharge":
            self.fill_discharge(page, form, place=place, rows=rows)
        elif form.arms:
            answers.fill_guess(
                page, form, by=trial.respondents(rows), beliefs=_beliefs(trial, form, rows=rows)
            )
        elif not self.fill_clock(page, form, place=place, rows=rows):
            answers.fill(page, form, by=trial.respondents(rows))

    def fill_clock(self, page: Page, form: ResolvedForm, *, place: int, rows: Whole) -> bool:
        """Fill a form of signs, on the clock of a dosing day or once; return False for other forms."""
        session, dosed = self.trial.session(place), self.trial.doses.get(place)
        timed = session.vitals if session is not None else None
        if timed is None or timed.form != form.id or dosed is None:
            key = self.trial.truth.timeline.places[place].key
            return self.fill_signs(page, form, dosed=_undosed(key, rows), minutes=(0,))
        kept = np.isin(dosed.rows, rows)
        chosen = Dosed(dosed.key, dosed.rows[kept], dosed.arm[kept], dosed.minutes[kept])
        return self.fill_signs(page, form, dosed=chosen, minutes=timed.minutes, session=session)

    def fill_ratings(self, place: int) -> None:
        """Fill the forms a session rates on a clock, beside those of its visit."""
        session, dosed = self.trial.session(place), self.trial.doses.get(place)
        if session is None or dosed is None:
            return
        for timed in session.ratings:
            form = self.trial.truth.resolved.forms[timed.form]
            at = self.trial.truth.timeline.places[place]
            page = self.page(form, dosed.rows, minutes=dosed.minutes, at=at)
            self.fill_signs(page, form, dosed=dosed, minutes=timed.minutes, session=session)

    def fill_signs(
        self,
        page: Page,
        form: ResolvedForm,
        *,
        dosed: Dosed,
        minutes: tuple[int, ...],
        session: Session | None = None,
    ) -> bool:
        """Fill a form whose numbers are signs, a row a reading; return False, doing nothing, where not."""
        numbers = [item for item in form.items if item.type == "number"]
        signs = [dosing_day.sign_of(self.trial.truth, f"{form.id}.{item.id}", item=item) for item in numbers]
        if not signs or None in signs:
            return False
        limits = self.trial.limits(session) if session is not None else {}
        read = [
            self.trial.readings(form, item, dosed=dosed, minutes=minutes, limits=limits) for item in numbers
        ]
        start = dosed.minutes if session is not None else page.minutes
        timed = replace(
            page,
            people=np.repeat(page.people, len(minutes)),
            minutes=(start[:, None] + np.array(minutes)).ravel(),
        )
        rows = np.tile(np.arange(1, len(minutes) + 1), page.people.size)
        for item in form.items:
            if item.type == "instant":
                timed.add_words(item.id, iso_instants(timed.minutes), kind="date", row=rows)
        values = np.stack([one.ravel() for one in read], axis=1)
        units = [item.unit for item in numbers]
        timed.add_numbers([item.id for item in numbers], values, units=units, row=rows)
        return True

    def fill_dose(self, place: int, form: ResolvedForm) -> None:
        """Fill when which kit was taken."""
        dosed = self.trial.doses[place]
        page = self.page(form, dosed.rows, minutes=dosed.minutes, at=self.trial.truth.timeline.places[place])
        page.add_words("taken_at", iso_instants(dosed.minutes), kind="date")
        page.add_words("kit", kit_given(self.trial, place), kind="text")
        page.add_word("fully_taken", "1", kind="code")
        page.add_word("witness", page.evaluator or answers.INVENTED, kind="text")

    def fill_attendance(self, page: Page, *, place: int, rows: Whole) -> None:
        """Fill that a session was held, and how long."""
        page.add_word("attended", "1", kind="code")
        page.add_numbers(["duration_hours"], session_hours(self.trial, place)[rows][:, None], units=["h"])
        page.add_words("facilitator", self.facilitators(page, rows), kind="text")

    def facilitators(self, page: Page, rows: Whole) -> Texts:
        """Return who led a session of each participant."""
        led = self.trial.batch.facilitator
        if led is None:
            return np.full(rows.size, page.evaluator or answers.INVENTED, dtype=object)
        return objects(FACILITATOR.format(number + 1) for number in led[0, rows].tolist())

    def fill_discharge(self, page: Page, form: ResolvedForm, *, place: int, rows: Whole) -> None:
        """Everybody goes home as the protocol wants it, when the session is over."""
        lasting = np.floor(session_hours(self.trial, place)[rows] * MINUTES_PER_HOUR).astype(np.int64)
        leaving = replace(page, minutes=page.minutes + lasting)
        for item in form.items:
            if item.type == "code":
                leaving.add_word(item.id, "1", kind="code")
            elif item.type == "instant":
                leaving.add_words(item.id, iso_instants(leaving.minutes), kind="date")

    def fill_log(self, form_id: str) -> None:
        """Fill the rows of a log; standard forms that have a table of their own leave none here."""
        standard = self.trial.truth.resolved.protocol.form(form_id).standard
        form = self.trial.truth.resolved.forms[form_id]
        if standard == "effects_log":
            self.fill_effects(form)
        if standard not in KEPT_APART:
            self.fill_events(form)

    def fill_events(self, form: ResolvedForm) -> None:
        """Log the intercurrent events whose rule looks into this log, numbered by date."""
        resolved = self.trial.truth.resolved
        found: list[tuple[int, int, dict[str, Any]]] = []
        for event in resolved.protocol.intercurrent_events:
            if event.detect.form == form.id and event.id in self.trial.batch.events:
                rows, days = event_dates(self.trial, event.id)
                for row, day, date in zip(rows, days, iso_dates(days).tolist(), strict=True):
                    answer = happening.row_for(resolved, event.detect, date=date)
                    found += [(int(row), int(day), answer)] if answer is not None else []
        found.sort(key=lambda one: one[:2])
        rows, days = (np.array([one[column] for one in found], dtype=np.int64) for column in (0, 1))
        page = self.page(form, rows, minutes=opening(days), at=None)
        for item in form.all_items() if found else ():
            cells = objects(answer[item.id] for _, _, answer in found)
            if item.type == "number":
                numbers = cells.astype(np.float64)[:, None]
                page.add_numbers([item.id], numbers, units=[item.unit], row=ordinal(rows))
            else:
                page.add_words(item.id, cells, kind=answers.kind_of(item), row=ordinal(rows))

    def fill_effects(self, form: ResolvedForm) -> None:
        """Log the adverse events that the effects log has a code for, in order of onset."""
        codes = form.item("effect").codes or {}
        named = [(one, dosing_day.effect_code(one.event.term, codes)) for one in self.trial.episodes]
        kept = [(one, code) for one, code in named if code is not None and one.rows.size]
        if not kept:
            return
        which = np.repeat(np.arange(len(kept)), [one.rows.size for one, _ in kept])
        rows, onset, lasting, severity = (
            np.concatenate([getattr(one, name) for one, _ in kept])
            for name in ("rows", "onset", "minutes", "severity")
        )
        order = np.lexsort((onset, rows))
        numbers = ordinal(rows[order])
        page = self.page(form, rows[order], minutes=onset[order], at=None)
        words = {
            "effect": objects(code for _, code in kept)[which],
            "severity": severity,
            "valence": objects(one.event.valence for one, _ in kept)[which],
        }
        for item, cells in words.items():
            page.add_words(item, cells[order], kind="code", row=numbers)
        page.add_words("onset_at", iso_instants(onset[order]), kind="date", row=numbers)
        page.add_words("resolved_at", iso_instants((onset + lasting)[order]), kind="date", row=numbers)
        page.add_word("intervention", "none", kind="code", row=numbers)


def _beliefs(trial: Trial, form: ResolvedForm, *, rows: Whole) -> Beliefs:
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


def _undosed(key: str, rows: Whole) -> Dosed:
    """Return people at rest, for whom no dose counts."""
    return Dosed(key, rows, np.zeros_like(rows), np.zeros_like(rows))


def _evaluator(form: ResolvedForm) -> str | None:
    role = form.fillers[0]
    return None if role == PARTICIPANT else f"{role}-1"
