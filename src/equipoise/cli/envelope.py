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


@command.command(name="make")
@home_option
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="New folder for the sealed files.",
)
@click.option(
    "--words",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="New file for the words that open them: print it, then destroy it.",
)
def make(*, home: Path, out: Path, words: Path) -> None:
    """Seal each participant's treatment into a file of its own, for a code break without the system.

    Every file is as long as every other. The words go into a file elsewhere: print it, cut it up, put each
    participant's words into an envelope, and keep files and envelopes apart. Older files are then destroyed
    and reported so.
    """
    made = boot.operation("enveloping", home=home).make(
        folder=out.resolve(), words=words.resolve(), at=clock.now()
    )
    click.echo(f"Sealed     {made} files in {out}")
    click.echo(f"Words      {words}: print it, keep it apart from the files, destroy the file")


@command.command(name="report")
@home_option
@click.argument("code")
@click.option("--status", type=click.Choice(["opened", "destroyed", "lost"]), default="opened")
@click.option(
    "--by", "email", default="", metavar="EMAIL", help="Who opened it; left out: somebody without access."
)
@click.option("--when", required=True, metavar="INSTANT", help="With offset: 2026-11-23T02:10-08:00.")
@click.option("--reason", required=True, metavar="TEXT")
def report(*, home: Path, code: str, status: str, email: str, when: str, reason: str) -> None:
    """Report what became of the sealed file CODE: whoever opened it counts as told from then on."""
    participant = boot.operation("enveloping", home=home).report(
        code=code, status=status, email=email, when=when, reason=reason, at=clock.now()
    )
    click.echo(f"Noted      {code.upper()}, {participant}: {status}")


@command.command(name="account")
@home_option
@click.argument(
    "folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path), required=True
)
@click.pass_context
def account(ctx: click.Context, *, home: Path, folders: tuple[Path, ...]) -> None:
    """Compare FOLDERS with the sealed files that were made; list what is missing and was not reported."""
    found = boot.operation("enveloping", home=home).account(list(folders))
    click.echo(f"Sealed     {found.present} files are there")
    for participant, code in found.missing:
        click.echo(
            f"Missing    {participant}, file {code}: find it, or report it as opened, destroyed or lost"
        )
    for name in found.changed:
        click.echo(f"Changed    {name}: not as it was made")
    for name in found.strange:
        click.echo(f"Strange    {name}: nobody made it here")
    ctx.exit(1 if found.missing or found.changed or found.strange else 0)


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
        envelopes.unclose_any(file, plain, words=words, purposes=PURPOSES)
        click.echo(plain.read_text(encoding="utf-8").rstrip())


PURPOSES = ("code break", "emergency list")
"""What a sealed file may be."""
