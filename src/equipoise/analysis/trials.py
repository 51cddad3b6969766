"""`Trials`, what many trials of one protocol left behind, as arrays: the records of a rehearsal.

Holds the shape an estimand is put to, R trials of n participants side by side. Whoever rehearses fills it, so
that the analysis knows nothing of truths and scenarios. Refuses to estimate.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from equipoise.protocol import Resolved
from equipoise.protocol.plan import IntercurrentEvent

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Waves:
    """One score in R trials.

    visits  (V,) visit ids, each once, in time
    values  (R, n, V) points, NaN where nothing was recorded
    """

    visits: tuple[str, ...]
    values: Floats

    def at(self, visit: str) -> Floats | None:
        """Return (R, n) values entered under a visit; None where it is not asked there."""
        return self.values[:, :, self.visits.index(visit)] if visit in self.visits else None


@dataclass(frozen=True)
class Happened:
    """When something first happened to each participant, each (R, n), NaN where it did not.

    date  days since 1970-01-01
    day   days from the first dose
    """

    date: Floats
    day: Floats


class Calendar(Protocol):
    """When visits were held, each (R, n) in days since 1970-01-01; NaN where there was none."""

    def visit(self, visit: str) -> Floats:
        """Return the dates of a visit, the last occurrence where it repeats."""
        ...

    def anchor(self, anchor: str) -> Floats:
        """Return the dates of an anchor, NaN where it has not come."""
        ...

    @property
    def randomized(self) -> Floats:
        """The dates of randomization."""
        ...


class Trials(Protocol):
    """R trials of n participants, who stand in order of randomization.

    What a method cannot tell is None: such an estimand is asked of records, trial by trial.
    """

    @property
    def resolved(self) -> Resolved:
        """The protocol they follow."""
        ...

    @property
    def arm(self) -> Whole:
        """(R, n) positions of the arms drawn, in the protocol's arms."""
        ...

    @property
    def received(self) -> Whole:
        """(R, n) positions of the arms whose treatment was given."""
        ...

    @property
    def treated(self) -> Flags:
        """(R, n) who took a dose."""
        ...

    @property
    def calendar(self) -> Calendar:
        """When visits were held; worked out when first asked for."""
        ...

    def waves(self, score: str) -> Waves | None:
        """Return a score, as `form.score`, over its visits."""
        ...

    def item(self, name: str, visit: str) -> NDArray[Any] | None:
        """Return (R, n) answers known before randomization, numbers or codes."""
        ...

    def factor(self, stratum: str) -> tuple[tuple[str, ...], Whole] | None:
        """Return a stratification factor's levels and each participant's (R, n) position in them."""
        ...

    def happened(self, event: IntercurrentEvent) -> Happened | None:
        """Return when an intercurrent event first happened."""
        ...
