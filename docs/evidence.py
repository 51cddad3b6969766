"""Join what regulations ask, and who might attack, to the test results of this commit; write the evidence.

Holds the way from a row to its verdict. A row that names a test must have it run and pass; a row without one
must say why. Refuses to judge whether a test suffices: whoever reads a row does. Nothing here is imported by
Equipoise.
"""

import argparse
import ast
import json
import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from evidence_page import page

ROOT = Path(__file__).parents[1]
MATRIX = "docs/traceability.md"
THREATS = "docs/security.md"
RESULTS = "build/tests.xml"
CORE_RESULTS = "build/tests-of-the-core.xml"
FURTHER_RESULTS = "build/tests-of-evidence.xml"
EVERY_RESULT = (CORE_RESULTS, RESULTS, FURTHER_RESULTS)
"""Of the core where no web framework is installed, of everything, and of what no other run had."""
FOLDER = "build/evidence"

ROW = re.compile(r"### (?P<id>\S.*?) · (?P<title>\S.*)")
SAID = re.compile(r"- \*\*(?P<name>[A-Z][a-z ]+)\*\* ?(?P<text>.*)")
TEST = re.compile(r"  - `(?P<test>tests/[\w/]+\.py::test_\w+)`")
CODE = re.compile(r"`([^`\n]+)`")
PLACES = ("src/", "docs/", "protocols/", "requirements/", ".ci/", "Makefile", "pyproject.toml")
ASKS, DONE, TESTS, OPEN, YOURS = "Asks", "Done by", "Tests", "Not covered yet", "Yours"
NAMES = (ASKS, DONE, TESTS, OPEN, YOURS)
STATES = {
    "covered": "the system does it, and tests show it",
    "in part": "the system does part of it, and tests show that part",
    "not covered yet": "the system does not do it",
    "yours": "an organization's own procedure; no software can do it",
}
EXCERPT = 60
COLUMNS = ("asset", "attack", "mechanism", "test", "what remains")
"""Of the tables of the threat model."""
NOTHING = "Nothing known"
AGAINST = "Threats: "
NO_COMMIT = "no commit"
CHANGED = "+"


@dataclass
class Row:
    """One thing that is asked for.

    said    Asks, Done by, Not covered yet, Yours: what stands after each
    tests   path::name of each test that shows it
    """

    id: str
    title: str
    part: str
    line: int
    said: dict[str, str] = field(default_factory=dict)
    tests: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """How far the system does it."""
        if self.tests:
            return "in part" if OPEN in self.said else "covered"
        return "not covered yet" if OPEN in self.said else "yours"

    @property
    def paths(self) -> list[str]:
        """The files and folders that do it."""
        return [code for code in CODE.findall(self.said.get(DONE, "")) if code.startswith(PLACES)]


