"""Many trials analyzed as planned: estimands in, an estimate, error and test from each trial out.

Holds the table of estimators that have a batch path, each of which gives to 1e-10 what the ordinary analysis gives of
the same trial's records, and the two ways there: arrays of trials where the method allows it, the ordinary estimator
on one trial's arrays after another where it does not. Refuses to invent data and to summarize over trials.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis import means, shares
from equipoise.analysis.answer import Answer
from equipoise.analysis.evidence import Evidence
from equipoise.analysis.mixed_model import DEFAULT_DF, difference_at, fit_planned, structures
from equipoise.analysis.multiplicity import decide
from equipoise.analysis.posed import Column, NoBatchPath, Posed
from equipoise.analysis.question import Design, Question, Sample, lay_out
from equipoise.analysis.repeated import Repeated
from equipoise.analysis.trials import Floats, Trials
from equipoise.errors import FitError
from equipoise.protocol.estimator_options import visits_used
from equipoise.protocol.plan import Estimand, Multiplicity
from equipoise.records import empty
from equipoise.statistics.estimate import Estimate
from equipoise.statistics.many import Many, ancova_many, infer_many, pooled_t_many
from equipoise.statistics.mmrm.batch import RULES, fit_batch
from equipoise.statistics.mmrm.newton import COLLINEAR

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """What R trials say of one estimand, in the variable's unit, every array (R,).

    df         NaN where the normal distribution is used
    p_value    before any testing of several hypotheses; NaN where no test is defined
    estimated  which trials have an estimate; elsewhere every number is NaN
    n          participants with what the estimator needs
    """

    estimate: Floats
    std_error: Floats
    df: Floats
    p_value: Floats
    ci_low: Floats
    ci_high: Floats
    estimated: Flags
    n: Floats


Estimator = Callable[[Posed], Answers]


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


def rejections(answers: Mapping[str, Answers], plan: Multiplicity | None, *, alpha: float) -> dict[str, Flags]:
    """Return (R,) whether each estimand's hypothesis is rejected, with the testing procedure that is planned.

    Estimands outside the procedure, and all where none is planned, are tested alone at alpha: a descriptive
    figure where a procedure is planned.
    """
    found = {name: np.asarray(one.p_value <= alpha) for name, one in answers.items()}
    if plan is None or plan.method == "none":
        return found
    trials = next(iter(answers.values())).p_value.size if answers else 0
    tested = [name for name in plan.order if name in answers]
    table = np.zeros((len(tested), trials), dtype=bool)
    for row in range(trials):
        p_values = {name: _number(answers[name].p_value[row]) for name in tested}
        decisions = decide(p_values, plan)
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
        return _collected([None] * posed.trials.arm.shape[0])


def _t_change(posed: Posed) -> Answers:
    outcome = posed.outcome()
    found = pooled_t_many(outcome, posed.experimental, level=posed.level)
    return _from_many(found, n=np.isfinite(outcome).sum(axis=1))


def _ancova(posed: Posed) -> Answers:
    outcome, columns = posed.outcome(), posed.covariates
    if not columns:
        return _one_by_one(posed)
    design = np.concatenate([_columns(column) for column in columns], axis=2)
    used = np.isfinite(outcome) & np.isfinite(design).all(axis=2)
    found, fine = ancova_many(outcome, posed.experimental, design, level=posed.level)
    answers = _from_many(found, n=used.sum(axis=1))
    fine &= _every_level(columns, used)
    return _mended(answers, posed, where=~fine)


def _columns(column: Column) -> Floats:
    """Return (R, n, k) design columns: numbers as they are, levels after the first as indicators."""
    if not column.levels:
        return column.values[:, :, None]
    codes = np.arange(1, len(column.levels))
    return np.asarray((column.values[:, :, None] == codes).astype(np.float64))


def _every_level(columns: tuple[Column, ...], used: Flags) -> Flags:
    """Return in which trials somebody used has each level of each factor, so that columns stand for the same."""
    found = np.ones(used.shape[0], dtype=bool)
    for column in columns:
        for code in range(len(column.levels)):
            found &= ((column.values == code) & used).any(axis=1)
    return found


def _by_table(posed: Posed) -> Answers:
    """Ask each distinct two-by-two table once: many trials have the same."""
    outcome = posed.outcome()
    seen, events = np.isfinite(outcome), outcome == 1
    sides = (posed.experimental, ~posed.experimental)
    cells = np.stack([(what & side).sum(axis=1) for side in sides for what in (events, seen)], axis=1)
    distinct, place = np.unique(cells, axis=0, return_inverse=True)
    asked = [_answer(_tabled(posed, tuple(int(one) for one in cell))) for cell in distinct]
    found = _collected(asked)
    return Answers(*(getattr(found, one.name)[place.ravel()] for one in fields(Answers)))


def _tabled(posed: Posed, cells: tuple[int, ...]) -> "_Taken":
    x, of_x, y, of_y = cells
    outcome = np.repeat([1.0, 0.0, 1.0, 0.0], [x, of_x - x, y, of_y - y])
    arms = (posed.estimand.treatment.experimental,) * of_x + (posed.estimand.treatment.reference,) * of_y
    nobody = tuple(str(number) for number in range(len(arms)))
    return _Taken(_evidence(posed), posed.estimand, None, Sample(nobody, arms, outcome, _none(len(arms)), ()))


def _none(n: int) -> Floats:
    return np.empty((n, 0))


def _one_by_one(posed: Posed) -> Answers:
    """Ask the ordinary estimator of one trial's arrays after another."""
    outcome = posed.outcome()
    evidence = _evidence(posed)
    rows = range(outcome.shape[0])
    return _collected([_answer(_taken(posed, row, outcome=outcome, evidence=evidence)) for row in rows])


