"""What is left of a file without the values that cannot be read, so that the rest is judged as well.

Holds the leaving-out. Refuses to mend anything: what it returns is judged and thrown away.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from equipoise.protocol.model import Protocol
from equipoise.protocol.reading import path_of
from equipoise.source import Document, Path

ROUNDS = 12
"""Leaving out a value can bring a further complaint to light, but not many times over."""
_GONE = object()


@dataclass(frozen=True)
class Remains:
    """What could be read.

    left_out   where values stood that could not be
    dropped    list to the positions of its entries that were left out
    """

    protocol: Protocol
    left_out: tuple[Path, ...] = ()
    dropped: Mapping[Path, tuple[int, ...]] | None = None


def remains(document: Document) -> Remains | None:
    """Return what is left of a file; None when nothing sensible is.

    An optional value is left out alone; with a required one goes the entry it belongs to.
    """
    data = copy.deepcopy(document.data)
    left_out: dict[Path, None] = {}
    for _ in range(ROUNDS):
        dropped: dict[Path, tuple[int, ...]] = {}
        kept = _kept(data, (), dropped)
        try:
            return Remains(Protocol.model_validate_json(json.dumps(kept)), tuple(left_out), dropped)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            paths = {_guilty(one["type"], path_of(one["loc"], kept), kept) for one in found}
        if () in paths:
            return None
        for path in paths:
            there = original(path, dropped)
            left_out[there] = None
            _leave_out(data, there)
    return None


def original(path: Path, dropped: Mapping[Path, tuple[int, ...]] | None) -> Path:
    """Return where in the file a path of the remains stands."""
    found: Path = ()
    for part in path:
        if dropped and isinstance(part, int):
            for gone in dropped.get(found, ()):
                part += gone <= part  # noqa: PLW2901 - entries before it were left out
        found = (*found, part)
    return found


def _kept(data: Any, path: Path, dropped: dict[Path, tuple[int, ...]]) -> Any:
    if isinstance(data, dict):
        return {key: _kept(one, (*path, key), dropped) for key, one in data.items() if one is not _GONE}
    if not isinstance(data, list):
        return data
    gone = tuple(place for place, one in enumerate(data) if one is _GONE)
    if gone:
        dropped[path] = gone
    return [_kept(one, (*path, place), dropped) for place, one in enumerate(data) if one is not _GONE]


def _guilty(kind: str, path: Path, data: Any) -> Path:
    """Return what to leave out: the value itself, or what lacks a required one."""
    if kind == "missing" and isinstance(_at(path[:-1], data), dict):
        return path[:-1]
    return _enclosing(path, data)


def _at(path: Path, data: Any) -> Any:
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def _enclosing(path: Path, data: Any) -> Path:
    """Return the innermost key on the way: an entry of a list of plain values does not go alone."""
    deepest: Path = ()
    for depth, part in enumerate(path):
        if isinstance(data, dict):
            if part not in data:
                break
            deepest = path[: depth + 1]
        data = _at((part,), data)
    return deepest


def _leave_out(data: Any, path: Path) -> None:
    for part in path[:-1]:
        data = data[part]
        if data is _GONE:
            return
    data[path[-1]] = _GONE
