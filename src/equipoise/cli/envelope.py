"""`equipoise envelope`: sealed files for when the system cannot be reached."""

import sys
import tempfile
from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot
from equipoise.conduct.stores import clock, envelopes

EXAMPLE = "Example: equipoise envelope list --home study --site SEA --out seattle.sealed"
KITS = 8


@click.group(name="envelope", epilog=EXAMPLE)
def command() -> None:
    """Make sealed files for when the system is away, and open them without it."""


@command.command(name="list")
@home_option
@click.option("--site", default="", metavar="SITE", help="Only this site's strata, where sites are strata.")
@click.option("--kits", type=click.IntRange(min=1), default=KITS, show_default=True, help="Kits a stratum.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Sealed file.",
)
def list_kits(*, home: Path, site: str, kits: int, out: Path) -> None:
    """Write the next kit numbers of each stratum, never arms, into a sealed file.

    Keep the file where it can be reached without the system, and the words that open it in an envelope.
    """
    found = boot.operation("allocating", home=home).issue(
        site=site, count=kits, out=out.resolve(), at=clock.now()
    )
    code, words = found
    click.echo(f"Sealed     {out}: emergency list {code}")
    click.echo(f"Opened by  {words}")
    click.echo(
        "Write the words on paper, put them into an envelope, sign across the flap. They are shown once."
    )


@command.command(name="open")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--words-stdin", is_flag=True, help="Read the words from standard input.")
def open_file(*, file: Path, words_stdin: bool) -> None:
    """Print a sealed FILE; needs the words from its envelope, and neither the system nor a key.

    Report it as opened as soon as the system is back.
    """
    words = sys.stdin.readline() if words_stdin else click.prompt("Words", hide_input=True)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain"
        envelopes.unclose(file, plain, words=words, purpose=PURPOSE)
        click.echo(plain.read_text(encoding="utf-8"), nl=False)


PURPOSE = "emergency list"
