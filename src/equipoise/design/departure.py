"""Who leaves, and which forms stay empty.

Holds the hazard of leaving between two visits and the masks of what is recorded. Refuses to hold dates and
reasons: those exist only in a written-out trial.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from equipoise.design.course import Course
from equipoise.design.streams import Streams
from equipoise.design.truth import Truth
from equipoise.protocol.part import for_arm

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

HAZARD_DAYS = 28


@dataclass(frozen=True)
class Followed:
    """The score that leaving depends on.

    course    its course
    above     (replicates, participants, V) points above the average over the arms, as drawn
    recorded  (replicates, participants, V) whether it is recorded unless the participant has left
    """

    course: Course
    above: Floats
    recorded: Flags


def leave(truth: Truth, received: Whole, *, streams: Streams, followed: Followed | None) -> Whole:
    """Return (replicates, participants) the position of the first visit not held for having left.

    Those who stay have the number of visits. Nobody leaves before randomization. With `mar` the odds depend
    on the last score recorded, with `mnar` on the next one, which is then not recorded.
    """
    timeline, dropout = truth.timeline, truth.scenario.dropout
    left = np.full(received.shape, len(timeline), dtype=np.int64)
    if dropout is None:
        return left
    monthly = np.array([for_arm(dropout.per_28_days, arm.id) for arm in truth.arms])
    for place in range(timeline.randomized + 1, len(timeline)):
        days = timeline.places[place].day - timeline.places[place - 1].day
        chance = 1 - (1 - monthly[received]) ** (days / HAZARD_DAYS)
        if followed is not None and dropout.mechanism != "mcar" and dropout.odds_ratio_per_point != 1:
            above = _last(followed, place) if dropout.mechanism == "mar" else _next(followed, place)
            chance = expit(logit(chance) + np.log(dropout.odds_ratio_per_point) * above)
        uniform = streams.uniform(f"leave/{timeline.places[place].key}", received.shape[1])
        left = np.where((uniform < chance) & (left > place), place, left)
    return left


def _last(followed: Followed, place: int) -> Floats:
    """Return by how much the last score recorded before a visit lies above the average; 0 if none is."""
    last = np.zeros(followed.above.shape[:2])
    for at, where in enumerate(followed.course.places):
        if where < place:
            last = np.where(followed.recorded[:, :, at], followed.above[:, :, at], last)
    return last


def _next(followed: Followed, place: int) -> Floats:
    """Return by how much the score at a visit, or at the next that asks for it, lies above the average."""
    coming = [at for at, where in enumerate(followed.course.places) if where >= place]
    return np.asarray(followed.above[:, :, coming[0] if coming else -1])


def filled_at(truth: Truth, form: str, *, place: int, streams: Streams) -> Flags:
    """Return (replicates, participants) whether a form is filled at a visit that is held.

    Forms filled up to randomization are never missed: without them nobody is randomized.
    """
    missed = truth.scenario.missed_forms
    if missed == 0 or place <= truth.timeline.randomized:
        return np.ones((len(streams.replicates), truth.participants), dtype=bool)
    purpose = f"missed/{form}/{truth.timeline.places[place].key}"
    return streams.uniform(purpose, truth.participants) >= missed
