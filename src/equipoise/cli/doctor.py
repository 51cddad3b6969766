"""`equipoise doctor`: what is set up wrongly, and how to mend it."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot, settings
from equipoise.conduct.config.examination import files, machine
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import clock
from equipoise.errors import Problem, TrialError

EXAMPLE = "Example: equipoise doctor --home study"


@click.command(name="doctor", epilog=EXAMPLE)
@home_option
@click.pass_context
def command(ctx: click.Context, *, home: Path) -> None:
    """Look at machine, mail, proxy, backups, stores, people and places, and say all that is wrong.

    Each line says what is wrong and what mends it. Leaves with 1 when anything endangers data, blinding or
    people; a warning alone leaves with 0. Names nobody and shows no secret: its lines may be mailed.
    """
    try:
        boot.refuse_root(home)
        study = settings.read(home)
    except settings.SettingsError as error:
        found = list(error.problems)
    else:
        found = [*_machine(study), *_stores(home)]
    for problem in sorted(found, key=lambda one: one.severity):
        click.echo(str(problem) if problem.severity == "warning" else f"error: {problem}")
    errors = sum(one.severity == "error" for one in found)
    click.echo(f"{errors} errors, {len(found) - errors} warnings" if found else "Nothing is wrong.")
    ctx.exit(1 if errors else 0)


def _machine(study: Settings) -> list[Problem]:
    return [
        *files.key_problems(study),
        *files.settings_problems(study),
        *machine.disk(study),
        *machine.folders(study),
        *machine.backups(study, at=clock.now()),
        *machine.anchors(study),
        *machine.mail(study),
        *machine.way_in(study, at=clock.now()),
    ]


def _stores(home: Path) -> list[Problem]:
    """Look at the stores, which needs the key that Django starts with."""
    try:
        examining = boot.operation("examining", home=home)
    except TrialError as error:
        hint = "mend the keys first, then look again"
        return [Problem(f"the stores were not looked at: {error.args[0].splitlines()[0]}", hint, "stores")]
    found: list[Problem] = examining.examine(boot.current(), at=clock.now())
    return found
