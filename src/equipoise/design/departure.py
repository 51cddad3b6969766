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
from equipoise.protocol.arms import Arm
from equipoise.protocol.part import for_arm
from equipoise.protocol.scenarios import Dropout

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


def leave(
    truth: Truth,
    received: Whole,
    *,
    streams: Streams,
    followed: Followed | None,
    disappointed: Flags | None = None,
) -> Whole:
    """Return (replicates, participants) the position of the first visit not held for having left.

    disappointed  (replicates, participants, places) who believes to have had the control; None for nobody

    Those who stay have the number of visits. Nobody leaves before randomization. With `mar` the odds depend
    on the last score recorded, with `mnar` on the next one, which is then not recorded.
    """
    timeline, dropout = truth.timeline, truth.scenario.dropout
    left = np.full(received.shape, len(timeline), dtype=np.int64)
    if dropout is None:
        return left
    for place in range(timeline.randomized + 1, truth.places):
        span = timeline.places[place - 1].day, timeline.places[place].day
        chance = leaving_chance(dropout, truth.arms, span=span)[received]
        if disappointed is not None:
            factor = np.array([for_arm(dropout.disappointment, arm.id) for arm in truth.arms])
            moved = np.where(disappointed[:, :, place - 1], np.log(factor)[received], 0.0)
            chance = expit(logit(chance) + moved)
        if followed is not None and dropout.mechanism != "mcar" and dropout.odds_ratio_per_point != 1:
            above = _last(followed, place) if dropout.mechanism == "mar" else _next(followed, place)
            chance = expit(logit(chance) + np.log(dropout.odds_ratio_per_point) * above)
        uniform = streams.uniform(f"leave/{timeline.places[place].key}", received.shape[1])
        left = np.where((uniform < chance) & (left > place), place, left)
    return left


def leaving_chance(dropout: Dropout, arms: tuple[Arm, ...], *, span: tuple[int, int]) -> Floats:
    """Return each arm's chance (A,) of leaving between two days at the average score."""
    starts = [-np.inf, *(rate.from_day for rate in dropout.later)]
    ends = [*starts[1:], np.inf]
    rates = [dropout.per_28_days, *(rate.per_28_days for rate in dropout.later)]
    stays = np.ones(len(arms))
    for values, start, end in zip(rates, starts, ends, strict=True):
        days = min(end, span[1]) - max(start, span[0])
        if days > 0 or len(rates) == 1:
            monthly = np.array([for_arm(values, arm.id) for arm in arms])
            stays = stays * (1 - monthly) ** (days / HAZARD_DAYS)
    return np.asarray(1 - stays)


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
