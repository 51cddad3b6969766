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
@click.option("--unblinded", is_flag=True, help="With hidden items and every arm: for unblinded people only.")
@click.option(
    "--allocation-key",
    "key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The allocation key; an unblinded export needs it.",
)
@click.option("--for", "email", default="", metavar="EMAIL", help="The independent statistician who gets it.")
@click.option("--by", "person", default="system", hidden=True, help="Id of the person who asked for it.")
def command(*, home: Path, out: Path, unblinded: bool, key: Path | None, email: str, person: str) -> None:
    """Write the records of the study to the dataset folder --out.

    What is hidden from any role is left out, and arms are not in it: it is fit for blinded people. The folder
    names the head of the audit chain it was taken at, and the export is an event of that chain.

    With --unblinded the records lie in --out/records, hidden items included, and every arm in
    --out/allocation.csv. Each arm is written down as read by whoever gets it, before it is opened.
    """
    if unblinded:
        if key is None or not email:
            raise click.UsageError("--unblinded needs --allocation-key FILE and --for EMAIL")
        said = boot.operation("exporting", home=home).export_unblinded(
            out, key=key, email=email, at=clock.now()
        )
        click.echo(f"Exported   {out}: {said}")
        click.echo("Unblinded: nobody who works blind may see this folder.")
        return
    if key is not None or email:
        raise click.UsageError("--allocation-key and --for go with --unblinded")
    said = boot.operation("exporting", home=home).export(out, at=clock.now(), by=person)
    click.echo(f"Exported   {out}: {said}")