def _mended(answers: Answers, posed: Posed, *, where: Flags) -> Answers:
    """Ask the ordinary estimator of the trials that arrays cannot judge."""
    rows = np.flatnonzero(where)
    if not rows.size:
        return answers
    outcome, evidence = posed.outcome(), _evidence(posed)
    found = _collected([_answer(_taken(posed, row, outcome=outcome, evidence=evidence)) for row in rows.tolist()])
    return _placed(answers, found, rows)


def _placed(answers: Answers, found: Answers, rows: NDArray[np.intp]) -> Answers:
    whole = {one.name: getattr(answers, one.name).copy() for one in fields(Answers)}
    for name, column in whole.items():
        column[rows] = getattr(found, name)
    return Answers(**whole)


@dataclass(frozen=True)
class _Taken(Question):
    """One trial out of many as the ordinary estimators know it: a question whose sample is already taken."""

    taken: Sample = field(default_factory=lambda: Sample((), (), np.empty(0), _none(0), ()))
    columns: Mapping[str, Mapping[str, float | str]] = field(default_factory=dict)

    def sample(self) -> Sample:
        """Return the sample taken."""
        return self.taken

    @property
    def covariates(self) -> dict[str, Mapping[str, float | str]]:
        """Return covariates and stratification factors of those in the sample."""
        return dict(self.columns)


def _evidence(posed: Posed) -> Evidence:
    return Evidence(posed.trials.resolved, empty())


def _taken(posed: Posed, row: int, *, outcome: Floats, evidence: Evidence) -> _Taken:
    values = {column.name: column.values[row] for column in posed.covariates}
    complete = np.isfinite(outcome[row])
    for column in values.values():
        complete &= np.isfinite(column)
    people = np.flatnonzero(complete)
    who = tuple(str(one) for one in people)
    columns = {
        column.name: dict(zip(who, _answers(column, row, people), strict=True)) for column in posed.covariates
    }
    design = lay_out(columns, who)
    sample = Sample(who, _arm_ids(posed, row, people), outcome[row, people], design.matrix, design.names)
    return _Taken(evidence, posed.estimand, None, sample, columns)


