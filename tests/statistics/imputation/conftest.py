"""What the tests of `equipoise.statistics.imputation` share: the depression trial, invented trials with gaps."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from equipoise.statistics import imputation
from equipoise.statistics.mmrm.solution import Rows, solve

TESTS = Path(__file__).parents[2]
FIRST_VISIT, VISITS = 4, 4
ALL = ("mar", "jr", "cr", "cir", "lmcf")


@pytest.fixture(scope="session")
def depression():
    """Return patients, changes at four visits (NaN where missing), arms (1 = drug) and baselines."""
    folder = Path(os.environ.get("EQUIPOISE_REFERENCE_DATA", TESTS.parent / ".." / "shared" / "data"))
    path = folder / "antidepressant_trial.csv"
    if not path.exists():
        message = f"the reference data are not at {path}; set EQUIPOISE_REFERENCE_DATA"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    patients = sorted({row["PATIENT"] for row in rows})
    outcome = np.full((len(patients), VISITS), np.nan)
    arm, base = np.zeros(len(patients), dtype=int), np.zeros(len(patients))
    for row in rows:
        i = patients.index(row["PATIENT"])
        outcome[i, int(row["VISIT"]) - FIRST_VISIT] = float(row["CHANGE"])
        arm[i], base[i] = row["THERAPY"] == "DRUG", float(row["BASVAL"])
    return patients, outcome, arm, base


@pytest.fixture(scope="session")
def invented():
    """Return a maker of trials with dropout, a gap, somebody never seen, and a strategy for each participant."""

    def make(*, seed=1, n=36, visits=3, arms=2, strategies=ALL, gap=True, **options):
        rng = np.random.default_rng(seed)
        arm, base = np.arange(n) % arms, rng.normal(20, 4, (n, 2))
        lower = np.tril(rng.uniform(0, 0.8, (visits, visits)), -1) + np.diag(rng.uniform(0.8, 2, visits))
        gain = arm[:, None] * np.linspace(0.5, 2, visits)
        y = base @ [[0.3], [-0.1]] + gain + rng.standard_normal((n, visits)) @ lower.T
        y[np.arange(visits) >= rng.integers(1, 2 * visits, n)[:, None]] = np.nan
        y[0], y[1] = np.where((np.arange(visits) == 1) & gap, np.nan, 1.0 + np.arange(visits)), np.nan
        chosen = [strategies[i] for i in rng.integers(0, len(strategies), n)]
        return imputation.incomplete(y, arm, covariates=base, strategy=chosen, **options)

    return make


@pytest.fixture(scope="session")
def by_hand():
    """Return the whole analysis written out participant by participant, with a fit from a cold start."""
    return _by_hand


def _by_hand(trial, *, kept=None, by_arm=False, restricted=True, delta=None, plain=False):
    """Return completed outcomes, differences from the reference (A, m) and adjusted means (A, m)."""
    kept = np.arange(trial.n) if kept is None else np.asarray(kept)
    y, arm, x = trial.outcome[kept], trial.arm[kept], trial.covariates[kept]
    m, arms = trial.visits, trial.arms
    x = x - x.mean(axis=0)
    design = np.column_stack([arm == a for a in range(arms)] + [x]).astype(float)
    q = design.shape[1]
    who, when = np.nonzero(trial.modeled[kept])
    rows = (np.eye(m)[when][:, :, None] * design[who][:, None, :]).reshape(who.size, m * q)
    group = arm if by_arm else np.zeros(kept.size, dtype=int)
    # Participants without a row cannot come last.
    seen = np.unique(who)
    fit = solve(
        Rows(rows, y[who, when], np.searchsorted(seen, who), when, group[seen]),
        covariance="us",
        restricted=restricted,
    )
    assert fit.converged
    b = fit.b.reshape(m, q)
    completed = y.copy()
    for i in range(kept.size):
        sigma, sigma_ref = (fit.sigma[a if by_arm else 0] for a in (arm[i], trial.reference))
        own, ref = design[i].copy(), design[i].copy()
        ref[:arms] = np.arange(arms) == trial.reference
        name = "mar" if plain else list(imputation.STRATEGIES)[trial.strategy[kept[i]]]
        mean, joint = _joint(name, b @ own, b @ ref, sigma, sigma_ref, trial.since[kept[i]])
        gap, seen = np.isnan(y[i]), ~np.isnan(y[i])
        weight = joint[np.ix_(gap, seen)] @ np.linalg.inv(joint[np.ix_(seen, seen)])
        completed[i, gap] = mean[gap] + weight @ (y[i, seen] - mean[seen])
        if delta is not None:
            completed[i, gap] += delta[kept[i], gap]
    found = np.linalg.lstsq(design, completed, rcond=None)[0]
    return completed, found[:arms] - found[trial.reference], found[:arms]


def _joint(name, own, ref, sigma, sigma_ref, since):
    """Return mean and covariance after Carpenter, Roger and Kenward, by building them up visit by visit."""
    m, s = own.size, int(since)
    if name == "mar" or s >= m or (name == "lmcf" and s == 0):
        return own, sigma
    if name == "cr" or (s == 0 and name == "cir"):
        return ref, sigma_ref
    late = {"jr": ref[s:], "cir": own[s - 1] + ref[s:] - ref[s - 1], "lmcf": np.full(m - s, own[s - 1])}[name]
    mean = np.concatenate([own[:s], late])
    if name == "lmcf":
        return mean, sigma
    # Later visits are those of the reference given earlier ones, earlier ones are the arm's.
    slope = sigma_ref[s:, :s] @ np.linalg.inv(sigma_ref[:s, :s])
    noise = sigma_ref[s:, s:] - slope @ sigma_ref[:s, s:]
    build = np.block([[np.eye(s), np.zeros((s, m - s))], [slope, np.eye(m - s)]])
    parts = np.block([[sigma[:s, :s], np.zeros((s, m - s))], [np.zeros((m - s, s)), noise]])
    return mean, build @ parts @ build.T
