"""`equipoise site`: the places where participants are seen."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot
from equipoise.conduct.stores import clock

EXAMPLE = "Example: equipoise site add --home study SEA --name Seattle --time-zone America/Los_Angeles"


@click.group(name="site", epilog=EXAMPLE)
def command() -> None:
    """Add places where participants are seen."""


@command.command()
@click.argument("site")
@home_option
@click.option("--name", required=True)
@click.option("--time-zone", required=True, metavar="ZONE", help="IANA name; study days are its local dates.")
def add(*, site: str, home: Path, name: str, time_zone: str) -> None:
    """Add SITE, 1 to 16 letters, digits and _ that become part of participants' ids."""
    boot.operation("setting_up", home=home).add_site(
        site=site, name=name, time_zone=time_zone, at=clock.now()
    )
    click.echo(f"Added      {site} ({name}, {time_zone})")
