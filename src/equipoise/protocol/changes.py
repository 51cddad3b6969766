"""Two versions of plain data compared: entries are matched by their ids, not by where they stand.

Holds the comparison. Refuses to know what a change means (that is `consequences`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["added", "removed", "changed", "renamed", "reordered"]
Where = tuple[str, ...]
KEYS = ("id", "visit", "estimand", "event", "topic", "term", "form", "role")
"""Fields that name an entry of a list, the first that all entries have."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    where   keys and ids on the way, such as ("visits", "D28", "window_days")
    old     what stood there; the old id for a renaming, the old order of ids for a reordering
    new     what stands there now
    """

    where: Where
    kind: Kind
    old: Any = None
    new: Any = None


def changes(old: Any, new: Any, where: Where = ()) -> Iterator[Change]:
    """Yield every difference between two values made of dicts, lists and scalars."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _in_mappings(old, new, where)
    elif key := _key(old, new):
        yield from _in_entries(old, new, key, where)
    elif _names(old) and _names(new):
        yield from _in_names(old, new, where)
    elif old != new:
        yield Change(where, "changed", old, new)


def _in_mappings(old: dict[str, Any], new: dict[str, Any], where: Where) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        here = (*where, str(key))
        if key not in new:
            yield Change(here, "removed", old[key])
        elif key not in old:
            yield Change(here, "added", None, new[key])
        else:
            yield from changes(old[key], new[key], here)


def _in_entries(old: list[Any], new: list[Any], key: str, where: Where) -> Iterator[Change]:
    before = {str(entry[key]): entry for entry in old}
    after = {str(entry[key]): entry for entry in new}
    renamed = dict(_renamed(before, after, key))
    for name, entry in before.items():
        if name in renamed:
            yield Change((*where, renamed[name]), "renamed", name, renamed[name])
        elif name not in after:
            yield Change((*where, name), "removed", entry)
        else:
            yield from changes(entry, after[name], (*where, name))
    for name, entry in after.items():
        if name not in before and name not in renamed.values():
            yield Change((*where, name), "added", None, entry)
    yield from _order([renamed.get(name, name) for name in before], list(after), where)


def _renamed(before: dict[str, Any], after: dict[str, Any], key: str) -> Iterator[tuple[str, str]]:
    """Yield (old id, new id) of entries that differ in nothing else."""
    fresh = {name: entry for name, entry in after.items() if name not in before}
    for name, entry in before.items():
        if name in after:
            continue
        for other, candidate in fresh.items():
            if {**entry, key: ""} == {**candidate, key: ""}:
                yield name, other
                del fresh[other]
                break


def _order(before: list[str], after: list[str], where: Where) -> Iterator[Change]:
    kept_before = [name for name in before if name in after]
    kept_after = [name for name in after if name in before]
    if kept_before != kept_after:
        yield Change(where, "reordered", kept_before, kept_after)


def _in_names(old: list[str], new: list[str], where: Where) -> Iterator[Change]:
    for name in old:
        if name not in new:
            yield Change((*where, name), "removed", name)
    for name in new:
        if name not in old:
            yield Change((*where, name), "added", None, name)
    yield from _order(old, new, where)


def _key(old: Any, new: Any) -> str | None:
    """Return the field that tells the entries of two lists apart; None where none does."""
    if not isinstance(old, list) or not isinstance(new, list) or not (old or new):
        return None
    return next((key for key in KEYS if _tells_apart(old, key) and _tells_apart(new, key)), None)


def _tells_apart(entries: list[Any], key: str) -> bool:
    names = [entry.get(key) for entry in entries if isinstance(entry, dict)]
    return len(names) == len(entries) == len(set(map(str, names))) and None not in names


def _names(value: Any) -> bool:
    """Return whether a value lists names once each; two doses of one drug are a sequence, not names."""
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        return False
    return len(set(value)) == len(value)
