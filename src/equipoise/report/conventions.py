"""Which convention a number follows: the estimator's name, how exactly it was computed, and its variance.

Holds words made from the results' own rows. Refuses to guess a convention that the analysis did not write.
"""

import re
from collections.abc import Iterable

from equipoise.report import wording
from equipoise.report.folder import Row
from equipoise.report.trial import Trial

SHORT = {
    "t_change": "t test",
    "ancova": "ANCOVA",
    "mmrm": "MMRM",
    "mmrm-mar": "Imputation, missing at random",
    "mmrm-jr": "Imputation, jump to reference",
    "mmrm-cr": "Imputation, copy reference",
    "mmrm-cir": "Imputation, copy increments",
    "mmrm-lmcf": "Imputation, last mean carried forward",
    "mmrm-delta": "Imputation, shifted",
    "retrieved-dropout": "Imputation, retrieved dropouts",
    "risk_difference": "Difference in proportions",
    "standardized_risk_difference": "Standardized difference in proportions",
    "odds_ratio": "Odds ratio",
    "cmh": "Cochran-Mantel-Haenszel",
    "exact": "Exact test",
    "hodges_lehmann": "Hodges-Lehmann",
    "log_rank": "Log-rank",
    "kaplan_meier": "Kaplan-Meier",
}
"""Estimator to its name in a table's cell; other names are printed as they are."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
COVARIATE = re.compile(r"\b(\w+\.\w+)@(\w+)")
"""A score at a visit, as a protocol names a covariate."""

Convention = tuple[str, str, str]
"""Estimator, convention and variance convention of a result."""


def spoken(trial: Trial, text: str) -> str:
    """Return a text with "madrs.total@PREP1" read as "MADRS total at preparation 1"."""

    def named(found: re.Match[str]) -> str:
        return f"{trial.scale(found[1]).label} at {wording.inline(trial.visit_label(found[2]))}"

    return COVARIATE.sub(named, text)


def of(row: Row) -> Convention:
    """Return the convention of a row of results; empty texts where it says nothing."""
    convention, variance = row.get("convention") or "", row.get("variance_convention") or ""
    return str(row.get("estimator") or ""), str(convention), str(variance)


def distinct(rows: Iterable[Row]) -> dict[Convention, str]:
    """Return every convention of the rows, in their order, to the letter of its note."""
    found = dict.fromkeys(of(row) for row in rows)
    return {convention: _letter(place) for place, convention in enumerate(found)}


def name(convention: Convention) -> str:
    """Return the estimator's short name."""
    return SHORT.get(convention[0], convention[0])


def sentence(trial: Trial, convention: Convention) -> str:
    """Return how a number was computed and which variance it has; empty where the analysis does not say."""
    _, computed, variance = convention
    told = [wording.stop(wording.opening(spoken(trial, computed)))] if computed else []
    # Some conventions name their variance themselves.
    said = variance.casefold() in computed.casefold()
    told += [] if said else [wording.stop(f"Variance: {spoken(trial, variance)}")]
    return " ".join(told)


def _letter(place: int) -> str:
    """Return a, b, ..., z, aa, ab, ..."""
    more, last = divmod(place, len(LETTERS))
    return (_letter(more - 1) if more else "") + LETTERS[last]