@dataclass
class Outcome:
    """What became of the cases of one test."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def verdict(self) -> str:
        """One word: a test of several cases passes when all of them do."""
        if self.failed:
            return "failed"
        if self.skipped:
            return "skipped"
        return "passed" if self.passed else "not run"


def read(text: str) -> tuple[list[Row], list[str]]:
    """Return the rows of a matrix, and what is wrong with how it is written."""
    rows: list[Row] = []
    problems: list[str] = []
    part, name = "", ""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("## "):
            part, name = line.removeprefix("## "), ""
        elif line.startswith("### "):
            name = ""
            found = ROW.fullmatch(line)
            rows.append(
                Row(found["id"], found["title"], part, number) if found else Row("", "", part, number)
            )
            problems += [] if found else [f"line {number}: a heading of a row is `### ID · title`"]
        elif rows and rows[-1].part == part and (said := SAID.fullmatch(line)):
            name = said["name"]
            if name not in NAMES or name in rows[-1].said:
                problems.append(f"line {number}: `{name}` is none of {', '.join(NAMES)}, or said twice")
            rows[-1].said[name] = said["text"]
        elif name and line.startswith("  "):
            tested = TEST.fullmatch(line)
            if name == TESTS and tested:
                rows[-1].tests.append(tested["test"])
            elif name == TESTS:
                problems.append(f"line {number}: a test is written `tests/FILE.py::test_NAME`")
            else:
                rows[-1].said[name] += f" {line.strip()}"
        elif not line.strip():
            name = ""
        elif name:
            problems.append(f"line {number}: belongs to no row: {line.strip()[:EXCERPT]}")
    return rows, problems if rows else [*problems, "there is no row"]


def threats(text: str) -> list[Row]:
    """Return the rows of the threat model: what stands in the way of an attack is evidence like any other."""
    rows: list[Row] = []
    attacker, number = "", 0
    for line, content in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in content.strip("| ").split("|")]
        if content.startswith("## "):
            attacker, number = content.removeprefix("## "), 0
        elif content.startswith("| ") and len(cells) == len(COLUMNS) and cells[0] != COLUMNS[0]:
            asset, attack, mechanism, test, remains = cells
            number += 1
            said = {ASKS: f"To protect {asset}.", DONE: mechanism}
            if remains and not remains.startswith(NOTHING):
                said[OPEN] = remains
            tests = [code for code in CODE.findall(test) if "::" in code]
            rows.append(Row(f"{attacker} {number}", attack, f"{AGAINST}{attacker}", line, said, tests))
    return rows


def faults(rows: Iterable[Row], *, root: Path) -> Iterator[str]:
    """Say what no run of tests can mend: rows that say too little, files and tests that do not exist."""
    rows = list(rows)
    for row_id, times in Counter(row.id for row in rows).items():
        if times > 1:
            yield f"{row_id}: {times} rows have this id"
    known: dict[str, set[str]] = {}
    for row in rows:
        if not row.said.get(ASKS):
            yield f"{row.id}: it does not say what is asked"
        yield from (f"{row.id}: `{name}` says nothing" for name in (OPEN, YOURS) if row.said.get(name) == "")
        if not row.tests and TESTS in row.said:
            yield f"{row.id}: no test stands below `{TESTS}`"
        if not row.tests and OPEN not in row.said and YOURS not in row.said:
            yield f"{row.id}: it has no test and does not say why"
        if row.tests and not row.paths:
            yield f"{row.id}: it does not say which files do it"
        yield from (f"{row.id}: there is no {path}" for path in row.paths if not (root / path).exists())
        for test in row.tests:
            path, _, name = test.partition("::")
            if name not in known.setdefault(path, tests_in(root / path)):
                yield f"{row.id}: there is no test {test}"


def tests_in(path: Path) -> set[str]:
    """Return the names of the test functions of a file; none when there is no such file."""
    if not path.is_file():
        return set()
    return {one.name for one in ast.parse(path.read_bytes()).body if isinstance(one, ast.FunctionDef)}


def outcomes(results: Iterable[Path], *, stamp: str) -> dict[str, Outcome]:
    """Return path::name to what became of it, from those JUnit files that were written for this stamp.

    A case of several runs failed when it failed in one; skipped in one and passed in another, it passed.
    """
    cases: dict[tuple[str, str], str] = {}
    for path in results:
        for suite in suites(path, stamp=stamp):
            for case in suite.iter("testcase"):
                file, name = case.get("classname", "").replace(".", "/") + ".py", case.get("name", "")
                before = cases.get((file, name), "skipped")
                cases[file, name] = min(before, became(case), key=("failed", "passed", "skipped").index)
    found: dict[str, Outcome] = {}
    for (file, name), verdict in cases.items():
        one = found.setdefault(f"{file}::{name.partition('[')[0]}", Outcome())
        setattr(one, verdict, getattr(one, verdict) + 1)
    return found


def became(case: ElementTree.Element) -> str:
    """Return what became of a case in one run."""
    kinds = {child.tag for child in case}
    if kinds & {"failure", "error"}:
        return "failed"
    return "skipped" if "skipped" in kinds else "passed"


def suites(path: Path, *, stamp: str) -> list[ElementTree.Element]:
    """Return the suites of a JUnit file that were run of the files this stamp stands for."""
    try:
        # The file is what our own run of pytest wrote a moment ago.
        top = ElementTree.parse(path).getroot()  # noqa: S314
    except (FileNotFoundError, ElementTree.ParseError):
        return []
    return [suite for suite in top.iter("testsuite") if suite.get("name") == stamp]


def shortfalls(rows: Iterable[Row], found: dict[str, Outcome]) -> Iterator[str]:
    """Say which rows their tests do not bear out."""
    for row in rows:
        for test in row.tests:
            verdict = found.get(test, Outcome()).verdict
            if verdict != "passed":
                yield f"{row.id}: {verdict}: {test}"


def stamp_of(root: Path) -> str:
    """Return what stands for the files as they are: the commit, and a digest of what differs from it.

    Where there is no checkout there is no commit to give evidence of, and NO_COMMIT says so.
    """
    try:
        commit = git(root, "rev-parse", "HEAD").decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return NO_COMMIT
    new = git(root, "ls-files", "--others", "--exclude-standard", "-z").decode().split("\0")
    changes = git(root, "diff", "HEAD", "--binary")
    changes += b"".join(name.encode() + b"\0" + (root / name).read_bytes() for name in sorted(new) if name)
    return f"{commit}{CHANGED}{sha256(changes).hexdigest()}" if changes else commit


def git(root: Path, *arguments: str) -> bytes:
    """Return what git answers, also in a checkout that somebody else made."""
    return subprocess.run(
        ["git", "-c", "safe.directory=*", *arguments], cwd=root, check=True, capture_output=True
    ).stdout


def run(tests: Collection[str], *, root: Path, stamp: str) -> None:
    """Run these tests and leave their results; whether they pass, the results say."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    command += [f"--junitxml={FURTHER_RESULTS}", "-o", f"junit_suite_name={stamp}", *sorted(tests)]
    subprocess.run(command, cwd=root, check=False)


