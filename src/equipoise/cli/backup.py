"""`equipoise backup`: every store, sealed, while work goes on."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot
from equipoise.conduct.stores import clock

EXAMPLE = "Example: equipoise backup --home study --out /mnt/backups"


@click.command(name="backup", epilog=EXAMPLE)
@home_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where to; the setting `backup_folder` when left out.",
)
def command(*, home: Path, out: Path | None) -> None:
    """Back a study up into a new folder inside DIR, each store sealed with its own key.

    All three stores are of one moment. The keys are not in it: keep a copy of their folder elsewhere.
    """
    backups = boot.operation("backups", home=home)
    target = out or Path(boot.current().backup_folder)
    if out is None and not boot.current().backup_folder:
        raise click.UsageError("name a folder with --out, or set `backup_folder`")
    folder, manifest = backups.back_up(boot.current(), target, at=clock.now())
    counts = ", ".join(f"{store} {count:,}" for store, count in manifest.counts.items())
    click.echo(f"Backed up  {folder}: events {counts}")
