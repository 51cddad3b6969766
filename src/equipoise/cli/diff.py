"""`equipoise diff`: what an amendment changes, in words."""

from pathlib import Path

import click

from equipoise import protocol

EXAMPLE = "Example: equipoise diff protocols/frontline.yaml protocols/frontline-v2.yaml"


@click.command(name="diff", epilog=EXAMPLE)
@click.argument("old", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("new", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(old: Path, new: Path) -> None:
    """Say what changes from OLD to NEW, part by part, and what it means for data already collected."""
    differences = protocol.diff(old.read_bytes(), new.read_bytes(), old_name=str(old), new_name=str(new))
    part = ""
    for one in differences:
        if one.part != part:
            part = one.part
            click.echo(f"\n{part.capitalize()}")
        click.echo(f"  {one}")
    if not differences:
        click.echo("Nothing that the protocol means has changed.")
