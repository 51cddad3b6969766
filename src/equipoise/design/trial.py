"""One replicate with dates, people, doses and adverse events: what forms and tables are then filled from.

Holds look-ups that both need, each worked out once. Refuses to write rows: `forms` and `ledger` do.
"""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from equipoise.design import dosing_day
from equipoise.design.answers import Respondents, Values
from equipoise.design.batch import Batch
from equipoise.design.dates import Dates, dates_of, opening
from equipoise.design.dosing_day import Dosed, Episodes, Limits
from equipoise.design.eligibility import Key
from equipoise.design.measure import Measure
from equipoise.design.screening import Roster, roster_of
from equipoise.design.truth import Truth
from equipoise.protocol.care import Session
from equipoise.protocol.resolve import ResolvedForm
from equipoise.protocol.schedule import Item

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Texts = NDArray[np.object_]

ASSUMED_SESSION_HOURS = 2.0
LENGTH_SPREAD = 0.1
"""Sessions last up to this share longer or shorter than planned (assumption)."""
TENTHS = 10


@dataclass(frozen=True)
class Trial:
    """One replicate of a trial with dates and people.

    batch   of this replicate alone
    kits    (n,) number of the kit each participant was given
    """

    batch: Batch
    dates: Dates
    roster: Roster
    kits: Texts

    @property
    def truth(self) -> Truth:
        """What it was drawn from."""
        return self.batch.truth

    def present(self, place: int) -> Whole:
        """Return the positions of participants at a visit."""
        return np.flatnonzero(self.batch.held[0, :, place])

    def session(self, place: int) -> Session | None:
        """Return the kind of session held at a visit."""
        wanted = self.truth.timeline.places[place].visit.session
        return next((one for one in self.truth.resolved.protocol.sessions if one.id == wanted), None)

    @cached_property
    def doses(self) -> dict[int, Dosed]:
        """Position of a dosing visit to those who take a dose there, planned ones first."""
        found = {}
        timeline, truth = self.truth.timeline, self.truth
        places = [*timeline.doses, *([timeline.open_dose] if timeline.open_dose is not None else [])]
        ids = [arm.id for arm in truth.arms]
        again = np.array([ids.index(arm) for arm in truth.again or ids])
        for place in places:
            rows, key = self.present(place), timeline.places[place].key
            minutes = dosing_day.taken_at(
                key, opening(self.dates.visit[:, place]), streams=self.batch.streams
            )
            received = self.batch.received[0, rows]
            arm = again[received] if place == timeline.open_dose else received
            found[place] = Dosed(key, rows, arm, minutes[rows])
        return found

    @cached_property
    def episodes(self) -> list[Episodes]:
        """Adverse events of all doses."""
        return [
            episode
            for dosed in self.doses.values()
            for episode in dosing_day.adverse_events(self.truth, dosed, streams=self.batch.streams)
        ]

    def limits(self, session: Session) -> Limits:
        """Return what must hold before a dose in a kind of session."""
        work = partial(dosing_day.limits_of, self.truth.resolved, session)
        return self.truth.remembered(f"limits/{session.id}", work)

    def readings(
        self,
        form: ResolvedForm,
        item: Item,
        *,
        dosed: Dosed,
        minutes: tuple[int, ...],
        limits: Limits,
    ) -> Floats:
        """Return (m, readings) values of a sign at some minutes from a dose."""
        return dosing_day.readings(
            self.truth,
            f"{form.id}.{item.id}",
            item=item,
            streams=self.batch.streams,
            dosed=dosed,
            minutes=minutes,
            limits=limits,
        )

    def respondents(self, rows: Whole) -> Respondents:
        """Return some participants as people who fill forms."""
        batch, truth = self.batch, self.truth

        def draw(purpose: str, columns: int) -> Floats:
            return batch.streams.table(purpose, truth.participants, columns=columns)[rows]

        def value(key: Key) -> Values:
            return truth.people.values(
                key, lambda purpose: batch.streams.uniform(purpose, truth.participants)[0, rows]
            )

        def steps(measure: Measure, visit: str) -> Floats | None:
            scored = batch.scores[measure.name]
            found: Floats = measure.steps(scored.values[0, rows, scored.visits.index(visit)])
            return found

        return Respondents(truth, draw, value, steps)


def trial_of(batch: Batch, *, ids: Texts | None, kits: Texts) -> Trial:
    """Give a batch of one replicate dates and people."""
    dates = dates_of(batch)
    return Trial(batch, dates, roster_of(batch, dates, ids=ids), kits)


def kit_given(trial: Trial, place: int) -> Texts:
    """Return the kit of each dose at a visit: the assigned one for the first, numbered further ones after it.

    The open-label dose comes from open stock and has no kit number.
    """
    kits: Texts = trial.kits[trial.doses[place].rows]
    if place == trial.truth.timeline.open_dose and trial.truth.open_label:
        return np.full(kits.size, None, dtype=object)
    number = list(trial.doses).index(place) + 1
    if number > 1:
        kits = np.array([f"{kit}-{number}" if kit else None for kit in kits.tolist()], dtype=object)
    return kits


def session_hours(trial: Trial, place: int) -> Floats:
    """Return (n,) hours that each participant's session at a visit lasts: as planned, give or take some."""
    session, key = trial.session(place), trial.truth.timeline.places[place].key
    planned = (session.duration_hours if session is not None else None) or ASSUMED_SESSION_HOURS
    share = trial.batch.streams.uniform(f"session/{key}", trial.truth.participants)[0]
    return np.asarray(np.floor((1 + LENGTH_SPREAD * (2 * share - 1)) * planned * TENTHS + 0.5) / TENTHS)


def event_dates(trial: Trial, event_id: str) -> tuple[Whole, Whole]:
    """Return who has an intercurrent event, and on which date."""
    days = trial.batch.events[event_id][0]
    rows = np.flatnonzero(np.isfinite(days))
    return rows, trial.dates.origin[rows] + days[rows].astype(np.int64)


def ordinal(rows: Whole) -> Whole:
    """Return, for sorted positions, which occurrence of its value each is, from 1."""
    starts = np.searchsorted(rows, rows, side="left")
    return np.asarray(np.arange(rows.size) - starts + 1)
