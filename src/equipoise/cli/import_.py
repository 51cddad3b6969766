"""`equipoise import`: what another system holds, as drafts for a protocol file."""

from pathlib import Path
from typing import get_args

import click

from equipoise.errors import Problem, ProtocolError
from equipoise.exchange import redcap, remark, spreadsheet
from equipoise.protocol.part import Role

EXAMPLE = "Example: equipoise import redcap dictionary.csv --out draft-forms.yaml --remarks remarks.csv"


@click.group(name="import", epilog=EXAMPLE)
def command() -> None:
    """Make drafts for a protocol file from another system's files."""


@command.command(name="redcap", epilog=EXAMPLE)
@click.argument("dictionary", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE")
@click.option(
    "--remarks",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the list of what was not carried over to FILE, a CSV for spreadsheets.",
)
@click.option(
    "--filled-by",
    type=click.Choice(get_args(Role)),
    default="coordinator",
    show_default=True,
    metavar="ROLE",
    help="Who fills the forms: a dictionary does not say.",
)
@click.option("--keep-identifiers", is_flag=True, help="Carry over fields marked as telling who somebody is.")
def redcap_command(
    *, dictionary: Path, out: Path, remarks: Path | None, filled_by: Role, keep_identifiers: bool
) -> None:
    """Make draft forms of the data dictionary DICTIONARY, a CSV file as REDCap downloads it.

    The drafts are the `forms:` section of a protocol file, to be read, put into visits and checked there.
    What could not be carried over is listed by row, with the reason and what to do; what REDCap only lays out
    on its page is counted. With --remarks the whole list goes to a file.
    """
    _refuse_overwriting(out, dictionary)
    drafted = redcap.read(
        dictionary.read_bytes(), name=dictionary.name, filled_by=filled_by, keep_identifiers=keep_identifiers
    )
    if not drafted.forms:
        hint = "read the list; --keep-identifiers carries more over"
        raise ProtocolError(f"nothing of {dictionary} can be asked", [Problem(drafted.summary(), hint)])
    out.write_text(drafted.to_yaml(source=dictionary.name), encoding="utf-8")
    if remarks is not None:
        _refuse_overwriting(remarks, dictionary)
        rows = (one.cells() for one in drafted.remarks)
        # A byte order mark, or spreadsheets take UTF-8 for something else.
        remarks.write_text(spreadsheet.write(remark.COLUMNS, rows), encoding="utf-8-sig", newline="")
    _tell(drafted, dictionary, listed=remarks is None)
    click.echo(f"{out}: {drafted.summary()}")


def _refuse_overwriting(path: Path, dictionary: Path) -> None:
    if path.exists() and path.samefile(dictionary):
        raise click.UsageError(f"{path} is the dictionary itself: name another file")


def _tell(drafted: redcap.Drafted, dictionary: Path, *, listed: bool) -> None:
    shown = [one for one in drafted.remarks if one.grade != "layout"] if listed else []
    for one in shown:
        click.echo(one.line(str(dictionary)))
    for outcome, reason, number in remark.counts(drafted.remarks):
        click.echo(f"{number:>6}  {outcome}: {reason}")
