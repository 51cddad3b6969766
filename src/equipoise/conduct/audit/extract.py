"""A store's chain as files that an outsider can check without this system.

Holds writing events.jsonl, rows.jsonl, chain.json and the verifier beside them. Refuses to decide what may be
shown: it is told which rows are withheld; their digests stay.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from equipoise.conduct.audit import offline_verifier
from equipoise.conduct.audit.canonical import ZERO
from equipoise.conduct.audit.layouts import SALT, Layout
from equipoise.conduct.audit.recomputation import LINK
from equipoise.conduct.audit.sources import Reader, Source

Withheld = Callable[[str, Mapping[str, Any]], bool]
"""Whether a row of a table, with these values, is not to be shown."""


def write(
    source: Source, folder: Path, *, store: str, at: str, layouts: Mapping[str, Layout], withheld: Withheld
) -> int:
    """Write the chain of one store into a folder, and return how many events it has."""
    folder.mkdir(parents=True, exist_ok=True)
    with source.open() as reader:
        count, head = _events(reader, folder / "events.jsonl")
        _lines(folder / "rows.jsonl", _rows(reader, layouts, withheld))
    _lines(folder / "chain.json", [{"store": store, "at": at, "count": count, "hash": head}])
    shutil.copyfile(offline_verifier.__file__, folder / "verify.py")
    return count


def _events(reader: Reader, path: Path) -> tuple[int, str]:
    count, head = 0, ZERO
    columns = ", ".join(f"e.{name}" for name in LINK)
    statement = (
        f"SELECT {columns}, e.hash, p.rows FROM event e "  # noqa: S608 - names of columns
        "LEFT JOIN event_payload p ON p.id = e.id ORDER BY e.id"
    )
    with path.open("w", encoding="utf-8") as file:
        for *link, stored, payload in reader.rows(statement):
            event = {"link": dict(zip(LINK, link, strict=True)), "hash": stored, "payload": payload or ""}
            file.write(_line(event))
            count, head = count + 1, stored
    return count, head


def _rows(reader: Reader, layouts: Mapping[str, Layout], withheld: Withheld) -> Iterator[dict[str, Any]]:
    for layout in layouts.values():
        write = layout.writer()
        columns = ", ".join(f'"{name}"' for name in (*layout.columns, SALT))
        statement = f'SELECT {columns} FROM "{layout.table}" ORDER BY id'  # noqa: S608 - names of columns
        for *values, salt in reader.rows(statement):
            row = dict(zip(layout.columns, values, strict=True))
            place = {"table": layout.table, "id": row["id"]}
            if withheld(layout.table, row):
                yield place
            else:
                yield place | {"text": write(values).decode(), "salt": salt.hex() if salt else None}


def _lines(path: Path, rows: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(_line(row) for row in rows)


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"
