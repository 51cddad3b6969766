"""`equipoise erase`: take a value away for good, by a named decision."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot
from equipoise.conduct.stores import clock

EXAMPLE = (
    "Example: equipoise erase --home study --table entry --row 4711 --reason 'a name; decided by A. Ruiz'"
)


@click.command(name="erase", epilog=EXAMPLE)
@home_option
@click.option(
    "--store", type=click.Choice(["trial", "allocation", "identity"]), default="trial", show_default=True
)
@click.option("--table", required=True)
@click.option("--row", "rows", type=int, multiple=True, required=True, help="May be given more than once.")
@click.option("--reason", required=True, help="Who decided it, and why; it is kept for ever.")
@click.confirmation_option(prompt="The value cannot be brought back. Erase it?")
def command(*, home: Path, store: str, table: str, rows: tuple[int, ...], reason: str) -> None:
    """Erase the values of rows; that they were written, by whom and when, stays provable.

    Needs the keys folder. Backups and exports made before still hold the values.
    """
    erasing = boot.operation("erasing", home=home)
    erasing.erase(boot.current(), store, table=table, rows=rows, at=clock.now(), reason=reason)
    click.echo(f"Erased     {len(rows)} of {table}: delete or erase in backups made before, too")
