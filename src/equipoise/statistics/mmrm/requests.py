"""Rows of a data frame as requests for predictions.

Holds the checks of those rows and each participant's covariance. Does not predict.
"""

from collections.abc import Hashable
from typing import Any

import numpy as np

from equipoise.errors import FitError
from equipoise.statistics.mmrm.panel import Columns, Panel
from equipoise.statistics.mmrm.prediction import Request
from equipoise.statistics.mmrm.solution import Solution


class Requests:
    """The rows of a data frame, for a fit's design and solution.

    Raises  FitError for missing covariates, and visits, groups or levels the fit has not seen
    """

    def __init__(
        self, frame: Any, columns: Columns, *, panel: Panel, design: Any, solution: Solution
    ) -> None:
        needed = [name for name in (*design.variables, *columns.every()) if name != columns.cluster]
        missing = [name for name in needed if name not in frame.columns or frame[name].isna().any()]
        if missing:
            raise FitError(f"predictions need a value in every row of {', '.join(missing)}")
        self._subject = frame[columns.subject].tolist()
        self._visit = _lookup(frame[columns.visit].tolist(), panel.visits, columns.visit)
        names = ["all"] * len(frame) if columns.group is None else frame[columns.group].tolist()
        self._group = _lookup(names, panel.groups, columns.group or "")
        self._weight = np.ones(len(frame))
        if columns.weights is not None:
            self._weight = frame[columns.weights].to_numpy(dtype=np.float64)
        self._places = frame[list(columns.coordinates)].to_numpy(dtype=np.float64)
        self._x = design.matrix_for(frame)[:, list(solution.kept)]
        self._y = design.outcome_for(frame)
        self._solution, self._sigma = solution, solution.sigma

    def participants(self) -> list[list[int]]:
        """Return each participant's rows."""
        rows: dict[Hashable, list[int]] = {}
        for i, name in enumerate(self._subject):
            rows.setdefault(name, []).append(i)
        return list(rows.values())

    def of(self, rows: list[int]) -> Request:
        """Return one participant's request."""
        solution, group = self._solution, self._group[rows[0]]
        if solution.structure.spatial:
            place = self._places[rows]
            distance = np.sqrt(((place[:, None] - place[None, :]) ** 2).sum(axis=-1))
            theta = solution.optimum.theta[:, group : group + 1]
            found = solution.structure.matrices(theta, visits=len(rows), distance=distance[None])[0, 0]
            v = found * solution.prepared.scale[0] ** 2
        else:
            visits = [self._visit[i] for i in rows]
            v = self._sigma[group][np.ix_(visits, visits)]
        root = np.sqrt(self._weight[rows])
        return Request(self._x[rows], self._y[rows], v / (root[:, None] * root[None, :]))


def _lookup(values: list[Any], known: tuple[Hashable, ...], name: str) -> list[int]:
    number = {label: i for i, label in enumerate(known)}
    strange = sorted({str(value) for value in values if value not in number})
    if strange:
        raise FitError(f"{name} has values the fit has not seen: {', '.join(strange)}")
    return [number[value] for value in values]
