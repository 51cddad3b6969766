"""What the world might be like: the truths under which a trial is rehearsed.

Holds single scenarios, grids that vary one, and beliefs about how large an effect is. Refuses to spread a
grid out: that is `grid`.
"""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from equipoise.protocol.part import ByArm, Name, Part, Positive, Probability, Slug, Text

Curve = dict[Name, float]
"""Visit to value; between listed visits a straight line in days, after the last its value."""
NotNegative = Annotated[float, Field(ge=0)]
Day = Annotated[int, Field(ge=0)]


class Accrual(Part):
    """How participants arrive."""

    start_date: dt.date
    """First enrollment."""
    per_month: Positive
    """Participants randomized a month, all sites together once all are open."""
    shares: tuple[Positive, ...] | None = None
    """Each site's part of that, in the order of sites, in any unit; equal when absent."""
    opening_days: tuple[Day, ...] | None = None
    """Day on which each site opens, counted from the first enrollment; all at once when absent."""


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
    visits: ByArm = 0.7
    """Between two such visits 28 days apart; it falls with time as a power. Of the latent normal."""


class OverTime(Part):
    """A course in a few numbers: it comes on, lasts and fades."""

    points: float
    """Points at its fullest."""
    onset_days: NotNegative = 0.0
    """Days from the first dose until it is full, in a straight line."""
    lasting_days: NotNegative | None = None
    """Days from the first dose until it begins to fade; never when absent."""
    half_life_days: Positive | None = None
    """Days in which it then halves; gone at once when absent."""

    def on_day(self, day: float) -> float:
        """Return its points some days after the first dose; 0 until then."""
        if day <= 0:
            return 0.0
        grown = min(day / self.onset_days, 1.0) if self.onset_days > 0 else 1.0
        if self.lasting_days is None or day <= self.lasting_days:
            return self.points * grown
        if self.half_life_days is None:
            return 0.0
        return float(self.points * grown * 0.5 ** ((day - self.lasting_days) / self.half_life_days))


class Clustering(Part):
    """How alike participants are who share a site or a facilitator: shares of the latent variance."""

    site: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share that sites account for, at every visit."""
    facilitator: ByArm = 0.0
    """Share that facilitators account for, after the first dose."""


class Outcome(Part):
    """One score over time."""

    baseline: Moments
    """At the baseline visit."""
    response: Curve = {}
    """Mean change from baseline in the absence of any drug effect."""
    response_over_time: OverTime | None = None
    """The same in a few numbers, instead of `response`."""
    effect: dict[Name, Curve] = {}
    """Arm to what the drug adds to that change."""
    effect_over_time: dict[Name, OverTime] = {}
    """The same in a few numbers, for arms that `effect` does not name."""
    effect_scale: float = 1.0
    """Factor on all effects of this score, so that one number varies them."""
    sd: ByArm
    """Standard deviation after baseline."""
    correlation: Correlation = Correlation()
    """Correlation within a participant."""
    clustering: Clustering = Clustering()
    """Correlation between participants; it leaves means, SDs and the correlations above as stated."""
    moments: Literal["recorded", "latent"] = "recorded"
    """Whether means, SDs and the correlation with baseline are those of scores as recorded (rounded, in
    range) or of the latent normal."""


class Relapse(Part):
    """Losing what treatment gave, on a day that differs between participants."""

    per_28_days: ByArm
    """Chance of relapsing within 28 days."""
    from_day: Day = 0
    """First day, from the first dose, on which that can happen."""
    keeps: Probability = 0.0
    """Share that remains after a relapse."""
    loses: Literal["effect", "change"] = "effect"
    """What is lost: the drug's effect, or all change since baseline."""


class LeavingRate(Part):
    """A rate of leaving that holds from some day on."""

    from_day: int
    """First day, from the first dose."""
    per_28_days: ByArm
    """Chance of leaving within 28 days at the average score."""


class Dropout(Part):
    """Who leaves, and on what it depends."""

    per_28_days: ByArm
    """Chance of leaving within 28 days at the average score."""
    later: tuple[LeavingRate, ...] = ()
    """Other rates from some day on, in order of days."""
    disappointment: ByArm = 1.0
    """Factor on the odds of leaving for those who believe to have had the control, after the first dose."""
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
    disappointment: dict[Text, float] = {}
    """Score to points added, at the same visits, for those who guess a control or had one and were told."""
    do_not_know: Probability = 0.0
    """Share that gives no guess."""


