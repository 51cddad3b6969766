"""The mixed model for repeated measures of an estimand: fitted once, asked at every visit.

Holds the planned order of covariance structures and the contrasts that adjusted means and differences are.
Estimands that differ in their visit alone share one fit. Refuses to know how a model is fitted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.answer import Answer, Covariance, Tried, VisitEstimate
from equipoise.analysis.plain import number
from equipoise.analysis.question import Question
from equipoise.analysis.repeated import Repeated, notes_of, repeated, visits_of
from equipoise.analysis.result import Group
from equipoise.errors import FitError
from equipoise.statistics.describe import describe
from equipoise.statistics.estimate import Estimate
from equipoise.statistics.mmrm.crossed import Crossed, fit_crossed

DEFAULT_COVARIANCE = "us"
DEFAULT_DF = "kenward-roger"
# Columns of the design before the covariates: the intercept and the arm.
INTERCEPT, ARM, COVARIATES = 0, 1, 2


@dataclass(frozen=True)
class Model:
    """A sample, the structures tried on it in order, and the first that has a fit.

    fit   None where no structure has one
    """

    sample: Repeated
    tried: tuple[Tried, ...]
    fit: Crossed | None


def mmrm(question: Question) -> Answer:
    """Compare adjusted means at the estimand's visit by a mixed model over all its visits.

    Raises  FitError when no planned covariance structure has a fit, or the sample is empty
    """
    model = fitted(question)
    if model.fit is None:
        raise FitError("; ".join(f"{one.structure}: {one.reason}" for one in model.tried))
    visit = question.estimand.variable.visit
    if visit not in model.sample.visits:
        raise FitError(f"nobody has an outcome at {visit}")
    by_visit = tuple(_by_visit(question, model.sample, model.fit))
    estimate = next((one.estimate for one in by_visit if one.visit == visit and one.reference), None)
    if estimate is None:
        raise FitError(f"these data do not determine the difference at {visit}")
    return Answer(
        estimate,
        _convention(question, model, estimate),
        used_groups(question, model.sample),
        notes=_notes(model),
        sample_notes=notes_of(question, model.sample),
        sample=model.sample,
        by_visit=by_visit,
        covariance=_covariance(question, model),
    )


def fitted(question: Question) -> Model:
    """Return the model of a question's estimand, fitted once for all estimands that differ in their visit.

    Raises  FitError as `repeated` does
    """
    key = _key(question)
    known = question.evidence.known.get(key)
    if not isinstance(known, Model):
        known = _fit(question)
        question.evidence.known[key] = known
    return known


def _key(question: Question) -> str:
    """Return what the model depends on, as text."""
    skipped = {"id", "role", "label", "note", "source", "assumption", "sensitivity_of", "variable"}
    estimand = question.estimand
    variable = estimand.variable.model_copy(update={"visit": ""})
    within = None if question.within is None else sorted(question.within)
    return f"model {estimand.model_dump_json(exclude=skipped)} {variable!r} {visits_of(question)} {within}"


def _fit(question: Question) -> Model:
    return fit_planned(repeated(question), arm=question.arm, options=question.estimand.estimator.options)


def fit_planned(sample: Repeated, *, arm: str, options: Mapping[str, Any]) -> Model:
    """Return the first planned covariance structure that has a fit, and what became of those before it."""
    group = sample.indicator(arm) if options.get("by_arm") else None
    columns = np.column_stack([sample.indicator(arm), sample.design.matrix])
    tried: list[Tried] = []
    for structure in structures(options):
        fit, reason = _try(sample, columns, group, structure, options)
        converged = fit is not None and fit.converged
        tried.append(Tried(structure, converged, reason))
        if converged:
            return Model(sample, tuple(tried), fit)
    return Model(sample, tuple(tried), None)


def structures(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the covariance structures planned, in their order."""
    planned = options.get("covariance", DEFAULT_COVARIANCE)
    return (planned,) if isinstance(planned, str) else tuple(planned)


