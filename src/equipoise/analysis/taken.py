"""`Taken`: one trial out of many as the ordinary estimators know it, for what arrays of trials cannot do.

Holds the step from arrays to a sample. Refuses to estimate by itself: it calls the estimators of the
registry.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.answers import Asked
from equipoise.analysis.evidence import Evidence
from equipoise.analysis.posed import Column, Posed
from equipoise.analysis.question import Question, Sample, lay_out
from equipoise.analysis.registry import ESTIMATORS
from equipoise.analysis.trials import Floats
from equipoise.errors import FitError
from equipoise.records import Records, empty


@lru_cache(maxsize=1)
def _no_records() -> Records:
    return empty()


def evidence_of(posed: Posed) -> Evidence:
    """Return evidence of a protocol and nobody: what a taken sample needs to know beside itself."""
    return Evidence(posed.trials.resolved, _no_records())


@dataclass(frozen=True)
class Taken(Question):
    """One trial out of many as the ordinary estimators know it: a question whose sample is already taken."""

    taken: Sample = field(default_factory=lambda: Sample((), (), np.empty(0), none(0), ()))
    columns: Mapping[str, Mapping[str, float | str]] = field(default_factory=dict)

    def sample(self) -> Sample:
        """Return the sample taken."""
        return self.taken

    @property
    def covariates(self) -> dict[str, Mapping[str, float | str]]:
        """Return covariates and stratification factors of those in the sample."""
        return dict(self.columns)


def taken(posed: Posed, row: int, *, outcome: Floats, evidence: Evidence) -> Taken:
    """Return one trial's question; outcome is (R, n)."""
    values = {column.name: column.values[row] for column in posed.covariates}
    complete = np.isfinite(outcome[row])
    for column in values.values():
        complete &= np.isfinite(column)
    people = np.flatnonzero(complete)
    who = tuple(str(one) for one in people)
    columns = {
        column.name: dict(zip(who, answers_of(column, row, people), strict=True))
        for column in posed.covariates
    }
    design = lay_out(columns, who)
    sample = Sample(who, arm_ids(posed, row, people), outcome[row, people], design.matrix, design.names)
    return Taken(evidence, posed.estimand, None, sample, columns)


def answers_of(column: Column, row: int, people: NDArray[np.intp]) -> list[Any]:
    """Return some people's numbers or levels of a covariate in one trial."""
    values = column.values[row, people].tolist()
    return [column.levels[int(value)] for value in values] if column.levels else values


def arm_ids(posed: Posed, row: int, people: NDArray[np.intp]) -> tuple[str, ...]:
    """Return some people's arms in one trial."""
    treatment = posed.estimand.treatment
    inside = posed.experimental[row, people].tolist()
    return tuple(treatment.experimental if one else treatment.reference for one in inside)


def answer(question: Taken) -> Asked:
    """Return what the ordinary estimator says; None where it cannot be estimated."""
    try:
        found = ESTIMATORS[question.estimand.estimator.name](question)
    except FitError:
        return None
    return found.estimate, found.n


def tabled(posed: Posed, cells: tuple[int, ...]) -> Taken:
    """Return the question of a two-by-two table: events and people of the arm, then of the reference."""
    x, of_x, y, of_y = cells
    outcome = np.repeat([1.0, 0.0, 1.0, 0.0], [x, of_x - x, y, of_y - y])
    arms = (posed.estimand.treatment.experimental,) * of_x + (posed.estimand.treatment.reference,) * of_y
    nobody = tuple(str(number) for number in range(len(arms)))
    return Taken(evidence_of(posed), posed.estimand, None, Sample(nobody, arms, outcome, none(len(arms)), ()))


def none(n: int) -> Floats:
    """Return the design of n people without a covariate."""
    return np.empty((n, 0))
