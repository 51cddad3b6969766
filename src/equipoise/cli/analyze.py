"""`equipoise analyze`: a dataset as the protocol plans it, with its report."""

import datetime as dt
import shlex
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import click

from equipoise import allocation as allocations
from equipoise import analysis, protocol, records, report
from equipoise.cli.progress import step
from equipoise.errors import Problem, RecordError

EXAMPLE = (
    "Example: equipoise analyze protocols/frontline.yaml --data trial/records "
    "--allocation trial/allocation.csv --out result"
)
MOST_WARNINGS = 20


@dataclass(frozen=True)
class Data:
    """What was observed and, when it may be known, who got what."""

    records: records.Records
    allocation: allocations.Allocation | None


@click.command(name="analyze", epilog=EXAMPLE)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--data", type=click.Path(exists=True, path_type=Path), required=True, metavar="FOLDER_OR_CSV")
@click.option("--allocation", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="CSV")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR")
@click.option(
    "--look", default=analysis.END, show_default=True, metavar="ID", help="Interim look the data belong to."
)
def command(*, file: Path, data: Path, allocation: Path | None, out: Path, look: str) -> None:
    """Analyze data as FILE plans and leave report.html, results.json and manifest.json in DIR.

    --data is a dataset's folder, or a CSV read through FILE's `import:` block. Without --allocation
    (and without arms in the CSV) the report is the blinded one.
    """
    resolved = protocol.resolve(protocol.load(file.read_bytes(), name=str(file)))
    analysis.require_look(resolved, look)
    with step("Reading the data"):
        found = read(data, allocation, resolved)
    done = run(resolved, found, out, look=look)
    for result in done.results:
        click.echo(result.summary())
    click.echo(f"Report: {out / 'report.html'}")


def run(resolved: protocol.Resolved, data: Data, out: Path, *, look: str = analysis.END) -> analysis.Analysis:
    """Analyze, write what the report needs, and write the report."""
    with step("Analyzing"):
        provenance = analysis.Provenance(
            command=shlex.join(["equipoise", *sys.argv[1:]]),
            created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        )
        done = analysis.analyze(resolved, data.records, data.allocation, provenance=provenance, look=look)
        done.write(out)
    with step("Writing the report"):
        report.write(out)
    return done


def read(data: Path, allocation: Path | None, resolved: protocol.Resolved) -> Data:
    """Read a dataset's folder, or a CSV of another system.

    Raises  RecordError with every problem; warnings are printed
    """
    if data.is_dir():
        folder = data / "records" if (data / "records").is_dir() else data
        given = allocations.read(allocation) if allocation else None
        found = records.read(folder)
        judge(found, resolved, name=str(folder))
        return Data(found, given)
    if allocation is not None:
        problem = Problem("--allocation goes with a folder", "a CSV names its arms through `import: arm`")
        raise RecordError("the data cannot be read", [problem])
    imported = records.import_csv(data.read_bytes(), resolved, name=str(data))
    warn(imported.problems)
    return Data(imported.records, imported.allocation)


def judge(found: records.Records, resolved: protocol.Resolved, *, name: str) -> None:
    """Hold the data against the protocol: print warnings, refuse errors.

    Raises  RecordError with every error
    """
    problems = records.check(found, resolved)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise RecordError(f"{name} does not fit the protocol", errors)
    warn(tuple(problems))


def warn(problems: tuple[Problem, ...]) -> None:
    """Print warnings: one line for all rows that share a message, and the number of what was left out."""
    alike = Counter((problem.source, problem.path, problem.message) for problem in problems)
    first = {(problem.source, problem.path, problem.message): problem for problem in reversed(problems)}
    for key, number in list(alike.items())[:MOST_WARNINGS]:
        more = f" [and {number - 1} more rows]" if number > 1 else ""
        click.echo(f"{first[key]}{more}", err=True)
    if len(alike) > MOST_WARNINGS:
        click.echo(f"... and {len(alike) - MOST_WARNINGS} more kinds of warning", err=True)
