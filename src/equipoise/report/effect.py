"""One answer of the analysis, with the words around it: what was compared, on which scale, how it was tested.

Holds a frozen reading of a row of results.json. Refuses to hold sentences (`wording`).
"""

from dataclasses import dataclass
from typing import Literal

Measure = Literal["difference_in_means", "location_shift", "risk_difference", "odds_ratio"]
ON_THE_SCALE: tuple[Measure, ...] = ("difference_in_means", "location_shift")
"""Measures in the outcome's own unit."""

PERCENT = 100.0


@dataclass(frozen=True, kw_only=True)
class Side:
    """One arm of a comparison.

    label    name of the arm as sentences print it
    n        participants used; None when unknown
    mean     mean of the variable, in its unit; None where it does not apply
    modeled  least-squares mean of the same; None where no model gives one
    sd       its standard deviation
    count    participants who met the definition; None where it does not apply
    percent  of n
    """

    label: str
    n: int | None = None
    mean: float | None = None
    modeled: float | None = None
    sd: float | None = None
    count: int | None = None
    percent: float | None = None


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A comparison of two arms; numbers in the unit they are printed in, arm minus reference or their ratio.

    estimand   id
    name       name of the estimand
    role       primary, secondary, sensitivity or exploratory
    score      the score as `form.score`
    outcome    the score's name
    variable   value, change, percent_change, response or remission
    visit      the visit's name
    unit       what one unit is: "points", "percentage points"; empty for a ratio
    decimals   digits after the point in sentences
    level      of the interval, 0.95
    tested     whether the testing procedure reached it; None outside the procedure
    rejected   whether it was rejected; None outside the procedure
    gate       what a reader must know of the testing procedure
    status     "ok", or why there is no estimate
    higher_is  worse or better; empty when unknown
    examines   the estimand whose robustness it examines; empty for none
    """

    estimand: str
    name: str
    role: str = "secondary"
    score: str = ""
    outcome: str
    variable: str = "change"
    visit: str = ""
    baseline: str = ""
    unit: str = "points"
    decimals: int = 1
    measure: Measure = "difference_in_means"
    arm: Side
    reference: Side
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    p_value: float | None = None
    tested: bool | None = None
    rejected: bool | None = None
    gate: str = ""
    status: str = "ok"
    higher_is: str = ""
    examines: str = ""

    @property
    def null(self) -> float:
        """The value that means no difference."""
        return 1.0 if self.measure == "odds_ratio" else 0.0

    @property
    def known(self) -> bool:
        """Whether there is an estimate with its interval."""
        return None not in (self.estimate, self.low, self.high)

    @property
    def excludes_null(self) -> bool:
        """Whether the interval leaves out the value that means no difference."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.null or self.high < self.null

    @property
    def descriptive(self) -> bool:
        """Whether the testing procedure never reached it."""
        return self.tested is False

    @property
    def n(self) -> int | None:
        """Participants used, both arms together."""
        if self.arm.n is None or self.reference.n is None:
            return None
        return self.arm.n + self.reference.n
