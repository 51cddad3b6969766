"""Standard forms: what every trial of this kind records in the same way, such as adverse events.

Holds the library's door. Each form is one file in `standard/`; a protocol names it and may add items.
"""

import functools
import json
from importlib import resources

from pydantic import ValidationError

from equipoise import source
from equipoise.errors import Problem, ProtocolError
from equipoise.protocol.part import Name, Part, Text, Translations
from equipoise.protocol.schedule import Group, Item

FOLDER = resources.files("equipoise.protocol") / "standard"


class StandardForm(Part):
    """A form of the library."""

    id: Name
    """Identifier; also the file's name."""
    label: Text
    """Name as people read it."""
    items: tuple[Item, ...]
    """Its items."""
    groups: tuple[Group, ...] = ()
    """Its repeating groups."""
    translations: Translations = {}
    """Language to its texts and what they say in it."""


@functools.cache
def names() -> tuple[str, ...]:
    """Return the names of all standard forms, sorted."""
    return tuple(
        sorted(path.name.removesuffix(".yaml") for path in FOLDER.iterdir() if path.name.endswith(".yaml"))
    )


@functools.cache
def load(name: str) -> StandardForm:
    """Return a standard form.

    Raises  ProtocolError when there is none of that name, or its file is wrong
    """
    return parse(text(name), name=name)


def text(name: str) -> str:
    """Return the text of a standard form's file.

    Raises  ProtocolError when there is none of that name
    """
    if name not in names():
        problem = Problem(f"there is no standard form `{name}`", f"known: {', '.join(names())}")
        raise ProtocolError("unknown standard form", [problem])
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def parse(content: str, *, name: str) -> StandardForm:
    """Read a standard form from its file's text.

    Raises  ProtocolError when the text is wrong
    """
    document = source.read(content, name=f"{name}.yaml")
    try:
        return StandardForm.model_validate_json(json.dumps(document.data))
    except ValidationError as error:
        raise ProtocolError(f"the standard form {name} is wrong: {error}") from error
