"""Sentences about results: what was found, how sure it is, and what it cannot say.

Holds pure functions from an `Effect` or counts to text. Refuses to call anything a benefit, a harm or the
absence of either, and to print a P value that the testing procedure did not reach: those come in as None.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from equipoise.report import numerals
from equipoise.report.effect import ON_THE_SCALE, Effect, Side

NO_CLAIM = "The data are invented: they show how the analysis behaves and say nothing about the treatment."
WITHHELD = "Arms are withheld. Every number pools all participants, and nothing here compares treatments."
NOT_COLLECTED = "Not collected, or not part of this analysis."
MOST_DECIMALS = 3


@dataclass(frozen=True)
class Guesses:
    """How many of an arm named their arm, and Bang's index of it (0 is guessing at random, 1 all right)."""

    arm: str
    right: int
    asked: int
    index: float | None = None
    low: float | None = None
    high: float | None = None


def inline(label: str) -> str:
    """Return a label as it stands inside a sentence: "Niacin 100 mg" -> "niacin 100 mg"; "MBSR" stays."""
    return label[0].lower() + label[1:] if label[:1].isupper() and label[1:2].islower() else label


def opening(text: str) -> str:
    """Return the text with a capital first letter."""
    return text[:1].upper() + text[1:]


def stop(text: str) -> str:
    """Return the text with a full stop, unless it ends a sentence already."""
    return text if not text or text[-1] in ".?!" else text + "."


def question(effect: Effect) -> str:
    """Return the question a comparison answers, without presuming the answer."""
    versus = f"with {inline(effect.arm.label)} compared with {inline(effect.reference.label)}"
    if effect.measure not in ON_THE_SCALE:
        reach = f"{effect.variable} ({inline(effect.outcome)}){_at(effect)}"
        return f"How many more or fewer participants reach {reach} {versus}?"
    if effect.variable == "value":
        return f"By how much does the {inline(effect.outcome)} differ{_at(effect)} {versus}?"
    return f"By how much does the {inline(effect.outcome)} change{_period(effect)} {versus}?"


def title(effect: Effect) -> str:
    """Return the finding as an estimate with its interval; it opens with "Descriptive" if never tested."""
    if not effect.known:
        return f"No estimate ({effect.status})"
    text = f"{size(effect)} on {inline(effect.arm.label)} ({span(effect)})"
    return f"Descriptive: {inline(text)}" if effect.descriptive else opening(text)


def titles(effects: Sequence[Effect]) -> str:
    """Return the findings of one question for several arms, to stand after a colon."""
    return "; ".join(inline(title(effect)) for effect in effects)


def sentence(effect: Effect) -> str:
    """Return the result in one sentence a clinician understands, with its interval."""
    if not effect.known:
        return f"The planned comparison could not be estimated: {stop(effect.status)}"
    interval = f"{numerals.level(effect.level)} confidence interval, {span(effect)}"
    bracket = "; ".join(part for part in (interval, numerals.p_value(effect.p_value)) if part)
    return f"{_course(effect)} ({bracket})."


def certainty(effect: Effect) -> str:
    """Return what the interval leaves open, in one or two sentences."""
    if not effect.known:
        return "Without an estimate the question stays open."
    opened = f"The data are compatible with anything from {_reach(effect)} with {inline(effect.arm.label)}"
    none = "equal odds" if effect.measure == "odds_ratio" else "zero"
    if effect.descriptive:
        return f"{opened}. This comparison is descriptive: no test was made of it."
    if not effect.excludes_null:
        return f"{opened}. As that includes {none}, the trial neither shows a difference nor rules one out."
    if effect.rejected is False:
        return f"{opened}. The planned testing procedure did not reject the hypothesis of no difference."
    return f"{opened}; {none} lies outside the interval."


def headline(effect: Effect) -> str:
    """Return the finding in one short sentence, for the key points."""
    if not effect.known:
        return sentence(effect)
    interval = f"{numerals.level(effect.level)} CI, {span(effect)}"
    bracket = "; ".join(part for part in (interval, numerals.p_value(effect.p_value)) if part)
    return f"{_bare(effect)} ({bracket})."