def _answers(column: Column, row: int, people: NDArray[np.intp]) -> list[Any]:
    values = column.values[row, people].tolist()
    return [column.levels[int(value)] for value in values] if column.levels else values


def _arm_ids(posed: Posed, row: int, people: NDArray[np.intp]) -> tuple[str, ...]:
    treatment = posed.estimand.treatment
    inside = posed.experimental[row, people].tolist()
    return tuple(treatment.experimental if one else treatment.reference for one in inside)


ORDINARY: Mapping[str, Callable[[Question], Answer]] = {
    "t_change": means.t_change,
    "hodges_lehmann": means.hodges_lehmann,
    "ancova": means.ancova,
    "risk_difference": shares.risk_difference,
    "odds_ratio": shares.odds_ratio,
    "standardized_risk_difference": shares.standardized_risk_difference,
    "cmh": shares.cmh,
    "exact": shares.exact,
}
"""Estimators that ask nothing of a trial but its sample, as the ordinary analysis has them."""

Asked = tuple[Estimate, int] | None


def _answer(question: _Taken) -> Asked:
    try:
        answer = ORDINARY[question.estimand.estimator.name](question)
    except FitError:
        return None
    return answer.estimate, answer.n


def _mmrm(posed: Posed) -> Answers:
    """Compare arms at the estimand's visit by a mixed model over all its visits, planned fallbacks included."""
    data = _Repeated.of(posed)
    options = posed.estimand.estimator.options
    trials = data.outcome.shape[0]
    found = _collected([None] * trials)
    open_, odd = data.usable, data.usable & ~data.regular
    quick = options.get("df", DEFAULT_DF) in RULES and not options.get("vcov") and not options.get("by_arm")
    if not quick:
        odd = open_
    contrast = difference_at(data.place, visits=len(data.visits), columns=1 + data.covariates.shape[2])
    waiting = np.flatnonzero(open_ & ~odd)
    for structure in structures(options):
        if not waiting.size:
            break
        fit = fit_batch(
            data.outcome[waiting],
            data.covariates[waiting],
            contrasts=contrast[None],
            covariance=structure,
            df=options.get("df", DEFAULT_DF),
        )
        good = fit.converged
        rows = waiting[good]
        cells = (column[good, 0] for column in (fit.estimate, fit.std_error, fit.df))
        estimate, std_error, df = cells
        many = infer_many(estimate, std_error, df=df, level=posed.level)
        found = _placed(found, _from_many(many, n=data.n[rows]), rows)
        waiting = waiting[~good]
        # A design that loses columns in one trial is for the ordinary code, which says which ones.
        collinear = fit.code[~good] == COLLINEAR
        odd[waiting[collinear]] = True
        waiting = waiting[~collinear]
    rows = np.flatnonzero(odd)
    return _placed(found, _collected([data.fit_one(posed, row) for row in rows.tolist()]), rows) if rows.size else found


