"""Mixed models for repeated measures: power at the last visit, with dropout.

Holds the normal approximation of Lu, Luo and Chen and the t approximation whose variance and degrees of
freedom are Kenward and Roger's at the expected design. Refuses values missing in between: who drops out is
gone.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equipoise.statistics.power.plan import Plan, effect_for, n_for, split, t_power, z_power

Floats = NDArray[np.float64]
Structure = Literal["us", "toep", "cs"]

ROUNDING = 1e-9
GROWTH, GROWTHS = 1.1, 100
"""Steps in which the smallest number that can be planned with is looked for."""
LOST_TO_IMBALANCE = 3
"""The mean of Hotelling's statistic exists beyond so many participants more than there are covariates."""


@dataclass(frozen=True, slots=True)
class Group:
    """What is expected of one group.

    covariance  (J, J) of the visits, given the covariates, in the outcome's unit squared
    retention   (J,) share with a value at each visit, falling; the last above 0
    """

    covariance: Floats
    retention: Floats

    @property
    def ends(self) -> Floats:
        """(J,) share whose last value is that of each visit."""
        return np.asarray(self.retention - np.append(self.retention[1:], 0.0))


def group(covariance: ArrayLike, retention: Sequence[float] | None = None) -> Group:
    """Return a group; everybody stays when no retention is given.

    Raises  ValueError when the covariance is none, or retention rises or ends at 0
    """
    matrix = np.asarray(covariance, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.allclose(matrix, matrix.T):
        raise ValueError("a covariance is a symmetric square matrix")
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        raise ValueError("these correlations exclude each other: the covariance is no covariance") from None
    stays = np.ones(len(matrix)) if retention is None else np.asarray(retention, dtype=np.float64)
    if stays.shape != matrix.shape[:1]:
        raise ValueError(f"{stays.size} shares for {len(matrix)} visits")
    if stays[0] > 1 or stays[-1] <= 0 or np.any(np.diff(stays) > 0):
        raise ValueError("retention starts at 1 or below, never rises, and ends above 0")
    return Group(matrix, stays)


def correlations(
    structure: Literal["cs", "ar1"], rho: float, *, visits: int, days: Sequence[float] | None = None
) -> Floats:
    """Return a (J, J) correlation: the same everywhere, or falling as a power of the distance.

    days    of the visits, for `ar1`; 1, 2, ... when left out
    """
    at = np.arange(visits, dtype=np.float64) if days is None else np.asarray(days, dtype=np.float64)
    apart = np.abs(at[:, None] - at)
    powers = rho**apart if structure == "ar1" else np.where(apart > 0, rho, 1.0)
    return np.asarray(powers, dtype=np.float64)


def scaled(correlation: ArrayLike, sd: float | Sequence[float]) -> Floats:
    """Return the covariance of a correlation and standard deviations, one or (J,)."""
    matrix = np.asarray(correlation, dtype=np.float64)
    spread = np.broadcast_to(np.asarray(sd, dtype=np.float64), matrix.shape[:1])
    return np.asarray(matrix * spread[:, None] * spread)


def variance_factor(one: Group) -> float:
    """Return n times the variance of a group's mean at the last visit, everything known but the means.

    Source  Lu, Luo and Chen (2008), Int J Biostat 4(1):9, formula 3
    Checked tests/golden/design
    """
    return float(np.linalg.inv(_information(one))[-1, -1])


def _information(one: Group) -> Floats:
    visits = len(one.retention)
    total = np.zeros((visits, visits))
    for seen, share in enumerate(one.ends, start=1):
        total[:seen, :seen] += share * np.linalg.inv(one.covariance[:seen, :seen])
    return total


def mmrm_normal(
    difference: float,
    *,
    n: float,
    arm: Group,
    reference: Group | None = None,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
) -> Plan:
    """Return the power at the last visit as if variances were known.

    difference  of the means at the last visit
    n           participants randomized in total
    arm, reference   what is expected of each; alike when the second is left out
    Source      Lu, Luo and Chen (2008), Int J Biostat 4(1):9, formula 3
    Checked     tests/golden/design
    """
    n_arm, n_reference = split(n, ratio)
    variance = variance_factor(arm) / n_arm + variance_factor(reference or arm) / n_reference
    power, wrong = z_power(difference / math.sqrt(variance), alpha=alpha, sides=sides)
    method = "mixed model, normal (Lu, Luo and Chen 2008)"
    return Plan(power, wrong, n, n_arm, n_reference, difference, alpha, sides, None, method)


def mmrm_normal_n(
    difference: float,
    *,
    power: float,
    arm: Group,
    reference: Group | None = None,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
) -> Plan:
    """Return the smallest number of randomized participants at which `mmrm_normal` has a power.

    Checked  tests/golden/design
    """

    def at(n: float) -> Plan:
        return mmrm_normal(
            difference, n=n, arm=arm, reference=reference, ratio=ratio, alpha=alpha, sides=sides
        )

    return at(n_for(lambda n: at(n).power, power, least=2.0))


def mmrm(
    difference: float,
    *,
    n: float,
    arm: Group,
    reference: Group | None = None,
    structure: Structure = "us",
    covariates: int = 0,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
) -> Plan:
    """Return the power at the last visit of a mixed model with Kenward-Roger's variance and df.

    difference  of the adjusted means at the last visit
    n           participants randomized in total
    arm, reference   what is expected of each; alike when the second is left out. Where their covariances
                differ, the model is taken to give each arm its own
    structure   of the covariance that the model fits; the true one must have it
    covariates  how many baseline covariates the model crosses with the visits; `covariance` is given them
    The expected numbers with each last visit stand for the observed ones. Chance imbalance of q covariates
    widens the variance by q / (m - q - 3), m being the number of participants who would tell as much if all
    were seen at the last visit; this is exact when everybody stays.
    Raises      ValueError when the model has too few participants, or a true covariance lacks the structure
    Source      Tang (2017), Stat Med 36:2135-2147, for the idea: a noncentral t at the Kenward-Roger variance
                under monotone dropout. The variance here is Kenward and Roger (1997), Biometrics 53:983-997,
                formulas 1-5, evaluated at the expected design; it is not Tang's closed form
    Checked     against simulation in tests/statistics/power/test_mmrm.py
    """
    n_arm, n_reference = split(n, ratio)
    groups = (arm, reference or arm)
    numbers = (n_arm, n_reference)
    variance, df = _kenward_roger(groups, numbers, structure, covariates)
    noncentrality = difference / math.sqrt(variance * (1 + _imbalance(groups, numbers, covariates)))
    power, wrong = t_power(noncentrality, df, alpha=alpha, sides=sides)
    method = "mixed model, noncentral t with Kenward-Roger's variance at the expected design"
    return Plan(power, wrong, n, n_arm, n_reference, difference, alpha, sides, df, method)


def mmrm_n(
    difference: float,
    *,
    power: float,
    arm: Group,
    reference: Group | None = None,
    structure: Structure = "us",
    covariates: int = 0,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
) -> Plan:
    """Return the smallest number of randomized participants at which `mmrm` has a power.

    Raises  ValueError when no number is enough, and as `mmrm`
    """

    def at(n: float) -> Plan:
        return mmrm(
            difference,
            n=n,
            arm=arm,
            reference=reference,
            structure=structure,
            covariates=covariates,
            ratio=ratio,
            alpha=alpha,
            sides=sides,
        )

    return at(n_for(lambda n: at(n).power, power, least=_least(at)))


def mmrm_effect(
    *,
    n: float,
    power: float,
    arm: Group,
    reference: Group | None = None,
    structure: Structure = "us",
    covariates: int = 0,
    ratio: float = 1.0,
    alpha: float = 0.05,
    sides: int = 2,
) -> Plan:
    """Return the difference, above 0, that `mmrm` finds with a power."""

    def at(difference: float) -> Plan:
        return mmrm(
            difference,
            n=n,
            arm=arm,
            reference=reference,
            structure=structure,
            covariates=covariates,
            ratio=ratio,
            alpha=alpha,
            sides=sides,
        )

    scale = math.sqrt(float(arm.covariance[-1, -1]))
    return at(effect_for(lambda one: at(one).power, power, scale=scale))


def _least(at: Callable[[float], Plan]) -> float:
    """Return a number that is just enough for a plan to exist."""
    n = 2.0
    for _ in range(GROWTHS):
        try:
            at(n)
        except ValueError:
            n *= GROWTH
        else:
            return n
    raise ValueError("too few participants stay, however many begin")


def _imbalance(groups: tuple[Group, Group], numbers: tuple[float, float], covariates: int) -> float:
    """Return the share by which chance imbalance of the covariates widens the variance."""
    if covariates == 0:
        return 0.0
    told = sum(
        number * float(one.covariance[-1, -1]) / variance_factor(one)
        for one, number in zip(groups, numbers, strict=True)
    )
    left = told - covariates - LOST_TO_IMBALANCE
    if not left > 0:
        raise ValueError(f"too few participants stay for {covariates} covariates")
    return covariates / left


def _basis(structure: Structure, covariance: Floats) -> Floats:
    """Return (P, J, J) the matrices whose combination the covariance is.

    Raises  ValueError when it is no combination of them
    """
    visits = len(covariance)
    apart = np.abs(np.arange(visits)[:, None] - np.arange(visits))
    if structure == "us":
        rows, columns = np.triu_indices(visits)
        found = np.zeros((rows.size, visits, visits))
        each = np.arange(rows.size)
        found[each, rows, columns] = found[each, columns, rows] = 1.0
        return found
    kinds = apart if structure == "toep" else np.minimum(apart, 1)
    found = np.stack([(kinds == kind).astype(np.float64) for kind in range(int(kinds.max()) + 1)])
    for one in found:
        values = covariance[one > 0]
        if np.ptp(values) > ROUNDING * abs(values[0]):
            raise ValueError(f"the true covariance has no structure {structure}; give us")
    return found


def _kenward_roger(
    groups: tuple[Group, Group], numbers: tuple[float, float], structure: Structure, covariates: int
) -> tuple[float, float]:
    """Return the adjusted variance of the difference at the last visit and its degrees of freedom.

    In Kenward and Roger's notation: W the covariance of the variance parameters, P and Q the first and second
    derivatives of the information about the means, one block an arm, and one a covariate from both arms.
    """
    shared = np.array_equal(groups[0].covariance, groups[1].covariance)
    basis = [_basis(structure, one.covariance) for one in groups]
    size = len(basis[0]) if shared else len(basis[0]) + len(basis[1])
    places = [np.arange(len(basis[0])), np.arange(len(basis[1])) + (0 if shared else len(basis[0]))]
    of_means = [number * _information(one) for one, number in zip(groups, numbers, strict=True)]
    arms = [_inverse(one) for one in of_means]
    both = ([0, 1], _inverse(of_means[0] + of_means[1]))
    blocks = [([0], arms[0]), ([1], arms[1]), *([both] * covariates)]
    patterns = [_patterns(groups[at], numbers[at], basis[at]) for at in (0, 1)]
    information = np.zeros((size, size))
    for at in (0, 1):
        for count, weight, turned in patterns[at]:
            flat = turned.reshape(len(turned), -1)
            other = turned.transpose(0, 2, 1).reshape(len(turned), -1)
            information[np.ix_(places[at], places[at])] += 0.5 * count * (flat @ other.T)
            for members, known in blocks:
                if at in members:
                    around = (weight @ known @ turned).reshape(len(turned), -1)
                    information[np.ix_(places[at], places[at])] -= count * (around @ other.T)
    for members, known in blocks:
        first = np.zeros((size, *known.shape))
        for at in members:
            for count, weight, turned in patterns[at]:
                first[places[at]] -= count * (turned @ weight)
        halves = (known @ first).reshape(size, -1)
        others = (known @ first).transpose(0, 2, 1).reshape(size, -1)
        information += 0.5 * halves @ others.T
    return _adjusted(information, arms, patterns=patterns, places=places)


def _inverse(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


Pattern = tuple[float, Floats, Floats]


def _patterns(one: Group, number: float, basis: Floats) -> list[Pattern]:
    """Return for each last visit: participants, inverse covariance W padded with 0, and W B for each B."""
    visits, found = len(one.retention), []
    for seen, share in enumerate(one.ends, start=1):
        if share > 0:
            weight = np.zeros((visits, visits))
            weight[:seen, :seen] = np.linalg.inv(one.covariance[:seen, :seen])
            found.append((float(number * share), weight, weight @ basis))
    return found


def _adjusted(
    information: Floats, arms: list[Floats], *, patterns: list[list[Pattern]], places: list[NDArray[np.int64]]
) -> tuple[float, float]:
    if not np.all(np.linalg.eigvalsh(information) > 0):
        raise ValueError("too few participants stay to estimate so many variances")
    spread = np.linalg.inv(information)
    size = len(information)
    variance = float(sum(known[-1, -1] for known in arms))
    slope, second = np.zeros(size), np.zeros((size, size))
    for known, seen, place in zip(arms, patterns, places, strict=True):
        at_end = known[-1]
        first = np.zeros((len(place), len(at_end)))
        inner = np.zeros((len(place), len(place)))
        for count, weight, turned in seen:
            moved = turned.transpose(0, 2, 1) @ at_end
            inner += count * moved @ weight @ moved.T
            first -= count * (turned @ (weight @ at_end))
        slope[place] -= first @ at_end
        second[np.ix_(place, place)] += inner - first @ known @ first.T
    df = 2 * variance**2 / float(slope @ spread @ slope)
    if not df >= 1:
        raise ValueError("too few participants stay to estimate so many variances")
    return variance + 2 * float((spread * second).sum()), df
