"""How participants arrive: when, at which site, and how many failed screening before each.

Holds arrays over replicates and participants. Refuses to hold calendar dates: those exist only in a
written-out trial.
"""

import numpy as np
from numpy.typing import NDArray

from equipoise.design.streams import Streams
from equipoise.design.truth import Truth

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

DAYS_PER_MONTH = 365.25 / 12
RAREST = 1e-6
"""Longer runs of failures before one participant, rarer than this, are cut."""
LONGEST_RUN = 200


def arrivals(truth: Truth, streams: Streams) -> Floats:
    """Return (replicates, participants) days from the first enrollment to each first visit, rising.

    The first arrives when the first site opens, others after exponential gaps; while only some sites are
    open, arrivals are fewer by the share of those that are not.
    """
    per_month = truth.scenario.accrual.per_month
    gaps = -np.log(streams.uniform("accrual", truth.participants)) * DAYS_PER_MONTH / per_month
    gaps[:, 0] = 0.0
    waited = np.cumsum(gaps, axis=1)
    if truth.scenario.accrual.opening_days is None:
        return waited
    days, open_share = _openings(truth)
    # Days as they would count with all sites open, at each opening.
    counted = np.concatenate([[0.0], np.cumsum(np.diff(days) * open_share[:-1])])
    phase = np.searchsorted(counted, waited, side="right") - 1
    return np.asarray(days[phase] + (waited - counted[phase]) / open_share[phase])


def sites(truth: Truth, streams: Streams, *, arrival: Floats | None) -> Whole:
    """Return (replicates, participants) positions of sites, as likely as their shares among those open.

    arrival  as `arrivals` returns it; needed only where sites open on different days
    """
    uniform = streams.uniform("site", truth.participants)
    accrual = truth.scenario.accrual
    count = len(truth.assignment.sites)
    if accrual.shares is None and accrual.opening_days is None:
        return np.asarray((uniform * count).astype(np.int64))
    shares, opening = _shares(truth), _opening_days(truth)
    found = np.zeros(uniform.shape, dtype=np.int64)
    for day in np.unique(opening):
        rising = np.cumsum(np.where(opening <= day, shares, 0.0))
        last = int(np.flatnonzero(opening <= day)[-1])
        drawn = np.minimum(np.searchsorted(rising / rising[-1], uniform, side="right"), last)
        found = drawn if arrival is None else np.where(arrival >= day, drawn, found)
    return found


def failures(truth: Truth, streams: Streams) -> Whole:
    """Return (replicates, participants) how many failed screening before each: geometric runs."""
    n, screening = truth.participants, truth.scenario.screening
    if screening is None or screening.failure == 0:
        return np.zeros((len(streams.replicates), n), dtype=np.int64)
    uniform = streams.uniform("screening/failures", n)
    run = np.floor(np.log(uniform) / np.log(screening.failure)).astype(np.int64)
    return np.asarray(np.minimum(run, longest_run(truth) - 1))


def longest_run(truth: Truth) -> int:
    """Return the length at which a run of failures is cut."""
    screening = truth.scenario.screening
    failure = screening.failure if screening is not None else 0.0
    return int(min(LONGEST_RUN, max(1, np.ceil(np.log(RAREST) / np.log(failure))))) if failure > 0 else 1


def _shares(truth: Truth) -> Floats:
    stated = truth.scenario.accrual.shares
    shares = np.ones(len(truth.assignment.sites)) if stated is None else np.array(stated, dtype=np.float64)
    return np.asarray(shares / shares.sum())


def _opening_days(truth: Truth) -> Whole:
    stated = truth.scenario.accrual.opening_days
    return np.zeros(len(truth.assignment.sites), dtype=np.int64) if stated is None else np.array(stated)


def _openings(truth: Truth) -> tuple[Floats, Floats]:
    """Return the days on which sites open, and the share of all arrivals open from each on."""
    opening, shares = _opening_days(truth), _shares(truth)
    days = np.unique(opening)
    return days.astype(np.float64), np.array([shares[opening <= day].sum() for day in days])
