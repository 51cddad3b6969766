"""Canonical bytes of thousands of rows at once, column by column: what lets `verify` read a million events.

Most columns hold few different values within a few thousand rows, so each value is written once and then
looked up. Holds the quick way only: whatever is not as the system itself writes it is refused, and judged row
by row by `Layout.writer`.
"""

from collections.abc import Callable, Sequence
from json.encoder import encode_basestring as quoted
from typing import Any

from equipoise.conduct.audit.layouts import TEXT, Kind

Column = Sequence[Any]
FEW = 2
"""So often must a value stand in a column, on average, for looking it up to be quicker than writing it."""

_TYPES: dict[Kind, frozenset[type]] = {
    "text": frozenset({str}),
    "integer": frozenset({int}),
    "real": frozenset({float, int}),
    "boolean": frozenset({bool, int}),
}
"""Types of each kind, among which values that are equal have the same text."""


def many_writer(
    names: Sequence[str], kinds: Sequence[Kind], *, begin: str, end: str, nullable: bool = True
) -> Callable[[Sequence[Column]], list[bytes]]:
    """Return what turns rows, given as columns in the order of `names`, into canonical bytes, one a row.

    begin, end   what stands around the `"name":value` pairs of each row
    nullable     whether a column may hold nothing, which leaves no bytes; the first may never

    What is returned raises TypeError or ValueError when any value is not of its column's kind.
    """
    labels = [("," if place else begin) + f"{quoted(name)}:" for place, name in enumerate(names)]
    texts = [TEXT[kind] for kind in kinds]
    types = [
        _TYPES[kind] | {type(None)} if nullable and place else _TYPES[kind]
        for place, kind in enumerate(kinds)
    ]

    def write(columns: Sequence[Column]) -> list[bytes]:
        fixed, varying = "", []
        for label, text, allowed, column in zip(labels, texts, types, columns, strict=True):
            first, before = column[0], fixed + label
            # Numbers of different types may be equal, so only nothing and texts are told by their first.
            if (first is None or type(first) is str) and column.count(first) == len(column):
                if type(first) not in allowed:
                    raise TypeError(f"{label} holds another kind of value")
                fixed = fixed if first is None else before + text(first)
                continue
            if not allowed.issuperset(map(type, column)):
                raise TypeError(f"{label} holds another kind of value")
            different = set(column)
            if len(different) > len(column) // FEW and None not in different:
                varying.append([before + text(value) for value in column])
                fixed = ""
                continue
            known = {value: fixed if value is None else before + text(value) for value in different}
            if len(known) == 1:
                (fixed,) = known.values()
            else:
                varying.append(list(map(known.__getitem__, column)))
                fixed = ""
        last = fixed + end
        if not varying:
            return [last.encode()] * len(columns[0])
        return [("".join(cells) + last).encode() for cells in zip(*varying, strict=True)]

    return write
