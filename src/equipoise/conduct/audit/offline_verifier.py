"""Check an exported audit chain, with nothing but this file and Python's standard library.

    python3 verify.py [--anchors FILE ...] [FOLDER]

FOLDER holds events.jsonl and rows.jsonl as exported; by default the folder of this file. FILE is any text
with anchors in it, one a line: a copy of anchors.jsonl, or a mail as it was received. Exits with 3 when
something differs. How the chain is made stands in the audit chain's method page; this file repeats it in code
on purpose, so that whoever distrusts the system that wrote the chain need not run it.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ZERO = "0" * 64
DIFFERS = 3


def canonical(data: Any) -> bytes:
    """Return data as JSON: sorted keys, no white space, UTF-8."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(*parts: bytes) -> str:
    """Return SHA-256 in hexadecimal."""
    return hashlib.sha256(b"".join(parts)).hexdigest()


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield each line of a file that is a JSON object."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                yield found


class Chain:
    """A chain as it is checked event by event.

    hashes   number to hash, for anchors;  problems  what differs, one sentence each
    """

    def __init__(self, folder: Path) -> None:
        self.hashes = {0: ZERO}
        self.problems: list[str] = []
        self.hidden = self.erased = self.compared = 0
        self.rows = {(row["table"], row["id"]): row for row in lines(folder / "rows.jsonl")}
        contents = (self.content(row) for row in self.rows.values() if row["table"] == "erasure")
        self.emptied = {(one["of_table"], one["of_row"]): one["emptied_sha256"] for one in contents}
        for event in lines(folder / "events.jsonl"):
            self.event(event["link"], event["hash"], event["payload"])
        self.problems += [f"row {table} {number}: was written by no event" for table, number in self.rows]

    def content(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return what a row's canonical text says, after checking that it is that row's."""
        table, content = json.loads(row["text"]) if row.get("text") else (row["table"], {})
        if content and (table, content["id"]) != (row["table"], row["id"]):
            self.problems.append(f"row {row['table']} {row['id']}: its text is of {table} {content['id']}")
        return dict(content)

    def event(self, link: dict[str, Any], stored: str, payload: str) -> None:
        """Check one event, and the rows it wrote."""
        number, last = link["id"], len(self.hashes) - 1
        if number != last + 1:
            self.problems.append(f"event {number}: follows event {last}")
        if link["prev_hash"] != self.hashes[last]:
            self.problems.append(f"event {number}: does not name the hash of the event before it")
        if digest(canonical(link)) != stored:
            self.problems.append(f"event {number}: does not have its own hash")
        if digest(payload.encode()) != link["payload_sha256"]:
            self.problems.append(f"event {number}: wrote other rows than its payload lists")
        self.hashes[last + 1] = stored
        for table, row_number, written in json.loads(payload):
            row = self.rows.pop((table, row_number), {})
            self.row(f"row {table} {row_number}", row, written=written, act=link["act"])

    def row(self, place: str, row: dict[str, Any], *, written: str, act: str) -> None:
        """Check one row against the digest its event lists."""
        if not row.get("text"):
            self.hidden += 1
            return
        self.compared += 1
        text, content = row["text"].encode(), self.content(row)
        if content.get("act") != act:
            self.problems.append(f"{place}: belongs to another act")
        if row.get("salt") is None:
            self.erased += 1
            if self.emptied.get((row["table"], row["id"])) != digest(text):
                self.problems.append(f"{place}: has no salt, and no event erased it")
        elif digest(bytes.fromhex(row["salt"]), text) != written:
            self.problems.append(f"{place}: is not what was written: it was changed afterwards")

    def anchor(self, anchor: dict[str, Any], *, source: str) -> None:
        """Check one head of the chain that left the machine."""
        if self.hashes.get(anchor["count"]) != anchor["hash"]:
            self.problems.append(
                f"anchor of {anchor['at']} in {source}: event {anchor['count']} is missing or another one"
            )


def main() -> int:
    """Check a folder, and say what came of it."""
    parser = argparse.ArgumentParser(description="Check an exported audit chain.")
    parser.add_argument("--anchors", action="append", type=Path, default=[])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    chain = Chain(given.folder)
    (head,) = lines(given.folder / "chain.json")
    found = [
        (one, path) for path in given.anchors for one in lines(path) if one.get("store") == head["store"]
    ]
    for anchor, source in [(head, given.folder / "chain.json"), *found]:
        chain.anchor(anchor, source=str(source))
    sys.stdout.write("".join(f"{problem}\n" for problem in chain.problems))
    sys.stdout.write(
        f"{head['store']}: {len(chain.problems)} problems; {len(chain.hashes) - 1} events, "
        f"{chain.compared} rows compared ({chain.erased} of them erased), {chain.hidden} withheld, "
        f"{len(found)} anchors\n"
    )
    return DIFFERS if chain.problems else 0


if __name__ == "__main__":
    sys.exit(main())
