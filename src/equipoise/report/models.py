"""Models of all visits at once, as the analysis wrote them: least-squares means, differences, covariances.

Holds look-ups. Estimands that read one model at several visits share it here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from equipoise.report.effect import Effect
from equipoise.report.folder import Row
from equipoise.report.trial import Arm, Trial, number

SENSITIVITY = "sensitivity"


@dataclass(frozen=True)
class Model:
    """One model: the estimands that read it, its rows by visit, and its covariances."""

    estimands: tuple[str, ...]
    rows: tuple[Row, ...]
    covariances: tuple[Row, ...]

    @property
    def visits(self) -> tuple[str, ...]:
        """Ids of its visits, in the order of their days."""
        days: dict[str, float] = {}
        for row in self.rows:
            days.setdefault(str(row.get("visit")), number(row.get("day")) or 0.0)
        return tuple(sorted(days, key=lambda visit: days[visit]))

    def mean(self, arm: str | None, visit: str) -> Row:
        """Return an arm's least-squares mean at a visit; empty without one."""
        return _first(row for row in self.rows if _is(row, "lsmean", arm, visit))

    def difference(self, arm: str, reference: str, visit: str) -> Row:
        """Return the difference of two arms at a visit; empty without one."""
        found = (row for row in self.rows if _is(row, "difference", arm, visit))
        return _first(row for row in found if str(row.get("reference")) == reference)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Pairs of arms compared, as (arm, reference)."""
        rows = (row for row in self.rows if row.get("kind") == "difference")
        return tuple(dict.fromkeys((str(row.get("arm")), str(row.get("reference"))) for row in rows))

    def arms(self, trial: Trial) -> tuple[Arm, ...]:
        """Return the arms with a mean, in the protocol's order."""
        shown = {row.get("arm") for row in self.rows if row.get("kind") == "lsmean"}
        return tuple(arm for arm in trial.arms if arm.id in shown)


def models(trial: Trial) -> tuple[Model, ...]:
    """Return the models in the order of the results, each with all estimands that read it."""
    rows, covariances = _by_estimand(trial.rows("by_visit")), _by_estimand(trial.rows("covariance"))
    readers: dict[str, list[str]] = {}
    for row in trial.written.results:
        under = trial.model_of(row)
        if under:
            readers.setdefault(under, []).append(str(row.get("estimand")))
    order = [name for name in dict.fromkeys([*readers, *rows]) if name in rows]
    return tuple(
        Model(
            tuple(dict.fromkeys([name, *readers.get(name, [])])),
            tuple(rows[name]),
            tuple(covariances.get(name, ())),
        )
        for name in order
    )


def effects_of(trial: Trial, model: Model) -> tuple[Effect, ...]:
    """Return the results that read a model, main questions before sensitivity analyses."""
    found = [one for one in trial.effects if one.estimand in model.estimands]
    return tuple(sorted(found, key=lambda one: one.role == SENSITIVITY))


def is_main(effects: Sequence[Effect]) -> bool:
    """Return whether any of the results answers a question of its own."""
    return not effects or any(one.role != SENSITIVITY for one in effects)


def tested(trial: Trial, model: Model) -> dict[tuple[str, str, str], float]:
    """Return (arm, reference, visit) to the P value of what the testing procedure reached."""
    found = {}
    for row, effect in zip(trial.written.results, trial.effects, strict=True):
        if effect.estimand in model.estimands and effect.p_value is not None:
            pair = row.get("comparison") or {}
            found[str(pair.get("arm")), str(pair.get("reference")), str(row.get("visit"))] = effect.p_value
    return found


def _by_estimand(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row.get("estimand")), []).append(row)
    return found


def _is(row: Row, kind: str, arm: str | None, visit: str) -> bool:
    return row.get("kind") == kind and row.get("arm") == arm and str(row.get("visit")) == visit


def _first(rows: Iterable[Row]) -> Row:
    return next(iter(rows), {})