def meaning(effects: Sequence[Effect], *, simulated: bool, guesses: Sequence[Guesses] = ()) -> str:
    """Return the meaning for the key points: what may be concluded of each comparison, and what may not."""
    told = " ".join(certainty(effect) for effect in effects)
    parts = [NO_CLAIM, f"Read as a rehearsal: {inline(told)}"] if simulated else [told]
    if any(effect.known for effect in effects) and _mostly_right(guesses):
        parts.append(
            "Most participants guessed their arm, so an effect of the drug and an effect of knowing the arm "
            "cannot be told apart."
        )
    return " ".join(parts)


def decision(effect: Effect) -> str:
    """Return the outcome of testing in a few words, for a table."""
    if not effect.known:
        return "No estimate"
    if effect.descriptive:
        return opening(effect.gate) or "Descriptive, not tested"
    if effect.rejected is not None:
        return "Rejected" if effect.rejected else "Not rejected"
    return "Tested" if effect.tested else opening(effect.gate) or "Outside the testing procedure"


def sample(n: int | None, *, simulated: bool, arms: int, blinded: bool = False) -> str:
    """Return the sentence that opens the finding: what kind of trial, how many participants and arms."""
    kind = "simulated randomized trial" if simulated else "randomized trial"
    of = f" of {numerals.plural(n, 'participant')}" if n is not None else ""
    shape = "; arms are withheld" if blinded else f" in {numerals.whole(arms)} arms" if arms else ""
    return f"A {kind}{of}{shape}."


def pooled(
    outcome: str, *, first: tuple[str, float], last: tuple[str, float], n: int | None, decimals: int
) -> str:
    """Return the course of an outcome over all participants, for a report without arms.

    first, last  (visit, mean) at the baseline and at the visit of the primary outcome
    """
    among = f" among {numerals.plural(n, 'participant')}" if n is not None else ""
    means = [f"{numerals.decimal(mean, decimals)} at {inline(visit)}" for visit, mean in (first, last)]
    return f"All arms together, the mean {inline(outcome)} was {means[0]} and {means[1]}{among}."


def guessing(guesses: Sequence[Guesses], *, visit: str) -> str:
    """Return how well masking held: right guesses and Bang's index by arm."""
    if not guesses:
        return "Nobody was asked which arm they believed to be in, so how well masking held is unknown."
    counts = numerals.listing(
        f"{numerals.count_of(one.right, one.asked)} on {inline(one.arm)}" for one in guesses
    )
    indexed = [one for one in guesses if one.index is not None]
    index = numerals.listing(
        f"{numerals.decimal(one.index, 2)} ({numerals.interval(one.low, one.high, 2)}) on {inline(one.arm)}"
        for one in indexed
    )
    text = f"{counts} named their arm{f' at {inline(visit)}' if visit else ''}."
    return f"{text} Bang's index, 0 when guessing at random: {index}." if index else text


def missing(counts: Sequence[tuple[str, int, int]], *, outcome: str, visit: str) -> str:
    """Return how much is missing of the primary outcome; counts are (arm or "", missing, expected)."""
    if not counts:
        return "How much of the primary outcome is missing is not in this analysis."
    where = f"{inline(outcome)} at {inline(visit)}" if visit else inline(outcome)
    if not any(lost for _, lost, _ in counts):
        total = sum(expected for _, _, expected in counts)
        return f"Nothing: the {where} is there for all {numerals.whole(total)} participants."
    lost = numerals.listing(
        f"{numerals.count_of(lost, of)} {f'on {inline(arm)}' if arm else 'participants'}"
        for arm, lost, of in counts
    )
    return f"The {where} is missing for {lost}."


