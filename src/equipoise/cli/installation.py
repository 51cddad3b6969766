"""What the commands of the web system share: where the installation lies, and how its parts are reached.

Holds one option and one check. Refuses to import a model: Django must be started first.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

HOME = "EQUIPOISE_HOME"

F = TypeVar("F", bound=Callable[..., Any])


def home_option(function: F) -> F:
    """Give a command the option `--home`."""
    return click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        envvar=HOME,
        required=True,
        metavar="DIR",
        help=f"The study's data folder; {HOME} says it too.",
    )(function)


def new_password(given: bool) -> str:  # noqa: FBT001 - it mirrors a flag of the command line
    """Return a password: the first line of standard input when so wished, else asked for twice."""
    if given:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
