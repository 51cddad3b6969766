"""Where a continuous, monotone function of one number crosses zero.

Holds one bracketing search. Knows nothing of what it solves.
"""

from collections.abc import Callable

STEPS = 200
WIDENINGS = 80
TOLERANCE = 1e-12


def crossing_zero(
    function: Callable[[float], float], low: float, high: float, *, tolerance: float = TOLERANCE
) -> float:
    """Return where a function whose values at `low` and `high` differ in sign is zero.

    tolerance  on the answer, relative where it exceeds 1
    Raises     ValueError when both ends have the same sign
    Source     the Illinois form of the false position; Dowell and Jarratt (1971), BIT 11:168-174
    """
    left, right = function(low), function(high)
    if left == 0:
        return low
    if right == 0:
        return high
    if (left > 0) == (right > 0):
        raise ValueError(f"the function has the same sign at {low:g} and {high:g}")
    for _ in range(STEPS):
        middle = (low * right - high * left) / (right - left)
        if not min(low, high) < middle < max(low, high):
            middle = (low + high) / 2
        value = function(middle)
        if value == 0 or abs(middle - high) <= tolerance * max(1.0, abs(middle)):
            return middle
        if (value > 0) == (right > 0):
            # The end that stays is given half its weight, or it would hold the search back for ever.
            left /= 2
        else:
            low, left = high, right
        high, right = middle, value
    return high


def widened(function: Callable[[float], float], low: float, high: float) -> tuple[float, float]:
    """Return an interval that starts at `low` and is doubled until the function changes sign in it.

    Raises  ValueError when it never does
    """
    sign = function(low) > 0
    for _ in range(WIDENINGS):
        if (function(high) > 0) != sign:
            return low, high
        low, high = high, high + 2 * (high - low)
    raise ValueError("no number, however large, is enough")
