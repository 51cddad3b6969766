"""`Question`: one estimand put to the data, and the sample an estimator gets of it.

Holds the way from protocol and records to one outcome a participant. Refuses to estimate.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.evidence import Evidence
from equipoise.analysis.intercurrent import Handling, handle
from equipoise.analysis.sets import Members, members
from equipoise.analysis.variable import Scale, baseline_of, measure, scale_of
from equipoise.analysis.windows import Reading
from equipoise.errors import FitError
from equipoise.protocol.estimators import BINARY, COMPOSITE
from equipoise.protocol.plan import Estimand
from equipoise.statistics.ancova import indicators


@dataclass(frozen=True)
class Sample:
    """The participants an estimator uses, sorted, complete in everything it needs.

    participants  (n,)
    arms          (n,) arm ids; two different ones unless an arm is empty
    outcome       (n,) in the variable's unit; 1 and 0 for responders and others
    design        (n, p) covariate columns
    names         (p,) their names
    """

    participants: tuple[str, ...]
    arms: tuple[str, ...]
    outcome: NDArray[np.float64]
    design: NDArray[np.float64]
    names: tuple[str, ...]

    def of(self, arm: str) -> NDArray[np.float64]:
        """Return one arm's outcomes."""
        return np.array(
            [value for one, value in zip(self.arms, self.outcome, strict=True) if one == arm],
            dtype=np.float64,
        )


@dataclass(frozen=True)
class Design:
    """Covariate columns of n participants.

    matrix  (n, p)
    names   (p,) their names
    levels  (p,) levels of the factor a column belongs to; 0 for a number
    """

    matrix: NDArray[np.float64]
    names: tuple[str, ...]
    levels: tuple[int, ...]

    @property
    def covariates(self) -> tuple[str, ...]:
        """The covariates the columns stand for."""
        return tuple(dict.fromkeys(name.partition("=")[0] for name in self.names))


