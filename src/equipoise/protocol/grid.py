"""Grids: one scenario with some of its numbers varied, a cell for every combination.

Holds the reading of dotted paths, the flaws of a grid and its cells, which are built one at a time when asked
for: a grid of ten million cells is counted without being built. Refuses to judge whether a combination is
possible: the rules for scenarios and `equipoise.design` do.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any, overload

from pydantic import ValidationError

from equipoise.errors import Problem, ProtocolError
from equipoise.protocol.part import Part
from equipoise.protocol.scenarios import Grid, Scenario, Simulation
from equipoise.source import Path

SECTION = "simulation"
FIXED = frozenset({"id", "numbers_of"})
"""Fields that make a scenario the one it is, and that a grid sets itself."""
LONGEST_ID = 64
KINDS = frozenset({"number", "by_arm"})
"""Parts of a validation's path that stand in no file."""
LISTED = 8
SHOWN = 60


@dataclass(frozen=True)
class Flaw:
    """Something wrong with a grid, at a path of the file."""

    path: Path
    message: str
    hint: str


@dataclass(frozen=True)
class Cell:
    """One truth to rehearse.

    id           the scenario's, or the grid's with the cell's number from 1
    scenario     the truth, under that id
    base         id of the scenario it was made from, whose random numbers it shares
    grid         id of its grid; None for a scenario as it stands in the file
    coordinates  path to the value that it has here
    """

    id: str
    scenario: Scenario
    base: str
    grid: str | None = None
    coordinates: Mapping[str, Any] = field(default_factory=dict)


class Cells(Sequence[Cell]):
    """All truths of a simulation, scenarios first, then every grid with its last path varying fastest.

    Nothing is built until a cell is asked for.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._scenarios = simulation.scenarios
        self._spreads = tuple(_Spread(simulation, grid) for grid in simulation.grid)

    @property
    def cross(self) -> Iterator[int]:
        """Positions of each grid's first cell and of those that differ from it in one value."""
        start = len(self._scenarios)
        for spread in self._spreads:
            yield from (start + at for at in spread.cross())
            start += spread.size

    def named(self, cell: str) -> Cell:
        """Return a cell by its id; KeyError when there is none."""
        places = {one.id: place for place, one in enumerate(self._scenarios)}
        start = len(self._scenarios)
        for spread in self._spreads:
            grid, _, number = cell.rpartition(".")
            if grid == spread.grid.id and number.isdecimal() and 0 < int(number) <= spread.size:
                places[cell] = start + int(number) - 1
            start += spread.size
        return self[places[cell]]

    def __len__(self) -> int:
        return len(self._scenarios) + sum(spread.size for spread in self._spreads)

    @overload
    def __getitem__(self, place: int) -> Cell: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Cell]: ...
    def __getitem__(self, place: int | slice) -> Cell | Sequence[Cell]:
        if isinstance(place, slice):
            return tuple(self[one] for one in range(*place.indices(len(self))))
        place = place + len(self) if place < 0 else place
        if 0 <= place < len(self._scenarios):
            found = self._scenarios[place]
            return Cell(found.id, found, found.numbers_of or found.id)
        place -= len(self._scenarios)
        for spread in self._spreads:
            if 0 <= place < spread.size:
                return spread.cell(place)
            place -= spread.size
        raise IndexError("there are not so many cells")


def expand(simulation: Simulation) -> Cells:
    """Return every truth of a simulation, built when asked for.

    Raises  ProtocolError with every path or value of a grid that is wrong
    """
    flaws = list(grid_flaws(simulation))
    if flaws:
        problems = [Problem(one.message, one.hint, ".".join(str(part) for part in one.path)) for one in flaws]
        raise ProtocolError("a grid cannot be spread out", problems)
    return Cells(simulation)


def grid_flaws(simulation: Simulation) -> Iterator[Flaw]:
    """Yield what is wrong with the grids: unknown paths, values that are none, paths that overlap."""
    taken = {scenario.id for scenario in simulation.scenarios}
    for place, grid in enumerate(simulation.grid):
        path: Path = (SECTION, "grid", place)
        if grid.scenario not in taken:
            # That the scenario does not exist is said where names are checked.
            continue
        spread = _Spread(simulation, grid)
        if len(f"{grid.id}.{spread.size}") > LONGEST_ID:
            yield Flaw((*path, "id"), "the ids of its cells would be too long", "shorten it")
        if any(one.startswith(f"{grid.id}.") and one.rpartition(".")[2].isdigit() for one in taken):
            yield Flaw((*path, "id"), "a scenario has an id such as those of its cells", "rename one")
        yield from spread.flaws(path)


