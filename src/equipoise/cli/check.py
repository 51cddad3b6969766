"""`equipoise check`: everything wrong with a protocol file and the wordings beside it, at once."""

from collections.abc import Iterator
from pathlib import Path

import click

from equipoise import instruments, protocol
from equipoise.errors import Problem, ProtocolError

EXAMPLE = "Example: equipoise check protocols/frontline.yaml"
WORDINGS = "wording"
LOOKS = b"interims:"


@click.command(name="check", epilog=EXAMPLE)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def command(ctx: click.Context, file: Path) -> None:
    """List every problem of FILE as file:line:column: message (hint).

    Licensed wordings in wording/LANGUAGE/SCALE.yaml beside FILE are held against their scales as well. Errors
    must be mended before anything else runs; warnings are worth a thought.
    """
    text = file.read_bytes()
    problems = [*protocol.check(text, name=str(file)), *wordings(file.parent / WORDINGS)]
    for problem in problems:
        click.echo(str(problem))
    errors = sum(problem.severity == "error" for problem in problems)
    if not errors and LOOKS in text:
        for line in looks(protocol.load(text, name=str(file))):
            click.echo(f"{file}: {line}")
    warnings = len(problems) - errors
    click.echo(f"{file}: {count(errors, 'error')}, {count(warnings, 'warning')}")
    ctx.exit(1 if errors else 0)


def looks(found: protocol.Protocol) -> Iterator[str]:
    """Yield each planned look in words; where its boundaries lie, `equipoise design` says."""
    for look in found.interims:
        trigger = look.trigger
        share = f"{100 * trigger.fraction:g}% of the planned number" if trigger.fraction else "participants"
        when = f"{trigger.participants} {share}" if trigger.participants else share
        alpha = (
            "spends no alpha" if look.spending.method == "none" else f"spends alpha as {look.spending.method}"
        )
        futility = look.futility
        stops = f"may stop by {futility.method}" if futility else "has no rule of futility"
        binds = ", which binds" if futility and futility.binding else ""
        yield (
            f"look {look.id} at {look.estimand}, when {when} have {trigger.visit}: {alpha}, {stops}{binds}, "
            f"{look.decided_by} decides"
        )


def wordings(folder: Path) -> list[Problem]:
    """Return everything wrong with the wording files of a folder, `LANGUAGE/SCALE.yaml`."""
    problems: list[Problem] = []
    for path in sorted(folder.glob("*/*.yaml")):
        try:
            scale = instruments.load(path.stem)
            instruments.wording(path.read_bytes(), scale, lang=path.parent.name, name=str(path))
        except ProtocolError as error:
            found = error.problems or (Problem(str(error)),)
            problems += [one if one.source == str(path) else _beside(one, path) for one in found]
    return problems


def _beside(problem: Problem, path: Path) -> Problem:
    return Problem(problem.message, problem.hint, problem.path, str(path))


def count(number: int, noun: str) -> str:
    """Return "no errors", "1 error", "2 errors"."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
