"""The analysis as sections look at it: arms in order, names of visits and scores, effects, tables by name.

Holds look-ups. Refuses to hold markup, and in a blinded report to know any arm.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from equipoise.report import numerals
from equipoise.report.effect import ON_THE_SCALE, PERCENT, Effect, Measure, Side
from equipoise.report.folder import Row, Written
from equipoise.report.withholding import withhold

EVERYBODY = "All participants"
AT_VISIT = re.compile(r"\bat (\w+)\b")
MEASURES: dict[str, Measure] = {
    "difference_in_means": "difference_in_means",
    "location_shift": "location_shift",
    "risk_difference": "risk_difference",
    "odds_ratio": "odds_ratio",
}
IN_PERCENT = frozenset({"%", "percent", "percentage points"})


@dataclass(frozen=True)
class Arm:
    """A column of the tables: an arm, or everybody together.

    id     None for everybody together
    place  1, 2, ... in the protocol's order; 0 for everybody together: chooses color, marker and line style
    """

    id: str | None
    label: str
    place: int
    role: str = ""
    interventions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scale:
    """A score's name and range; `higher_is` worse, better or empty."""

    score: str
    label: str
    low: float | None = None
    high: float | None = None
    higher_is: str = ""

    @property
    def decimals(self) -> int:
        """Digits after the point in sentences."""
        return numerals.decimals_for(self.low, self.high)

    @property
    def range(self) -> str:
        """The range in words, empty when unknown: "0 to 60, higher is worse"."""
        if self.low is None or self.high is None:
            return ""
        direction = f", higher is {self.higher_is}" if self.higher_is else ""
        return f"{self.low:g} to {self.high:g}{direction}".replace("-", numerals.MINUS)


