"""`equipoise verify`: whether anything was changed behind the system's back."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot
from equipoise.conduct.stores import clock
from equipoise.errors import IntegrityError

EXAMPLE = "Example: equipoise verify --home study --anchors /mnt/elsewhere/anchors.jsonl"


@click.command(name="verify", epilog=EXAMPLE)
@home_option
@click.option(
    "--anchors",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Anchors that left this machine: a copy of anchors.jsonl, or a mail. May be given more than once.",
)
@click.option(
    "--export",
    "out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write every chain, with a verifier that needs only Python, into DIR.",
)
@click.option("--withhold", multiple=True, metavar="TABLE", help="Leave a table's rows out of the export.")
def command(*, home: Path, anchors: tuple[Path, ...], out: Path | None, withhold: tuple[str, ...]) -> None:
    """Recompute every event, row and answer of a study, and say all that differs.

    Without --anchors a chain that its owner wrote anew, or cut back, cannot be told from an honest one.
    """
    verifying = boot.operation("verifying", home=home)
    if out is not None:
        verifying.export(out, at=clock.now(), withhold=withhold)
        click.echo(f"Exported   {out}: check it with `python3 {out / 'trial' / 'verify.py'}`")
    done = verifying.verify(boot.current(), anchor_files=anchors)
    click.echo(done.summary())
    if not anchors:
        click.echo("No anchors were given: a chain that its owner cut back or wrote anew looks whole.")
    if done.problems:
        raise IntegrityError("the stores are not what was written", done.problems)