def machine() -> dict[str, str]:
    """Return what the tests ran on."""
    programs = [shutil.which("chromium"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))]
    said = [
        subprocess.run([str(one), "--version"], check=False, capture_output=True, text=True)
        for one in programs
        if one
    ]
    return {
        "system": platform.platform(),
        "processor": f"{platform.machine()}, {os.cpu_count()} of them",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "SQLite": sqlite3.sqlite_version,
        "programs": "; ".join(one.stdout.strip() for one in said) or "none",
    }


def evidence(
    rows: list[Row], found: dict[str, Outcome], problems: list[str], *, stamp: str, date: str, root: Path
) -> dict[str, Any]:
    """Return everything that is known, ready to be written as JSON."""
    total = Outcome()
    for one in found.values():
        total.passed += one.passed
        total.failed += one.failed
        total.skipped += one.skipped
    kept = [path for path in (MATRIX, THREATS, *EVERY_RESULT) if (root / path).is_file()]
    return {
        "commit": stamp.partition(CHANGED)[0],
        "files_as_committed": stamp != NO_COMMIT and CHANGED not in stamp,
        "date": date,
        "complete": not problems,
        "problems": problems,
        "counts": counts(rows),
        "tests_named": len({test for row in rows for test in row.tests}),
        "cases_run": asdict(total),
        "machine": machine(),
        "versions": {one.metadata["Name"]: one.version for one in distributions()},
        "sha256": {path: sha256((root / path).read_bytes()).hexdigest() for path in kept},
        "rows": [told(row, found) for row in rows],
    }


def counts(rows: Iterable[Row]) -> dict[str, int]:
    """Return how many rows of regulations stand how, and how many threats there are."""
    found = Counter("threats" if row.part.startswith(AGAINST) else row.state for row in rows)
    return {state: found[state] for state in (*STATES, "threats")}