@dataclass(frozen=True)
class _Repeated:
    """R trials for a model of all visits.

    visits      ids in time
    outcome     (R, n, m), NaN for whoever is not compared or has no covariate
    covariates  (R, n, 1 + q) the arm first
    people      (R, n) compared and with every covariate
    place       the estimand's visit among them
    usable      (R,) both arms have somebody with an outcome, and the estimand's visit has one
    regular     (R,) each visit has somebody, and each level of a factor
    n           (R,) participants with any outcome
    """

    visits: tuple[str, ...]
    outcome: Floats
    covariates: Floats
    people: Flags
    place: int
    usable: Flags
    regular: Flags
    n: NDArray[np.int64]

    @classmethod
    def of(cls, posed: Posed) -> "_Repeated":
        variable = posed.estimand.variable
        form, _ = posed.trials.resolved.locate(variable.score)
        visits = visits_used(posed.trials.resolved.protocol, posed.estimand, form=form)
        columns = posed.covariates
        arm = posed.experimental.astype(np.float64)[:, :, None]
        covariates = np.concatenate([arm, *(_columns(column) for column in columns)], axis=2)
        known = [np.isfinite(column.values) for column in columns]
        people = np.logical_and.reduce([posed.compared, *known])
        outcome = np.stack([posed.observed(visit) for visit in visits], axis=2)
        outcome = np.where(people[:, :, None], outcome, np.nan)
        seen: Flags = np.isfinite(outcome)
        some = seen.any(axis=2)
        place = visits.index(variable.visit)
        usable: Flags = seen[:, :, place].any(axis=1)
        for side in (posed.experimental, ~posed.experimental):
            usable = usable & (some & side).any(axis=1)
        return cls(
            visits=visits,
            outcome=outcome,
            covariates=np.where(people[:, :, None], covariates, 0.0),
            people=people,
            place=place,
            usable=usable,
            regular=np.all(seen.any(axis=1), axis=1) & _every_level(columns, people),
            n=some.sum(axis=1),
        )

    def fit_one(self, posed: Posed, row: int) -> Asked:
        """Fit one trial as the ordinary analysis does."""
        people = np.flatnonzero(self.people[row])
        who = tuple(str(one) for one in people)
        kept = np.flatnonzero(np.isfinite(self.outcome[row]).any(axis=0))
        columns = {
            column.name: dict(zip(who, _answers(column, row, people), strict=True))
            for column in posed.covariates
        }
        design = lay_out(columns, who) if columns else Design(_none(len(who)), (), ())
        sample = Repeated(
            planned=self.visits,
            visits=tuple(self.visits[at] for at in kept),
            participants=who,
            arms=_arm_ids(posed, row, people),
            outcome=self.outcome[row][np.ix_(people, kept)],
            design=design,
        )
        options = posed.estimand.estimator.options
        model = fit_planned(sample, arm=posed.estimand.treatment.experimental, options=options)
        if model.fit is None:
            return None
        place = sample.visits.index(posed.estimand.variable.visit)
        contrast = difference_at(place, visits=kept.size, columns=2 + design.matrix.shape[1])
        (estimate,) = model.fit.estimates(contrast[None], level=posed.level)
        return None if estimate is None else (estimate, int(self.n[row]))


def _from_many(found: Many, *, n: NDArray[Any]) -> Answers:
    estimated = np.isfinite(found.estimate)
    return Answers(
        estimate=found.estimate,
        std_error=found.std_error,
        df=found.df,
        p_value=found.p_value,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        estimated=estimated,
        n=np.where(estimated, n, np.nan),
    )


def _collected(asked: list[Asked]) -> Answers:
    rows = np.array([_row(one) for one in asked], dtype=np.float64).reshape(len(asked), len(_NUMBERS) + 1)
    numbers = dict(zip(_NUMBERS, rows.T[:-1].copy(), strict=True))
    return Answers(**numbers, estimated=np.array([one is not None for one in asked], dtype=bool), n=rows[:, -1])


_NUMBERS = ("estimate", "std_error", "df", "p_value", "ci_low", "ci_high")


def _row(asked: Asked) -> list[float | None]:
    if asked is None:
        return [None] * (len(_NUMBERS) + 1)
    estimate, n = asked
    return [*(getattr(estimate, name) for name in _NUMBERS), n]


BATCHED: Mapping[str, Estimator] = {
    "t_change": _t_change,
    "ancova": _ancova,
    "mmrm": _mmrm,
    "risk_difference": _by_table,
    "odds_ratio": _by_table,
    "exact": _by_table,
    "hodges_lehmann": _one_by_one,
    "cmh": _one_by_one,
    "standardized_risk_difference": _one_by_one,
}
"""Estimator to its batch path. Those that are missing here impute, and take as long for one trial as others for a
thousand."""
