"""`equipoise anchor`: send the heads of the audit chains off this machine, now."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot
from equipoise.conduct.stores import clock

EXAMPLE = "Example: equipoise anchor --home study"


@click.command(name="anchor", epilog=EXAMPLE)
@home_option
@click.pass_context
def command(ctx: click.Context, *, home: Path) -> None:
    """Send the heads of every chain to where the settings say.

    `equipoise serve` does it every six hours by itself; call this from a timer when it does not run all day.
    """
    sent = boot.operation("anchoring", home=home).send(boot.current(), at=clock.now())
    for place in sent.places:
        click.echo(f"Sent       {place}")
    for problem in sent.problems:
        click.echo(str(problem), err=True)
    ctx.exit(1 if sent.problems else 0)