@dataclass(frozen=True)
class _Spread:
    """A grid and the scenario it varies."""

    simulation: Simulation
    grid: Grid

    @cached_property
    def base(self) -> Scenario:
        return next(one for one in self.simulation.scenarios if one.id == self.grid.scenario)

    @cached_property
    def size(self) -> int:
        return math.prod(len(values) for values in self.grid.vary.values())

    @cached_property
    def plain(self) -> dict[str, Any]:
        found: dict[str, Any] = self.base.model_dump(mode="json", exclude_unset=True)
        return found

    @cached_property
    def routes(self) -> dict[str, Path]:
        return {path: route(self.base, path) for path in self.grid.vary}

    def cross(self) -> Iterator[int]:
        """Yield the number of the first cell, and of those that differ from it in one value."""
        yield 0
        stride = 1
        for values in reversed(self.grid.vary.values()):
            yield from (stride * at for at in range(1, len(values)))
            stride *= len(values)

    def cell(self, place: int) -> Cell:
        """Return a cell by its number from 0."""
        coordinates: dict[str, Any] = {}
        rest = place
        for path, values in reversed(self.grid.vary.items()):
            rest, at = divmod(rest, len(values))
            coordinates[path] = values[at]
        ordered = {path: coordinates[path] for path in self.grid.vary}
        name, base = f"{self.grid.id}.{place + 1}", self.base.numbers_of or self.base.id
        settings: dict[Path, Any] = {self.routes[path]: value for path, value in ordered.items()}
        settings |= {("id",): name, ("numbers_of",): base}
        return Cell(name, self._with(settings), base, self.grid.id, ordered)

    def _with(self, settings: Mapping[Path, Any]) -> Scenario:
        data: Any = self.plain
        for where, value in settings.items():
            data = _replaced(data, where, value)
        return Scenario.model_validate_json(json.dumps(data))

    def flaws(self, path: Path) -> Iterator[Flaw]:
        """Yield what is wrong with its paths and values, each alone."""
        routes: dict[str, Path] = {}
        for name, values in self.grid.vary.items():
            here = (*path, "vary", name)
            try:
                routes[name] = route(self.base, name)
            except LookupError as error:
                message, hint = error.args
                yield Flaw(here, message, hint)
                continue
            if not values:
                yield Flaw(here, "no value to take", "list some")
            for at, value in enumerate(values):
                for message in self._refusals(routes[name], value):
                    yield Flaw((*here, at), f"`{_shown(value)}` is no value of `{name}`: {message}", "")
        for one, two in combinations(routes, 2):
            shorter = min(len(routes[one]), len(routes[two]))
            if routes[one][:shorter] == routes[two][:shorter]:
                hint = "keep one of them"
                yield Flaw((*path, "vary", two), f"`{one}` and `{two}` vary the same", hint)

    def _refusals(self, where: Path, value: Any) -> list[str]:
        try:
            self._with({where: value})
        except ValidationError as error:
            return list(dict.fromkeys(_said(one) for one in error.errors()))
        return []


def route(scenario: Scenario, path: str) -> Path:
    """Return a dotted path as the keys that lead to what it names, which the scenario must state.

    Keys may hold dots themselves: of those that fit, the longest is meant.
    Raises  LookupError of (message, hint) where it leads nowhere
    """
    here: Any = scenario
    keys: list[str | int] = []
    words = path.split(".")
    while words:
        known = _beneath(here)
        count = next(
            (n for n in range(len(words), 0, -1) if ".".join(words[:n]) in known),
            0,
        )
        if not count:
            told = ".".join(str(key) for key in keys) or "the scenario"
            hint = f"there are {', '.join(list(known)[:LISTED])}" if known else "end the path before it"
            raise LookupError(f"`{path}` leads nowhere: {told} states no `{words[0]}`", hint)
        key, here = known[".".join(words[:count])]
        keys.append(key)
        words = words[count:]
    return tuple(keys)


def _beneath(here: Any) -> dict[str, tuple[str | int, Any]]:
    """Return what lies beneath a value: name to (key, value)."""
    if isinstance(here, Part):
        names = [
            name for name in type(here).model_fields if name not in FIXED and name not in Part.model_fields
        ]
        return {name: (name, getattr(here, name)) for name in names}
    if isinstance(here, Mapping):
        return {str(key): (key, value) for key, value in here.items()}
    if isinstance(here, tuple):
        return {str(place): (place, value) for place, value in enumerate(here)}
    return {}


def _replaced(data: Any, where: Path, value: Any) -> Any:
    """Return plain data with another value at a path; parts left out so far are begun."""
    if not where:
        return value
    key, rest = where[0], where[1:]
    if isinstance(data, list) and isinstance(key, int):
        return [_replaced(one, rest, value) if at == key else one for at, one in enumerate(data)]
    whole = dict(data) if isinstance(data, Mapping) else {}
    return {**whole, str(key): _replaced(whole.get(str(key)), rest, value)}


def _said(error: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"] if part not in KINDS)
    return f"{where}: {error['msg']}"


def _shown(value: Any) -> str:
    words = str(value)
    return words if len(words) <= SHOWN else f"{words[: SHOWN - 3]}..."
