"""The mixed model of an estimand in many trials at once, with the planned order of covariance structures.

Holds the samples over all visits as arrays, and what is left to the fit of one trial. Refuses to know how a
model is fitted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.answers import Answers, Asked, collected, from_many, placed
from equipoise.analysis.mixed_model import DEFAULT_DF, difference_at, fit_planned, structures
from equipoise.analysis.posed import Posed
from equipoise.analysis.question import Design, lay_out
from equipoise.analysis.repeated import Repeated
from equipoise.analysis.taken import answers_of, arm_ids, none
from equipoise.analysis.trials import Flags, Floats
from equipoise.protocol.estimator_options import visits_used
from equipoise.statistics.many import infer_many
from equipoise.statistics.mmrm.batch import RULES, fit_batch
from equipoise.statistics.mmrm.newton import COLLINEAR


def mmrm(posed: Posed) -> Answers:
    """Compare arms at the estimand's visit by a mixed model over all its visits, planned fallbacks
    included."""
    data = ManyRepeated.of(posed)
    options = posed.estimand.estimator.options
    trials = data.outcome.shape[0]
    found = collected([None] * trials)
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
        found = placed(found, from_many(many, n=data.n[rows]), rows)
        waiting = waiting[~good]
        # A design that loses columns in one trial is for the ordinary code, which says which ones.
        collinear = fit.code[~good] == COLLINEAR
        odd[waiting[collinear]] = True
        waiting = waiting[~collinear]
    rows = np.flatnonzero(odd)
    return (
        placed(found, collected([data.fit_one(posed, row) for row in rows.tolist()]), rows)
        if rows.size
        else found
    )


@dataclass(frozen=True)
class ManyRepeated:
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
    def of(cls, posed: Posed) -> "ManyRepeated":
        variable = posed.estimand.variable
        form, _ = posed.trials.resolved.locate(variable.score)
        visits = visits_used(posed.trials.resolved.protocol, posed.estimand, form=form)
        columns = posed.covariates
        arm = posed.experimental.astype(np.float64)[:, :, None]
        covariates = np.concatenate([arm, *(column.columns() for column in columns)], axis=2)
        known = [np.isfinite(column.values) for column in columns]
        people = np.logical_and.reduce([posed.compared, *known])
        outcome = np.stack([posed.observed(visit) for visit in visits], axis=2)
        outcome = np.where(people[:, :, None], outcome, np.nan)
        seen: Flags = np.isfinite(outcome)
        some = seen.any(axis=2)
        place = visits.index(variable.visit)
        sides = (posed.experimental, ~posed.experimental)
        return cls(
            visits=visits,
            outcome=outcome,
            covariates=np.where(people[:, :, None], covariates, 0.0),
            people=people,
            place=place,
            usable=np.logical_and.reduce(
                [seen[:, :, place].any(axis=1), *((some & side).any(axis=1) for side in sides)]
            ),
            regular=np.logical_and.reduce(
                [np.all(seen.any(axis=1), axis=1), *(column.complete(people) for column in columns)]
            ),
            n=some.sum(axis=1),
        )

    def fit_one(self, posed: Posed, row: int) -> Asked:
        """Fit one trial as the ordinary analysis does."""
        people = np.flatnonzero(self.people[row])
        who = tuple(str(one) for one in people)
        kept = np.flatnonzero(np.isfinite(self.outcome[row]).any(axis=0))
        columns = {
            column.name: dict(zip(who, answers_of(column, row, people), strict=True))
            for column in posed.covariates
        }
        design = lay_out(columns, who) if columns else Design(none(len(who)), (), ())
        sample = Repeated(
            planned=self.visits,
            visits=tuple(self.visits[at] for at in kept),
            participants=who,
            arms=arm_ids(posed, row, people),
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
