"""How everybody went through a simulated trial: screening, randomization, treatment, a later dose, the end.

Holds the table of dispositions and how people left. Refuses to decide who leaves: the batch does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equipoise import records
from equipoise.design.dates import NEVER, iso_dates
from equipoise.design.trial import Trial

Whole = NDArray[np.int64]
Texts = NDArray[np.object_]

STAGES = ("screening", "randomization", "treatment", "open_label", "study")
LEAVING = ("withdrew", "lost_to_follow_up")
COMPLETED = "completed"
WITHDRAWN = 0.5
"""Share of leavers who say so; the others are lost to follow-up (assumption)."""


@dataclass(frozen=True)
class _Step:
    """People of whom the same is said.

    people   (k,) positions among everybody screened
    dates    (k,) when
    reasons  (k,) why; None where nothing is said
    """

    stage: str
    status: str
    people: Whole
    dates: Whole
    reasons: Texts | None = None


def statuses(trial: Trial) -> Texts:
    """Return (n,) how each randomized participant's time in the trial ended."""
    truth = trial.truth
    left = trial.batch.left[0] < len(truth.timeline)
    withdrew = trial.batch.streams.uniform("leave/how", truth.participants)[0] < WITHDRAWN
    ways = np.array(LEAVING, dtype=object)[np.where(withdrew, 0, 1)]
    return np.where(left, ways, COMPLETED)


def dispositions(trial: Trial) -> pd.DataFrame:
    """Return each participant's way through the trial, a row a stage."""
    steps = [*_screening(trial), *_treatment(trial), *_later_dose(trial), *_study(trial)]
    people, dates = (np.concatenate([getattr(step, name) for step in steps]) for name in ("people", "dates"))
    sizes = [step.people.size for step in steps]
    stages = np.repeat([STAGES.index(step.stage) for step in steps], sizes)
    reasons = [
        np.full(step.people.size, None, dtype=object) if step.reasons is None else step.reasons
        for step in steps
    ]
    order = np.lexsort((stages, people))
    origin = np.full(trial.roster.ids.size, np.nan)
    origin[trial.roster.randomized] = trial.dates.origin
    return records.table(
        "dispositions",
        {
            "participant": trial.roster.ids[people[order]],
            "stage": np.array(STAGES, dtype=object)[stages[order]],
            "status": np.repeat(np.array([step.status for step in steps], dtype=object), sizes)[order],
            "reason": np.concatenate(reasons)[order],
            "date": iso_dates(dates[order]),
            "day": dates[order] - origin[people[order]],
        },
    )


def _screening(trial: Trial) -> Iterator[_Step]:
    roster = trial.roster
    randomized = trial.dates.visit[:, trial.truth.timeline.randomized]
    yield _Step("screening", "failed", roster.failed, roster.dates, roster.reasons)
    yield _Step("screening", "passed", roster.randomized, randomized)
    yield _Step("randomization", "randomized", roster.randomized, randomized)


def _treatment(trial: Trial) -> Iterator[_Step]:
    doses = trial.truth.timeline.doses
    if not doses:
        return
    received = trial.batch.held[0, :, doses[0]]
    people = trial.roster.randomized
    yield _Step("treatment", "received", people[received], trial.dates.origin[received])
    why = statuses(trial)[~received]
    yield _Step("treatment", "not_received", people[~received], _ended(trial)[~received], why)


def _later_dose(trial: Trial) -> Iterator[_Step]:
    """A dose that everybody knows is taken or declined; a repeated masked one is only an exposure."""
    place, batch = trial.truth.timeline.open_dose, trial.batch
    if place is None or not trial.truth.open_label:
        return
    offered = np.isin(batch.arm[0], trial.truth.timeline.places[place].arms) & (batch.left[0] > place)
    for status, took in (("took", batch.crossed[0]), ("declined", ~batch.crossed[0])):
        these = offered & took
        yield _Step("open_label", status, trial.roster.randomized[these], trial.dates.visit[these, place])


def _study(trial: Trial) -> Iterator[_Step]:
    how, ended = statuses(trial), _ended(trial)
    for status in (COMPLETED, *LEAVING):
        these = how == status
        yield _Step("study", status, trial.roster.randomized[these], ended[these])


def _ended(trial: Trial) -> Whole:
    """Return (n,) when each participant left, or had the last visit."""
    held, visit = trial.batch.held[0], trial.dates.visit
    last = np.max(np.where(held, visit, NEVER), axis=1)
    return np.where(trial.batch.left[0] < len(trial.truth.timeline), trial.dates.left, last)
