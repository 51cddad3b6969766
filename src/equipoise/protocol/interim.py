"""Planned looks before the end: when each takes place, what it may stop, and who is told.

Holds vocabulary. Where the boundaries lie follows from it and is computed elsewhere.
"""

from typing import Annotated, Literal

from pydantic import Field

from equipoise.protocol.part import Name, Part, Probability, Role

SpendingFunction = Literal["obrien_fleming", "pocock", "hwang_shih_decani"]


class Trigger(Part):
    """When an interim look takes place."""

    visit: Name
    """The visit that must be complete; participants not yet there are not looked at."""
    participants: Annotated[int, Field(ge=1)] | None = None
    """By how many, all arms together."""
    fraction: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Or by which share of the planned number: the information fraction at which alpha is spent."""


class Spending(Part):
    """How much of alpha the looks at an estimand may use; the same for all of them."""

    method: Literal["obrien_fleming", "pocock", "hwang_shih_decani", "none"]
    """Spending function after Lan and DeMets; `none` when the look cannot show success."""
    gamma: float | None = None
    """Parameter of Hwang-Shih-DeCani: -4 is near O'Brien-Fleming, 1 near Pocock."""


class Futility(Part):
    """When the trial may stop for lack of promise."""

    method: Literal["conditional_power", "predictive_power", "statistic", "beta_spending"]
    """The quantity looked at; `beta_spending` divides the chance of missing a true effect among the looks."""
    threshold: Probability | None = None
    """Conditional or predictive power: stop below this."""
    under: Literal["trend", "planned"] | None = None
    """Conditional power: what the rest is taken to show, the trend so far (default) or the planned effect."""
    statistic: float | None = None
    """Statistic: stop at or below this standardized difference; positive is benefit."""
    spending: SpendingFunction | None = None
    """Beta spending: the function."""
    gamma: float | None = None
    """Beta spending: parameter of Hwang-Shih-DeCani."""
    binding: bool = False
    """True when the rule must be obeyed, so that alpha may count on it."""


class Interim(Part):
    """A planned look before the end."""

    id: Name
    """Identifier."""
    estimand: Name
    """What is looked at."""
    trigger: Trigger
    """When."""
    spending: Spending
    """How alpha is spent."""
    futility: Futility | None = None
    """When to stop for futility."""
    seen_by: tuple[Role, ...]
    """Who sees the result."""
    decided_by: Role = "dsmb_member"
    """Who recommends to stop or to go on; one of those who see it."""
