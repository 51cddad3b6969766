"""Sentences about what a result rests on: other assumptions about missing values, and where it would tip.

Holds pure functions from estimates to text. Refuses to judge which assumption is right, and to print a P
value: none of these analyses is a test.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from equipoise.report import numerals, wording
from equipoise.report.effect import Effect

COMMA = ", "


@dataclass(frozen=True)
class Other:
    """An analysis beside the planned one.

    agrees  whether both intervals leave out no difference on the same side, or neither does; None where
            nobody compared them
    """

    effect: Effect
    agrees: bool | None = None

    @property
    def changes(self) -> bool:
        """Whether it leads to another conclusion."""
        return self.effect.known and self.agrees is False


@dataclass(frozen=True, kw_only=True)
class Tip:
    """A tipping-point analysis in words.

    arm        the arm whose missing values were changed; empty for both
    unit       of the change
    low, high  smallest and largest change examined, as they stand in the data
    tips_at    the change at which the conclusion is another; None within the range
    holds      whether the interval excludes no difference where nothing is changed
    higher_is  worse, better, or empty where nobody says
    decimals   digits that tell the changes apart
    """

    arm: str
    unit: str
    low: float
    high: float
    tips_at: float | None
    holds: bool
    higher_is: str = ""
    decimals: int = 1


def verdict(other: Other, lead: Effect) -> str:
    """Return what an analysis does to the planned one's conclusion, in a few words."""
    if not other.effect.known:
        return "No estimate"
    if other.agrees is None:
        return "Not compared"
    if other.agrees:
        return "Same conclusion"
    if not other.effect.excludes_null:
        return f"Changes: includes {null(lead)}"
    return "Changes: other direction" if lead.excludes_null else f"Changes: excludes {null(lead)}"


def null(effect: Effect) -> str:
    """Return the value that means no difference, in a word."""
    return "1" if effect.measure == "odds_ratio" else "zero"


def suite_title(lead: Effect, others: Sequence[Other]) -> str:
    """Return the primary finding and in how many other analyses the conclusion is another."""
    at = f" at {wording.inline(lead.visit)}" if lead.visit else ""
    return f"{lead.outcome}{at}: {wording.inline(wording.title(lead))} as planned; {agreement(others)}"


def agreement(others: Sequence[Other], *, named: bool = False) -> str:
    """Return "the conclusion is the same in all 5 other analyses", or in how many it is not.

    named  whether to name those in which it is not
    """
    compared = [one for one in others if one.effect.known and one.agrees is not None]
    lost = sum(not one.effect.known for one in others)
    failed = f"; {numerals.plural(lost, 'analysis', 'analyses')} gave no estimate" if lost else ""
    if not compared:
        return f"no other analysis to compare with{failed}"
    changed, everything = [one.effect.name for one in compared if one.changes], len(compared)
    if not changed:
        return f"the conclusion is the same in {_all(everything)}{failed}"
    where = "the other analysis" if everything == 1 else f"{len(changed)} of {everything} other analyses"
    names = f" ({'; '.join(changed)})" if named else ""
    return f"the conclusion changes in {where}{names}{failed}"


def dependence(others: Sequence[Other]) -> str:
    """Return the same as a sentence for the first page, with the names of analyses that lead elsewhere."""
    return f"{wording.opening(agreement(others, named=True))}."


def told_apart(names: Sequence[str]) -> list[str]:
    """Return the names without the words they all begin with, as far as a comma: what tells them apart."""
    first = names[0] if names else ""
    ends = [place + len(COMMA) for place in range(len(first)) if first.startswith(COMMA, place)]
    shared = [end for end in ends if len(names) > 1 and all(name.startswith(first[:end]) for name in names)]
    return [wording.opening(name[max(shared, default=0) :]) for name in names]


def tipping_title(tip: Tip) -> str:
    """Return what would have to be true of the missing values for the conclusion to be another."""
    if not tip.holds:
        return "The interval includes zero before missing values are changed at all"
    if tip.tips_at is None:
        return f"The result does not change within the range examined ({_range(tip)})"
    return (
        f"The result would change if missing values{_whose(tip)} were {amount(tip, tip.tips_at)} than imputed"
    )


def amount(tip: Tip, delta: float) -> str:
    """Return a change in words: "4.5 points worse", or "higher" where nobody says which way is worse."""
    up = tip.higher_is or "higher"
    down = {"worse": "better", "better": "worse"}.get(up, "lower")
    size = f"{numerals.magnitude(delta, tip.decimals)} {tip.unit}".strip()
    return f"{size} {up if delta >= 0 else down}"


def _range(tip: Tip) -> str:
    if tip.low < 0 < tip.high:
        ends = [numerals.decimal(end, tip.decimals, signed=True) for end in (tip.low, tip.high)]
        return f"missing values{_whose(tip)} changed by {' to '.join(ends)} {tip.unit}".strip()
    near, far = sorted((tip.low, tip.high), key=abs)
    return f"missing values{_whose(tip)} {numerals.magnitude(near, tip.decimals)} to {amount(tip, far)}"


def _whose(tip: Tip) -> str:
    return f" on {wording.inline(tip.arm)}" if tip.arm else " in both arms"


def _all(count: int) -> str:
    return "the other analysis" if count == 1 else f"all {numerals.whole(count)} other analyses"
