"""Many trials analyzed as planned: estimands in, an estimate, error and test from each trial out.

Holds the table of estimators that have a batch path, each of which gives to 1e-10 what the ordinary analysis
gives of the same trial's records, and the two ways there: arrays of trials where the method allows it, the
ordinary estimator on one trial's arrays after another where it does not. Refuses to invent data and to
summarize over trials.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.answers import Answers, collected, from_many, placed
from equipoise.analysis.looks import Looks
from equipoise.analysis.many_models import mmrm
from equipoise.analysis.multiplicity import decide
from equipoise.analysis.posed import NoBatchPath, Posed
from equipoise.analysis.taken import answer, evidence_of, tabled, taken
from equipoise.analysis.trials import Flags, Trials
from equipoise.errors import FitError
from equipoise.protocol.plan import Estimand, Multiplicity
from equipoise.statistics.many import ancova_many, pooled_t_many

Estimator = Callable[[Posed], Answers]
Floats = NDArray[np.float64]

RATIO = "odds_ratio"


def estimate_batch(trials: Trials, estimands: Iterable[Estimand]) -> dict[str, Answers]:
    """Return what the trials say of each estimand, before any testing of several hypotheses.

    Raises  NoBatchPath with the reason when an estimand needs more than arrays hold
    """
    return {one.id: _ask(Posed(trials, one)) for one in estimands}


def without_path(trials: Trials, estimand: Estimand) -> str:
    """Return why an estimand has no batch path; empty when it has one.

    trials   few of them, which are analyzed to find out
    """
    try:
        estimate_batch(trials, [estimand])
    except NoBatchPath as reason:
        return str(reason)
    return ""


def given_p_values(
    answers: Mapping[str, Answers], estimands: Iterable[Estimand], looks: Mapping[str, Looks]
) -> dict[str, Floats]:
    """Return the (R,) p-values that tests are given: where looks are planned the repeated one of the last.

    estimands  those answered
    looks      estimand to its looks
    """
    asked = {one.id: one for one in estimands}
    return {
        name: looks[name].repeated_p_many(one.p_value, on_line(one, asked[name]))
        if name in looks
        else one.p_value
        for name, one in answers.items()
    }


def on_line(answers: Answers, estimand: Estimand) -> Floats:
    """Return estimates on the line on which no effect is 0: of a ratio the logarithm."""
    if estimand.summary != RATIO:
        return answers.estimate
    positive = np.where(answers.estimate > 0, answers.estimate, np.nan)
    return np.asarray(np.log(positive))


def rejections(
    p_values: Mapping[str, Floats], plan: Multiplicity | None, *, alpha: float
) -> dict[str, Flags]:
    """Return (R,) whether each estimand's hypothesis is rejected, with the testing procedure that is planned.

    p_values   as `given_p_values` returns them
    Estimands outside the procedure, and all where none is planned, are tested alone at alpha: a descriptive
    figure where a procedure is planned.
    """
    found = {name: np.asarray(one <= alpha) for name, one in p_values.items()}
    if plan is None or plan.method == "none":
        return found
    trials = next(iter(p_values.values())).size if p_values else 0
    tested = [name for name in plan.order if name in p_values]
    table = np.zeros((len(tested), trials), dtype=bool)
    for row in range(trials):
        given = {name: _number(p_values[name][row]) for name in tested}
        decisions = decide(given, plan)
        table[:, row] = [decisions[name].rejected for name in tested]
    return found | dict(zip(tested, table, strict=True))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _ask(posed: Posed) -> Answers:
    name = posed.estimand.estimator.name
    if name not in BATCHED:
        raise NoBatchPath(f"the estimator `{name}` works on one trial at a time")
    try:
        return BATCHED[name](posed)
    except FitError:
        # What makes one trial's estimand not estimable by plan makes every trial's.
        return collected([None] * posed.trials.arm.shape[0])


def _t_change(posed: Posed) -> Answers:
    outcome = posed.outcome()
    found = pooled_t_many(outcome, posed.experimental, level=posed.level)
    return from_many(found, n=np.isfinite(outcome).sum(axis=1))


def _ancova(posed: Posed) -> Answers:
    outcome, columns = posed.outcome(), posed.covariates
    if not columns:
        return _one_by_one(posed)
    design = np.concatenate([column.columns() for column in columns], axis=2)
    used = np.isfinite(outcome) & np.isfinite(design).all(axis=2)
    found, fine = ancova_many(outcome, posed.experimental, design, level=posed.level)
    answers = from_many(found, n=used.sum(axis=1))
    fine = np.logical_and.reduce([fine, *(column.complete(used) for column in columns)])
    return _mended(answers, posed, where=~fine)


def _by_table(posed: Posed) -> Answers:
    """Ask each distinct two-by-two table once: many trials have the same."""
    outcome = posed.outcome()
    seen, events = np.isfinite(outcome), outcome == 1
    sides = (posed.experimental, ~posed.experimental)
    cells = np.stack([(what & side).sum(axis=1) for side in sides for what in (events, seen)], axis=1)
    distinct, place = np.unique(cells, axis=0, return_inverse=True)
    asked = [answer(tabled(posed, tuple(int(one) for one in cell))) for cell in distinct]
    found = collected(asked)
    return Answers(*(getattr(found, one.name)[place.ravel()] for one in fields(Answers)))


def _one_by_one(posed: Posed) -> Answers:
    """Ask the ordinary estimator of one trial's arrays after another."""
    outcome = posed.outcome()
    evidence = evidence_of(posed)
    rows = range(outcome.shape[0])
    return collected([answer(taken(posed, row, outcome=outcome, evidence=evidence)) for row in rows])


def _mended(answers: Answers, posed: Posed, *, where: Flags) -> Answers:
    """Ask the ordinary estimator of the trials that arrays cannot judge."""
    rows = np.flatnonzero(where)
    if not rows.size:
        return answers
    outcome, evidence = posed.outcome(), evidence_of(posed)
    found = collected(
        [answer(taken(posed, row, outcome=outcome, evidence=evidence)) for row in rows.tolist()]
    )
    return placed(answers, found, rows)


BATCHED: Mapping[str, Estimator] = {
    "t_change": _t_change,
    "ancova": _ancova,
    "mmrm": mmrm,
    "risk_difference": _by_table,
    "odds_ratio": _by_table,
    "exact": _by_table,
    "hodges_lehmann": _one_by_one,
    "cmh": _one_by_one,
    "standardized_risk_difference": _one_by_one,
}
"""Estimator to its batch path. Those that are missing here impute, and take as long for one trial as others
for a
thousand."""
