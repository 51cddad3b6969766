"""One simulated trial to look at: the first replicate of a scenario, every participant's course by arm.

Holds what a picture shows, as JSON data, with what the planned analysis makes of that trial. Refuses to
choose a pretty one: it is the first replicate, the trial that `equipoise simulate` writes out.
"""

from typing import Any

import numpy as np

from equipoise.analysis.batched import estimate_batch
from equipoise.analysis.posed import NoBatchPath
from equipoise.design.batch import Batch, draw
from equipoise.design.rehearsed import Rehearsed
from equipoise.design.truth import Truth
from equipoise.protocol.plan import Estimand

Json = dict[str, Any]

FIRST = 0
MOST_COURSES = 60
"""Courses kept of an arm; of a larger trial those randomized first."""


def picture_of(truth: Truth, estimand: Estimand, *, seed: int) -> Json | None:
    """Return the first replicate of a truth as an estimand's score shows it; None without that score."""
    form, value = truth.resolved.locate(estimand.variable.score)
    score = f"{form}.{value}"
    if score not in truth.courses:
        return None
    batch = draw(truth, [FIRST], seed=seed)
    days = {place.visit.id: place.day for place in reversed(truth.timeline.places)}
    return {
        "scenario": truth.scenario.id,
        "label": truth.scenario.label,
        "estimand": estimand.id,
        "score": score,
        "replicate": FIRST,
        "seed": seed,
        "n": truth.participants,
        "arms": _arms(batch, score, days),
        "left": int((batch.left[0] < len(truth.timeline)).sum()),
        "unblinding_day": _unblinding_day(truth),
        **_answer(batch, estimand),
    }


def _arms(batch: Batch, score: str, days: dict[str, int]) -> list[Json]:
    scored, arm = batch.scores[score], batch.arm[0]
    observed = scored.observed()[0]
    at = [days[visit] for visit in scored.visits]
    found = []
    for place, one in enumerate(batch.truth.arms):
        own = observed[arm == place]
        found.append(
            {
                "id": one.id,
                "label": one.name,
                "n": int(own.shape[0]),
                "courses": [_course(at, row) for row in own[:MOST_COURSES]],
                "mean": _course(at, _means(own)),
            }
        )
    return found


def _means(values: Any) -> Any:
    seen = np.isfinite(values).any(axis=0)
    means = np.full(values.shape[1], np.nan)
    means[seen] = np.nanmean(values[:, seen], axis=0)
    return means


def _course(days: list[int], values: Any) -> list[list[float]]:
    return [[day, float(value)] for day, value in zip(days, values, strict=True) if np.isfinite(value)]


def _unblinding_day(truth: Truth) -> int | None:
    place = truth.timeline.unblinded
    return None if place is None else truth.timeline.places[place].day


def _answer(batch: Batch, estimand: Estimand) -> Json:
    """Return what the planned analysis makes of the trial; null where arrays cannot say."""
    names = ("estimate", "ci_low", "ci_high", "p_value")
    try:
        answers = estimate_batch(Rehearsed(batch), [estimand])[estimand.id]
    except NoBatchPath:
        return dict.fromkeys(names)
    numbers = {name: float(getattr(answers, name)[0]) for name in names}
    return {name: number if np.isfinite(number) else None for name, number in numbers.items()}
