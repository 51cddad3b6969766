"""How many are screened, and how long a trial takes: what the accrual of a scenario leads to.

Holds figures over replicates, and the fan of enrollment over time. Refuses to draw anything but arrivals and
screening.
"""

from typing import Any

import numpy as np

from equipoise.design.accrual import DAYS_PER_MONTH
from equipoise.design.batch import draw
from equipoise.design.truth import Truth

Json = dict[str, Any]

REPLICATES = 256
PARTICIPANT_DRAWS = 400_000
"""So many arrivals are enough for a figure; large trials need fewer replicates."""
FEWEST = 32
FAN = (0.05, 0.25, 0.5, 0.75, 0.95)
POINTS = 40


def enrollment_of(truth: Truth, *, seed: int) -> Json:
    """Return how many are screened and how many months pass until the last participant's last planned visit.

    seed  of all draws; the same replicates as those analyzed
    """
    replicates = int(np.clip(PARTICIPANT_DRAWS // truth.participants, FEWEST, REPLICATES))
    first = truth.timeline.places[0].visit.id
    batch = draw(truth.until([first], ()), range(replicates), seed=seed)
    screened = batch.screened.sum(axis=1) + truth.participants
    last_in = batch.arrival[:, -1]
    days = truth.timeline.places[-1].day - truth.timeline.places[0].day
    months = (last_in + days) / DAYS_PER_MONTH
    at = np.unique(np.linspace(0, truth.participants - 1, POINTS).astype(int))
    fan = np.quantile(batch.arrival[:, at], FAN, axis=0) / DAYS_PER_MONTH
    return {
        "screened": float(screened.mean()),
        "screened_low": float(np.quantile(screened, FAN[0])),
        "screened_high": float(np.quantile(screened, FAN[-1])),
        "enrollment_months": float(last_in.mean() / DAYS_PER_MONTH),
        "duration_months": float(months.mean()),
        "duration_months_low": float(np.quantile(months, FAN[0])),
        "duration_months_high": float(np.quantile(months, FAN[-1])),
        "replicates": replicates,
        "fan": {
            "participants": (at + 1).tolist(),
            "quantiles": list(FAN),
            "months": fan.tolist(),
        },
    }
