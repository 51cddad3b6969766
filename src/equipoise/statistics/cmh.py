"""Two arms and a yes-or-no outcome in strata: Mantel-Haenszel's estimates, tests, and their homogeneity.

Holds the 2 x 2 x strata case; `stratified_association` has more arms and more levels. Refuses models and
exact methods.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.errors import FitError
from equipoise.statistics.chi_squared import ChiSquared, chi_squared
from equipoise.statistics.columns import code_labels
from equipoise.statistics.estimate import DEFAULT_LEVEL, Estimate, infer
from equipoise.statistics.log_scale import exponentiate

Array = NDArray[np.float64]
DifferenceVariance = Literal["sato", "greenland_robins"]

YATES = 0.5


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts by stratum, only of strata in which both arms have somebody.

    events, n                      (k,) in the arm
    reference_events, reference_n  (k,) in the reference
    """

    events: Array
    n: Array
    reference_events: Array
    reference_n: Array

    @property
    def total(self) -> Array:
        """Participants by stratum."""
        return self.n + self.reference_n

    @property
    def all_events(self) -> Array:
        """Participants with the event by stratum."""
        return self.events + self.reference_events


@dataclass(frozen=True, slots=True)
class Stratified:
    """Everything a stratified comparison reports.

    difference   common risk difference, arm minus reference
    test         Cochran-Mantel-Haenszel
    odds_ratio, ratio  common odds ratio and risk ratio; None where not defined
    homogeneity  Breslow-Day with Tarone's correction; None where not defined
    strata       strata with both arms
    left_out     strata in which one arm has nobody: they say nothing about the difference
    """

    difference: Estimate
    test: ChiSquared | None
    odds_ratio: Estimate | None
    ratio: Estimate | None
    homogeneity: ChiSquared | None
    strata: int
    left_out: int

    def summary(self, *, decimals: int = 3) -> str:
        """Return the difference with its interval, and the test."""
        test = "" if self.test is None else f"; {self.test.summary()}"
        left_out = f"; {self.left_out} strata with one arm only left out" if self.left_out else ""
        return f"{self.difference.summary(decimals=decimals)}{test}; {self.strata} strata{left_out}"


def tabulate_strata(
    event: ArrayLike,
    arm: Sequence[Hashable] | NDArray[Any],
    strata: Sequence[Hashable] | NDArray[Any],
    *,
    arms: tuple[Hashable, Hashable],
) -> tuple[NDArray[np.int64], list[Hashable]]:
    """Return the (k, 2, 2) tables that this module takes, and the k strata's labels in their order.

    event   (n,) 1 with the event, 0 without
    arm     (n,) labels, each one of `arms`
    strata  (n,) labels
    arms    the arm, then the reference
    Raises  ValueError when lengths disagree, an event is not 0 or 1, or an arm is neither of the two
    """
    events = np.asarray(event)
    if events.ndim != 1 or not np.isin(events, (0, 1)).all():
        raise ValueError("events are one 0 or 1 a participant")
    codes, labels = code_labels(strata, n=events.size, what="strata")
    strange = sorted({str(a) for a in arm} - {str(a) for a in arms})
    if strange or len(arm) != events.size:
        raise ValueError(f"{len(arm)} arms for {events.size} events, of {', '.join(map(str, arms))} only")
    rows = np.array([int(a == arms[1]) for a in arm], dtype=np.intp)
    tables = np.zeros((len(labels), 2, 2), dtype=np.int64)
    np.add.at(tables, (codes, rows, 1 - events.astype(np.intp)), 1)
    return tables, labels


def stratified_comparison(
    tables: ArrayLike,
    *,
    variance: DifferenceVariance = "sato",
    correct: bool = False,
    level: float = DEFAULT_LEVEL,
) -> Stratified:
    """Return the common difference and ratios, the test and the homogeneity of 2 x 2 tables.

    tables    (k, 2, 2) counts: stratum, arm (the reference second), outcome (with the event first)
    variance  of the difference, see `common_risk_difference`
    correct   continuity correction of the test
    Raises    FitError when no stratum has both arms; ValueError when the tables' shape is wrong or a count is
              negative or not whole
    Source    see the functions called
    Checked   tests/golden/cmh
    """
    cells = _cells(tables)
    varies = 0 < cells.all_events.sum() < cells.total.sum()
    return Stratified(
        difference=common_risk_difference(tables, variance=variance, level=level),
        test=_or_none(cochran_mantel_haenszel, tables, correct=correct),
        odds_ratio=_or_none(common_odds_ratio, tables, level=level) if varies else None,
        ratio=_or_none(common_risk_ratio, tables, level=level) if varies else None,
        homogeneity=_or_none(breslow_day, tables),
        strata=cells.n.size,
        left_out=int(np.asarray(tables).shape[0]) - cells.n.size,
    )


