"""`Posed`: one estimand put to many trials at once, and the outcome that comes of it in each.

Holds what `Question` holds for one trial, by the same rules, in arrays of trials x participants: analysis
set, analysis windows, intercurrent events, variable, covariates. Refuses to estimate, and what needs more
than arrays: such an estimand has no batch path and says why.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise import expressions
from equipoise.analysis.received import arm_received
from equipoise.analysis.trials import Floats, Happened, Trials, Waves, Whole
from equipoise.analysis.variable import Scale, rule_of, scale_in
from equipoise.errors import FitError
from equipoise.expressions import Expression, Name
from equipoise.protocol.estimators import BINARY, COMPOSITE
from equipoise.protocol.plan import AnalysisWindow, Estimand, IntercurrentEvent

Flags = NDArray[np.bool_]


class NoBatchPath(Exception):  # noqa: N818 - it is no error: the estimand is asked trial by trial instead
    """An estimand needs more than arrays hold; the message says what."""


@dataclass(frozen=True)
class Column:
    """One covariate of n participants in R trials.

    values  (R, n) numbers, or positions in `levels`; NaN where not known
    levels  levels of a factor in the order of their text; empty for a number
    """

    name: str
    values: Floats
    levels: tuple[str, ...] = ()

    def columns(self) -> Floats:
        """Return (R, n, k) design columns: numbers as they are, levels after the first as indicators."""
        if not self.levels:
            return self.values[:, :, None]
        codes = np.arange(1, len(self.levels))
        return np.asarray((self.values[:, :, None] == codes).astype(np.float64))

    def complete(self, used: Flags) -> Flags:
        """Return (R,) where somebody used has each level, so that columns stand for the same everywhere."""
        seen = [((self.values == code) & used).any(axis=1) for code in range(len(self.levels))]
        found: Flags = np.logical_and.reduce([np.ones(used.shape[0], dtype=bool), *seen])
        return found


@dataclass(frozen=True)
class Posed:
    """One estimand and the trials it is put to. Arrays are (R, n) unless said otherwise."""

    trials: Trials
    estimand: Estimand

    @property
    def alpha(self) -> float:
        """The protocol's two-sided level of tests."""
        return self.trials.resolved.protocol.alpha

    @property
    def level(self) -> float:
        """The confidence level: one minus alpha."""
        return 1 - self.alpha

    @property
    def binary(self) -> bool:
        """Whether the variable says yes or no."""
        return self.estimand.variable.type in BINARY

    @cached_property
    def scale(self) -> Scale:
        """What is known of the score."""
        return scale_in(self.trials.resolved, self.estimand.variable.score)

    @cached_property
    def _arms(self) -> tuple[int, int]:
        ids = [arm.id for arm in self.trials.resolved.protocol.arms]
        treatment = self.estimand.treatment
        return ids.index(treatment.experimental), ids.index(treatment.reference)

    @cached_property
    def _counted_as(self) -> Whole:
        """The arm each participant counts for in the analysis set."""
        plan = self.trials.resolved.protocol.analysis_set(self.estimand.population)
        if plan.arm == "as_randomized":
            return self.trials.arm
        protocol = self.trials.resolved.protocol
        ids = [arm.id for arm in protocol.arms]
        table = np.array(
            [[ids.index(arm_received(protocol, drawn=drawn, given=given)) for given in ids] for drawn in ids]
        )
        return np.where(self.trials.treated, table[self.trials.arm, self.trials.received], self.trials.arm)

    @cached_property
    def compared(self) -> Flags:
        """Who is in the analysis set and in one of the two arms."""
        plan = self.trials.resolved.protocol.analysis_set(self.estimand.population)
        inside = np.isin(self._counted_as, self._arms)
        if plan.participants != "randomized":
            inside &= self.trials.treated
        return inside if plan.rule is None else inside & self._meeting(plan.rule)

    @cached_property
    def experimental(self) -> Flags:
        """Who counts for the arm whose mean comes first."""
        return np.asarray(self._counted_as == self._arms[0])

    def _meeting(self, rule: str) -> Flags:
        """Return of whom a rule holds; each distinct set of answers is judged once."""
        parsed = expressions.parse(rule)
        names = sorted(parsed.names)
        answers = [self._answer(name) for name in names]
        coded = [np.unique(answer, return_inverse=True) for answer in answers]
        places = np.stack([place.reshape(self.trials.arm.shape) for _, place in coded], axis=-1)
        cells, of_cell = np.unique(places.reshape(-1, len(names)), axis=0, return_inverse=True)
        met = [_holds(parsed, names, [coded[i][0][at] for i, at in enumerate(cell)]) for cell in cells]
        return np.asarray(np.array(met)[of_cell.reshape(self.trials.arm.shape)])

    def _answer(self, name: Name) -> NDArray[Any]:
        form, value = self.trials.resolved.locate(name.partition("@")[0])
        found = self._known(f"{form}.{value}", name.visit)
        if found is None:
            raise NoBatchPath(f"the analysis set `{self.estimand.population}` reads `{name}`")
        return found

    def _known(self, name: str, visit: str | None) -> NDArray[Any] | None:
        """Return a score or an answer at a visit; None where arrays do not hold it."""
        if visit is None:
            return None
        waves = self.trials.waves(name)
        return self.trials.item(name, visit) if waves is None else waves.at(visit)

    @cached_property
    def waves(self) -> Waves:
        """The score over its visits, as entered."""
        found = self.trials.waves(self.scale.name)
        if found is None:
            raise NoBatchPath(f"the scenario has no course of {self.scale.name}")
        return found

    def readings(self, visit: str) -> tuple[Floats, Floats | None]:
        """Return the values that count for a visit, and their dates; no dates where nothing asks for them."""
        if any(
            window.visit in self.waves.visits for window in self.trials.resolved.protocol.analysis_windows
        ):
            return self._windowed[visit]
        found = self.waves.at(visit)
        return np.full(self.trials.arm.shape, np.nan) if found is None else found, None

    @cached_property
    def _windowed(self) -> "_Windows":
        return _Windows(self)

    @cached_property
    def baseline(self) -> Floats:
        """The baseline value of each participant."""
        protocol = self.trials.resolved.protocol
        rule = protocol.baseline_rule
        visit = self.estimand.variable.baseline or (
            protocol.baseline_visit if rule.method == "visit" else None
        )
        if visit is None:
            if self.estimand.variable.type in ("value", "remission"):
                return np.full(self.trials.arm.shape, np.nan)
            raise NoBatchPath("baseline is the last value before an anchor")
        return self.readings(visit)[0]

    def observed(self, visit: str | None = None) -> Floats:
        """Return the variable at a visit after the strategies, NaN where there is none.

        Raises  FitError when a strategy or definition cannot be honored
        """
        visit = visit or self.estimand.variable.visit
        values, failed = self._handled(visit)
        values = np.where(failed, np.nan, values) if self.binary else self._composite(values, failed)
        rule = rule_of(self.estimand.variable, self.scale)
        found = rule(values, self.baseline)
        found = np.where(failed, 0.0, found) if self.binary else found
        return np.where(self.compared, found, np.nan)

    def outcome(self) -> Floats:
        """Return the variable at the estimand's visit, missing ones as the estimand counts them."""
        found = self.observed()
        if self.binary and self.estimand.missing == "failure":
            return np.where(self.compared & np.isnan(found), 0.0, found)
        return found

    def _composite(self, values: Floats, failed: Flags) -> Floats:
        if not failed.any():
            return values
        if self.estimand.estimator.options.get(COMPOSITE) == "baseline":
            return np.where(failed, self.baseline, values)
        if self.scale.worst is None:
            raise FitError(f"no worst value of {self.scale.name} is known to stand for a failure")
        return np.where(failed, self.scale.worst, values)

    def _handled(self, visit: str) -> tuple[Floats, Flags]:
        """Return the readings that count at a visit, and whom a composite strategy counts as failures."""
        values, dates = self.readings(visit)
        failed = np.zeros(values.shape, dtype=bool)
        events = {event.id: event for event in self.trials.resolved.protocol.intercurrent_events}
        for handled in self.estimand.intercurrent_events:
            if handled.strategy == "principal_stratum":
                raise FitError(f"a principal stratum by `{handled.event}` cannot be estimated")
            if handled.strategy == "treatment_policy":
                continue
            happened = self._happened(events[handled.event])
            touched = self._before(happened, visit, values=values, dates=dates)
            if handled.strategy == "composite":
                failed |= touched
            elif handled.strategy == "hypothetical":
                values = np.where(touched, np.nan, values)
            else:
                values = self._last_before(happened, visit, touched=touched, values=values)
        return values, failed

    def _happened(self, event: IntercurrentEvent) -> Happened:
        found = self.trials.happened(event)
        if found is None:
            raise NoBatchPath(f"`{event.id}` is found by what participants answer")
        history = found.date < self._treated_from
        return Happened(np.where(history, np.nan, found.date), np.where(history, np.nan, found.day))

    @cached_property
    def _treated_from(self) -> Floats:
        """Dates on which treatment began, or of randomization: what came before is history."""
        protocol, calendar = self.trials.resolved.protocol, self.trials.calendar
        anchor = protocol.visit(protocol.primary.variable.visit).anchor
        start = calendar.anchor(anchor) if anchor is not None else calendar.randomized
        return np.where(np.isnan(start), calendar.randomized, start)

    def _before(self, event: Happened, visit: str, *, values: Floats, dates: Floats | None) -> Flags:
        """Return to whom an event happened on an earlier day than a visit, held or due."""
        held = self.trials.calendar.visit(visit)
        taken = held if dates is None else np.where(np.isnan(values), held, dates)
        plan = self.trials.resolved.protocol.visit(visit)
        anchor = self.trials.calendar.anchor(plan.anchor) if plan.anchor is not None else np.nan
        due = np.where(np.isnan(taken), anchor + (np.nan if plan.day is None else plan.day), taken)
        earlier = np.where(np.isnan(due), _or_true(event.day, plan.day), event.date < due)
        return np.asarray(np.isfinite(event.date) & self.compared & earlier.astype(bool))

    def _last_before(self, event: Happened, visit: str, *, touched: Flags, values: Floats) -> Floats:
        """Replace each touched value by the last one taken until the event, after the baseline."""
        protocol = self.trials.resolved.protocol
        order = [one.id for one in protocol.visits]
        start = self.estimand.variable.baseline or protocol.baseline_visit
        first = order.index(start) + 1 if start in order else 0
        kept = np.where(touched, np.nan, values)
        for one in order[first : order.index(visit) + 1]:
            reading, dates = self.readings(one)
            taken = self.trials.calendar.visit(one) if dates is None else dates
            use = touched & np.isfinite(reading) & ~(event.date < taken)
            kept = np.where(use, reading, kept)
        return kept

    @cached_property
    def covariates(self) -> tuple[Column, ...]:
        """Covariates and stratification factors that the estimator adjusts for."""
        estimator = self.estimand.estimator
        columns = [self._column(name) for name in estimator.covariates]
        if estimator.strata:
            strata = self.trials.resolved.protocol.allocation.strata or ()
            columns += [self._stratum(stratum.id) for stratum in strata]
        return tuple(columns)

    def _column(self, name: str) -> Column:
        bare, _, visit = name.partition("@")
        form, value = self.trials.resolved.locate(bare)
        protocol = self.trials.resolved.protocol
        at = visit or self.estimand.variable.baseline or protocol.baseline_visit
        full = f"{form}.{value}"
        if at is not None and full == self.scale.name:
            return Column(name, self.readings(at)[0])
        if protocol.analysis_windows and self.trials.waves(full) is not None:
            raise NoBatchPath(f"the covariate `{name}` may be moved by an analysis window")
        found = self._known(full, at)
        if found is None:
            raise NoBatchPath(f"the covariate `{name}` is only known from answers")
        if self.trials.resolved.names[bare] == "number":
            return Column(name, found.astype(np.float64))
        texts = np.array([str(one) for one in found.ravel()], dtype=object)
        levels, places = np.unique(texts, return_inverse=True)
        return Column(name, places.reshape(found.shape).astype(np.float64), tuple(levels.tolist()))

    def _stratum(self, stratum: str) -> Column:
        found = self.trials.factor(stratum)
        if found is None:
            raise NoBatchPath(f"the stratification factor `{stratum}` is only known from answers")
        levels, places = found
        order = sorted(range(len(levels)), key=lambda at: levels[at])
        rank = np.argsort(np.array(order))
        return Column(stratum, rank[places].astype(np.float64), tuple(levels[at] for at in order))