@dataclass(frozen=True)
class Trial:
    """One analysis, read for a report."""

    written: Written

    @cached_property
    def facts(self) -> Row:
        """The table `trial`."""
        return self.mapping("trial")

    @property
    def blinded(self) -> bool:
        """Whether arms are withheld."""
        return is_blinded(self.written)

    @property
    def simulated(self) -> bool:
        """Whether the data are invented; either file saying so is enough."""
        return bool(self.facts.get("simulated") or self.written.manifest.get("simulated"))

    @property
    def name(self) -> str:
        """The trial's short name."""
        return str(self.facts.get("id") or self.plan.get("trial", {}).get("id") or "Trial")

    @property
    def title(self) -> str:
        """The trial's title."""
        return str(self.facts.get("title") or self.plan.get("trial", {}).get("title") or self.name)

    @property
    def plan(self) -> Row:
        """The protocol, as JSON."""
        return self.written.protocol

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """The arms in the protocol's order; none when blinded."""
        if self.blinded:
            return ()
        rows = self.facts.get("arms") or self.plan.get("arms") or []
        return tuple(
            Arm(
                id=str(row.get("id")),
                label=str(row.get("label") or row.get("id")),
                place=place,
                role=str(row.get("role") or ""),
                interventions=tuple(str(one) for one in row.get("interventions") or ()),
            )
            for place, row in enumerate(rows, start=1)
        )

    @cached_property
    def columns(self) -> tuple[Arm, ...]:
        """What tables have columns for: the arms, or everybody when there are none."""
        return self.arms or (Arm(None, EVERYBODY, 0),)

    def rows(self, table: str) -> list[Row]:
        """Return a table's rows; none when it is missing."""
        return list(self.written.tables.get(table) or [])

    def mapping(self, table: str) -> Row:
        """Return a table that is a mapping; empty when it is missing."""
        return dict(self.written.tables.get(table) or {})

    def arm_label(self, arm: Any) -> str:
        """Return an arm's label; the id where it is unknown."""
        return next((one.label for one in self.columns if one.id == arm), str(arm))

    def of_arm(self, rows: Iterable[Row], column: Arm) -> list[Row]:
        """Return the rows of one column."""
        return [row for row in rows if row.get("arm") == column.id or (column.id is None and self.blinded)]

    @cached_property
    def _visits(self) -> dict[str, Row]:
        return {str(row.get("id")): row for row in self.plan.get("visits") or []}

    def course(self, score: str) -> list[Row]:
        """Return a score's descriptive rows at the visits planned for everybody.

        A visit that is offered, such as one after a further dose, holds only those who took it: its mean is
        no point of the arm's course.
        """
        return [
            row
            for row in self.rows("descriptives")
            if str(row.get("score")) == score
            and not self._visits.get(str(row.get("visit")), {}).get("offered")
        ]

    def visit_label(self, visit: Any) -> str:
        """Return a visit's name as people read it; the id where it is unknown."""
        if visit is None:
            return ""
        shown = {str(row.get("visit")): row.get("visit_label") for row in self.rows("descriptives")}
        return str(shown.get(str(visit)) or self._visits.get(str(visit), {}).get("label") or visit)

    def spoken_visits(self, text: str) -> str:
        """Return a text with "at v7" read as "at week 6"."""

        def named(found: re.Match[str]) -> str:
            visit = found[1]
            label = self.visit_label(visit)
            return f"at {label[:1].lower()}{label[1:]}" if visit in self._visits else found[0]

        return AT_VISIT.sub(named, text)

    @cached_property
    def scales(self) -> dict[str, Scale]:
        """Score to its scale, in the order of the descriptive tables."""
        found: dict[str, Scale] = {}
        for row in self.rows("descriptives"):
            score = str(row.get("score"))
            found.setdefault(
                score,
                Scale(
                    score=score,
                    label=str(row.get("label") or score),
                    low=row.get("scale_min"),
                    high=row.get("scale_max"),
                    higher_is=str(row.get("higher_is") or ""),
                ),
            )
        return found

    def scale(self, score: Any) -> Scale:
        """Return a score's scale; one without a range where it is unknown."""
        return self.scales.get(str(score)) or Scale(str(score), str(score))

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """Every comparison, the primary first, as the analysis ordered them; none when blinded."""
        return tuple(self._effect(row) for row in self.written.results)

    @property
    def primaries(self) -> tuple[Effect, ...]:
        """The primary comparisons, one for each arm compared; the first comparison where none is marked."""
        marked = tuple(one for one in self.effects if one.role == "primary")
        return marked or self.effects[:1]

    @cached_property
    def outcomes(self) -> tuple[str, ...]:
        """Scores the estimands ask about, in their order; every score where nothing says."""
        asked = [row.get("variable") for row in [*self.written.results, *self.rows("estimands")]]
        asked += [(row.get("variable") or {}).get("score") for row in self.estimand_plans.values()]
        found = [score for score in dict.fromkeys(str(one) for one in asked) if score in self.scales]
        return tuple(found) or tuple(self.scales)

    @cached_property
    def estimand_plans(self) -> dict[str, Row]:
        """Estimand id to its part of the protocol."""
        return {str(row.get("id")): row for row in self.plan.get("estimands") or []}

    @cached_property
    def primary_visit(self) -> str:
        """Id of the visit at which the primary outcome is read; empty when unknown."""
        named = self.mapping("lines").get("primary_visit") or next(
            (row.get("visit") for row in self.written.results if row.get("role") == "primary"), None
        )
        planned = [row for row in self.estimand_plans.values() if row.get("role") == "primary"]
        return str(named or next(((row.get("variable") or {}).get("visit") for row in planned), None) or "")

    @cached_property
    def baseline_visit(self) -> str:
        """Id of the visit marked as baseline; empty when there is none."""
        return next((key for key, row in self._visits.items() if row.get("baseline")), "")

    @cached_property
    def unblinding_day(self) -> float | None:
        """The day after which no comparison is randomized; None when there is none."""
        day = self.mapping("lines").get("unblinding_day")
        return float(day) if day is not None else None

    @cached_property
    def time_label(self) -> str:
        """What days are counted from, as an axis says it: "Day (0 = medication session)"."""
        anchor = self._visits.get(self.primary_visit, {}).get("anchor")
        start = (self.plan.get("anchors") or {}).get(anchor) or {}
        named = self.visit_label(start["visit"]) if start.get("visit") else str(start.get("event") or "")
        return f"Day (0 = {named[:1].lower()}{named[1:]})" if named else "Study day"

    def baseline_label(self, estimand: Any) -> str:
        """Return the name of the visit an estimand's change starts from; empty when unknown."""
        variable = self.estimand_plans.get(str(estimand), {}).get("variable") or {}
        return self.visit_label(variable.get("baseline") or self.baseline_visit or None)

    def estimand_label(self, estimand: Any) -> str:
        """Return an estimand's name; the id where it is unknown."""
        names = {str(row.get("id")): row.get("name") for row in self.rows("estimands")}
        plan = self.estimand_plans.get(str(estimand), {})
        return str(names.get(str(estimand)) or plan.get("label") or estimand)

    def _effect(self, row: Row) -> Effect:
        measure = MEASURES.get(str(row.get("summary") or "difference_in_means"))
        unworded = "" if measure else f"this report has no words for the summary {row.get('summary')}"
        if measure is None:
            row, measure = {**row, "estimate": None}, "difference_in_means"
        unit = str(row.get("unit") or ("points" if measure in ON_THE_SCALE else ""))
        factor = PERCENT if measure == "risk_difference" and unit not in IN_PERCENT else 1.0
        variable = self._variable(row)
        scale = self.scale(row.get("variable"))
        groups = {group.get("arm"): group for group in row.get("groups") or []}
        comparison = row.get("comparison") or {}
        return Effect(
            estimand=str(row.get("estimand")),
            name=str(row.get("name") or self.estimand_label(row.get("estimand"))),
            role=str(row.get("role") or "secondary"),
            score=scale.score,
            outcome=str(row.get("label") or scale.label),
            variable=variable,
            visit=self.visit_label(row.get("visit")),
            baseline=self.baseline_label(row.get("estimand")),
            unit=_unit(measure, variable, unit),
            decimals=0 if measure == "risk_difference" else scale.decimals,
            measure=measure,
            arm=self._side(row, comparison.get("arm"), groups, row.get("n_arm")),
            reference=self._side(row, comparison.get("reference"), groups, row.get("n_reference")),
            estimate=_scaled(row.get("estimate"), factor),
            low=_scaled(row.get("ci_low"), factor),
            high=_scaled(row.get("ci_high"), factor),
            level=row.get("ci_level") or 0.95,
            # What the testing procedure did not reach carries no P value, whoever wrote one down.
            p_value=None if row.get("tested") is False else number(row.get("p_value")),
            tested=row.get("tested"),
            rejected=row.get("rejected"),
            gate=str(row.get("gate") or ""),
            status=unworded or str(row.get("status") or "ok"),
            higher_is=scale.higher_is,
            examines=str(row.get("sensitivity_of") or ""),
        )

    def _variable(self, row: Row) -> str:
        planned = self.estimand_plans.get(str(row.get("estimand")), {}).get("variable") or {}
        return str(row.get("variable_type") or planned.get("type") or "change")

    def model_of(self, row: Row) -> str:
        """Return the estimand under which the model behind a result is written; empty without one.

        A model is written once, under the first estimand that reads it. The others are known by their
        difference, which is the model's at their visit to the last digit.
        """
        own = str(row.get("estimand"))
        differences = [one for one in self.rows("by_visit") if one.get("kind") == "difference"]
        if any(str(one.get("estimand")) == own for one in differences):
            return own
        pair = row.get("comparison") or {}
        asked = (pair.get("arm"), pair.get("reference"), row.get("visit"), *_numbers_of(row))
        found = (
            str(one.get("estimand"))
            for one in differences
            if (one.get("arm"), one.get("reference"), one.get("visit"), *_numbers_of(one)) == asked
        )
        return next(found, "") if row.get("estimate") is not None else ""

    @cached_property
    def _modeled(self) -> dict[tuple[str, str, str], float]:
        """Estimand, arm and visit to the least-squares mean."""
        return {
            (str(row.get("estimand")), str(row.get("arm")), str(row.get("visit"))): row["estimate"]
            for row in self.rows("by_visit")
            if row.get("kind") == "lsmean" and row.get("estimate") is not None
        }

    def _side(self, row: Row, arm: Any, groups: Mapping[Any, Row], n: Any) -> Side:
        group = groups.get(arm, {})
        return Side(
            label=self.arm_label(arm),
            n=n if n is not None else group.get("n"),
            mean=group.get("mean"),
            modeled=self._modeled.get((self.model_of(row), str(arm), str(row.get("visit")))),
            sd=group.get("sd"),
            count=group.get("count"),
            percent=group.get("percent"),
        )


def open_trial(written: Written) -> Trial:
    """Return the analysis ready for sections; a blinded one without any arm.

    Raises  IntegrityError when a blinded analysis holds results by arm
    """
    return Trial(withhold(written) if is_blinded(written) else written)


def is_blinded(written: Written) -> bool:
    """Return whether the analysis was made without an allocation; either file saying so is enough."""
    return bool((written.tables.get("trial") or {}).get("blinded") or written.manifest.get("blinded"))


def number(value: Any) -> float | None:
    """Return a number, or None for anything else: P values come as text where somebody printed them."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _numbers_of(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(key) for key in ("estimate", "std_error", "ci_low", "ci_high"))


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _unit(measure: str, variable: str, unit: str) -> str:
    if measure == "odds_ratio":
        return ""
    if measure == "risk_difference" or variable == "percent_change":
        return "percentage points"
    return unit
