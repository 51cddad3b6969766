"""How the report prints numbers: estimates, intervals, percentages, P values, dates.

Holds text made of numbers. Refuses to hold sentences (`wording`) and to compute anything: what comes in is
what `analyze` found.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

MINUS = "−"
FIXED = "\N{NO-BREAK SPACE}"
"""Keeps a P value or a short head on one line."""
MEAN_SD = f"Mean{FIXED}(SD)"
P_VALUE = f"P{FIXED}value"
ABSENT = "–"
"""What a table cell shows for a value that does not exist."""

SMALLEST_P = 0.001
"""Below this a P value is printed as an inequality (AMA Manual of Style, 11th ed., 19.5)."""
TWO_DIGITS_FROM = 0.01
"""From here on a P value has two digits, below it three (same source)."""
LARGEST_P = 0.99
THRESHOLD = "0.05"
"""Two digits that would hide on which side of the usual level a P value lies: three are printed then."""

MEANINGFUL_DIGITS = 15
"""Digits of a float that survive a computation."""

COARSE_RANGE = 12
"""A scale at most this wide gets a second decimal in the text."""
WHOLE_PERCENT_BELOW = 100
"""Fewer participants than this and percentages are printed without decimals."""


def decimal(value: float | None, decimals: int = 1, *, signed: bool = False) -> str:
    """Return a number with a true minus sign; `ABSENT` for None, and never "-0.0"."""
    if value is None:
        return ABSENT
    rounded = round_half_up(value, decimals)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{abs(rounded):,.{decimals}f}"


def magnitude(value: float, decimals: int = 1) -> str:
    """Return a number without its sign, for sentences that say "lower" or "higher"."""
    return decimal(abs(value), decimals)


def round_half_up(value: float, decimals: int) -> float:
    """Return the rounded value; halves go away from zero, as readers expect of 0.25 and 12.5.

    The last of a float's digits is the machine's, not the data's: 14.499999999999998 is a half.
    """
    meant = Decimal(f"{value:.{MEANINGFUL_DIGITS}g}")
    return float(meant.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)) + 0.0


def interval(low: float | None, high: float | None, decimals: int = 1) -> str:
    """Return "−17.7 to −6.3"; `ABSENT` where an end is unknown."""
    if low is None or high is None:
        return ABSENT
    return f"{decimal(low, decimals)} to {decimal(high, decimals)}"


def estimate(value: float | None, low: float | None, high: float | None, decimals: int = 2) -> str:
    """Return "−12.00 (−17.67 to −6.33)", without the bracket where there is no interval."""
    if value is None or low is None or high is None:
        return decimal(value, decimals)
    return f"{decimal(value, decimals)} ({interval(low, high, decimals)})"


def mean_sd(mean: float | None, sd: float | None, decimals: int = 1) -> str:
    """Return "28.1 (6.3)"."""
    if mean is None:
        return ABSENT
    return f"{decimal(mean, decimals)} ({decimal(sd, decimals)})"


def percent(value: float | None, *, n: int | None = None) -> str:
    """Return "47%"; one decimal where the percentage is of a hundred participants or more."""
    if value is None:
        return ABSENT
    decimals = 1 if n is not None and n >= WHOLE_PERCENT_BELOW else 0
    return f"{decimal(value, decimals)}%"


def count_percent(count: int | None, value: float | None, *, n: int | None = None) -> str:
    """Return "7 (47%)"; the count alone where there is no percentage."""
    if count is None:
        return ABSENT
    return f"{whole(count)} ({percent(value, n=n)})" if value is not None else whole(count)


def count_of(count: int | None, total: int | None) -> str:
    """Return "13 of 15"."""
    return f"{whole(count)} of {whole(total)}"


def size(n: float | None) -> str:
    """Return "(n = 15)", kept on one line."""
    return f"(n{FIXED}={FIXED}{whole(n)})"


def whole(value: float | None) -> str:
    """Return a count with thousands separated; `ABSENT` for None."""
    return ABSENT if value is None else f"{round_half_up(value, 0):,.0f}"


def p_value(value: float | None) -> str:
    """Return "P = .03", "P < .001"; empty for None, since an absent P value is nothing to read about."""
    if value is None:
        return ""
    if value < SMALLEST_P:
        return f"P{FIXED}<{FIXED}.001"
    if value > LARGEST_P:
        return f"P{FIXED}>{FIXED}.99"
    two = f"{value:.2f}"
    text = two if value >= TWO_DIGITS_FROM and two != THRESHOLD else f"{value:.3f}"
    return f"P{FIXED}={FIXED}{text.removeprefix('0')}"


def bare_p_value(value: float | None) -> str:
    """Return "< .001", ".03" for a column headed "P value"; `ABSENT` for None."""
    return p_value(value).removeprefix(f"P{FIXED}").removeprefix(f"={FIXED}") or ABSENT


def level(value: float | None) -> str:
    """Return "95%" for 0.95."""
    return f"{100 * (value if value is not None else 0.95):g}%"


def decimals_for(low: float | None, high: float | None) -> int:
    """Return how many decimals an outcome deserves in a sentence: two on a narrow scale, else one."""
    narrow = low is not None and high is not None and high - low <= COARSE_RANGE
    return 2 if narrow else 1


def listing(parts: Iterable[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    texts = [part for part in parts if part]
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def plural(count: float | None, one: str, many: str | None = None) -> str:
    """Return "1 participant", "2 participants"."""
    return f"{whole(count)} {one if count == 1 else many or one + 's'}"