def after_unblinding(day: float | None, *, took: Sequence[tuple[str, int, int]] = (), text: str = "") -> str:
    """Return what ends the randomized comparison; `took` holds (arm, took the open-label dose, offered)."""
    if day is None:
        return "No unblinding of participants was planned before the end of the trial."
    parts = [stop(opening(text))] if text else []
    parts.append(f"After day {numerals.whole(day)} no comparison is randomized.")
    parts += [
        f"{numerals.count_of(some, all_)} on {inline(arm)} then took the open-label dose."
        for arm, some, all_ in took
    ]
    return " ".join(parts)


def deviations(count: int) -> str:
    """Return how many important deviations there were."""
    return (
        f"{numerals.plural(count, 'important deviation')} recorded."
        if count
        else "No important one recorded."
    )


def size(effect: Effect) -> str:
    """Return the estimate in words: "12.0 points lower", "response 47 percentage points higher"."""
    if effect.estimate is None:
        return "no estimate"
    if effect.measure == "odds_ratio":
        return (
            f"odds of {effect.variable} {numerals.decimal(effect.estimate, _decimals(effect))} times as high"
        )
    amount = _end(effect, effect.estimate)
    return f"{effect.variable} {amount}" if effect.measure == "risk_difference" else amount


def span(effect: Effect) -> str:
    """Return the interval in words: "6.3 to 17.7", or "8.2 lower to 0.1 higher" across no difference."""
    low, high = _outward(effect)
    decimals = _decimals(effect)
    if effect.measure == "odds_ratio":
        return numerals.interval(low, high, decimals)
    if low * high < 0:
        return " to ".join(f"{numerals.magnitude(value, decimals)} {_side(value)}" for value in (low, high))
    return f"{numerals.magnitude(low, decimals)} to {numerals.magnitude(high, decimals)}"


def _outward(effect: Effect) -> tuple[float, float]:
    """Return the interval's ends, the one nearer to no difference first; when it includes it, as they are."""
    low, high = effect.low or 0.0, effect.high or 0.0
    return (high, low) if effect.measure != "odds_ratio" and low < high <= 0 else (low, high)


def _end(effect: Effect, value: float) -> str:
    decimals = _decimals(effect)
    if effect.measure == "odds_ratio":
        return f"{numerals.decimal(value, decimals)} times the odds"
    return f"{numerals.magnitude(value, decimals)} {effect.unit} {_side(value)}".replace("  ", " ")


def _reach(effect: Effect) -> str:
    """Return the interval with its unit: "6.3 to 17.7 points lower"."""
    low, high = _outward(effect)
    if effect.measure == "odds_ratio" or low * high < 0:
        return f"{_end(effect, low)} to {_end(effect, high)}"
    return f"{numerals.magnitude(low, _decimals(effect))} to {_end(effect, high)}"


def _side(value: float) -> str:
    return "lower" if value < 0 else "higher"


def _decimals(effect: Effect) -> int:
    """Return the digits needed so that no end that differs from no difference is printed as no difference."""
    for decimals in range(effect.decimals, MOST_DECIMALS):
        ends = (effect.estimate, effect.low, effect.high)
        if all(end in (None, effect.null) or _shows(end, effect.null, decimals) for end in ends):
            return decimals
    return MOST_DECIMALS


def _shows(end: float | None, null: float, decimals: int) -> bool:
    return end is None or numerals.round_half_up(end, decimals) != null


def _at(effect: Effect) -> str:
    return f" at {inline(effect.visit)}" if effect.visit else ""


def _period(effect: Effect) -> str:
    since = f" from {inline(effect.baseline)}" if effect.baseline else ""
    return since + (f" to {inline(effect.visit)}" if effect.visit else "")


