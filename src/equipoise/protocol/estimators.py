"""The estimators a protocol may name, and what each of them can estimate.

Holds names and conditions, so that a file can be judged without numerics. The functions behind the names are
in the registry of `analysis`; a test holds the two together.
"""

from dataclasses import dataclass
from typing import Literal

Summary = Literal["difference_in_means", "risk_difference", "odds_ratio"]
VariableType = Literal["value", "change", "percent_change", "response", "remission"]

NUMERIC: tuple[VariableType, ...] = ("value", "change", "percent_change")
BINARY: tuple[VariableType, ...] = ("response", "remission")

COMPOSITE = "composite"
"""Option that says which number stands for a failure under a composite strategy."""
COMPOSITE_VALUES = ("worst", "baseline")
"""What it may be: the worst value of the score, or no change from baseline."""


@dataclass(frozen=True, slots=True)
class EstimatorRow:
    """One estimator.

    text        what it does, in words
    summaries   summaries it can give
    types       types of variable it takes
    covariates  whether it may adjust for covariates
    strata      whether it may adjust for the stratification factors
    intervals   names of intervals to choose from, the default first; empty where there is one
    variances   names of variances to choose from, the default first; empty where there is one
    options     further options it documents
    missing     assumptions about missing values it can honor
    """

    text: str
    summaries: tuple[Summary, ...]
    types: tuple[VariableType, ...]
    covariates: bool = False
    strata: bool = False
    intervals: tuple[str, ...] = ()
    variances: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    missing: tuple[str, ...] = ("complete_cases",)


ESTIMATORS: dict[str, EstimatorRow] = {
    "t_change": EstimatorRow(
        text="Difference of means with a pooled variance: Student's two-sample t",
        summaries=("difference_in_means",),
        types=NUMERIC,
        options=(COMPOSITE,),
        missing=("complete_cases", "missing_at_random"),
    ),
    "ancova": EstimatorRow(
        text="Difference of means adjusted for covariates by least squares",
        summaries=("difference_in_means",),
        types=NUMERIC,
        covariates=True,
        strata=True,
        options=(COMPOSITE,),
        missing=("complete_cases", "missing_at_random"),
    ),
    "risk_difference": EstimatorRow(
        text="Difference of proportions with a score interval",
        summaries=("risk_difference",),
        types=BINARY,
        intervals=("newcombe", "miettinen_nurminen"),
        missing=("complete_cases", "failure"),
    ),
    "odds_ratio": EstimatorRow(
        text="Ratio of odds with an interval on the logarithm",
        summaries=("odds_ratio",),
        types=BINARY,
        missing=("complete_cases", "failure"),
    ),
}
"""Name in the protocol to its row."""
