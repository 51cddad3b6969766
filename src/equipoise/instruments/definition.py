"""The parts a scale file is made of: items, scores and the rules that read a score.

Holds what a file may say and the few questions one part answers about itself. Refuses to hold questions that
need two parts (those are in `consistency`), scoring (in `scoring`) and anybody's copyrighted wording: a label
is short and in our own words.
"""

import math
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

LONGEST_LABEL = 60
ROUNDING = 1e-9
"""Differences below this many points are rounding of the machine, not of a person."""

T = TypeVar("T")
Listed: TypeAlias = Annotated[tuple[T, ...], Field(strict=False)]
Pair: TypeAlias = Annotated[tuple[float, float], Field(strict=False)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_LABEL)]
Text = Annotated[str, StringConstraints(min_length=1)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=16)]
Fraction = Annotated[float, Field(gt=0, le=1)]

Method = Literal["sum", "mean", "percent", "count", "highest", "all", "any"]


def known(value: float | None) -> float | None:
    """Return the number, or None where it is missing (None or NaN)."""
    return None if value is None or math.isnan(value) else float(value)


class Part(BaseModel):
    """Anything a scale file holds: strict, frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Asked(Part):
    """An item is asked when at least one of `items` has the answer `equals`.

    counts_as   what an item that was not asked counts as in scores; None: nothing
    """

    items: Listed[Identifier] = Field(min_length=1)
    equals: int
    counts_as: int | None = None

    @property
    def expression(self) -> str:
        """The condition in the protocol's expression language."""
        return " or ".join(f"{item} == {self.equals}" for item in self.items)


class Item(Part):
    """One question of a scale.

    number      its number on the published form
    elsewhere   where the same question stands in a longer form
    type        code (one of `codes`), number (`low` to `high`) or text (never scored)
    whole       a number item takes whole numbers only
    reverse     the answer is turned round within its range before it is scored
    arms        which arm a code names, by the arm's role or id; only where the codes name arms
    """

    id: Identifier
    label: Label
    number: str = ""
    elsewhere: str = ""
    type: Literal["code", "number", "text"] = "code"
    codes: dict[int, Label] = Field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    low_label: str = ""
    high_label: str = ""
    whole: bool = True
    reverse: bool = False
    required: bool = True
    asked_if: Asked | None = None
    arms: dict[int, Text] = Field(default_factory=dict)

    @property
    def range(self) -> tuple[float, float]:
        """The smallest and the largest answer; ValueError for a text item, which has none."""
        if self.type == "code":
            return float(min(self.codes)), float(max(self.codes))
        if self.low is None or self.high is None:
            raise ValueError(f"the item {self.id} has no range")
        return self.low, self.high

    @property
    def allowed(self) -> str:
        """What may be answered, in words."""
        if self.type == "code":
            return "one of " + ", ".join(str(code) for code in self.codes)
        if self.type == "text":
            return "text"
        low, high = self.range
        return f"{'a whole number' if self.whole else 'a number'} from {low:g} to {high:g}"

    @property
    def skip(self) -> str | None:
        """The rule that skips this item, in the protocol's expression language; None when always asked."""
        return None if self.asked_if is None else f"not ({self.asked_if.expression})"


class Domain(Part):
    """Items of which only the largest answer counts."""

    id: Identifier
    label: Label
    items: Listed[Identifier] = Field(min_length=1)


class Rule(Part):
    """One condition of a yes-or-no score: the item or earlier score `of` is `at_least` so much."""

    of: Identifier
    at_least: float


class Band(Part):
    """A named stretch of a score, both ends included."""

    label: Label
    low: float
    high: float

    def __str__(self) -> str:
        return self.label


class Cut(Part):
    """A published cut-off. `low` and `high` differ where the publication gives a range to choose from."""

    label: Label
    low: float
    high: float
    inclusive: bool = True
    source: str = ""

    def reached(self, value: float | None) -> bool | None:
        """Say whether `value` reaches the cut-off; None when unknown or between `low` and `high`."""
        value = known(value)
        if value is None:
            return None
        if value > self.high or (self.inclusive and value == self.high):
            return True
        return None if self.low <= value < self.high else False


