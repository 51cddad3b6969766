"""`equipoise upgrade`: bring the tables, triggers and rights of a study up to this version."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot

EXAMPLE = "Example: equipoise upgrade --home study"


@click.command(name="upgrade", epilog=EXAMPLE)
@home_option
def command(*, home: Path) -> None:
    """Bring a study's tables, triggers and rights up to this version.

    Stop `serve` and take a backup first.
    """
    boot.operation("upgrading", home=home).upgrade(boot.current())
    click.echo(f"Upgraded   {home}")
