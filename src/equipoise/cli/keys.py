"""`equipoise keys`: which keys there are, and new ones in their place."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot, settings
from equipoise.conduct.stores import clock, keys

EXAMPLE = "Example: equipoise keys rotate --home study"
WHAT = {
    "web": "signs sessions, seals second factors",
    "codes": "makes the codes in addresses and mails; stays for ever",
    "trial": "seals the trial store's backups",
    "allocation": "seals arms, and the allocation store's backups",
    "identity": "seals every person's own key, and the identity store's backups",
}
"""Key to what it does."""


@click.group(name="keys", epilog=EXAMPLE)
def command() -> None:
    """Say which keys an installation has, and put new ones in their place."""


@command.command(name="list")
@home_option
def list_(*, home: Path) -> None:
    """Say what each key is for, and by which mark it is known: a mark tells nothing of its key."""
    study = settings.read(home)
    for name, what in WHAT.items():
        if name == "codes" and not (study.keys / f"{name}.key").exists():
            click.echo(f"{name:<10} {'made from web':<18} {what}")
            continue
        click.echo(f"{name:<10} {keys.fingerprint(keys.read(study.keys, name)):<18} {what}")


@command.command()
@click.argument("names", nargs=-1, type=click.Choice([name for name in WHAT if name != "codes"]))
@home_option
def rotate(*, names: tuple[str, ...], home: Path) -> None:
    """Replace the keys NAMES, or all: what they seal is sealed anew, and each leaves an event.

    Stop `serve` first. Cut off anywhere, the same command finishes what was begun. Keys that were replaced
    stay in the folder `former`, since backups made before open with them alone.
    """
    rotating = boot.operation("rotating", home=home)
    for one in rotating.rotate(boot.current(), names=names, at=clock.now()):
        how = "finished what was cut off" if one.resumed else "replaced"
        click.echo(f"{one.name:<10} {how}; its mark is {one.fingerprint}")
    click.echo(f"Copy       {boot.current().keys}: no backup made from now on opens with an older copy")
