"""Days and instants in answers, beside what the description says of them.

Holds looking. A field that holds a day and does not say so reaches a typed client as text.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from equipoise.conduct.api import document

Document = dict[str, Any]
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")
OFFSET = re.compile(r".*(Z|[+-]\d{2}:\d{2})")
FREE = frozenset({"ItemLine.answer", "VersionLine.answer", "Question.answer", "OpenedApplication.answers"})
"""Fields in which people's answers stand, whatever the question is about: text, for the client too."""


@cache
def described() -> Document:
    """Return the description, made once."""
    return document.made()


def answered(operation: str, status: int, found: Document) -> Document:
    """Return the schema of an operation's answer; {} where it has no content of ours."""
    known = (one for path in found["paths"].values() for one in path.values())
    responses = next(one["responses"] for one in known if one["operationId"] == operation)
    content = responses[str(status)].get("content", {})
    return dict(content.get("application/json", {}).get("schema", {}))


def undeclared(value: Any, schema: Document, found: Document, place: str = "") -> Iterator[str]:
    """Yield every field that holds a day or an instant and is described otherwise."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        yield from undeclared(value, found["components"]["schemas"][name], found, name)
    elif "anyOf" in schema:
        # What may be one of several shapes is, here, a shape or null.
        some = [one for one in schema["anyOf"] if one.get("type") != "null"]
        if value is not None and len(some) == 1:
            yield from undeclared(value, some[0], found, place)
    elif isinstance(value, dict):
        known, other = schema.get("properties", {}), schema.get("additionalProperties")
        for name, one in value.items():
            inner = known.get(name, other if isinstance(other, dict) else {})
            yield from undeclared(one, inner, found, f"{place}.{name}" if name in known else place)
    elif isinstance(value, list):
        places = schema.get("prefixItems")
        for at, one in enumerate(value):
            inner = places[at] if places else schema.get("items", {})
            yield from undeclared(one, inner, found, place)
    elif isinstance(value, str) and place not in FREE:
        yield from _misdescribed(value, schema.get("format", ""), place)


def _misdescribed(text: str, said: str, place: str) -> Iterator[str]:
    held = "date" if DAY.fullmatch(text) else "date-time" if INSTANT.fullmatch(text) else ""
    if held != said and (held or said in ("date", "date-time")):
        yield f"{place} holds {text!r} and is described as {said or 'text'}"
    elif held == "date-time" and not OFFSET.fullmatch(text):
        yield f"{place} holds {text!r}, which has no offset"


CALLED = re.compile(r"(.*_)?(at|on|day|date|since|until)|(opens|closes|today|target|first)")
"""What fields with a day or an instant in them are called here."""


def untyped(found: Document) -> list[str]:
    """Return every field of every shape that is called like a day and is described as a text."""
    return [
        f"{name}.{field}"
        for name, shape in found["components"]["schemas"].items()
        for field, one in shape.get("properties", {}).items()
        if CALLED.fullmatch(field) and any(_is_text(part) for part in (one, *one.get("anyOf", ())))
    ]


def _is_text(schema: Document) -> bool:
    return schema.get("type") == "string" and "format" not in schema
