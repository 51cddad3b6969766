"""Rows of a data frame as a panel: who, when, in which group, whatever the order they came in.

Holds every check of the rows and reports all problems at once. Holds no model.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from equipoise.errors import FitError, Problem
from equipoise.statistics.mmrm.arrays import Array, Codes, Flags

# Rows named in a message.
NAMED = 3
# Rows whose weights differ more than this share no digits in a sum.
MOST_UNEQUAL = 1e12


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns that say whose row it is and how it counts."""

    subject: str
    visit: str
    group: str | None = None
    weights: str | None = None
    coordinates: tuple[str, ...] = ()
    cluster: str | None = None

    def every(self) -> tuple[str, ...]:
        """Return all names given."""
        single = (self.subject, self.visit, self.group, self.weights, self.cluster)
        return tuple(name for name in (*single, *self.coordinates) if name is not None)


@dataclass(frozen=True, slots=True)
class Panel:
    """Rows used, ordered by participant and visit.

    frame        pandas DataFrame of the rows
    participant  (N,) 0-based
    visit        (N,) 0-based
    weight       (N,) or None
    coordinates  (N, d) or None
    group        (n,) by participant
    cluster      (n,) by participant
    participants, visits, groups   labels
    n_dropped    rows left out because a value is missing
    """

    frame: Any
    participant: Codes
    visit: Codes
    weight: Array | None
    coordinates: Array | None
    group: Codes
    cluster: Codes
    participants: tuple[Hashable, ...]
    visits: tuple[Hashable, ...]
    groups: tuple[Hashable, ...]
    n_dropped: int

    @property
    def present(self) -> Flags:
        """Which visits each participant has, (n, m)."""
        flags = np.zeros((len(self.participants), len(self.visits)), dtype=bool)
        flags[self.participant, self.visit] = True
        return flags

    def wide(self, values: Array) -> Array:
        """Return row values (N, ...) as (n, m, ...), 0 where there is no row."""
        result = np.zeros((len(self.participants), len(self.visits), *values.shape[1:]))
        result[self.participant, self.visit] = values
        return result


def names_of(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return no, one or several names as a tuple."""
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


def read(data: Any, columns: Columns, *, variables: Sequence[str]) -> Panel:
    """Return the rows of a pandas DataFrame that have every value needed.

    variables  columns of the formula
    Raises     FitError with every problem: columns that do not exist, infinite values, weights that are not
               above 0, two rows of one participant at one visit, groups or clusters that change within a
               participant, nothing left
    """
    needed = list(dict.fromkeys([*variables, *columns.every()]))
    _require(
        [
            Problem(f"the data have no column {name!r}", path=name)
            for name in needed
            if name not in data.columns
        ]
    )
    whole = data[needed]
    complete = whole.notna().to_numpy().all(axis=1)
    frame = whole if complete.all() else whole[complete]
    _require(_row_problems(frame, columns))
    who, participants = _codes(frame[columns.subject])
    when, visits = _codes(frame[columns.visit])
    order = np.lexsort((when, who))
    if (order[1:] < order[:-1]).any():
        frame, who, when = frame.take(order), who[order], when[order]
    _require(_twice(who, when, participants, visits))
    group, groups = _by_participant(frame, columns.group, who, len(participants))
    cluster, _ = _by_participant(frame, columns.cluster, who, len(participants))
    if columns.cluster is None:
        cluster = np.arange(len(participants))
    return Panel(
        frame=frame,
        participant=who,
        visit=when,
        weight=None if columns.weights is None else frame[columns.weights].to_numpy(dtype=np.float64),
        coordinates=_coordinates(frame, columns.coordinates),
        group=group,
        cluster=cluster,
        participants=participants,
        visits=visits,
        groups=groups,
        n_dropped=int((~complete).sum()),
    )


def _require(problems: Sequence[Problem] | Iterator[Problem]) -> None:
    found = list(problems)
    if found:
        raise FitError("The data cannot be fitted", found)


def _row_problems(frame: Any, columns: Columns) -> Iterator[Problem]:
    if not len(frame):
        yield Problem("no row has a value for every variable")
        return
    for name in frame.columns:
        kind = frame[name].dtype.kind
        if kind == "f" and np.isinf(frame[name].to_numpy()).any():
            rows = frame.index[np.isinf(frame[name].to_numpy())]
            yield Problem(
                f"{name} is infinite in {len(rows)} rows, first {list(rows[:NAMED])}", path=str(name)
            )
        if name in columns.coordinates and kind not in "fiu":
            yield Problem(f"the coordinate {name} is not a number", path=str(name))
    if columns.weights is not None:
        if frame[columns.weights].dtype.kind not in "fiu":
            yield Problem(f"the weight {columns.weights} is not a number", path=columns.weights)
        elif (frame[columns.weights].to_numpy() <= 0).any():
            count = int((frame[columns.weights].to_numpy() <= 0).sum())
            yield Problem(
                f"{count} weights are zero or negative", "leave such rows out", path=columns.weights
            )
        elif frame[columns.weights].max() / MOST_UNEQUAL > frame[columns.weights].min():
            yield Problem(
                f"the largest weight is more than {MOST_UNEQUAL:g} times the smallest",
                "leave out what counts for nothing",
                path=columns.weights,
            )


def _codes(column: Any) -> tuple[Codes, tuple[Hashable, ...]]:
    """Return 0-based codes and labels, in a Categorical's order or sorted."""
    if hasattr(column, "cat"):
        codes = column.cat.codes.to_numpy()
        used, numbers = np.unique(codes, return_inverse=True)
        return numbers.astype(np.intp), tuple(column.cat.categories[code] for code in used)
    try:
        numbers, labels = column.factorize(sort=True)
    except TypeError:
        numbers, labels = column.astype(str).factorize(sort=True)
    return numbers.astype(np.intp), tuple(labels.tolist())


def _twice(
    who: Codes, when: Codes, participants: Sequence[Hashable], visits: Sequence[Hashable]
) -> Iterator[Problem]:
    again = np.flatnonzero((who[1:] == who[:-1]) & (when[1:] == when[:-1]))
    if again.size:
        named = ", ".join(f"{participants[who[i]]} at {visits[when[i]]}" for i in again[:NAMED])
        yield Problem(f"{again.size} rows repeat a participant's visit: {named}", "keep one row of each")


def _by_participant(frame: Any, name: str | None, who: Codes, n: int) -> tuple[Codes, tuple[Hashable, ...]]:
    if name is None:
        return np.zeros(n, dtype=np.intp), ("all",)
    codes, labels = _codes(frame[name])
    result = np.zeros(n, dtype=np.intp)
    result[who] = codes
    if (result[who] != codes).any():
        raise FitError(
            "The data cannot be fitted", [Problem(f"{name} changes within a participant", path=name)]
        )
    return result, labels


def _coordinates(frame: Any, names: tuple[str, ...]) -> Array | None:
    return frame[list(names)].to_numpy(dtype=np.float64) if names else None
