"""From values to pixels: a linear scale with round ticks, and a time axis in two pieces.

Holds arithmetic. Refuses to draw.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = (1.0, 2.0, 5.0, 10.0)
TICKS_WANTED = 5


@dataclass(frozen=True)
class Linear:
    """Values from `low` to `high` lie on pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        width = self.high - self.low or 1.0
        return self.start + (value - self.low) / width * (self.end - self.start)


@dataclass(frozen=True)
class TimeAxis:
    """Days in one piece, or in two with different speed where arms become known in between.

    The days up to unblinding are few and the days after it many; on one linear axis the randomized comparison
    would be squeezed into a corner.
    """

    before: Linear
    after: Linear | None = None

    def __call__(self, day: float) -> float:
        """Return the pixel of a day."""
        if self.after is not None and day > self.after.low:
            return self.after(day)
        return self.before(day)


RANDOMIZED_SHARE = 0.56
"""Share of the width given to the days of the randomized comparison."""


def time_axis(days: Sequence[float], *, break_day: float | None, start: float, end: float) -> TimeAxis:
    """Return the axis for days that occur; it breaks at `break_day` when days lie on both sides."""
    first, last = (min(days), max(days)) if days else (0.0, 1.0)
    if break_day is None or not first < break_day < last:
        return TimeAxis(Linear(first, last, start, end))
    middle = start + RANDOMIZED_SHARE * (end - start)
    return TimeAxis(Linear(first, break_day, start, middle), Linear(break_day, last, middle, end))


NARROWEST_SPAN = 1e-9
"""Values nearer to each other than this are drawn as one."""


def ticks(low: float, high: float, *, wanted: int = TICKS_WANTED) -> list[float]:
    """Return round values from at most `low` to at least `high`, about `wanted` of them."""
    if not high - low > NARROWEST_SPAN:
        low, high = low - 1, high + 1
    rough = (high - low) / max(1, wanted)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in STEPS if power * one >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [place * step for place in range(first, last + 1)]


def both_sides(marks: Sequence[float], value: float) -> list[float]:
    """Return the marks with one more beyond `value` where all lie on one side of it.

    A reader sees then that the other side was possible.
    """
    step = marks[1] - marks[0]
    below = [marks[0] - step] if marks[0] >= value else []
    return [*below, *marks, *([marks[-1] + step] if marks[-1] <= value else [])]


def spread(wanted: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Return positions near the wanted ones, at least `gap` apart and, given room, within [low, high]."""
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    placed: list[float] = []
    for place in order:
        placed.append(max(wanted[place], placed[-1] + gap if placed else low))
    overflow = placed[-1] - high if placed else 0.0
    if overflow > 0:
        limit = high
        for place in reversed(range(len(placed))):
            placed[place] = min(placed[place], limit)
            limit = placed[place] - gap
    result = [0.0] * len(wanted)
    for position, place in zip(placed, order, strict=True):
        result[place] = position
    return result


def label(value: float, step: float) -> str:
    """Return a tick's text with as many decimals as the step needs and a true minus sign."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    text = f"{abs(value):.{decimals}f}"
    return f"−{text}" if value < 0 and float(text) != 0 else text
