"""`equipoise report`: the report of an analysis or of a design, written again."""

from pathlib import Path

import click

from equipoise import report

EXAMPLE = "Example: equipoise report result"
ANALYSIS = "results.json"


@click.command(name="report", epilog=EXAMPLE)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
def command(folder: Path) -> None:
    """Write DIR/report.html again from what `analyze` left in DIR, DIR/design.html from what `design` did."""
    designed = report.holds_rehearsal(folder)
    if designed:
        click.echo(f"Report: {report.write_design(folder)}")
    if not designed or (folder / ANALYSIS).exists():
        click.echo(f"Report: {report.write(folder)}")
