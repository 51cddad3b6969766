"""What models of all visits say beyond one number: by visit, how visits go together, who was seen when.

Holds three tables. Estimands that differ in their visit alone share a model, which is shown once, under the
first of them. Refuses P values: what is tested stands in the results.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from equipoise.analysis.answer import Answer, Covariance, VisitEstimate
from equipoise.analysis.evidence import Evidence
from equipoise.analysis.plain import number, tally
from equipoise.analysis.repeated import Repeated

Json = dict[str, Any]

SEEN, UNSEEN = "O", "."
STRUCTURES = {
    "us": "unstructured",
    "toeph": "heterogeneous Toeplitz",
    "toep": "Toeplitz",
    "adh": "heterogeneous ante-dependence",
    "ad": "ante-dependence",
    "ar1h": "heterogeneous first-order autoregressive",
    "ar1": "first-order autoregressive",
    "csh": "heterogeneous compound symmetry",
    "cs": "compound symmetry",
}


def by_visit_table(evidence: Evidence, answers: Mapping[str, Answer]) -> list[Json]:
    """Return adjusted means by arm and their difference at every visit, of each model."""
    return [
        _row(evidence, estimand, one)
        for estimand, answer in _models(answers)
        for one in sorted(answer.by_visit, key=lambda one: one.reference is not None)
    ]


def _models(answers: Mapping[str, Answer]) -> Iterator[tuple[str, Answer]]:
    """Yield each model once, with the first estimand that has it."""
    known: list[tuple[VisitEstimate, ...]] = []
    for estimand, answer in answers.items():
        if answer.by_visit and answer.by_visit not in known:
            known.append(answer.by_visit)
            yield estimand, answer


def _row(evidence: Evidence, estimand: str, one: VisitEstimate) -> Json:
    found = one.estimate
    return {
        "estimand": estimand,
        "kind": "lsmean" if one.reference is None else "difference",
        "arm": one.arm,
        "reference": one.reference,
        "visit": one.visit,
        "visit_label": evidence.resolved.protocol.visit(one.visit).name,
        "day": evidence.study_day(one.visit),
        "estimate": number(found.estimate),
        "std_error": number(found.std_error),
        "df": number(found.df),
        "ci_low": number(found.ci_low),
        "ci_high": number(found.ci_high),
        "ci_level": found.ci_level,
        "n": one.n,
    }


def covariance_table(evidence: Evidence, answers: Mapping[str, Answer]) -> list[Json]:
    """Return standard deviations and correlations of the visits as fitted, and the structures tried."""
    return [
        _covariance(evidence, estimand, answer.covariance, arm)
        for estimand, answer in _models(answers)
        if answer.covariance is not None
        for arm in answer.covariance.matrices
    ]


def _covariance(evidence: Evidence, estimand: str, found: Covariance, arm: str | None) -> Json:
    sigma = found.matrices[arm]
    sd = np.sqrt(np.diagonal(sigma))
    structure = found.tried[-1].structure
    return {
        "estimand": estimand,
        "arm": arm,
        "structure": structure,
        "structure_label": STRUCTURES[structure],
        "tried": [
            {"structure": one.structure, "converged": one.converged, "reason": one.reason}
            for one in found.tried
        ],
        **_visits(evidence, found.visits),
        "sd": sd.tolist(),
        "correlation": (sigma / np.outer(sd, sd)).tolist(),
    }


def _visits(evidence: Evidence, visits: tuple[str, ...]) -> Json:
    protocol = evidence.resolved.protocol
    return {"visits": list(visits), "visit_labels": [protocol.visit(one).name for one in visits]}


def missing_patterns_table(evidence: Evidence, answers: Mapping[str, Answer]) -> list[Json]:
    """Return how many participants were seen at which visits, by arm, the most frequent pattern first.

    One estimand stands for all with the same values: those made missing by a strategy count as not seen.
    """
    rows, known = [], list[tuple[Any, ...]]()
    for estimand, answer in answers.items():
        sample = answer.sample
        if sample is None:
            continue
        what = (sample.visits, sample.arms, sample.seen.tobytes())
        if what not in known:
            known.append(what)
            rows += list(_patterns(evidence, estimand, sample))
    return rows


def _patterns(evidence: Evidence, estimand: str, sample: Repeated) -> Iterator[Json]:
    texts = ["".join(SEEN if one else UNSEEN for one in row) for row in sample.seen.tolist()]
    for arm in (one.id for one in evidence.resolved.protocol.arms):
        own = [text for text, inside in zip(texts, sample.among(arm), strict=True) if inside]
        for pattern, n in tally(own):
            yield {
                "estimand": estimand,
                "arm": arm,
                "pattern": pattern,
                **_visits(evidence, sample.visits),
                "n": n,
            }