@dataclass(frozen=True)
class Question:
    """One estimand and the data it is asked of.

    within   participants it is asked of, for a subgroup; None for the whole analysis set
    """

    evidence: Evidence
    estimand: Estimand
    within: frozenset[str] | None = None

    def at(self, visit: str) -> "Question":
        """Return the same question of the variable at another visit."""
        variable = self.estimand.variable
        if visit == variable.visit:
            return self
        moved = variable.model_copy(update={"visit": visit})
        return replace(self, estimand=self.estimand.model_copy(update={"variable": moved}))

    @property
    def arm(self) -> str:
        """The arm whose mean comes first."""
        return self.estimand.treatment.experimental

    @property
    def reference(self) -> str:
        """The arm that is subtracted."""
        return self.estimand.treatment.reference

    @property
    def alpha(self) -> float:
        """The protocol's two-sided level of tests."""
        return self.evidence.resolved.protocol.alpha

    @property
    def level(self) -> float:
        """The confidence level: one minus alpha."""
        return 1 - self.alpha

    @property
    def binary(self) -> bool:
        """Whether the variable says yes or no."""
        return self.estimand.variable.type in BINARY

    @cached_property
    def scale(self) -> Scale:
        """What is known of the score."""
        return scale_of(self.evidence, self.estimand.variable.score)

    @cached_property
    def members(self) -> Members:
        """The analysis set."""
        return members(self.evidence, self.estimand.population)

    @cached_property
    def compared(self) -> dict[str, str | None]:
        """Members in one of the two arms, to their arm; every member, to None, when blinded."""
        wanted = {None} if self.evidence.blinded else {self.arm, self.reference}
        return {
            who: arm
            for who, arm in self.members.arms.items()
            if arm in wanted and (self.within is None or who in self.within)
        }

    @cached_property
    def baseline(self) -> dict[str, Reading]:
        """Participant to baseline reading."""
        return baseline_of(self.evidence, self.scale.name, self.estimand.variable.baseline)

    @cached_property
    def handling(self) -> Handling:
        """The readings at the estimand's visit after the strategies for intercurrent events."""
        visit = self.estimand.variable.visit
        readings = self.evidence.readings(self.scale.name)
        at_visit = {
            who: reading for (who, at), reading in readings.items() if at == visit and who in self.compared
        }
        return handle(self.evidence, self.estimand, at_visit)

    @cached_property
    def outcome(self) -> dict[str, float]:
        """Participant to the variable; participants without one are absent.

        Raises  FitError when a strategy or definition cannot be honored
        """
        if self.counts_missing_as_failure:
            return {**dict.fromkeys(self.compared, 0.0), **self.observed}
        return self.observed

    @property
    def counts_missing_as_failure(self) -> bool:
        """Whether participants without the variable count as no response."""
        return self.binary and self.estimand.missing == "failure"

    @cached_property
    def observed(self) -> dict[str, float]:
        """Participant to the variable after the strategies, before anything is assumed of missing values."""
        failed = [who for who in self.compared if who in self.handling.failed]
        readings = {who: one for who, one in self.handling.readings.items() if who not in failed}
        if not self.binary:
            readings |= {who: Reading(value, "", None, None) for who, value in self._composite(failed)}
        found = measure(self.estimand.variable, self.scale, readings=readings, baseline=self.baseline)
        if self.binary:
            found |= dict.fromkeys(failed, 0.0)
        return {who: found[who] for who in self.compared if who in found}

    def _composite(self, failed: list[str]) -> Iterator[tuple[str, float]]:
        """Yield the number that stands for a failure; nobody without a baseline where that is the number."""
        worst = self.estimand.estimator.options.get(COMPOSITE) != "baseline"
        if failed and worst and self.scale.worst is None:
            raise FitError(f"no worst value of {self.scale.name} is known to stand for a failure")
        for who in failed:
            start = self.baseline.get(who)
            if worst and self.scale.worst is not None:
                yield who, self.scale.worst
            elif start is not None:
                yield who, start.value

    def sample(self) -> Sample:
        """Return the complete cases: outcome, and whatever covariates the estimator names.

        Raises  FitError when a covariate was never collected
        """
        columns = self.covariates
        who = [one for one in self.outcome if all(one in column for column in columns.values())]
        design = lay_out(columns, who)
        return Sample(
            participants=tuple(who),
            arms=tuple(self.compared[one] or "" for one in who),
            outcome=np.array([self.outcome[one] for one in who], dtype=np.float64),
            design=design.matrix,
            names=design.names,
        )

    @cached_property
    def covariates(self) -> dict[str, Mapping[str, float | str]]:
        """Name of each covariate and stratification factor to participant to number or level."""
        estimator = self.estimand.estimator
        columns = {name: self._column(name) for name in estimator.covariates}
        if estimator.strata:
            strata = self.evidence.resolved.protocol.allocation.strata or ()
            columns |= {stratum.id: self._stratum(stratum.item) for stratum in strata}
        empty = [name for name, column in columns.items() if not column]
        if empty:
            raise FitError(f"nobody has a value of {', '.join(empty)}, which the estimator adjusts for")
        return columns

    def _column(self, name: str) -> Mapping[str, float | str]:
        """Return a covariate at the visit it names, or at baseline."""
        bare, _, visit = name.partition("@")
        kind = self.evidence.resolved.names[bare]
        at = visit or self.estimand.variable.baseline or self.evidence.resolved.protocol.baseline_visit
        if kind != "number":
            return self.evidence.levels_at(bare, at or "")
        if at is not None:
            return self.evidence.values_at(bare, at)
        return {who: reading.value for who, reading in baseline_of(self.evidence, bare).items()}

    def _stratum(self, item: str | None) -> Mapping[str, float | str]:
        if item is not None:
            bare, _, visit = item.partition("@")
            return self.evidence.levels_at(
                bare, visit or self.evidence.resolved.protocol.baseline_visit or ""
            )
        rows = self.evidence.participants.items()
        return {who: row["site"] for who, row in rows if row["site"] is not None}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out or assumed on the way to the sample."""
        return (
            *self.members.notes,
            *self.handling.notes,
            *self._missing_notes(),
            *self._covariate_notes(),
        )

    def _missing_notes(self) -> Iterator[str]:
        everybody = len(self.compared)
        missing = everybody - len(self.observed)
        if missing:
            fate = "counted as failures" if self.counts_missing_as_failure else "left out"
            yield f"{missing} of {everybody} without the variable, {fate}"

    def _covariate_notes(self) -> Iterator[str]:
        for name, column in self.covariates.items():
            without = sum(who not in column for who in self.outcome)
            if without:
                yield f"{without} without {name}, left out"


def lay_out(columns: Mapping[str, Mapping[str, float | str]], who: Sequence[str]) -> Design:
    """Return the covariates of participants who have them all: numbers as they are, levels as indicators."""
    blocks, names, levels = [np.empty((len(who), 0))], list[str](), list[int]()
    for name, column in columns.items():
        values = [column[one] for one in who]
        if all(isinstance(value, float) for value in values):
            blocks.append(np.array(values, dtype=np.float64).reshape(len(who), 1))
            names.append(name)
            levels.append(0)
        else:
            block, found = indicators(values, name=name)
            blocks.append(block)
            names.extend(found)
            levels.extend([len(found) + 1] * len(found))
    return Design(np.hstack(blocks), tuple(names), tuple(levels))