def _or_true(day: Floats, planned: int | None) -> Flags:
    """Return whether a day lies before the planned one; an event or visit without a day counts as earlier."""
    return np.ones(day.shape, dtype=bool) if planned is None else np.asarray(~(day >= planned))


def _holds(rule: Expression, names: list[Name], answers: list[Any]) -> bool:
    known = {name: _plain(answer) for name, answer in zip(names, answers, strict=True)}
    return rule.evaluate(known) is True


def _plain(answer: Any) -> Any:
    return answer.item() if isinstance(answer, np.generic) else answer


class _Windows(Mapping[str, tuple[Floats, Floats | None]]):
    """Visit to the readings that count for it where analysis windows move values between visits."""

    def __init__(self, posed: Posed) -> None:
        self._trials, self._waves = posed.trials, posed.waves
        protocol = posed.trials.resolved.protocol
        self._windows = {window.visit: window for window in protocol.analysis_windows}
        self._known: dict[str, tuple[Floats, Floats | None]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._waves.visits)

    def __len__(self) -> int:
        return len(self._waves.visits)

    def __getitem__(self, visit: str) -> tuple[Floats, Floats | None]:
        if visit not in self._known:
            window = self._windows.get(visit)
            self._known[visit] = self._own(visit) if window is None else self._chosen(window)
        return self._known[visit]

    def _own(self, visit: str) -> tuple[Floats, Floats | None]:
        """Return a visit's own values but for those that fall in another visit's window."""
        values = self._waves.at(visit)
        dates = self._trials.calendar.visit(visit)
        if values is None:
            return np.full(dates.shape, np.nan), dates
        return np.where(self._assigned(visit) < 0, values, np.nan), dates

    def _chosen(self, window: AnalysisWindow) -> tuple[Floats, Floats | None]:
        number = list(self._windows).index(window.visit)
        target = self._trials.resolved.protocol.visit(window.visit).day
        middle = (window.from_day + window.to_day) / 2 if target is None else target
        shape = self._trials.arm.shape
        best, dates = np.full(shape, np.nan), np.full(shape, np.nan)
        rank = np.full((4, *shape), np.inf)
        for source in self._waves.visits:
            values, day = self._waves.at(source), self._day(source, window.visit)
            if values is None:
                continue
            away = {"closest": np.abs(day - middle), "first": day, "last": -day}[window.choose]
            own = np.full(shape, float(source != window.visit))
            mine = np.stack([away, own, day, values])
            better = (self._assigned(source) == number) & np.isfinite(values) & _less(mine, rank)
            best, dates = (
                np.where(better, new, old)
                for new, old in ((values, best), (self._trials.calendar.visit(source), dates))
            )
            rank = np.where(better, mine, rank)
        return best, dates

    def _assigned(self, visit: str) -> Whole:
        """Return the number of the window each value of a visit falls in, its own first; -1 for none."""
        found = np.full(self._trials.arm.shape, -1, dtype=np.int64)
        order = sorted(enumerate(self._windows.values()), key=lambda pair: pair[1].visit != visit)
        for number, window in order:
            day = self._day(visit, window.visit)
            inside = (window.from_day <= day) & (day <= window.to_day) & (found < 0)
            found[inside] = number
        # A value of a visit with a window that lies in none counts for no visit.
        outside = found < 0
        if visit in self._windows:
            found[outside] = len(self._windows)
        return found

    def _day(self, visit: str, other: str) -> Floats:
        """Return the days of a visit counted from another visit's anchor, NaN where not known."""
        anchor = self._trials.resolved.protocol.visit(other).anchor
        start = self._trials.calendar.anchor(anchor or "")
        return np.asarray(self._trials.calendar.visit(visit) - start)


def _less(first: Floats, second: Floats) -> Flags:
    """Return where (4, R, n) ranks come before others, item by item."""
    less = np.zeros(first.shape[1:], dtype=bool)
    equal = np.ones(first.shape[1:], dtype=bool)
    for a, b in zip(first, second, strict=True):
        less |= equal & (a < b)
        equal &= a == b
    return less
