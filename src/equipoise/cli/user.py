"""`equipoise user`: let people in, and give them roles, without a browser."""

from pathlib import Path

import click

from equipoise.cli.installation import home_option, new_password
from equipoise.conduct.config import boot
from equipoise.conduct.stores import clock

EXAMPLE = (
    "Example: equipoise user add --home study --name Ana --email ana@b.org --role coordinator --site SEA"
)


@click.group(name="user", epilog=EXAMPLE)
def command() -> None:
    """Add people, give them roles, end their access; each step leaves an event."""


@command.command()
@home_option
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--role", "roles", multiple=True, help="May be given more than once.")
@click.option("--site", default="", help="Where the roles hold; at every site when left out.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(
    *, home: Path, name: str, email: str, roles: tuple[str, ...], site: str, password_stdin: bool
) -> None:
    """Add a person, who chooses another password at the first sign-in."""
    setting_up = boot.operation("setting_up", home=home)
    person = setting_up.add_user(
        name=name, email=email, password=new_password(password_stdin), at=clock.now()
    )
    click.echo(f"Added      {name} as {person}")
    if roles:
        setting_up.grant(email=email, roles=roles, site=site, at=clock.now())
        click.echo(f"Granted    {', '.join(roles)} at {site or 'every site'}")


@command.command()
@home_option
@click.option("--email", required=True)
@click.option("--role", "roles", multiple=True, required=True, help="May be given more than once.")
@click.option("--site", default="", help="Where the roles hold; at every site when left out.")
def grant(*, home: Path, email: str, roles: tuple[str, ...], site: str) -> None:
    """Give a person roles."""
    boot.operation("setting_up", home=home).grant(email=email, roles=roles, site=site, at=clock.now())
    click.echo(f"Granted    {', '.join(roles)} at {site or 'every site'}")


@command.command()
@home_option
@click.option("--email", required=True, help="The address they sign in with so far.")
@click.option("--new", required=True, help="The address from now on.")
@click.option("--reason", required=True)
def address(*, home: Path, email: str, new: str, reason: str) -> None:
    """Let a person sign in with another address; those before it stay on record."""
    setting_up = boot.operation("setting_up", home=home)
    setting_up.change_address(email=email, new=new, reason=reason, at=clock.now())
    click.echo(f"Changed    {email} signs in as {new}")


@command.command()
@home_option
@click.option("--email", required=True)
@click.option("--reason", required=True)
def close(*, home: Path, email: str, reason: str) -> None:
    """End a person's access at once: roles and sessions; what they did stays on record."""
    setting_up = boot.operation("setting_up", home=home)
    setting_up.close_account(email=email, reason=reason, at=clock.now())
    click.echo(f"Closed     the account of {email}")


@command.command(name="list")
@home_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE")
def list_(*, home: Path, out: Path) -> None:
    """Write who had access when: every role anybody ever held, who gave and who ended it, and why.

    FILE is a CSV for a spreadsheet; times are UTC. For a review of access, or a question about a day gone by.
    """
    said = boot.operation("listing", home=home).write(out)
    click.echo(f"Listed     {out}: {said}")
