"""What was asked: each estimand with the five attributes of ICH E9(R1), side by side.

Holds words for the attributes. Refuses results.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from equipoise.report import numerals, wording
from equipoise.report.blocks import Block, Line, Prose, Section, Table, missing
from equipoise.report.folder import Row
from equipoise.report.trial import Trial, number

ID, TITLE = "estimands", "What was asked"
SIDE_BY_SIDE = 3
STRATEGIES = {
    "treatment_policy": "Counted whatever happened (treatment policy)",
    "hypothetical": "As if it had not happened (hypothetical)",
    "composite": "Part of the outcome (composite)",
    "while_on_treatment": "Values up to it count (while on treatment)",
    "principal_stratum": "Only those it would not happen to (principal stratum)",
}
SUMMARIES = {
    "difference_in_means": "Difference in means",
    "location_shift": "Shift between the arms (Hodges-Lehmann)",
    "risk_difference": "Difference in proportions",
    "odds_ratio": "Odds ratio",
}
IMPUTED = {
    "mmrm-mar": "as if missing at random",
    "mmrm-jr": "by jump to reference",
    "mmrm-cr": "by copy reference",
    "mmrm-cir": "by copy increments in reference",
    "mmrm-lmcf": "by carrying the arm's last mean forward",
    "mmrm-delta": "as if missing at random, then shifted",
    "retrieved-dropout": "from participants who stopped treatment but were still seen",
}
"""Estimator to how it fills in what is missing."""
ESTIMATORS = {
    "t_change": "Two-sample t, pooled variance",
    "ancova": "Analysis of covariance",
    "risk_difference": "Difference in proportions with a score interval",
    "odds_ratio": "Odds ratio",
    "standardized_risk_difference": "Difference in proportions standardized to everybody's covariates",
    "cmh": "Difference in proportions over strata (Cochran-Mantel-Haenszel)",
    "exact": "Exact test of two proportions",
    "hodges_lehmann": "Shift between the arms' distributions (Hodges-Lehmann)",
    "log_rank": "Log-rank test of the times to an event",
    "kaplan_meier": "Difference of the shares without an event (Kaplan-Meier)",
    "mmrm": "Mixed model for repeated measures, all visits at once",
    **{
        name: f"Missing values imputed {how}; analysis of covariance at the visit"
        for name, how in IMPUTED.items()
    },
}
MISSING = {
    "complete_cases": "Participants with the value",
    "missing_at_random": "Missing at random",
    "failure": "Missing counts as no response",
}


def section(trial: Trial) -> Section:
    """Return the section."""
    rows = trial.rows("estimands")
    if not rows:
        return missing(ID, TITLE, wording.NOT_COLLECTED)
    blocks: list[Block] = []
    if trial.blinded:
        blocks.append(Prose("Which arms are compared is withheld in this report.", tone="note"))
    tables = -(-len(rows) // SIDE_BY_SIDE)
    ends = [len(rows) * place // tables for place in range(tables + 1)]
    parts = [rows[start:end] for start, end in pairwise(ends)]
    blocks += [_table(trial, part, part=place) for place, part in enumerate(parts)]
    return Section(ID, TITLE, tuple(blocks))


def _table(trial: Trial, rows: Sequence[Row], *, part: int) -> Table:
    attributes = [
        ("Role", [wording.opening(str(row.get("role") or "")) for row in rows]),
        ("1. Population", [_text(row.get("population_text") or row.get("population")) for row in rows]),
        *([] if trial.blinded else [("2. Treatment", [_treatment(trial, row) for row in rows])]),
        ("3. Variable", [_text(row.get("variable_text") or row.get("variable")) for row in rows]),
        ("4. Intercurrent events", [_events(trial, row) for row in rows]),
        ("5. Summary", [SUMMARIES.get(str(row.get("summary")), _text(row.get("summary"))) for row in rows]),
        ("Estimator", [_estimator(trial, row) for row in rows]),
        ("Missing values", [_missing(row) for row in rows]),
    ]
    return Table(
        id=f"table-estimands-{part + 1}",
        caption="Estimands with the five attributes of ICH E9(R1)" + (", continued" if part else ""),
        stub="Attribute",
        heads=tuple(str(row.get("name") or row.get("id")) for row in rows),
        lines=tuple(Line(name, tuple(texts)) for name, texts in attributes),
        prose=True,
    )


def _missing(row: Row) -> str:
    if row.get("estimator") in IMPUTED:
        return "Imputed; gaps before a later value at random"
    return MISSING.get(str(row.get("missing")), _text(row.get("missing")))


def _text(value: Any) -> str:
    return str(value) if value else numerals.ABSENT


def _treatment(trial: Trial, row: Row) -> str:
    treatment = row.get("treatment") or {}
    arm, reference = (trial.arm_label(treatment.get(key)) for key in ("experimental", "reference"))
    return f"{arm} compared with {wording.inline(reference)}"


def _events(trial: Trial, row: Row) -> str:
    by_strategy: dict[str, list[str]] = {}
    for event in row.get("intercurrent_events") or []:
        by_strategy.setdefault(str(event.get("strategy")), []).append(_event(trial, event))
    told = [f"{STRATEGIES.get(name, name)}: {'; '.join(events)}." for name, events in by_strategy.items()]
    return " ".join(told) or "None defined"


def _event(trial: Trial, event: Row) -> str:
    """Return an event with how many participants had it, where anybody did."""
    counts = {arm: number(count) for arm, count in (event.get("n_by_arm") or {}).items()}
    shown = [
        f"{numerals.whole(counts[arm.id])} on {wording.inline(arm.label)}"
        for arm in trial.arms
        if counts.get(arm.id)
    ]
    pooled = counts.get("all")
    happened = numerals.listing(shown) or (numerals.plural(pooled, "participant") if pooled else "")
    text = wording.inline(str(event.get("text") or event.get("event")))
    return f"{text} ({happened})" if happened else text


def _estimator(trial: Trial, row: Row) -> str:
    name = ESTIMATORS.get(str(row.get("estimator")), _text(row.get("estimator")))
    adjusted = [_covariate(trial, str(one)) for one in row.get("covariates") or []]
    adjusted += ["stratification factors"] if row.get("strata") else []
    return f"{name}, adjusted for {numerals.listing(adjusted)}" if adjusted else name


def _covariate(trial: Trial, name: str) -> str:
    """Return "MADRS total at preparation 1" for "madrs.total@PREP1"."""
    score, _, visit = name.partition("@")
    label = trial.scale(score).label
    return f"{label} at {wording.inline(trial.visit_label(visit))}" if visit else label
