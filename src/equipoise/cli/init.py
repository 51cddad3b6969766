"""`equipoise init`: a study, ready to serve, from its protocol file."""

from pathlib import Path

import click

from equipoise import protocol
from equipoise.cli.check import WORDINGS, wordings
from equipoise.cli.installation import home_option, new_password
from equipoise.conduct.config import boot, installation
from equipoise.conduct.config.settings import Mode
from equipoise.conduct.stores import clock
from equipoise.errors import ProtocolError

EXAMPLE = (
    "Example: equipoise init protocols/frontline.yaml --home study --keys /media/usb/keys --admin a@b.org"
)


@click.command(name="init", epilog=EXAMPLE)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@home_option
@click.option(
    "--keys",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder for the keys, best on another device; not inside or beside the data folder.",
)
@click.option("--admin", required=True, metavar="EMAIL", help="Who signs in first, to let others in.")
@click.option("--admin-name", default="Administrator", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option(
    "--database",
    default="",
    metavar="URL",
    help="PostgreSQL account that may create databases and roles; without it stores are SQLite files.",
)
@click.option("--name", default="equipoise", show_default=True, help="What the databases' names begin with.")
@click.option(
    "--simulated", is_flag=True, help="For invented data only: marked on every page, never leaves here."
)
def command(
    *,
    file: Path,
    home: Path,
    keys: Path,
    admin: str,
    admin_name: str,
    password_stdin: bool,
    database: str,
    name: str,
    simulated: bool,
) -> None:
    """Set a study up from protocol FILE: data folder, keys, three stores, first administrator."""
    text, texts = _checked(file)
    password = new_password(password_stdin)
    mode: Mode = "simulated" if simulated else "production"
    source = {"protocol_file": str(file.resolve())}
    installation.lay_out(home, keys=keys, mode=mode, administrator=database, name=name, others=source)
    try:
        setting_up = boot.operation("setting_up", home=home)
        now = clock.now()
        commitment = setting_up.begin(boot.current(), text=text, name=file.name, wordings=texts, at=now)
        setting_up.add_user(name=admin_name, email=admin, password=password, at=now, one_time=False)
        setting_up.grant(email=admin, roles=["system_administrator"], site="", at=now)
    except BaseException:
        installation.take_back(home)
        raise
    click.echo(f"Set up     {home} from {file} ({'PostgreSQL' if database else 'SQLite files'})")
    click.echo(f"Keys       {keys}: copy this folder to a safe place now; without it no backup opens")
    click.echo(f"List       drawn; keep its commitment outside the study: {commitment}")
    click.echo(
        f"Sites      equipoise site add --home {home} SEA --name Seattle --time-zone America/Los_Angeles"
    )
    click.echo(f"Start      equipoise serve --home {home}, then sign in as {admin}")
    click.echo(f"Anchors    set `anchor_folder` or `anchor_mail` in {home / 'settings.toml'}")


def _checked(file: Path) -> tuple[str, dict[str, str]]:
    """Return the protocol's text and the wordings beside it; ProtocolError with everything wrong."""
    data = file.read_bytes()
    folder = file.parent / WORDINGS
    wrong = [
        problem
        for problem in [*protocol.check(data, name=str(file)), *wordings(folder)]
        if problem.severity == "error"
    ]
    if wrong:
        raise ProtocolError(f"{file} cannot be used", wrong)
    texts = {
        f"{path.parent.name}/{path.stem}": path.read_text(encoding="utf-8")
        for path in sorted(folder.glob("*/*.yaml"))
    }
    return data.decode(), texts
