"""`equipoise schema`: the JSON Schema of protocol files."""

import json

import click

from equipoise.protocol import schema

EXAMPLE = "Example: equipoise schema > protocol.schema.json"


@click.command(name="schema", epilog=EXAMPLE)
def command() -> None:
    """Print the JSON Schema (2020-12) of protocol files, for completion and hints in editors."""
    click.echo(json.dumps(schema.schema(), indent=2, ensure_ascii=False))
