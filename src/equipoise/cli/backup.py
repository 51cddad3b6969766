"""`equipoise backup`: every store, sealed, while work goes on."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot
from equipoise.conduct.stores import clock

EXAMPLE = "Example: equipoise backup --home study --out /mnt/backups"


@click.command(name="backup", epilog=EXAMPLE)
@home_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR")
def command(*, home: Path, out: Path) -> None:
    """Back a study up into a new folder inside DIR, each store sealed with its own key.

    All three stores are of one moment. The keys are not in it: keep a copy of their folder elsewhere.
    """
    folder, manifest = boot.operation("backups", home=home).back_up(boot.current(), out, at=clock.now())
    counts = ", ".join(f"{store} {count:,}" for store, count in manifest.counts.items())
    click.echo(f"Backed up  {folder}: events {counts}")
