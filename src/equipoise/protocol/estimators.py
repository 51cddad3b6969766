"""The estimators a protocol may name, what each of them can estimate, and the options it takes.

Holds names and conditions, so that a file can be judged without numerics. The functions behind the names are
in the registry of `analysis`; a test holds the two together. Whether an option's value makes sense is judged
in `estimator_options`.
"""

from dataclasses import dataclass
from typing import Literal

Summary = Literal["difference_in_means", "location_shift", "risk_difference", "odds_ratio"]
VariableType = Literal["value", "change", "percent_change", "response", "remission"]

NUMERIC: tuple[VariableType, ...] = ("value", "change", "percent_change")
BINARY: tuple[VariableType, ...] = ("response", "remission")

COMPOSITE = "composite"
"""Option that says which number stands for a failure under a composite strategy."""
COMPOSITE_VALUES = ("worst", "baseline")
"""What it may be: the worst value of the score, or no change from baseline."""

COVARIANCES = ("us", "toeph", "toep", "adh", "ad", "ar1h", "ar1", "csh", "cs")
"""Covariance structures, from the fewest assumptions to the most."""
DF_RULES = (
    "kenward-roger",
    "kenward-roger-second-order",
    "kenward-roger-expected",
    "satterthwaite",
    "between-within",
    "residual",
    "normal",
)
"""Ways to get degrees of freedom, the default first."""
VCOVS = ("model", "kenward-roger", "empirical")
"""Covariances of the coefficients; without one, what goes with the degrees of freedom."""
VCOV_OF_DF = {
    **{name: ("kenward-roger",) for name in DF_RULES if name.startswith("kenward-roger")},
    "satterthwaite": ("model",),
    **dict.fromkeys(("between-within", "residual", "normal"), ("model", "empirical")),
}
"""Covariances each way to get degrees of freedom can stand with."""
IMPUTATION_STRATEGIES = ("mar", "jr", "cr", "cir", "lmcf")
"""Assumptions about outcomes after an event, as in the names `mmrm-mar` and so on."""
VARIANCES = ("jackknife", "bootstrap", "anchored", "rubin")
"""Variances after imputation: two frequentist ones, then two information-anchored ones."""
FALLBACKS = ("shared-slopes", "jr", "cr", "cir", "lmcf")
"""What takes over where too few participants who stopped were followed."""
SIDES = ("experimental", "both")
"""Arms whose imputed values an adjustment is added to."""

