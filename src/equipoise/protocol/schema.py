"""The vocabulary described: JSON Schema for editors, and the field reference for readers.

Holds the translation of the models and of the text under each field. The texts are read from the sources when
asked for, not when the package is imported.
"""

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from equipoise.protocol import arms, care, identity, interim, model, part, plan, scenarios, schedule
from equipoise.protocol.model import Protocol

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MODULES: tuple[ModuleType, ...] = (part, model, identity, arms, schedule, care, plan, interim, scenarios)
Schema = dict[str, Any]
MARKS = ("assumption", "source", "note")
"""Fields that every mapping may have; the reference explains them once."""

_INTRODUCTION = """# Protocol fields

One YAML file holds one trial. `equipoise check FILE` says everything that is wrong with it, and
`equipoise schema` prints the same vocabulary as JSON Schema for editors.

Every mapping may also have these marks of origin: {marks}.

A name is letters, digits and `_`, a letter first. Rules are written in the
[expression language](expressions.md).
"""


def schema() -> Schema:
    """Return the JSON Schema (2020-12) of protocol files, with a description of every field."""
    found = Protocol.model_json_schema(by_alias=True)
    texts = _texts()
    for name, definition in (("Protocol", found), *found.get("$defs", {}).items()):
        _describe(definition, texts, name)
    return {"$schema": DIALECT, **found, "title": "Equipoise protocol"}


def reference_markdown() -> str:
    """Return the field reference as Markdown: one table for each mapping of the file."""
    whole = schema()
    definitions = whole["$defs"]
    marks = "; ".join(
        f"`{name}`, {_lowered(whole['properties'][name]['description'].rstrip('.'))}" for name in MARKS
    )
    parts = [_INTRODUCTION.format(marks=marks)]
    parts += _table("Protocol", whole)
    for name in _reached(whole):
        parts += _table(name, definitions[name])
    return "\n".join(parts).rstrip() + "\n"


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _texts() -> dict[str, dict[str, str]]:
    """Return class to field to text; the class's own text stands under the empty name."""
    found: dict[str, dict[str, str]] = {}
    for module in MODULES:
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef):
                found[node.name] = {
                    "": " ".join((ast.get_docstring(node) or "").split()),
                    **dict(_field_texts(node)),
                }
    return found


def _field_texts(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in zip(node.body, node.body[1:], strict=False):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            yield field.target.id, " ".join(str(text.value.value).split())


def _describe(definition: Schema, texts: dict[str, dict[str, str]], name: str) -> None:
    """Put the texts of a class and its fields into its definition."""
    known = texts.get(name.partition("_")[0], {})
    if known.get(""):
        definition["description"] = known[""]
    aliases = {(field.alias or key): key for key, field in Protocol.model_fields.items()}
    for field, one in definition.get("properties", {}).items():
        key = aliases.get(field, field) if name == "Protocol" else field
        text = known.get(key) or texts["Part"].get(key)
        one.pop("title", None)
        if text:
            one["description"] = text


def _reached(whole: Schema) -> list[str]:
    """Return the definitions in the order in which a reader of the file meets them."""
    order: dict[str, None] = {}
    _reach(whole["properties"], whole["$defs"], order)
    return list(order)


def _reach(node: Any, definitions: Schema, order: dict[str, None]) -> None:
    if isinstance(node, list):
        for one in node:
            _reach(one, definitions, order)
    elif isinstance(node, dict):
        name = _target(node)
        if name is not None and name not in order and "properties" in definitions[name]:
            order[name] = None
            _reach(definitions[name]["properties"], definitions, order)
        for key, one in node.items():
            if key not in ("description", "default"):
                _reach(one, definitions, order)


def _target(node: Schema) -> str | None:
    reference = node.get("$ref")
    return str(reference).rpartition("/")[2] if reference else None


def _table(name: str, definition: Schema) -> list[str]:
    if name.startswith("Stated"):
        return []
    lines = [f"## {name}\n", f"{definition.get('description', '')}\n"]
    lines += ["| field | what it takes | meaning |", "|---|---|---|"]
    required = definition.get("required", ())
    for field, one in definition["properties"].items():
        if field not in MARKS:
            needed = " (required)" if field in required else ""
            lines.append(f"| `{field}`{needed} | {_kind(one)} | {one.get('description', '')} |")
    return [*lines, ""]


_PLAIN = {"integer": "whole number", "number": "number", "boolean": "true or false"}


def _kind(one: Schema) -> str:
    """Return in words what a field takes."""
    target = _target(one)
    if target is not None:
        return (
            "the same as `{value: ..., assumption: true}`" if target.startswith("Stated") else _link(target)
        )
    options = one.get("anyOf") or one.get("oneOf")
    if options:
        kinds = [_kind(option) for option in options if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    return _allowed(one) or _typed(one)


def _allowed(one: Schema) -> str:
    if "enum" in one:
        return "one of " + ", ".join(f"`{value}`" for value in one["enum"])
    return f"`{one['const']}`" if "const" in one else ""


def _typed(one: Schema) -> str:
    match one.get("type"):
        case "array":
            return _list_kind(one)
        case "object":
            return _mapping_kind(one)
        case "string":
            return {"date": "date"}.get(one.get("format", ""), _text_kind(one))
    return _PLAIN.get(str(one.get("type")), "anything") + _limits(one)


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _text_kind(one: Schema) -> str:
    patterns = {part.NAME_PATTERN: "name", part.SLUG_PATTERN: "name (may hold `.` and `-`)"}
    return patterns.get(one.get("pattern", ""), "text")


def _list_kind(one: Schema) -> str:
    if "prefixItems" in one:
        return "list of two: " + ", ".join(_kind(item) for item in one["prefixItems"])
    return f"list of {_kind(one.get('items', {}))}"


def _mapping_kind(one: Schema) -> str:
    values = one.get("additionalProperties")
    patterned = one.get("patternProperties")
    if patterned:
        values = next(iter(patterned.values()))
    return f"mapping to {_kind(values)}" if isinstance(values, dict) else "mapping"


def _limits(one: Schema) -> str:
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    said = [f"{word} {one[key]:g}" for key, word in words.items() if key in one]
    return f", {' and '.join(said)}" if said else ""