def cochran_mantel_haenszel(tables: ArrayLike, *, correct: bool = False) -> ChiSquared:
    """Return the test that the odds ratio is 1 in every stratum.

    tables   (k, 2, 2) as in `stratified_comparison`
    correct  take 0.5 off the deviation, never below 0 (Mantel and Haenszel); without, as SAS prints it
    Raises   FitError when no stratum has both arms and both outcomes; ValueError as `stratified_comparison`
    Source   Mantel and Haenszel (1959), J Natl Cancer Inst 22:719-748; as R's mantelhaen.test
    Checked  tests/golden/cmh
    """
    cells = _cells(tables)
    n, total, hit = cells.n, cells.total, cells.all_events
    variance = float(
        (n * cells.reference_n * hit * (total - hit) / (total**2 * np.maximum(total - 1, 1))).sum()
    )
    if variance == 0:
        raise FitError("The Mantel-Haenszel test needs a stratum in which both arms and both outcomes occur")
    deviation = abs(float((cells.events - n * hit / total).sum()))
    if correct:
        deviation = max(0.0, deviation - YATES)
    suffix = ", continuity correction" if correct else ""
    return chi_squared(deviation**2 / variance, 1, method=f"Cochran-Mantel-Haenszel{suffix}")


def common_risk_difference(
    tables: ArrayLike, *, variance: DifferenceVariance = "sato", level: float = DEFAULT_LEVEL
) -> Estimate:
    """Return the Mantel-Haenszel risk difference, arm minus reference, with Wald's interval, cut at -1 and 1.

    tables    (k, 2, 2) as in `stratified_comparison`
    variance  "sato": holds for few large and for many small strata; "greenland_robins": for large strata
    Each stratum weighs n m / (n + m), n and m its participants by arm.
    Raises    FitError when no stratum has both arms; ValueError as `stratified_comparison`
    Source    Sato (1989), Biometrics 45:1323-1324; Greenland and Robins (1985), Biometrics 41:55-68; both as
              R packages metafor and epiR compute them
    Checked   tests/golden/cmh
    """
    cells = _cells(tables)
    a, n, c, m, total = cells.events, cells.n, cells.reference_events, cells.reference_n, cells.total
    weight = n * m / total
    difference = float((weight * (a / n - c / m)).sum() / weight.sum())
    if variance == "sato":
        p = (c * n**2 - a * m**2 + n * m * (m - n) / 2) / total**2
        q = (a * (m - c) + c * (n - a)) / (2 * total)
        spread = difference * float(p.sum()) + float(q.sum())
    elif variance == "greenland_robins":
        spread = float((weight**2 * (a * (n - a) / n**3 + c * (m - c) / m**3)).sum())
    else:
        raise ValueError(f"unknown variance {variance!r}; choose sato or greenland_robins")
    names = {"sato": "Sato variance", "greenland_robins": "Greenland-Robins variance"}
    estimate = infer(
        difference,
        math.sqrt(max(0.0, spread)) / float(weight.sum()),
        level=level,
        method=f"Mantel-Haenszel risk difference, {names[variance]}",
    )
    return replace(estimate, ci_low=max(-1.0, estimate.ci_low), ci_high=min(1.0, estimate.ci_high))


