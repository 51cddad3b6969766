"""The protocol: everything a trial plans, as one frozen value.

Holds the root of the vocabulary and look-ups by id. Refuses to hold checks (`check`), reading (`load`),
or anything about sites, people, languages and passwords, which are operations.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Literal, TypeVar
from typing import Protocol as Shape

from pydantic import Field

from equipoise.protocol import arms as allotment
from equipoise.protocol import care, identity, interim, plan, schedule
from equipoise.protocol import scenarios as truths
from equipoise.protocol.part import Name, Part, Role, Translations, value_of


class _Identified(Shape):
    @property
    def id(self) -> str: ...


I = TypeVar("I", bound=_Identified)  # noqa: E741


class Protocol(Part):
    """One trial, from identity to simulation."""

    equipoise: Literal[1]
    """Version of the file format."""
    trial: identity.Trial
    """Identity."""
    discrepancies: tuple[identity.Discrepancy, ...] = ()
    """Where sources disagree."""
    objectives: tuple[identity.Objective, ...] = ()
    """Questions."""
    endpoints: tuple[identity.Endpoint, ...] = ()
    """Measures."""
    interventions: tuple[allotment.Intervention, ...]
    """What is given."""
    epochs: tuple[Name, ...]
    """Phases of a participant's time in the trial, in order."""
    arms: tuple[allotment.Arm, ...]
    """Sequences of interventions."""
    anchors: dict[Name, allotment.Anchor] = {}
    """Days from which others are counted."""
    events: tuple[allotment.TrialEvent, ...] = ()
    """Events that change who knows what. `lock`, `consent` and `randomization` always exist."""
    masking: dict[Role, allotment.Masked] = {}
    """Role to the event until which it must not know the arm."""
    allocation: allotment.Allocation
    """Randomization."""
    visits: tuple[schedule.Visit, ...]
    """Schedule."""
    logs: tuple[Name, ...] = ()
    """Forms tied to no visit."""
    forms: tuple[schedule.Form, ...]
    """Forms."""
    eligibility: tuple[care.Criterion, ...] = ()
    """Who may take part."""
    application: care.Application | None = None
    """The public page on which people apply; none when absent."""
    consent: tuple[care.ConsentElement, ...] = ()
    """What the consent form must say."""
    washouts: tuple[care.Washout, ...] = ()
    """Medication stopped beforehand."""
    prohibited: tuple[care.Prohibited, ...] = ()
    """Medication not allowed."""
    sessions: tuple[care.Session, ...] = ()
    """Kinds of session."""
    training: tuple[care.Training, ...] = ()
    """Trainings required."""
    support_model: care.SupportModel | None = None
    """The therapy that goes with the drug."""
    safety_rules: tuple[care.SafetyRule, ...] = ()
    """Answers that raise alerts."""
    aesi: tuple[care.SpecialInterest, ...] = ()
    """Adverse events of special interest."""
    retreatment: tuple[care.Retreatment, ...] = ()
    """Further doses."""
    rescue: tuple[care.Rescue, ...] = ()
    """Treatment outside the plan."""
    baseline_rule: plan.BaselineRule = plan.BaselineRule(method="visit")
    """Which value is the baseline."""
    analysis_windows: tuple[plan.AnalysisWindow, ...] = ()
    """Days that count for a visit."""
    analysis_sets: tuple[plan.AnalysisSet, ...] = ()
    """Who is analyzed. `all_randomized` and `all_treated` exist unless defined otherwise."""
    intercurrent_events: tuple[plan.IntercurrentEvent, ...] = ()
    """Events that change what later values mean."""
    estimands: tuple[plan.Estimand, ...]
    """Questions made exact, the primary first."""
    subgroups: tuple[plan.Subgroup, ...] = ()
    """Groups looked at separately."""
    multiplicity: plan.Multiplicity | None = None
    """Protection against false claims."""
    interims: tuple[interim.Interim, ...] = ()
    """Planned looks before the end, in order."""
    sample_size: plan.SampleSize | None = None
    """Number of participants."""
    deviations: tuple[plan.DeviationRule, ...] = ()
    """Departures looked for."""
    published: tuple[identity.PublishedResult, ...] = ()
    """Results in print."""
    simulation: truths.Simulation | None = None
    """Rehearsals."""
    import_map: plan.ImportMap | None = Field(default=None, alias="import")
    """Reading another system's CSV; written `import:` in the file."""
    translations: Translations = {}
    """Language to texts of this file, word for word, and what they say in it; others stay as they are."""

    @cached_property
    def baseline_visit(self) -> str | None:
        """Id of the visit marked `baseline`; None when there is none."""
        return next((visit.id for visit in self.visits if visit.baseline), None)

    @cached_property
    def planned_n(self) -> int | None:
        """Participants planned; None when unknown."""
        return value_of(self.sample_size.n) if self.sample_size else None

    @property
    def alpha(self) -> float:
        """The two-sided level of tests: what the testing procedure says, else 0.05."""
        return self.multiplicity.alpha if self.multiplicity is not None else plan.USUAL_ALPHA

    @property
    def primary(self) -> plan.Estimand:
        """The primary estimand, or the first where none is marked."""
        return next((one for one in self.estimands if one.role == "primary"), self.estimands[0])

    def arm(self, arm: str) -> allotment.Arm:
        """Return the arm with this id; KeyError when there is none."""
        return _find(self.arms, arm)

    def visit(self, visit: str) -> schedule.Visit:
        """Return the visit with this id; KeyError when there is none."""
        return _find(self.visits, visit)

    def forms_at(self, visit: str) -> tuple[str, ...]:
        """Return the forms filled at a visit: its own, then those its session puts on a clock or in a log."""
        planned = self.visit(visit)
        held = next((one for one in self.sessions if one.id == planned.session), None)
        timed = [one.form for one in (held.vitals, *held.ratings) if one] if held else []
        return tuple(dict.fromkeys((*planned.forms, *timed)))

    def form(self, form: str) -> schedule.Form:
        """Return the form with this id; KeyError when there is none."""
        return _find(self.forms, form)

    def estimand(self, estimand: str) -> plan.Estimand:
        """Return the estimand with this id; KeyError when there is none."""
        return _find(self.estimands, estimand)

    def analysis_set(self, name: str) -> plan.AnalysisSet:
        """Return the analysis set with this id, defined or built in; KeyError when there is none."""
        return _find((*self.analysis_sets, *BUILT_IN_SETS), name)

    def looks_at(self, estimand: str) -> tuple[interim.Interim, ...]:
        """Return the planned looks at an estimand, in order; empty when there is none."""
        return tuple(look for look in self.interims if look.estimand == estimand)

    def scenario(self, scenario: str | None = None) -> truths.Scenario:
        """Return a scenario, the first when none is named; KeyError when there is none."""
        known = self.simulation.scenarios if self.simulation else ()
        if scenario is None and known:
            return known[0]
        return _find(known, scenario or "")


BUILT_IN_SETS = (
    plan.AnalysisSet(
        id="all_randomized",
        text="Everybody randomized, in the arm drawn for them",
        participants="randomized",
        arm="as_randomized",
    ),
    plan.AnalysisSet(
        id="all_treated",
        text="Everybody who received a dose, in the arm of what they received",
        participants="treated",
        arm="as_treated",
    ),
)


def _find(parts: Iterable[I], wanted: str) -> I:
    for part in parts:
        if part.id == wanted:
            return part
    raise KeyError(wanted)
