"""`equipoise restore`: a study again, from a backup and its keys."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot, restoration
from equipoise.conduct.stores import clock
from equipoise.errors import IntegrityError

EXAMPLE = (
    "Example: equipoise restore /mnt/backups/equipoise-20261123T100000Z --home study --keys /media/usb/keys"
)


@click.command(name="restore", epilog=EXAMPLE)
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@home_option
@click.option(
    "--keys",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="The keys with which the backup was sealed, or a copy of them.",
)
@click.option(
    "--database",
    default="",
    metavar="URL",
    help="PostgreSQL account that may create databases and roles, for a backup of PostgreSQL.",
)
@click.option("--name", default="equipoise", show_default=True, help="What the databases' names begin with.")
def command(*, backup: Path, home: Path, keys: Path, database: str, name: str) -> None:
    """Restore BACKUP into a new data folder, and verify all of it.

    Never writes over a study. What was written after the backup is lost; every chain says so from then on.
    """
    manifest = restoration.lay_out(backup, home=home, keys=keys, administrator=database, name=name)
    boot.operation("backups", home=home).finish(boot.current(), manifest, at=clock.now())
    click.echo(f"Restored   {home} as of {manifest.at}")
    done = boot.operation("verifying", home=home).verify(boot.current())
    click.echo(done.summary())
    if done.problems:
        raise IntegrityError("the backup is not what was written", done.problems)