def _course(effect: Effect) -> str:
    """Return the sentence up to its bracket: the arms' means or counts, where known, and the difference."""
    effect = _as_modeled(effect)
    sides = (effect.arm, effect.reference)
    if None in [side.mean if _is_mean(effect) else side.count for side in sides]:
        return _bare(effect)
    if not _is_mean(effect):
        shares = f"{_share(effect.arm)} and {_share(effect.reference)}"
        return f"{opening(effect.variable)}{_at(effect)} was reached by {shares}, {_difference(effect)}"
    kind = "least-squares mean" if all(side.modeled is not None for side in sides) else "mean"
    if effect.variable == "value":
        means = numerals.listing(f"{_amount(effect, side.mean)} with {inline(side.label)}" for side in sides)
        when = opening(_at(effect).strip()) or "Overall"
        return f"{when}, the {kind} {inline(effect.outcome)} was {means}, {_difference(effect)}"
    verbs = _moves(effect.arm, effect.reference, effect=effect)
    when = opening(_period(effect).strip()) or "On average"
    return f"{when}, the {kind} {inline(effect.outcome)} {verbs}, {_difference(effect)}"


def _as_modeled(effect: Effect) -> Effect:
    """Return the effect with the model's means in place of the observed ones, where it has both."""
    sides = (effect.arm, effect.reference)
    if not _is_mean(effect) or None in [side.modeled for side in sides]:
        return effect
    arm, reference = (replace(side, mean=side.modeled) for side in sides)
    return replace(effect, arm=arm, reference=reference)


def _bare(effect: Effect) -> str:
    """Return the comparison where the arms' own means or counts are unknown."""
    arm, reference = inline(effect.arm.label), inline(effect.reference.label)
    if effect.measure == "odds_ratio":
        times = numerals.decimal(effect.estimate, _decimals(effect))
        odds = f"{effect.variable}{_at(effect)}"
        return f"The odds of {odds} were {times} times as high with {arm} as with {reference}"
    amount = _end(effect, effect.estimate or 0.0)
    if effect.measure == "risk_difference":
        return f"{opening(effect.variable)}{_at(effect)} was {amount} with {arm} than with {reference}"
    change = "" if effect.variable == "value" else "change of "
    measured = f"{change}{inline(effect.outcome)}{_at(effect)}"
    if effect.measure == "location_shift":
        return f"The typical {measured} was {amount} with {arm} than with {reference}"
    return f"The mean {measured} was {amount} with {arm} than with {reference}"


def _difference(effect: Effect) -> str:
    value, arm = effect.estimate or 0.0, inline(effect.arm.label)
    if effect.measure == "odds_ratio":
        return f"odds {numerals.decimal(value, _decimals(effect))} times as high with {arm}"
    article = "an adjusted difference" if _is_adjusted(effect) else "a difference"
    amount = f"{numerals.magnitude(value, _decimals(effect))} {effect.unit}".strip()
    return f"{article} of {amount}, {_side(value)} with {arm}"


def _is_mean(effect: Effect) -> bool:
    return effect.measure == "difference_in_means"


def _moves(arm: Side, reference: Side, *, effect: Effect) -> str:
    """Return "fell by 21.3 points with psilocybin and by 9.3 points with niacin"."""
    (verb, first), (other, second) = (_moved(effect, side) for side in (arm, reference))
    return f"{verb} {first} and {second if other == verb else f'{other} {second}'}"


def _moved(effect: Effect, side: Side) -> tuple[str, str]:
    change = side.mean or 0.0
    return ("fell" if change < 0 else "rose"), f"by {_amount(effect, abs(change))} with {inline(side.label)}"


def _amount(effect: Effect, value: float | None) -> str:
    return f"{numerals.decimal(value, effect.decimals)} {effect.unit}".strip()


def _share(side: Side) -> str:
    of = numerals.count_of(side.count, side.n)
    return f"{of} ({numerals.percent(side.percent, n=side.n)}) with {inline(side.label)}"


def _is_adjusted(effect: Effect) -> bool:
    """Whether the estimate is not the plain difference of the means printed beside it."""
    if effect.estimate is None or effect.arm.mean is None or effect.reference.mean is None:
        return False
    return abs(effect.estimate - (effect.arm.mean - effect.reference.mean)) > 10.0**-effect.decimals / 2


def _mostly_right(guesses: Sequence[Guesses]) -> bool:
    asked = sum(one.asked for one in guesses)
    return asked > 0 and 2 * sum(one.right for one in guesses) > asked
