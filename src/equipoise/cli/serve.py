"""`equipoise serve`: the study in a browser."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option
from equipoise.conduct.config import boot

EXAMPLE = "Example: equipoise serve --home study --port 8000"
PORT = 8000


@click.command(name="serve", epilog=EXAMPLE)
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
def command(*, home: Path, host: str, port: int) -> None:
    """Serve a study until Ctrl-C.

    Refuses to start, and lists why, when a key can be read by others, a trigger is missing or was altered, a
    migration is waiting, or the running role owns its tables.
    """
    serving = boot.operation("serving", home=home)
    for problem in serving.edited(boot.current()):
        click.echo(str(problem), err=True)
    click.echo(f"Open       http://{'localhost' if host == '127.0.0.1' else host}:{port}/ (Ctrl-C stops)")
    serving.serve(boot.current(), host=host, port=port)
