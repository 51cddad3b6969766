"""What the world might be like: the truths under which a trial is rehearsed."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.part import ByArm, Name, Part, Positive, Probability, Slug, Text

Curve = dict[Name, float]
"""Visit to value; between listed visits a straight line in days, after the last its value."""


class Accrual(Part):
    """How participants arrive."""

    start_date: dt.date
    """First enrollment."""
    per_month: Positive
    """Participants randomized a month, all sites together."""


class Screening(Part):
    """How many are screened for each who is randomized."""

    failure: Probability
    """Share of those screened who are not randomized."""
    reasons: dict[Name, Probability] = {}
    """Eligibility criterion to its share of failures; the rest decline."""


class Characteristic(Part):
    """The distribution of a baseline item: a rounded normal, or codes with probabilities."""

    mean: float | None = None
    """Mean."""
    sd: Positive | None = None
    """Standard deviation."""
    probabilities: dict[str, Probability] | None = None
    """Code to probability; they sum to 1."""


class Moments(Part):
    """Mean and standard deviation, for all arms or by arm."""

    mean: ByArm
    """Mean."""
    sd: ByArm
    """Standard deviation."""


class Correlation(Part):
    """How values of one participant hang together."""

    baseline: ByArm = 0.5
    """Between baseline and each visit after the first dose."""
    visits: Annotated[float, Field(ge=0, lt=1)] = 0.7
    """Between two such visits 28 days apart; it falls with time as a power. Of the latent normal."""


class Outcome(Part):
    """One score over time."""

    baseline: Moments
    """At the baseline visit."""
    response: Curve
    """Mean change from baseline in the absence of any drug effect."""
    effect: dict[Name, Curve] = {}
    """Arm to what the drug adds to that change."""
    sd: ByArm
    """Standard deviation after baseline."""
    correlation: Correlation = Correlation()
    """Correlation within a participant."""
    moments: Literal["recorded", "latent"] = "recorded"
    """Whether means, SDs and the correlation with baseline are those of scores as recorded (rounded, in
    range) or of the latent normal."""


class Dropout(Part):
    """Who leaves, and on what it depends."""

    per_28_days: ByArm
    """Chance of leaving within 28 days at the average score."""
    mechanism: Literal["mcar", "mar", "mnar"] = "mar"
    """Depends on nothing, on the last recorded score, or on the score that is then not recorded."""
    score: Text | None = None
    """The score it depends on; the first of `outcomes` when absent."""
    odds_ratio_per_point: Positive = 1.0
    """Factor on the odds of leaving for each point above the mean of all arms at that visit."""


class SideEffectShift(Part):
    """How much side effects move the belief to be on active drug."""

    mean: float
    """Mean shift."""
    sd: Annotated[float, Field(ge=0)] = 0.0
    """Its standard deviation."""


class Expectancy(Part):
    """Functional unblinding after Szigeti 2023: belief, guess, and what the guess does to the score."""

    belief_mean: float = 0.5
    """Mean belief to be on active drug before any side effect."""
    belief_sd: Positive = 0.1
    """Its standard deviation."""
    side_effect_shift: dict[Name, SideEffectShift] = {}
    """Arm to the shift that side effects cause."""
    right: dict[Name, Probability] | None = None
    """Arm to the share that guesses right; replaces the mean shift by the one that gives these shares."""
    bias: dict[Text, float] = {}
    """Activated expectancy bias: score to points added for those who guess active, from the first visit after
    the dose until they are told, and then for those who had the active treatment; negative lowers it."""
    bias_sd: dict[Text, Annotated[float, Field(ge=0)]] = {}
    """Score to the standard deviation of that bias between participants."""
    do_not_know: Probability = 0.0
    """Share that gives no guess."""


class Crossover(Part):
    """Taking a dose that is offered after the planned ones: open-label, or again the masked one."""

    uptake: ByArm
    """Chance of taking it."""
    like: Name | None = None
    """The arm whose effect follows it, counted from that dose; the participant's own when absent."""


class Sign(Part):
    """A number read on the clock of a dosing day: its level at rest, and how far a dose moves it."""

    rest: Moments
    """Before the dose, between participants."""
    rise: ByArm = 0.0
    """Mean rise at its peak."""
    rise_sd: Annotated[float, Field(ge=0)] = 0.0
    """Standard deviation of the rise between participants."""
    peak_minutes: Positive = 90.0
    """Minutes from the dose to the peak, from which it fades."""
    noise_sd: Annotated[float, Field(ge=0)] = 0.0
    """Standard deviation between readings of one participant."""


class SimulatedEvent(Part):
    """An adverse event and how often it occurs."""

    term: Text
    """Term."""
    probability: ByArm
    """Chance that a participant has it."""
    onset_hours: tuple[float, float]
    """Earliest and latest onset, in hours from the dose."""
    duration_hours: tuple[float, float]
    """Shortest and longest duration in hours."""
    severity: dict[Literal["mild", "moderate", "severe"], Probability]
    """Severity to probability; they sum to 1."""
    serious: Probability = 0.0
    """Chance that it is serious."""
    valence: Literal["unwelcome", "neutral", "welcome"] = "unwelcome"
    """How it is felt; welcome effects are recorded as well."""
    related: Probability = 1.0
    """Chance that it is judged related."""


class SimulatedIntercurrentEvent(Part):
    """How often an intercurrent event occurs, and when."""

    probability: ByArm
    """Chance that a participant has it."""
    from_day: int
    """First day it may occur."""
    to_day: int
    """Last day."""


class Scenario(Part):
    """One truth."""

    id: Slug
    """Identifier."""
    label: Text
    """The truth in words."""
    participants: Annotated[int, Field(ge=2, le=1_000_000)] | None = None
    """Participants randomized; the planned number when absent."""
    sites: Annotated[int, Field(ge=1, le=1000)] = 1
    """Sites."""
    accrual: Accrual
    """Arrival."""
    screening: Screening | None = None
    """Screening failures."""
    characteristics: dict[Text, Characteristic] = {}
    """Baseline item, as `form.item`, to its distribution."""
    outcomes: dict[Text, Outcome]
    """Score, as `form.score`, to its course."""
    between_outcomes: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Correlation between different scores of one participant at one visit."""
    dropout: Dropout | None = None
    """Leaving the trial."""
    missed_forms: Probability = 0.0
    """Chance that a single form is not filled."""
    late_visits: Probability = 0.0
    """Chance that a visit falls outside its window."""
    expectancy: Expectancy | None = None
    """Guesses and their consequences."""
    crossover: Crossover | None = None
    """A dose offered after the planned ones."""
    attendance: ByArm = 1.0
    """Chance of attending a preparation or integration session after randomization."""
    signs: dict[Text, Sign] = {}
    """Number read on a dosing day, as `form.item`, to its course."""
    adverse_events: tuple[SimulatedEvent, ...] = ()
    """Adverse events."""
    intercurrent_events: dict[Name, SimulatedIntercurrentEvent] = {}
    """Intercurrent events."""
    deviations: dict[Name, Probability] = {}
    """Deviation to the chance that a participant has it."""
    dispensing_error: Probability = 0.0
    """Chance that a participant gets another arm's kit."""


class Simulation(Part):
    """Rehearsals of the trial."""

    seed: Annotated[int, Field(ge=0, lt=2**63)]
    """Seed of all draws."""
    scenarios: tuple[Scenario, ...]
    """Truths; the first is the default."""
