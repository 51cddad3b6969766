"""What an estimand plans to do about missing values: a trial with gaps, the options, the source of chance.

Holds the way from a question to a method of imputation. Random numbers come from the estimand's hash, so that
nobody can choose them. Refuses to impute.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.gaps import govern
from equipoise.analysis.question import Question
from equipoise.analysis.repeated import Repeated
from equipoise.protocol.estimators import ESTIMATORS
from equipoise.statistics import imputation
from equipoise.statistics.imputation import Imputed, Incomplete
from equipoise.statistics.imputation.conditional_mean import DEFAULT_RESAMPLES
from equipoise.statistics.imputation.multiple import DEFAULT_IMPUTATIONS, analyze_multiple

REFERENCE, ARM = 0, 1
"""Codes of the two arms."""
RUBIN = "rubin"
HEX = 16
# Characters of a hash that tell one estimand from another.
SHOWN = 12


@dataclass(frozen=True)
class Plan:
    """What is to be done with a trial: the options of the estimator, with their defaults."""

    trial: Incomplete
    variance: str
    options: Mapping[str, Any]
    sha256: str
    level: float

    @property
    def rng(self) -> np.random.Generator:
        """A generator in its first state, the same for the same estimand."""
        return generator(self.sha256)

    @property
    def random(self) -> bool:
        """Whether chance decides anything."""
        return self.variance in (RUBIN, "bootstrap")

    @property
    def by_arm(self) -> bool:
        """Whether each arm has its own covariance."""
        return bool(self.options.get("covariance_by_arm", False))

    @property
    def imputations(self) -> int:
        """Data sets drawn."""
        return int(self.options.get("imputations", DEFAULT_IMPUTATIONS))

    @property
    def resamples(self) -> int:
        """Bootstrap samples drawn."""
        return int(self.options.get("resamples", DEFAULT_RESAMPLES))

    @property
    def delta(self) -> float:
        """What is added to imputed values, in the variable's unit."""
        return float(self.options.get("delta", 0.0))

    @property
    def to(self) -> str:
        """Whose imputed values are changed: "experimental" or "both"."""
        return str(self.options.get("to", "experimental"))

    def added(self, delta: float) -> NDArray[np.float64] | None:
        """Return what is added to each imputed value, (n, m); None for nothing."""
        arms = (ARM,) if self.to == "experimental" else (ARM, REFERENCE)
        if not delta:
            return None
        return np.asarray(imputation.deltas(self.trial, dict.fromkeys(arms, delta)), dtype=np.float64)


def plan_of(question: Question, sample: Repeated) -> Plan:
    """Return the trial with gaps and what is to be done with it."""
    row = ESTIMATORS[question.estimand.estimator.name]
    strategy, since = govern(question, sample, default=row.strategy or "mar")
    trial = imputation.incomplete(
        sample.outcome,
        sample.indicator(question.arm),
        covariates=sample.design.matrix,
        strategy=strategy,
        since=since,
        reference=REFERENCE,
    )
    return Plan(
        trial=trial,
        variance=question.estimand.variance or row.variances[0],
        options=question.estimand.estimator.options,
        sha256=question.evidence.resolved.estimand_hashes[question.estimand.id],
        level=question.level,
    )


def analyze(plan: Plan) -> Imputed:
    """Return the comparison of arms at every visit; FitError when the model has no fit."""
    added = plan.added(plan.delta)
    if plan.variance == RUBIN:
        return analyze_multiple(
            plan.trial,
            arm=ARM,
            n=plan.imputations,
            rng=plan.rng,
            delta=added,
            covariance_by_arm=plan.by_arm,
            level=plan.level,
        )
    return imputation.analyze(
        plan.trial,
        arm=ARM,
        delta=added,
        variance=plan.variance,
        covariance_by_arm=plan.by_arm,
        rng=plan.rng,
        n_resamples=plan.resamples,
        level=plan.level,
    )


def generator(sha256: str) -> np.random.Generator:
    """Return a generator in its first state, the same for the same estimand."""
    return np.random.default_rng(int(sha256, HEX))


def seeded(sha256: str) -> str:
    """Return where random numbers came from."""
    return f"random numbers from the estimand's SHA-256 ({sha256[:SHOWN]}...)"
