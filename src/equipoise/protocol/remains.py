"""What is left of a file without the values that cannot be read, so that the rest is judged as well.

Holds the leaving-out. Refuses to mend anything: what it returns is judged and thrown away.
"""

import copy
import json
from typing import Any

from pydantic import ValidationError

from equipoise.protocol.load import path_of
from equipoise.protocol.model import Protocol
from equipoise.source import Document, Path

ROUNDS = 8
"""Leaving out a value can bring a further complaint to light, not many times over."""


def remains(document: Document) -> tuple[Protocol | None, tuple[Path, ...]]:
    """Return the protocol without the values that cannot be read, and where these stood.

    The protocol is None when something required is missing or unreadable.
    """
    data = copy.deepcopy(document.data)
    left_out: list[Path] = []
    for _ in range(ROUNDS):
        try:
            return Protocol.model_validate_json(json.dumps(data)), tuple(left_out)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            if any(one["type"] == "missing" and not _in_list(one["loc"]) for one in found):
                return None, ()
            paths = {_enclosing(path_of(one["loc"], data), data) for one in found}
            if () in paths:
                return None, ()
            for path in sorted(paths, key=len, reverse=True):
                _leave_out(data, path)
            left_out.extend(paths)
    return None, ()


def _in_list(loc: tuple[int | str, ...]) -> bool:
    """Say whether what is missing is an entry of a list of fixed length, such as a range."""
    return bool(loc) and isinstance(loc[-1], int)


def _enclosing(path: Path, data: Any) -> Path:
    """Return the path of the innermost mapping's key on the way: entries of lists are not left out alone."""
    deepest: Path = ()
    for depth, part in enumerate(path):
        if isinstance(data, dict):
            if part not in data:
                break
            deepest = path[: depth + 1]
            data = data[part]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            break
    return deepest


def _leave_out(data: Any, path: Path) -> None:
    """Remove the key at `path`, unless what encloses it is already gone."""
    for part in path[:-1]:
        data = data.get(part) if isinstance(data, dict) else data[int(part)]
    if isinstance(data, dict):
        data.pop(path[-1], None)
