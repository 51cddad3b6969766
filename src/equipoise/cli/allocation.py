"""`equipoise allocation`: the list that participants are randomized by."""

from pathlib import Path
from typing import Any

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot
from equipoise.conduct.stores import clock

EXAMPLE = "Example: equipoise allocation extend --home study --length 200"


@click.group(name="allocation", epilog=EXAMPLE)
def command() -> None:
    """Draw the allocation list, draw it on, and reveal it at the end. No command prints a treatment."""


@command.command()
@home_option
@click.option("--length", type=click.IntRange(min=1), help="Places a stratum; the protocol's when left out.")
def draw(*, home: Path, length: int | None) -> None:
    """Draw a list anew, before anybody is randomized; `init` has drawn one already."""
    _say(boot.operation("allocating", home=home).draw(at=clock.now(), length=length))


@command.command()
@home_option
@click.option("--length", type=click.IntRange(min=1), required=True, help="Places a stratum from now on.")
def extend(*, home: Path, length: int) -> None:
    """Draw the list in use on, from the same seed."""
    _say(boot.operation("allocating", home=home).extend(length=length, at=clock.now()))


@command.command()
@home_option
@click.option("--list", "number", type=click.IntRange(min=1), default=1, show_default=True)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder for salt and list, which tell every arm.",
)
def reveal(*, home: Path, number: int, out: Path) -> None:
    """Reveal a list and its salt, once nobody needs to be blind any more, and prove the commitment."""
    found = boot.operation("allocating", home=home).reveal(number=number, folder=out, at=clock.now())
    click.echo(f"Proved     list {found.number} is the one committed to: {found.commitment}")
    click.echo(f"Revealed   {out}: whoever reads it knows every arm")


def _say(made: Any) -> None:
    click.echo(f"Drawn      list {made.number}, {made.length} places a stratum")
    click.echo(f"Committed  {made.sha256}")
