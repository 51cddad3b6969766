"""Spending functions: how much of an error rate may be used up by a fraction of the information.

Holds the functions of Lan and DeMets. Refuses to hold boundaries, which follow from them.
"""

import math
from typing import Literal

from scipy.special import ndtr, ndtri

Spending = Literal["obrien_fleming", "pocock", "hwang_shih_decani", "none"]
SPENDINGS: tuple[Spending, ...] = ("obrien_fleming", "pocock", "hwang_shih_decani")
"""Functions that spend before the end; `none` keeps everything for the last look."""


def spent(spending: Spending, fraction: float, *, level: float, gamma: float | None = None) -> float:
    """Return the error spent up to a fraction of the information.

    fraction  of the planned information; 1 and more spend everything
    level     error rate of one side, 0 < level < 1
    gamma     of `hwang_shih_decani`: -4 is near O'Brien-Fleming, 1 near Pocock
    Raises    ValueError when fraction or level is out of range, or gamma is missing or not wanted
    Source    Lan and DeMets (1983), Biometrika 70:659-663; Hwang, Shih and DeCani (1990), Stat Med
              9:1439-1445
    Checked   tests/golden/sequential
    """
    if not fraction > 0 or not 0 < level < 1:
        raise ValueError(f"a fraction is above 0 and a level between 0 and 1, not {fraction:g} and {level:g}")
    if (gamma is None) != (spending != "hwang_shih_decani"):
        raise ValueError("`gamma` goes with hwang_shih_decani, which needs it")
    if fraction >= 1:
        return level
    if spending == "none":
        return 0.0
    if spending == "obrien_fleming":
        return 2 * float(ndtr(float(ndtri(level / 2)) / math.sqrt(fraction)))
    if spending == "pocock":
        return level * math.log1p((math.e - 1) * fraction)
    if spending == "hwang_shih_decani":
        return level * _hwang(fraction, gamma or 0.0)
    raise ValueError(f"there is no spending function {spending}")


def _hwang(fraction: float, gamma: float) -> float:
    return fraction if gamma == 0 else math.expm1(-gamma * fraction) / math.expm1(-gamma)