def told(row: Row, found: dict[str, Outcome]) -> dict[str, Any]:
    """Return a row with what became of its tests."""
    outcomes_of = {test: found.get(test, Outcome()) for test in row.tests}
    tests = [{"test": test, "verdict": one.verdict, **asdict(one)} for test, one in outcomes_of.items()]
    verdicts = {one.verdict for one in outcomes_of.values()}
    order = ("failed", "not run", "skipped", "passed")
    return {
        "id": row.id,
        "title": row.title,
        "part": row.part,
        "state": row.state,
        "verdict": next((one for one in order if one in verdicts), "no test"),
        "asks": row.said.get(ASKS, ""),
        "done_by": row.said.get(DONE, ""),
        "paths": row.paths,
        "not_covered_yet": row.said.get(OPEN, ""),
        "yours": row.said.get(YOURS, ""),
        "tests": tests,
    }


def write(known: dict[str, Any], folder: Path) -> dict[str, str]:
    """Write the evidence, and return file to digest."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "evidence.json": json.dumps(known, indent=1, ensure_ascii=False) + "\n",
        "evidence.html": page(known),
    }
    digests = {}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        digests[name] = sha256(text.encode()).hexdigest()
    sums = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
    return digests


def gather(
    *, root: Path, date: str, draft: bool, again: Callable[..., None] = run
) -> tuple[dict[str, Any], dict[str, str]]:
    """Join rows to results, running what has none, and write what came of it.

    draft   whether files may differ from the commit; otherwise nothing is run of files nobody can fetch again
    """
    stamp = stamp_of(root)
    rows, problems = read((root / MATRIX).read_text(encoding="utf-8"))
    rows += threats((root / THREATS).read_text(encoding="utf-8"))
    problems += faults(rows, root=root)
    committed = stamp != NO_COMMIT and CHANGED not in stamp
    if not committed and not draft:
        problems.append("the files are those of no commit: commit them, or ask for a draft")
    elif missing := lacking(rows, root=root, stamp=stamp):
        print(f"{len(missing)} tests have no result of these files: running them", flush=True)
        again(missing, root=root, stamp=stamp)
    found = outcomes([root / path for path in EVERY_RESULT], stamp=stamp)
    if committed or draft:
        problems += shortfalls(rows, found)
    known = evidence(rows, found, problems, stamp=stamp, date=date, root=root)
    return known, write(known, root / FOLDER)


def lacking(rows: Iterable[Row], *, root: Path, stamp: str) -> set[str]:
    """Return the tests to run: none when all have results, otherwise those that no run of everything had."""
    named = {test for row in rows for test in row.tests}
    here = {test for test in named if test.partition("::")[2] in tests_in(root / test.partition("::")[0])}
    if here <= set(outcomes([root / path for path in EVERY_RESULT], stamp=stamp)):
        return set()
    return here - set(outcomes([root / CORE_RESULTS, root / RESULTS], stamp=stamp))


def main() -> int:
    """Write the evidence and say in a few lines what it holds; 1 when a row does not hold."""
    parser = argparse.ArgumentParser(
        description="Join docs/traceability.md to the test results of this commit."
    )
    parser.add_argument("--stamp", action="store_true", help="say what stands for the files as they are")
    parser.add_argument("--date", default="", help="when the evidence is made, as it shall say")
    parser.add_argument("--draft", action="store_true", help="allow files that differ from the commit")
    asked = parser.parse_args()
    if asked.stamp:
        print(stamp_of(ROOT))
        return 0
    known, digests = gather(root=ROOT, date=asked.date, draft=asked.draft)
    print(f"Commit     {known['commit']}{'' if known['files_as_committed'] else ', with changes: a draft'}")
    print(f"Rows       {', '.join(f'{number} {state}' for state, number in known['counts'].items())}")
    print(f"Tests      {known['tests_named']} named; cases run: {known['cases_run']}")
    for name, digest in digests.items():
        print(f"Written    {FOLDER}/{name}  SHA-256 {digest}")
    if known["problems"]:
        print(
            f"{len(known['problems'])} rows or files do not hold:",
            *known["problems"],
            sep="\n  ",
            file=sys.stderr,
        )
    return 1 if known["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