Kind = Literal["choice", "order", "flag", "visits", "events", "number", "count", "span", "strategies"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option of an estimator.

    kind     what it takes: one of `values`, several of them in order, true or false, visits, intercurrent
             events, a number, a count, {from, to, by}, or intercurrent event to one of `values`
    values   words it takes, where it takes words
    text     what it decides
    default  what holds without it, in words
    """

    kind: Kind
    text: str
    default: str
    values: tuple[str, ...] = ()


OPTIONS: dict[str, Option] = {
    COMPOSITE: Option(
        "choice",
        "Number that stands for a failure under a composite strategy",
        "none; needed where an event has that strategy",
        COMPOSITE_VALUES,
    ),
    "covariance": Option(
        "order",
        "Covariance of the visits; of several, the next is used where one has no fit",
        "us",
        COVARIANCES,
    ),
    "df": Option("choice", "Degrees of freedom", "kenward-roger", DF_RULES),
    "vcov": Option("choice", "Covariance of the coefficients", "what goes with `df`", VCOVS),
    "by_arm": Option("flag", "Whether each arm has its own covariance", "false"),
    "visits": Option(
        "visits",
        "Visits the model is fitted to",
        "every visit after baseline with the score at which arms may be compared",
    ),
    "strategies": Option(
        "strategies",
        "Intercurrent event to the assumption about values after it",
        "the estimator's own for events under `hypothetical`",
        IMPUTATION_STRATEGIES,
    ),
    "stopping": Option(
        "events",
        "Intercurrent events from which on a participant is off treatment",
        "none; needed",
    ),
    "fallback": Option(
        "choice",
        "What takes over in an arm and at a visit where too few who stopped were followed",
        "no estimate",
        FALLBACKS,
    ),
    "covariance_by_arm": Option("flag", "Whether each arm has its own covariance", "false"),
    "imputations": Option("count", "Data sets drawn, for variance `rubin`", "500"),
    "resamples": Option("count", "Samples drawn, for variance `bootstrap`", "1000"),
    "delta": Option("number", "Added to imputed values, in the variable's unit", "0"),
    "deltas": Option("span", "Values of `delta` in the tipping-point table: {from, to, by}", "no table"),
    "to": Option("choice", "Arms whose imputed values are changed by `delta`", "experimental", SIDES),
}
"""Name of each option to what it takes."""

LONGITUDINAL = (COMPOSITE, "covariance", "df", "vcov", "by_arm", "visits")
IMPUTING = (COMPOSITE, "visits", "strategies", "covariance_by_arm", "imputations", "resamples")
SHIFTING = ("delta", "deltas", "to")
RETRIEVING = (COMPOSITE, "visits", "stopping", "fallback", "imputations")


@dataclass(frozen=True, slots=True)
class EstimatorRow:
    """One estimator.

    text        what it does, in words
    assumes     what it assumes of participants without the variable, one sentence
    summaries   summaries it can give
    types       types of variable it takes
    covariates  whether it may adjust for covariates
    strata      whether it may adjust for the stratification factors
    strata_needed  whether it compares within strata and is nothing without them
    intervals   names of intervals to choose from, the default first; empty where there is one
    variances   names of variances to choose from, the default first; empty where there is one
    variance_named  whether the protocol must say which variance, since none is the usual one
    options     further options it takes, keys of OPTIONS
    missing     assumptions about missing values it can honor
    repeated    whether it uses the score at every visit rather than at one
    strategy    imputation under this assumption; None where nothing is imputed under one
    """

    text: str
    assumes: str
    summaries: tuple[Summary, ...]
    types: tuple[VariableType, ...]
    covariates: bool = False
    strata: bool = False
    strata_needed: bool = False
    intervals: tuple[str, ...] = ()
    variances: tuple[str, ...] = ()
    variance_named: bool = False
    options: tuple[str, ...] = ()
    missing: tuple[str, ...] = ("complete_cases",)
    repeated: bool = False
    strategy: str | None = None


MEANS: tuple[Summary, ...] = ("difference_in_means",)
FROM_HISTORY = (
    "Values not seen are like those seen in the same arm with the same covariates and earlier values"
)
SINGLE_VISIT = "Participants without the value are like those of the same arm who have it"
ADJUSTED = "Participants without the value are like those of the same arm and covariates who have it"
OBSERVED = "Participants without the value are left out, or count as failures where the protocol says so"


def _imputing(text: str, assumes: str, strategy: str, *, further: tuple[str, ...] = ()) -> EstimatorRow:
    return EstimatorRow(
        text=f"{text}, then least squares at the visit",
        assumes=assumes,
        summaries=MEANS,
        types=NUMERIC,
        covariates=True,
        strata=True,
        variances=VARIANCES,
        variance_named=True,
        options=(*IMPUTING, *further),
        missing=("missing_at_random",),
        repeated=True,
        strategy=strategy,
    )


ESTIMATORS: dict[str, EstimatorRow] = {
    "t_change": EstimatorRow(
        text="Difference of means with a pooled variance: Student's two-sample t",
        assumes=SINGLE_VISIT,
        summaries=MEANS,
        types=NUMERIC,
        options=(COMPOSITE,),
        missing=("complete_cases", "missing_at_random"),
    ),
    "hodges_lehmann": EstimatorRow(
        text="Median of all differences between participants of both arms, with Wilcoxon's rank-sum test",
        assumes=SINGLE_VISIT,
        summaries=("location_shift",),
        types=NUMERIC,
        options=(COMPOSITE,),
    ),
    "ancova": EstimatorRow(
        text="Difference of means adjusted for covariates by least squares",
        assumes=ADJUSTED,
        summaries=MEANS,
        types=NUMERIC,
        covariates=True,
        strata=True,
        options=(COMPOSITE,),
        missing=("complete_cases", "missing_at_random"),
    ),
    "mmrm": EstimatorRow(
        text="Mixed model for repeated measures of the two arms compared: arm and covariates crossed with "
        "visit, REML",
        assumes=FROM_HISTORY,
        summaries=MEANS,
        types=NUMERIC,
        covariates=True,
        strata=True,
        options=LONGITUDINAL,
        missing=("missing_at_random",),
        repeated=True,
    ),
    "risk_difference": EstimatorRow(
        text="Difference of proportions with a score interval",
        assumes=OBSERVED,
        summaries=("risk_difference",),
        types=BINARY,
        intervals=("newcombe", "miettinen_nurminen"),
        missing=("complete_cases", "failure"),
    ),
    "odds_ratio": EstimatorRow(
        text="Ratio of odds with an interval on the logarithm",
        assumes=OBSERVED,
        summaries=("odds_ratio",),
        types=BINARY,
        missing=("complete_cases", "failure"),
    ),
    "standardized_risk_difference": EstimatorRow(
        text="Difference of proportions standardized over covariates (g-computation from a logistic model)",
        assumes=OBSERVED,
        summaries=("risk_difference",),
        types=BINARY,
        covariates=True,
        strata=True,
        variances=("superpopulation", "finite_sample", "finite_sample_model"),
        missing=("complete_cases", "failure"),
    ),
    "cmh": EstimatorRow(
        text="Mantel-Haenszel difference of proportions or ratio of odds within strata, with the "
        "Cochran-Mantel-Haenszel test",
        assumes=OBSERVED,
        summaries=("risk_difference", "odds_ratio"),
        types=BINARY,
        strata=True,
        strata_needed=True,
        missing=("complete_cases", "failure"),
    ),
    "exact": EstimatorRow(
        text="Ratio of odds given all margins with exact limits, and Fisher's exact test",
        assumes=OBSERVED,
        summaries=("odds_ratio",),
        types=BINARY,
        missing=("complete_cases", "failure"),
    ),
    "mmrm-mar": _imputing(
        "Imputation under missing at random",
        FROM_HISTORY,
        "mar",
    ),
    "mmrm-jr": _imputing(
        "Imputation by jump to reference",
        "Once participants have the event or are not seen again, they are like the reference arm",
        "jr",
    ),
    "mmrm-cr": _imputing(
        "Imputation by copy reference",
        "Participants who have the event or are not seen again are taken to have belonged to the reference "
        "arm throughout",
        "cr",
    ),
    "mmrm-cir": _imputing(
        "Imputation by copy increments in reference",
        "What was gained until the event or the last visit seen stays, and the course afterwards runs "
        "parallel to the reference arm's",
        "cir",
    ),
    "mmrm-lmcf": _imputing(
        "Imputation by last mean carried forward",
        "From the event or the last visit seen on, the arm's mean stays where it was",
        "lmcf",
    ),
    "mmrm-delta": _imputing(
        "Imputation under missing at random, changed by a fixed amount",
        "Values not seen differ by a fixed amount from what they would be if missing at random",
        "mar",
        further=SHIFTING,
    ),
    "retrieved-dropout": EstimatorRow(
        text="Multiple imputation from participants who stopped treatment but were followed, then least "
        "squares at the visit",
        assumes="Values not seen off treatment are like those of participants of the same arm who stopped "
        "and were followed",
        summaries=MEANS,
        types=NUMERIC,
        covariates=True,
        strata=True,
        variances=("rubin",),
        options=RETRIEVING,
        missing=("missing_at_random",),
        repeated=True,
    ),
}
"""Name in the protocol to its row."""


def reference_markdown() -> str:
    """Return the reference of estimators as Markdown."""
    parts = [
        "# Estimators\n",
        "An estimand's `estimator` names one of these. `equipoise check` judges every choice.\n",
    ]
    for name, row in ESTIMATORS.items():
        parts += [f"## {name}\n", f"{row.text}.\n", "| | |", "|---|---|", *_facts(row), ""]
        if row.options:
            parts += ["| option | takes | default | meaning |", "|---|---|---|---|"]
            parts += [_option(option) for option in row.options]
            parts.append("")
    return "\n".join(parts)


def _facts(row: EstimatorRow) -> list[str]:
    names = {
        "summary": row.summaries,
        "variable": row.types,
        "missing": row.missing,
        "interval": row.intervals,
        "variance": row.variances,
    }
    facts = [f"| `{key}` | {_listed(values)} |" for key, values in names.items() if values]
    if row.variance_named:
        facts.append("| must be named | `variance` |")
    adjusts = [word for word, can in (("covariates", row.covariates), ("strata", row.strata)) if can]
    facts.append(f"| adjusts for | {_listed(adjusts) if adjusts else 'nothing'} |")
    facts.append(f"| uses | {'the score at every visit' if row.repeated else 'the score at one visit'} |")
    return [*facts, f"| assumes | {row.assumes} |"]


def _option(name: str) -> str:
    option = OPTIONS[name]
    takes = {
        "choice": f"one of {_listed(option.values)}",
        "order": f"one of {_listed(option.values)}, or a list of them in order",
        "flag": "true or false",
        "visits": "list of visits",
        "events": "list of intercurrent events",
        "number": "number",
        "count": "whole number, at least 2",
        "span": "`{from: number, to: number, by: number}`",
        "strategies": f"mapping from intercurrent event to one of {_listed(option.values)}",
    }[option.kind]
    return f"| `{name}` | {takes} | {option.default} | {option.text} |"


def _listed(names: "tuple[str, ...] | list[str]") -> str:
    return ", ".join(f"`{name}`" for name in names)
