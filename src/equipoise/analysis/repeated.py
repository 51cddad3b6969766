"""`Repeated`, one estimand over all visits: an outcome per participant and visit, and the baseline columns.

Holds the sample that models of all visits get. Every visit is the estimand asked at that visit, so values,
intercurrent events and baseline follow the same rules as at its own. Refuses to estimate and to impute.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equipoise.analysis.question import Design, Question, lay_out
from equipoise.errors import FitError
from equipoise.protocol.estimator_options import visits_used


@dataclass(frozen=True)
class Repeated:
    """The participants of a comparison who have every covariate, sorted, and their outcomes.

    planned       visit ids in time, those where nobody has an outcome included
    visits        (m,) visit ids in time
    participants  (n,)
    arms          (n,) arm ids, two different ones unless an arm is empty
    outcome       (n, m) in the variable's unit, NaN where missing or made missing by a strategy
    design        covariates of the n participants
    """

    planned: tuple[str, ...]
    visits: tuple[str, ...]
    participants: tuple[str, ...]
    arms: tuple[str, ...]
    outcome: NDArray[np.float64]
    design: Design

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """(n, m) which outcomes there are."""
        return np.isfinite(self.outcome)

    def among(self, arm: str | None) -> NDArray[np.bool_]:
        """Return (n,) who is in an arm; everybody for None."""
        if arm is None:
            return np.ones(len(self.arms), dtype=np.bool_)
        return np.array([one == arm for one in self.arms], dtype=np.bool_)

    def indicator(self, arm: str) -> NDArray[np.float64]:
        """Return (n,) 1 for whoever is in an arm, 0 for others."""
        return self.among(arm).astype(np.float64)


def visits_of(question: Question) -> tuple[str, ...]:
    """Return the visits the estimand's model uses, those that are a strategy of the protocol's alone."""
    resolved = question.evidence.resolved
    form, _ = resolved.locate(question.estimand.variable.score)
    return visits_used(resolved.protocol, question.estimand, form=form)


def repeated(question: Question) -> Repeated:
    """Return the estimand's sample over all its visits.

    Visits at which nobody has an outcome are left out and named in the notes.
    Raises  FitError when a covariate was never collected, a strategy cannot be honored, an arm has nobody, or
            nobody has an outcome at the estimand's own visit
    """
    planned = visits_of(question)
    outcomes = {visit: question.at(visit).observed for visit in planned}
    visits = tuple(visit for visit in planned if outcomes[visit])
    if question.estimand.variable.visit not in visits:
        raise FitError(f"nobody has an outcome at {question.estimand.variable.visit}")
    who = [one for one in question.compared if all(one in column for column in question.covariates.values())]
    found = Repeated(
        planned=planned,
        visits=visits,
        participants=tuple(who),
        arms=tuple(question.compared[one] or "" for one in who),
        outcome=np.array(
            [[outcomes[visit].get(one, np.nan) for visit in visits] for one in who], dtype=np.float64
        ).reshape(len(who), len(visits)),
        design=lay_out(question.covariates, who),
    )
    _require_arms(question, found)
    return found


def notes_of(question: Question, sample: Repeated) -> tuple[str, ...]:
    """Return what was left out or assumed on the way to the sample, seen from the estimand's visit."""
    return (*question.members.notes, *question.handling.notes, *_left_out(question, sample))


def _left_out(question: Question, sample: Repeated) -> Iterator[str]:
    for name, column in question.covariates.items():
        without = sum(one not in column for one in question.compared)
        if without:
            yield f"{without} without {name}, left out"
    empty = [visit for visit in sample.planned if visit not in sample.visits]
    if empty:
        yield f"nobody has an outcome at {', '.join(empty)}, left out"
    who = sample.participants
    missing = sum(one not in question.observed for one in who)
    if missing:
        yield f"{missing} of {len(who)} without the variable at {question.estimand.variable.visit}"


def _require_arms(question: Question, found: Repeated) -> None:
    some = found.seen.any(axis=1)
    empty = [arm for arm in (question.arm, question.reference) if not (found.among(arm) & some).any()]
    if empty:
        raise FitError(f"nobody in {' or '.join(empty)} has an outcome and every covariate")
