"""The command line: one module per command, loaded when its command is called.

Holds the list of commands and what happens to errors. Refuses to compute anything: a command reads its
arguments, calls the part that does the work, and says what came of it.
"""

import importlib
import keyword
import sys

import click

from equipoise import __version__
from equipoise.errors import IntegrityError, Problem, TrialError

COMMANDS = {
    "check": "List everything wrong with a protocol file.",
    "schema": "Print the JSON Schema of protocol files, for editors.",
    "diff": "Say in words what an amendment changes.",
    "import": "Make draft forms from a REDCap data dictionary.",
    "simulate": "Invent one trial's data from a scenario.",
    "design": "Rehearse the whole trial many times: power, bias, duration.",
    "init": "Set a study up from its protocol file.",
    "serve": "Serve a study to browsers.",
    "site": "Add places where participants are seen.",
    "user": "Add people and give them roles.",
    "allocation": "Draw the allocation list on, or reveal it at the end.",
    "envelope": "Make sealed files for when the system is away, and open them.",
    "reconcile": "Finish what was begun in two stores and cut off.",
    "doctor": "Say what is set up wrongly, and how to mend it.",
    "anchor": "Send the heads of the audit chains elsewhere.",
    "verify": "Recompute everything that was ever written.",
    "keys": "Say which keys there are, and put new ones in their place.",
    "erase": "Take a value away for good.",
    "backup": "Back every store up, sealed.",
    "restore": "Make a study again from a backup.",
    "export": "Write a study's records as a dataset that analyze reads.",
    "copy": "Write participants' records as pages to read.",
    "upgrade": "Bring a study up to this version.",
    "analyze": "Analyze a dataset as the protocol plans.",
    "report": "Write the report of an analysis again.",
    "demo": "Check, simulate, analyze and report the flagship trial.",
}

WEB = {"django", "psycopg", "gunicorn", "cryptography"}
"""Packages that come with the extra `web`: the core goes without them."""

EXIT_PROBLEMS = 1
EXIT_INTEGRITY = 3


class Commands(click.Group):
    """Knows every command's name and one line of help without importing it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Return the commands in the order of a trial's life."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command's module and return its command; None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        try:
            # No module can be called like a word of Python's own.
            module = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
            command: click.Command = importlib.import_module(f"equipoise.cli.{module}").command
        except ModuleNotFoundError as error:
            if not error.name or error.name.partition(".")[0] not in WEB:
                raise
            hint = "pip install 'equipoise[web]'"
            raise click.ClickException(f"`{cmd_name}` needs the web system ({hint})") from error
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands from the table, so that help imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: equipoise check protocols/frontline.yaml",
)
@click.version_option(__version__, prog_name="equipoise")
def equipoise() -> None:
    """Run a randomized trial from one protocol file: check, rehearse, conduct, analyze, report."""


def main() -> None:
    """Run the command line.

    Leaves with 0 done, 1 the input has problems, 2 wrong usage, 3 integrity violated.
    """
    try:
        sys.exit(equipoise(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(EXIT_PROBLEMS)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(EXIT_PROBLEMS)
    except TrialError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_INTEGRITY if isinstance(error, IntegrityError) else EXIT_PROBLEMS)
    except Exception as error:
        if not _is_away(error) and not isinstance(error, OSError):
            raise
        click.echo(str(_refused(error)), err=True)
        sys.exit(EXIT_PROBLEMS)


def _is_away(error: Exception) -> bool:
    """Whether a database did not answer; known by name, since the core goes without its packages."""
    kinds = {(one.__module__.partition(".")[0], one.__name__) for one in type(error).__mro__}
    return any((package, "OperationalError") in kinds for package in WEB)


def _refused(error: Exception) -> Problem:
    if not isinstance(error, OSError):
        said = next(iter(str(error).splitlines()), type(error).__name__)
        hint = "start it, or correct its address in settings.toml; `equipoise doctor` says which"
        return Problem(f"a store does not answer: {said}", hint)
    return Problem(f"cannot read or write: {error.strerror or error}", source=str(error.filename or ""))