class Modifier(Part):
    """What a characteristic, such as earlier psychedelic use, changes for those who have it."""

    item: Text
    """The item that says who has it, as `form.item@VISIT`, before randomization."""
    codes: tuple[str, ...] = ()
    """Codes that mean having it."""
    at_least: float | None = None
    """Or, for a number, the least that does."""
    belief: float = 0.0
    """Added to the belief to be on active drug."""
    bias: dict[Text, float] = {}
    """Score to points added to the activated expectancy bias."""
    response: dict[Text, float] = {}
    """Score to points added at every visit after the first dose, in all arms."""
    effect: dict[Text, float] = {}
    """Score to a factor on the drug's effect."""


class RaterError(Part):
    """What raters add to a score."""

    error_sd: NotNegative = 0.0
    """Standard deviation of the error of one rating, in points, on top of the stated ones."""
    drift_per_year: float = 0.0
    """Points by which ratings rise in a year of calendar time since the first enrollment."""
    drift_sd: NotNegative = 0.0
    """Standard deviation of that drift between sites."""


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
    shift: dict[Text, ByArm] = {}
    """Score to points added at every visit after the day of the event."""
    onset_days: NotNegative = 0.0
    """Days until these points are reached, in a straight line."""
    score: Text | None = None
    """A score that makes it likelier, as recorded at the last visit up to `from_day`."""
    odds_ratio_per_point: Positive = 1.0
    """Factor on its odds for each point of that score above the mean of all arms."""


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
    modifiers: dict[Name, Modifier] = {}
    """Characteristics that change beliefs, responses or effects; means are stated for those without."""
    facilitators: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Facilitators at each site, each as likely to lead a participant's sessions."""
    raters: dict[Text, RaterError] = {}
    """Score to the error of those who rate it."""
    relapse: Relapse | None = None
    """Losing the effect, in all scores at once."""
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
    true_values: dict[Name, float] = {}
    """Estimand to its true value where it is known; derived by simulation when absent."""
    numbers_of: Slug | None = None
    """A scenario whose random numbers it is drawn with, so that the two differ by truth alone."""


class Grid(Part):
    """A scenario with some of its numbers varied: a cell for every combination of values."""

    id: Slug
    """Identifier; its cells are numbered after it."""
    scenario: Slug
    """The scenario that is varied."""
    vary: Annotated[dict[Text, tuple[Any, ...]], Field(min_length=1)]
    """Field of the scenario, as `outcomes.madrs.total.effect_scale`, to the values it takes."""


class Normal(Part):
    """One part of a mixture of normal distributions."""

    weight: Positive = 1.0
    """Its weight, in any unit."""
    mean: float
    """Mean, in points."""
    sd: Positive
    """Standard deviation."""


class StatedPrior(Part):
    """A belief about an effect: one normal distribution, or a mixture."""

    mean: float | None = None
    """Mean, in points."""
    sd: Positive | None = None
    """Standard deviation."""
    components: tuple[Normal, ...] = ()
    """Or the parts of a mixture."""


class Assurance(Part):
    """The chance of success when the effect itself is uncertain."""

    id: Slug
    """Identifier."""
    scenario: Slug
    """The scenario whose effects are scaled."""
    score: Text
    """The score that the prior is about, as `form.score`; effects on other scores follow in proportion."""
    arm: Name
    """The arm whose effect it is."""
    visit: Name
    """The visit at which it holds."""
    prior: Slug
    """One of `priors`, or one that is shipped."""


class Simulation(Part):
    """Rehearsals of the trial."""

    seed: Annotated[int, Field(ge=0, lt=2**63)]
    """Seed of all draws."""
    scenarios: tuple[Scenario, ...]
    """Truths; the first is the default."""
    grid: tuple[Grid, ...] = ()
    """Truths varied in steps."""
    priors: dict[Slug, StatedPrior] = {}
    """Beliefs about an effect, by name."""
    assurance: tuple[Assurance, ...] = ()
    """Rehearsals over a prior instead of one effect."""