class Response(Part):
    """Response: a drop of at least `fraction` of the baseline."""

    fraction: Fraction
    source: str = ""


class Remission(Part):
    """Remission: a score of at most `at_most`, or below `below`; exactly one of the two is given."""

    at_most: float | None = None
    below: float | None = None
    note: str = ""
    source: str = ""


class Mid(Part):
    """The minimal important difference, as the range the literature gives."""

    low: float
    high: float
    unit: Literal["points", "fraction of the baseline"] = "points"
    note: str = ""
    source: str


class Score(Part):
    """One number computed from the answers.

    method             sum, mean or percent (of the range) of the terms; count of terms >= `at_least`;
                       highest place in the list of a term >= `at_least`; all or any of `rules` (1 or 0)
    items, domains     the terms: each item is one, each domain is one (its largest answer)
    answered_at_least  terms that must be answered; the rest then count as their mean. None: every term
    range              smallest and largest value, in `unit`
    """

    id: Identifier
    label: Label
    method: Method
    items: Listed[Identifier] = ()
    domains: Listed[Domain] = ()
    rules: Listed[Rule] = ()
    at_least: float | None = None
    answered_at_least: int | None = None
    range: Pair
    higher_is: Literal["worse", "better"]
    unit: str = "points"
    decimals: Annotated[int, Field(ge=0, le=4)] = 0
    bands: Listed[Band] = ()
    bands_source: str = ""
    cuts: Listed[Cut] = ()
    response: Response | None = None
    remission: Remission | None = None
    mid: Mid | None = None
    note: str = ""

    @property
    def low(self) -> float:
        """The smallest value this score can take."""
        return self.range[0]

    @property
    def high(self) -> float:
        """The largest value this score can take."""
        return self.range[1]

    @property
    def is_flag(self) -> bool:
        """Whether this score is a yes (1) or no (0)."""
        return self.method in {"all", "any"}

    def band(self, value: float | None) -> Band | None:
        """Return the band `value` (points) lies in; None when it is missing or the score has no bands.

        A value between two bands, which only a score with a filled gap can have, belongs to the lower one.
        Raises  ValueError when `value` is outside the range of the score
        """
        value = known(value)
        if value is None:
            return None
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.id} is {value}, outside {self.low:g} to {self.high:g}")
        return next((band for band in reversed(self.bands) if value >= band.low), None)

    def responded(self, baseline: float | None, value: float | None) -> bool | None:
        """Say whether the drop from `baseline` to `value` (points) is a response.

        None when there is no such rule, a value is missing, or the baseline leaves nothing to lose.
        """
        baseline, value = known(baseline), known(value)
        if self.response is None or baseline is None or value is None or baseline <= self.low:
            return None
        return value - self.low <= (1 - self.response.fraction) * (baseline - self.low) + ROUNDING

    def remitted(self, value: float | None) -> bool | None:
        """Say whether `value` (points) is a remission; None when there is no such rule or it is missing."""
        value = known(value)
        if self.remission is None or value is None:
            return None
        if self.remission.below is not None:
            return value < self.remission.below - ROUNDING
        return self.remission.at_most is not None and value <= self.remission.at_most + ROUNDING


class Alert(Part):
    """An answer somebody must look at: the item or score `of` is `at_least` so much."""

    id: Identifier
    of: Identifier
    at_least: float
    note: Text

    def expression(self, form: str) -> str:
        """Return the alert as a rule of the protocol's expression language for the form id `form`."""
        return f"{form}.{self.of} >= {self.at_least:g}"


PARTS: tuple[type[Part], ...] = (
    Alert,
    Asked,
    Band,
    Cut,
    Domain,
    Item,
    Mid,
    Remission,
    Response,
    Rule,
    Score,
)
"""Everything an instrument is made of."""