def common_odds_ratio(tables: ArrayLike, *, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return the Mantel-Haenszel odds ratio with Wald's interval on the log scale.

    estimate and limits are odds ratios; std_error and statistic are those of the log odds ratio.
    Raises   FitError when it is 0, infinite or not defined; ValueError as `stratified_comparison`
    Source   Mantel and Haenszel (1959); variance: Robins, Breslow and Greenland (1986), Biometrics 42:311-323
    Checked  tests/golden/cmh
    """
    cells = _cells(tables)
    a, b, c, d = (
        cells.events,
        cells.n - cells.events,
        cells.reference_events,
        cells.reference_n - cells.reference_events,
    )
    total = cells.total
    r, s = a * d / total, b * c / total
    p, q = (a + d) / total, (b + c) / total
    up, down = float(r.sum()), float(s.sum())
    _require_both(up, down, "odds ratio")
    variance = (
        float((p * r).sum()) / (2 * up**2)
        + float((p * s + q * r).sum()) / (2 * up * down)
        + float((q * s).sum()) / (2 * down**2)
    )
    method = "Mantel-Haenszel odds ratio, Robins-Breslow-Greenland variance"
    return exponentiate(infer(math.log(up / down), math.sqrt(variance), level=level, method=method))


def common_risk_ratio(tables: ArrayLike, *, level: float = DEFAULT_LEVEL) -> Estimate:
    """Return the Mantel-Haenszel risk ratio with Wald's interval on the log scale.

    estimate and limits are risk ratios; std_error and statistic are those of the log risk ratio.
    Raises   FitError when it is 0, infinite or not defined; ValueError as `stratified_comparison`
    Source   Greenland and Robins (1985), Biometrics 41:55-68
    Checked  tests/golden/cmh
    """
    cells = _cells(tables)
    a, n, c, m, total = cells.events, cells.n, cells.reference_events, cells.reference_n, cells.total
    up, down = float((a * m / total).sum()), float((c * n / total).sum())
    _require_both(up, down, "risk ratio")
    variance = float(((n * m * (a + c) - a * c * total) / total**2).sum()) / (up * down)
    method = "Mantel-Haenszel risk ratio, Greenland-Robins variance"
    return exponentiate(infer(math.log(up / down), math.sqrt(variance), level=level, method=method))


def breslow_day(tables: ArrayLike, *, tarone: bool = True) -> ChiSquared:
    """Return the test that strata share one odds ratio.

    tables   (k, 2, 2) as in `stratified_comparison`; strata without an event or with nothing else say nothing
    tarone   with Tarone's correction for having estimated the common odds ratio
    Raises   FitError when fewer than two strata say something or the common odds ratio is 0, infinite or not
             defined; ValueError as `stratified_comparison`
    Source   Breslow and Day (1980), Statistical Methods in Cancer Research I, eq. 4.30; Tarone (1985),
             Biometrika 72:91-95; as statsmodels and metafor compute them
    Checked  tests/golden/cmh
    """
    cells = _cells(tables)
    ratio = common_odds_ratio(tables).estimate
    hit = cells.all_events
    telling = (hit > 0) & (hit < cells.total)
    if telling.sum() <= 1:
        raise FitError(f"{int(telling.sum())} strata have both outcomes where homogeneity needs two")
    a, n, m, hit = (array[telling] for array in (cells.events, cells.n, cells.reference_n, hit))
    expected = _expected_events(n, m, hit, ratio)
    variance = 1 / (1 / expected + 1 / (hit - expected) + 1 / (n - expected) + 1 / (m - hit + expected))
    statistic = float(((a - expected) ** 2 / variance).sum())
    if tarone:
        statistic -= float((a - expected).sum()) ** 2 / float(variance.sum())
    name = "Breslow-Day test with Tarone's correction" if tarone else "Breslow-Day test"
    return chi_squared(max(0.0, statistic), int(telling.sum()) - 1, method=name)


def _expected_events(n: Array, m: Array, hit: Array, ratio: float) -> Array:
    """Return the arm's events that give each stratum the odds ratio and its own margins."""
    linear = m - hit + ratio * (n + hit)
    root = np.sqrt(np.maximum(0.0, linear**2 + 4 * (1 - ratio) * ratio * n * hit))
    # Of the quadratic's two roots the one in range, in the form that also holds at ratio 1: n hit / total.
    expected: Array = 2 * ratio * n * hit / (linear + root)
    return expected


def _cells(tables: ArrayLike) -> Cells:
    counts = np.asarray(tables, dtype=np.float64)
    if counts.ndim != 3 or counts.shape[1:] != (2, 2):
        raise ValueError(f"the tables have shape {counts.shape}; give strata, arms and outcomes: (k, 2, 2)")
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts != np.floor(counts)).any():
        raise ValueError("counts of participants are whole numbers, 0 or more")
    n = counts.sum(axis=2)
    both = (n > 0).all(axis=1)
    if not both.any():
        raise FitError(f"None of {counts.shape[0]} strata has participants in both arms")
    return Cells(counts[both, 0, 0], n[both, 0], counts[both, 1, 0], n[both, 1])


def _require_both(up: float, down: float, what: str) -> None:
    if up == 0 or down == 0:
        side = "is not defined" if up == down else "is 0" if up == 0 else "is infinite"
        raise FitError(f"The common {what} {side}: no stratum has the events it needs")


def _or_none(compute: Any, tables: ArrayLike, **options: Any) -> Any:
    try:
        return compute(tables, **options)
    except FitError:
        return None
