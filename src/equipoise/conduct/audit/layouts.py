"""How a table's rows become canonical bytes, the same from a model, from SQLite and from PostgreSQL.

Holds `Layout`, plain data that another process can be handed. Refuses columns whose text depends on a driver
or a time zone: only numbers, texts, booleans and the salt.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from json.encoder import encode_basestring as quoted
from math import isfinite
from typing import Any, Literal

SALT = "salt"
END = "}]"
Kind = Literal["text", "integer", "real", "boolean"]


@dataclass(frozen=True, slots=True)
class Layout:
    """One table of audited rows.

    columns   names in the order of the canonical bytes, without the salt
    kinds     what each holds
    """

    table: str
    columns: tuple[str, ...]
    kinds: tuple[Kind, ...]

    @property
    def begin(self) -> str:
        """What stands before a row's values; `END` stands after them."""
        return f"[{quoted(self.table)},{{"

    def writer(self) -> Callable[[Sequence[Any]], bytes]:
        """Return what turns a row, its values in the order of `columns`, into canonical bytes.

        They are the JSON of [table, {column: value}] as `canonical` writes it, without the columns that hold
        nothing, so that a column added later changes no old row's bytes. Written out by hand because a
        million rows are: the general encoder takes three times as long.
        """
        begin = self.begin
        columns = [
            (f"{quoted(name)}:", TEXT[kind]) for name, kind in zip(self.columns, self.kinds, strict=True)
        ]

        def write(values: Sequence[Any]) -> bytes:
            parts = [
                name + text(value)
                for (name, text), value in zip(columns, values, strict=True)
                if value is not None
            ]
            return f"{begin}{','.join(parts)}{END}".encode()

        return write

    def texts(self, own: Mapping[str, Sequence[Any]], shared: Mapping[str, Any]) -> Iterator[bytes]:
        """Yield the canonical bytes of many rows given by column, each as `writer` makes it.

        own      column to its values, one a row; at least one column, e.g. the number
        shared   column to the one value that all rows have; columns in neither hold nothing
        """
        begin = self.begin
        parts: list[Any] = []
        for name, kind in zip(self.columns, self.kinds, strict=True):
            label, text = f"{quoted(name)}:", TEXT[kind]
            if name in own:
                parts.append([None if value is None else label + text(value) for value in own[name]])
            elif shared.get(name) is not None:
                parts.append(repeat(label + text(shared[name])))
        for cells in zip(*parts):  # noqa: B905 - shared texts have no end
            yield f"{begin}{','.join(filter(None, cells))}{END}".encode()


def _real(value: Any) -> str:
    # Adding zero turns -0.0 into 0.0: one engine keeps the sign, the other does not.
    number = float(value) + 0.0
    if not isfinite(number):
        raise ValueError(f"{number} cannot be kept")
    return repr(number)


def _boolean(value: Any) -> str:
    return "true" if value else "false"


TEXT: dict[Kind, Callable[[Any], str]] = {
    "text": quoted,
    "integer": int.__repr__,
    "real": _real,
    "boolean": _boolean,
}
