"""`equipoise export`: the study's records as a dataset folder that `analyze` reads."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot
from equipoise.conduct.stores import clock

EXAMPLE = "Example: equipoise export --home study --out trial/records"


@click.command(name="export", epilog=EXAMPLE)
@home_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR")
def command(*, home: Path, out: Path) -> None:
    """Write the records of the study to the dataset folder --out.

    What is hidden from any role is left out, and arms are not in it: it is fit for blinded people. The folder
    names the head of the audit chain it was taken at, and the export is an event of that chain.
    """
    said = boot.operation("exporting", home=home).export(out, at=clock.now())
    click.echo(f"Exported   {out}: {said}")
