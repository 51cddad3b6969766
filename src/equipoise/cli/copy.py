"""`equipoise copy`: participants' records as documents that people read."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot
from equipoise.conduct.stores import clock

EXAMPLE = "Example: equipoise copy --home study --for auditor@example.org --out copies"


@click.command(name="copy", epilog=EXAMPLE)
@home_option
@click.option("--for", "email", required=True, metavar="EMAIL", help="Whose eyes it is made with.")
@click.option("--participant", default="", metavar="ID", help="One participant; all when left out.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR")
def command(*, home: Path, email: str, participant: str, out: Path) -> None:
    """Write each participant's whole record to DIR as a page to read or print.

    Consent, visits, every form with every version of each answer (who, when, why), steps, signatures and
    queries: what the person --for may see on pages, and nothing else. They need a role that reads the audit
    trail. DIR/SHA256SUMS holds the digest of each page, and each copy is an event of the trail.
    """
    copying = boot.operation("copying", home=home)
    said = copying.write(out, email=email, participant=participant, at=clock.now())
    click.echo(f"Copied     {out}: {said}")
