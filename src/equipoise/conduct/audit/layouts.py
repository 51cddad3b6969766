"""How a table's rows become canonical bytes, the same from a model, from SQLite and from PostgreSQL.

Holds `Layout`, plain data that another process can be handed. Refuses columns whose text depends on a driver
or a time zone: only numbers, texts, booleans and the salt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from equipoise.conduct.audit.canonical import row_bytes

SALT = "salt"


@dataclass(frozen=True, slots=True)
class Layout:
    """One table of audited rows.

    columns    names in the order of the canonical bytes, without the salt
    reals      places of columns of real numbers;  booleans  places of columns of booleans
    """

    table: str
    columns: tuple[str, ...]
    reals: tuple[int, ...]
    booleans: tuple[int, ...]

    def bytes_of(self, values: Sequence[Any]) -> bytes:
        """Return the canonical bytes of one row, whose values are in the order of `columns`."""
        plain = list(values)
        for place in self.reals:
            if plain[place] is not None:
                # Adding zero turns -0.0 into 0.0: one engine keeps the sign, the other does not.
                plain[place] = float(plain[place]) + 0.0
        for place in self.booleans:
            if plain[place] is not None:
                plain[place] = bool(plain[place])
        return row_bytes(self.table, dict(zip(self.columns, plain, strict=True)))
