"""`equipoise report`: the report of an analysis, written again."""

from pathlib import Path

import click

from equipoise import report

EXAMPLE = "Example: equipoise report result"


@click.command(name="report", epilog=EXAMPLE)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
def command(folder: Path) -> None:
    """Write DIR/report.html again from what `analyze` left in DIR."""
    click.echo(f"Report: {report.write(folder)}")
