"""Every score of every participant and visit, as one long table.

Holds the way from answers to scores. Refuses to decide which value counts for an analysis, and to score an
answer that is not possible.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from equipoise.errors import Problem, RecordError
from equipoise.instruments import Instrument
from equipoise.protocol import Resolved, ResolvedForm
from equipoise.records import scoring
from equipoise.records.answers import Column, allowed, as_numbers, outside, uneven
from equipoise.records.dataset import Records
from equipoise.records.tables import LOG

COLUMNS = ("participant", "visit", "repeat", "day", "form", "score", "value")
Places = npt.NDArray[np.intp]


def scores(records: Records, resolved: Resolved, *, names: Iterable[str] | None = None) -> pd.DataFrame:
    """Return every score that can be known, one row each.

    Of forms with an instrument: its scores, computed from the answers; a score recorded as a value of its own
    (item = score id) is taken as it is. Of other forms: their number items, the score being the item's id.
    Forms tied to no visit are left out, and so are rows beyond the first, such as readings during a session.

    names     `form.score` or `form.item` of what is wanted; then items of instruments may be asked for, too
    Returns   columns participant, visit, repeat, day (NaN when unknown), form, score, value (never NaN), in
              the order of the protocol's forms, then of the records
    Raises    RecordError with every answer that is not possible or given twice; KeyError for an unknown name
    """
    wanted = None if names is None else {resolved.locate(name) for name in names}
    grid = _grid(records)
    problems: list[Problem] = []
    parts = []
    for form in resolved.forms.values():
        at = grid.places.get(form.id)
        chosen = None if wanted is None else {name for owner, name in wanted if owner == form.id}
        if at is not None and not form.log and chosen != set():
            parts += [(form.id, *part) for part in _of_form(form, grid, at, chosen, problems)]
    if problems:
        raise RecordError("these answers cannot be scored", problems)
    return _table(parts, grid, records)


@dataclass(frozen=True)
class _Grid:
    """Values by position.

    occasion    (values,) which occasion (participant, visit, repeat) a value belongs to
    first       (occasions,) position of each occasion's first value
    places      form id to the positions of its values that may be scored
    numbers     (values,) the answers as numbers
    """

    values: pd.DataFrame
    occasion: Places
    first: Places
    places: dict[str, Places]
    numbers: Column


def _grid(records: Records) -> _Grid:
    values = records.values
    occasion = np.zeros(len(values), dtype=np.intp)
    for name in ("participant", "visit", "repeat"):
        codes, distinct = pd.factorize(values[name])
        occasion = pd.factorize(occasion * max(len(distinct), 1) + codes)[0]
    _, first = np.unique(occasion, return_index=True)
    counts = (values["row"].to_numpy() == 1) & (values["visit"].to_numpy() != LOG)
    forms, ids = pd.factorize(values["form"])
    places = {str(form): np.flatnonzero((forms == code) & counts) for code, form in enumerate(ids)}
    return _Grid(values, occasion, first, places, as_numbers(values))


def _of_form(
    form: ResolvedForm, grid: _Grid, at: Places, chosen: set[str] | None, problems: list[Problem]
) -> Iterator[tuple[str, Places, Column]]:
    """Yield (score or item, occasions, values), values NaN where unknown."""
    if not len(at):
        return
    items, ids = pd.factorize(grid.values["item"].to_numpy()[at])
    occasions, local = np.unique(grid.occasion[at], return_inverse=True)
    cells = local * len(ids) + items
    _, first, same = np.unique(cells, return_index=True, return_inverse=True)
    twice = np.flatnonzero(first[same] != np.arange(len(cells)))
    problems += [
        _problem(grid, int(at[place]), "is answered twice", "keep one of the two") for place in twice
    ]
    matrix = np.full((len(ids), len(occasions)), np.nan)
    matrix[items, local] = grid.numbers[at]
    columns = {str(name): matrix[code] for code, name in enumerate(ids)}
    if form.instrument is not None and (chosen is None or chosen.intersection(form.scores)):
        problems += _impossible(form, form.instrument, grid=grid, at=at)
        for name, values in _scored(form.instrument, columns, forms=len(occasions)):
            if chosen is None or name in chosen:
                yield name, occasions, values
    for name in _number_items(form) if chosen is None else sorted(chosen - {*form.scores}):
        if name in columns:
            yield name, occasions, columns[name]


def _number_items(form: ResolvedForm) -> list[str]:
    """Return the number items that are no answers to a scale."""
    scale = form.instrument.item_ids if form.instrument is not None else ()
    return [item.id for item in form.items if item.type == "number" and item.id not in scale]


def _scored(
    instrument: Instrument, columns: Mapping[str, Column], *, forms: int
) -> Iterator[tuple[str, Column]]:
    """Yield every score, as recorded where it was recorded, computed elsewhere."""
    for name, values in scoring.score(instrument, columns, forms=forms).items():
        stated = columns.get(name)
        yield name, values if stated is None else np.where(np.isnan(stated), values, stated)


def _impossible(form: ResolvedForm, instrument: Instrument, *, grid: _Grid, at: Places) -> Iterator[Problem]:
    """Yield every answer that is none of its item's codes or out of its range: it must not be scored."""
    answered = grid.values["item"].to_numpy()[at]
    for one in instrument.items:
        if one.type == "text":
            continue
        places = at[answered == one.id]
        item, numbers = form.item(one.id), grid.numbers[places]
        for place in places[outside(item, numbers) | uneven(item, numbers)]:
            message = f"is {grid.numbers[place]:g}, which is not possible"
            yield _problem(grid, int(place), message, f"the answer is {allowed(item)}")


def _problem(grid: _Grid, place: int, message: str, hint: str) -> Problem:
    row = grid.values.iloc[place]
    where = f"{row['form']}.{row['item']} of {row['participant']} at {row['visit']} "
    return Problem(where + message, hint, "number", "values.csv", place + 2)


def _table(parts: Sequence[tuple[str, str, Places, Column]], grid: _Grid, records: Records) -> pd.DataFrame:
    days = _days(grid, records)
    known = [
        (form, score, occasions[there], values[there])
        for form, score, occasions, values in parts
        for there in [~np.isnan(values)]
    ]
    lengths = [len(values) for _, _, _, values in known]
    occasions = np.concatenate([np.empty(0, dtype=np.intp), *(part[2] for part in known)])
    firsts = grid.first[occasions]
    columns = {
        "participant": grid.values["participant"].to_numpy()[firsts],
        "visit": grid.values["visit"].to_numpy()[firsts],
        "repeat": grid.values["repeat"].to_numpy()[firsts],
        "day": days[occasions],
        "form": np.repeat(np.array([part[0] for part in known], dtype=object), lengths),
        "score": np.repeat(np.array([part[1] for part in known], dtype=object), lengths),
        "value": np.concatenate([np.empty(0), *(part[3] for part in known)]),
    }
    return pd.DataFrame(
        {name: pd.Series(columns[name], dtype=columns[name].dtype, copy=False) for name in COLUMNS}
    )


def _days(grid: _Grid, records: Records) -> Column:
    """Return the day of each occasion, NaN where no visit says it."""
    visits = records.visits
    keys = zip(visits["participant"], visits["visit"], visits["repeat"], strict=True)
    known = dict(zip(keys, visits["day"], strict=True))
    at = grid.values.iloc[grid.first]
    occasions = zip(at["participant"], at["visit"], at["repeat"], strict=True)
    return np.array([known.get(occasion, np.nan) for occasion in occasions], dtype=np.float64)
