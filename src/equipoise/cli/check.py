"""`equipoise check`: everything wrong with a protocol file, at once."""

from pathlib import Path

import click

from equipoise import protocol

EXAMPLE = "Example: equipoise check protocols/frontline.yaml"


@click.command(name="check", epilog=EXAMPLE)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def command(ctx: click.Context, file: Path) -> None:
    """List every problem of FILE as file:line:column: message (hint).

    Errors must be mended before anything else runs; warnings are worth a thought.
    """
    problems = protocol.check(file.read_bytes(), name=str(file))
    for problem in problems:
        click.echo(str(problem))
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    click.echo(f"{file}: {count(errors, 'error')}, {count(warnings, 'warning')}")
    ctx.exit(1 if errors else 0)


def count(number: int, noun: str) -> str:
    """Return "no errors", "1 error", "2 errors"."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
