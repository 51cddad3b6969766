"""Numbers as JSON may hold them: no not-a-number, no infinity, no numpy.

Holds conversion and the writing of JSON text. Refuses to round: whoever prints a number rounds it.
"""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np


def number(value: Any) -> float | None:
    """Return a finite float, or None for a missing, infinite or absent value."""
    if value is None:
        return None
    converted = float(value)
    return converted if math.isfinite(converted) else None


def percent(count: int, n: int) -> float | None:
    """Return 100 count / n; None when n is 0."""
    return 100 * count / n if n else None


def plain(value: Any) -> Any:
    """Return `value` with tuples as lists, numpy numbers as Python's, and anything not finite as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, bool | str | int) or value is None:
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    return number(value)


def dumps(value: Any) -> str:
    """Return JSON text, the same for the same value; ValueError when a number is not finite."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def tally(values: Iterable[str]) -> list[tuple[str, int]]:
    """Return each value with how often it occurs, the most frequent first, ties by their text."""
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