def difference_at(place: int, *, visits: int, columns: int) -> NDArray[np.float64]:
    """Return the contrast (visits, columns) that is the arms' difference at one visit.

    columns  of the design, the intercept and the arm first
    """
    contrast = np.zeros((visits, columns))
    contrast[place, ARM] = 1
    return contrast


def _try(
    sample: Repeated,
    columns: NDArray[np.float64],
    group: NDArray[np.float64] | None,
    structure: str,
    options: Mapping[str, Any],
) -> tuple[Crossed | None, str]:
    """Return the fit and how it ended; no fit where the structure cannot be estimated by design."""
    try:
        fit = fit_crossed(
            sample.outcome,
            columns,
            group=group,
            covariance=structure,
            df=options.get("df", DEFAULT_DF),
            vcov=options.get("vcov"),
        )
    except FitError as error:
        return None, "; ".join(str(error).splitlines())
    return fit, fit.reason


def _by_visit(question: Question, sample: Repeated, fit: Crossed) -> Iterator[VisitEstimate]:
    """Yield adjusted means of both arms and their difference, visit by visit."""
    means = fit.covariates[COVARIATES:]
    levels = np.array(sample.design.levels)
    # A factor's levels count equally; numbers stand at their mean.
    margin = np.where(levels > 0, 1 / np.maximum(levels, 1), means) if levels.size else means
    m, q = len(sample.visits), COVARIATES + margin.size
    for place, visit in enumerate(sample.visits):
        contrasts = np.zeros((3, m, q))
        contrasts[:2, place, INTERCEPT] = 1
        contrasts[:2, place, COVARIATES:] = margin
        contrasts[0, place, ARM] = 1
        contrasts[2] = difference_at(place, visits=m, columns=q)
        arm, reference, difference = fit.estimates(contrasts, level=question.level)
        for whose, against, found in (
            (question.arm, None, arm),
            (question.reference, None, reference),
            (question.arm, question.reference, difference),
        ):
            if found is not None:
                among = sample.among(whose) | sample.among(against or whose)
                yield VisitEstimate(visit, whose, against, found, int(sample.seen[among, place].sum()))


def used_groups(question: Question, sample: Repeated, *, anybody: bool = False) -> tuple[Group, Group]:
    """Return both sides: participants with any outcome, and what was seen at the estimand's visit.

    anybody   count participants without any outcome too
    """
    at = sample.visits.index(question.estimand.variable.visit)
    some = sample.seen.any(axis=1) | anybody

    def group(arm: str) -> Group:
        found = describe(sample.outcome[sample.among(arm) & sample.seen[:, at], at])
        n = int((sample.among(arm) & some).sum())
        return Group(arm=arm, n=n, mean=number(found.mean), sd=number(found.sd))

    return group(question.arm), group(question.reference)


def _convention(question: Question, model: Model, estimate: Estimate) -> str:
    adjusted = model.sample.design.covariates
    terms = f"arm, {', '.join(adjusted)}" if adjusted else "arm"
    by_arm = ", a covariance in each arm" if question.estimand.estimator.options.get("by_arm") else ""
    protocol = question.evidence.resolved.protocol
    visits = ", ".join(protocol.visit(visit).name for visit in model.sample.visits)
    return f"mixed model over {visits}, {terms} crossed with visit: {estimate.method}{by_arm}"


def _notes(model: Model) -> tuple[str, ...]:
    unseen = int((~model.sample.seen.any(axis=1)).sum())
    notes = [f"{unseen} without a value at any visit, left out"] if unseen else []
    failed = [f"{one.structure} ({one.reason})" for one in model.tried if not one.converged]
    if failed:
        notes.append(f"covariance {model.tried[-1].structure}, as planned where {'; '.join(failed)}")
    return tuple(notes)


def _covariance(question: Question, model: Model) -> Covariance:
    matrices: dict[str | None, NDArray[np.float64]] = {}
    if model.fit is not None:
        by_arm = len(model.fit.sigma) > 1
        whose = (question.reference, question.arm) if by_arm else (None,)
        matrices = dict(zip(whose, model.fit.sigma, strict=True))
    return Covariance(model.sample.visits, model.tried, matrices)
