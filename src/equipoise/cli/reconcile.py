"""`equipoise reconcile`: finish what was begun in two stores and cut off."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot
from equipoise.conduct.stores import clock

EXAMPLE = "Example: equipoise reconcile --home study"


@click.command(name="reconcile", epilog=EXAMPLE)
@home_option
@click.pass_context
def command(ctx: click.Context, *, home: Path) -> None:
    """Finish consents, randomizations and unblindings that were cut off between two stores.

    `equipoise serve` does it at its start and every minute; nobody gets two kits, however often it is called.
    """
    done = boot.operation("reconciling", home=home).reconcile(at=clock.now())
    for participant in done.finished:
        click.echo(f"Finished   {participant}")
    for problem in done.problems:
        click.echo(str(problem), err=True)
    if not done.finished and not done.problems:
        click.echo("Nothing was open.")
    ctx.exit(1 if done.problems else 0)
