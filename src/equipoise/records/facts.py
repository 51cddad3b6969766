"""What a rule of the protocol may ask of one participant: `form.item`, `form.score`, at a visit or not.

Holds the look-up by name. Refuses to judge: the expression language decides what a missing value means.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import pandas as pd

from equipoise import expressions
from equipoise.expressions import Name, Value
from equipoise.protocol import Resolved
from equipoise.records.answers import as_values
from equipoise.records.dataset import Records
from equipoise.records.scores import scores

Lookup: TypeAlias = Callable[[Name], Any]
Source: TypeAlias = dict[str, dict[str, Any]]
"""Participant to visit to the value of one name."""


def facts(records: Records, resolved: Resolved) -> Callable[[str], Lookup]:
    """Return a function of a participant that returns the look-up for expressions.

    A name with a visit is the value at that visit, of the last repeat. A name without one is the value at the
    baseline visit, else the value of the only visit that has one, else missing. A value in several rows (of a
    log or a repeating group) that differ is missing. The look-up raises KeyError for a name nobody collects.
    """
    return _Facts(records, resolved).of


def evaluate(
    records: Records, resolved: Resolved, rule: str, *, participants: Iterable[str] | None = None
) -> dict[str, Value]:
    """Return participant to the value of a rule; None where it is not known.

    participants   everybody when left out
    Raises         ProtocolError when the rule cannot be read; RecordError when values do not go together
    """
    parsed = expressions.parse(rule)
    known = facts(records, resolved)
    who = records.participants["participant"] if participants is None else participants
    return {one: parsed.evaluate(known(one)) for one in who}


@dataclass(frozen=True)
class _Facts:
    records: Records
    resolved: Resolved
    known: dict[str, Source] = field(default_factory=dict)

    def of(self, participant: str) -> Lookup:
        baseline = self.resolved.protocol.baseline_visit

        def look(name: Name) -> Any:
            name_there, _, visit = str(name).partition("@")
            source = self.known.get(name_there)
            if source is None:
                source = self.known[name_there] = self._source(*self.resolved.locate(name_there))
            by_visit = source.get(participant, {})
            if visit:
                return by_visit.get(visit)
            if baseline in by_visit:
                return by_visit[baseline]
            return next(iter(by_visit.values())) if len(by_visit) == 1 else None

        return look

    def _source(self, form: str, name: str) -> Source:
        if name in self.resolved.forms[form].scores:
            rows = scores(self.records, self.resolved, names=[f"{form}.{name}"])
            return _gathered(rows, rows["value"].tolist())
        rows = self.records.values.iloc[self._places.get((form, name), [])]
        return _gathered(rows, as_values(rows, self.resolved.names[f"{form}.{name}"]))

    @cached_property
    def _places(self) -> dict[tuple[str, str], list[int]]:
        """(form, item) to the positions of its values."""
        values = self.records.values
        found: dict[tuple[str, str], list[int]] = {}
        for place, pair in enumerate(zip(values["form"].tolist(), values["item"].tolist(), strict=True)):
            found.setdefault(pair, []).append(place)
        return found


def _gathered(rows: pd.DataFrame, values: list[Any]) -> Source:
    """Return participant and visit to value; the last repeat counts, rows of it that differ are missing."""
    repeats: dict[tuple[str, str], int] = {}
    found: Source = {}
    columns = [rows[name].tolist() for name in ("participant", "visit", "repeat")]
    for participant, visit, repeat, value in zip(*columns, values, strict=True):
        by_visit = found.setdefault(participant, {})
        last = repeats.get((participant, visit), 0)
        if repeat > last:
            repeats[participant, visit], by_visit[visit] = repeat, value
        elif repeat == last and by_visit[visit] != value:
            by_visit[visit] = None
    return {
        participant: {visit: value for visit, value in by_visit.items() if value is not None}
        for participant, by_visit in found.items()
    }
