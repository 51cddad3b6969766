"""The planned analysis: sets, intercurrent events, estimands, multiplicity, sample size."""

from typing import Annotated, Any, Literal

from pydantic import Field

from equipoise.protocol.part import MarkedCount, Name, Part, Positive, Probability, Rule, Slug, Text
from equipoise.protocol.schedule import Day

Strategy = Literal["treatment_policy", "hypothetical", "composite", "while_on_treatment", "principal_stratum"]


class BaselineRule(Part):
    """Which value is the baseline."""

    method: Literal["visit", "last_before_anchor"]
    """The value of the visit marked `baseline`, or the last one before an anchor."""
    anchor: Name | None = None
    """The anchor, for `last_before_anchor`."""


class AnalysisWindow(Part):
    """Days whose values count for a visit, whatever visit they were entered under."""

    visit: Name
    """The visit."""
    from_day: Day
    """First day, from the visit's anchor."""
    to_day: Day
    """Last day."""
    choose: Literal["closest", "first", "last"] = "closest"
    """Which value counts when several fall in."""


class AnalysisSet(Part):
    """Who is analyzed, and under which arm."""

    id: Name
    """Identifier."""
    text: Text
    """The set in words."""
    participants: Literal["randomized", "treated"]
    """Everybody randomized, or everybody who received a dose."""
    arm: Literal["as_randomized", "as_treated"]
    """The arm they count for."""
    rule: Rule | None = None
    """A further condition."""


class Detection(Part):
    """How an intercurrent event is found in the data: one of log entry, visit held, or disposition."""

    form: Name | None = None
    """A log or form whose rows are searched."""
    when: Rule | None = None
    """Condition on a row's items; every row when absent."""
    date: Name | None = None
    """The item that dates the event."""
    visit: Name | None = None
    """A visit whose taking place is the event."""
    disposition: Literal["discontinued_treatment", "lost_to_follow_up", "withdrew", "died"] | None = None
    """A disposition that is the event."""


class IntercurrentEvent(Part):
    """Something after randomization that changes what a later value means."""

    id: Name
    """Identifier."""
    text: Text
    """The event in words."""
    detect: Detection
    """How it is found."""


class Handled(Part):
    """What an estimand does about an intercurrent event."""

    event: Name
    """The event."""
    strategy: Strategy
    """Strategy after ICH E9(R1)."""


class Treatment(Part):
    """The two conditions compared."""

    experimental: Name
    """Arm whose mean comes first in the difference."""
    reference: Name
    """Arm that is subtracted."""


class Variable(Part):
    """What is measured on each participant."""

    score: Text
    """A score or item, as `form.score`, `form.item`, or an id used once."""
    type: Literal["value", "change", "percent_change", "response", "remission"]
    """The value, its change from baseline, or whether it meets a definition."""
    baseline: Name | None = None
    """The baseline visit; the visit marked `baseline` when absent."""
    visit: Name
    """The visit at which it is read."""
    fraction: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Response: least relative improvement; the instrument's when absent."""
    threshold: float | None = None
    """Remission: the score that is still remission; the instrument's when absent."""


class Estimator(Part):
    """How the summary is computed: a row of the estimator registry with its options."""

    name: Slug
    """Name in the registry."""
    covariates: tuple[Text, ...] = ()
    """Covariates, as `form.score@VISIT` or `form.item@VISIT`."""
    strata: bool = False
    """True to adjust for the stratification factors."""
    interval: Name | None = None
    """Which interval, where the estimator offers several."""
    options: dict[Name, Any] = {}
    """Further options that the estimator documents."""


class Estimand(Part):
    """One question with the five attributes of ICH E9(R1), and its estimator."""

    id: Name
    """Identifier, as in results."""
    role: Literal["primary", "secondary", "sensitivity", "exploratory"] = "secondary"
    """Its part in the analysis; exactly one is primary."""
    label: Text | None = None
    """Name as reports print it."""
    population: Name
    """The analysis set."""
    treatment: Treatment
    """The comparison."""
    variable: Variable
    """The variable."""
    intercurrent_events: tuple[Handled, ...] = ()
    """Intercurrent events and their strategies."""
    summary: Literal["difference_in_means", "location_shift", "risk_difference", "odds_ratio"]
    """Population-level summary."""
    estimator: Estimator
    """The estimator."""
    missing: Literal["complete_cases", "missing_at_random", "failure"]
    """What is assumed about missing values; `failure` counts them as no response."""
    variance: Name | None = None
    """Which variance, where the estimator offers several."""
    sensitivity_of: Name | None = None
    """The estimand whose robustness it examines."""

    @property
    def name(self) -> str:
        """The label, or the id where none is given."""
        return self.label or self.id


class Subgroup(Part):
    """Participants looked at separately; never a claim by itself."""

    id: Name
    """Identifier."""
    label: Text
    """Name as reports print it."""
    rule: Rule
    """Who belongs to it."""


USUAL_ALPHA = 0.05
"""The two-sided level of tests where no testing procedure says another."""


class Multiplicity(Part):
    """How the chance of any false claim is kept at `alpha`."""

    method: Literal["none", "fixed_sequence", "holm", "hochberg", "graph"]
    """Procedure."""
    order: tuple[Name, ...]
    """Estimands, in sequence where the procedure has one."""
    alpha: Annotated[float, Field(gt=0, lt=1)]
    """Two-sided level."""
    weights: dict[Name, Probability] | None = None
    """Graph: share of alpha each estimand starts with."""
    transitions: dict[Name, dict[Name, Probability]] | None = None
    """Graph: where a rejected estimand's share goes."""


class SampleSize(Part):
    """How many participants, and why."""

    n: MarkedCount
    """Participants randomized in total."""
    justification: Text | None
    """Why this number; null when no source says."""
    effect: float | None = None
    """Difference it was planned for, in the outcome's unit."""
    sd: Positive | None = None
    """Standard deviation it was planned with."""
    power: Probability | None = None
    """Power aimed at."""
    dropout: Probability | None = None
    """Share expected to be lost."""


class DeviationRule(Part):
    """A departure from the protocol that is looked for."""

    id: Name
    """Identifier."""
    text: Text
    """The deviation in words."""
    importance: Literal["important", "minor"]
    """Whether it can affect rights, safety or the reliability of results (ICH E3)."""
    rule: Rule | None = None
    """An expression that finds it; null when a person records it."""


class ImportMap(Part):
    """How a CSV of another system becomes records."""

    participant: Text
    """Column of participant ids."""
    visit: Text | None = None
    """Column of visits; null when there is one row a participant."""
    visits: dict[str, Name] = {}
    """Value in that column to visit id."""
    values: dict[Text, Text]
    """Score or item to column, one value a visit."""
    baseline: dict[Text, Text] = {}
    """Score or item to column, one value a participant, for the baseline visit."""
    arm: Text | None = None
    """Column of arms; null for blinded data."""
    arms: dict[str, Name] = {}
    """Value in that column to arm id."""
    site: Text | None = None
    """Column of sites."""
    day: Text | None = None
    """Column of days from the anchor."""
    date: Text | None = None
    """Column of ISO dates."""
    ignored: tuple[Text, ...] = ()
    """Columns left out on purpose; any other unknown column is a warning."""
    missing: tuple[str, ...] = ("", "NA", ".")
    """Texts that mean no value."""
