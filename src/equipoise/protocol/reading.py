"""Protocol files as protocols: YAML, then the model; every complaint with its line.

Holds the translation of the model's complaints into words. Refuses to judge what could be read (`check`).
"""

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from equipoise import source
from equipoise.errors import Problem, ProtocolError
from equipoise.protocol.model import Protocol

OPENING = "equipoise: 1"
TAGS = frozenset({"plain", "stated", "one", "many", "number", "by_arm"})


def parse(text: str | bytes, *, name: str) -> tuple[Protocol | None, source.Document | None, list[Problem]]:
    """Read and build a protocol without judging it.

    Returns  the protocol, or None when it cannot be built; the document, or None when it is not YAML; and
             every problem found on the way
    """
    try:
        document = source.read(text, name=name, opening=OPENING)
    except ProtocolError as error:
        return None, None, list(error.problems)
    if not isinstance(document.data, dict):
        return (
            None,
            document,
            [document.problem((), "a protocol is a mapping of keys", hint=f"start with `{OPENING}`")],
        )
    try:
        return Protocol.model_validate_json(json.dumps(document.data)), document, []
    except ValidationError as error:
        return None, document, list(_explain(error.errors(include_url=False), document))


def _explain(errors: Iterable[ErrorDetails], document: source.Document) -> Iterable[Problem]:
    seen = set()
    for error in errors:
        path = path_of(error["loc"], document.data)
        message, hint = _words(error, path)
        missing_or_extra = error["type"] in {"missing", "extra_forbidden"}
        place = path[:-1] if error["type"] == "missing" else path
        problem = document.problem(place, message, hint=hint, key=missing_or_extra)
        if problem not in seen:
            seen.add(problem)
            yield problem


def path_of(loc: tuple[int | str, ...], data: Any) -> source.Path:
    """Return where a complaint of the model stands: without its tags, with the file's own keys."""
    path: list[str | int] = []
    for part in loc:
        if isinstance(data, dict):
            if part in TAGS and part not in data:
                continue
            key = part if part in data else next((known for known in data if str(known) == part), part)
            path.append(key)
            data = data.get(key)
        elif isinstance(data, list) and isinstance(part, int):
            path.append(part)
            data = data[part] if part < len(data) else None
        elif part not in TAGS and part != "[key]":
            path.append(part)
    return tuple(path)


def _words(error: ErrorDetails, path: source.Path) -> tuple[str, str]:
    kind = error["type"]
    if kind == "missing":
        return f"`{path[-1]}` is missing", ""
    if kind == "extra_forbidden":
        near = _nearest(str(path[-1]), _siblings(error["loc"]))
        comma = "text with a comma needs quotes inside { }" if error["input"] is None else ""
        return f"unknown key `{path[-1]}`", near or comma
    if kind == "string_pattern_mismatch":
        return (
            f"{_shown(error['input'])} is not a valid identifier here",
            "letters, digits and _, a letter first",
        )
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
        return f"{_shown(error['input'])} is not one of: {', '.join(allowed)}", _nearest(
            str(error["input"]), allowed
        )
    return f"{_decapitalize(error['msg'])}; found {_shown(error['input'])}", ""


def _siblings(loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that would be known where an unknown one stands, by walking the model."""
    model: Any = Protocol
    for part in loc[:-1]:
        model = _inside(model, part)
    fields = model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}
    return [field.alias or name for name, field in fields.items()]


def _inside(model: Any, part: int | str) -> Any:
    if isinstance(model, type) and issubclass(model, BaseModel) and isinstance(part, str):
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        return _models_in(field.annotation) if field is not None else model
    return model


def _models_in(annotation: Any) -> Any:
    """Return the first model class named in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [_models_in(inner) for inner in getattr(annotation, "__args__", ())]
    return next((one for one in found if one is not None), None)


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else ""


def _shown(value: Any) -> str:
    shown = value if isinstance(value, str) else json.dumps(value, default=str)
    return f"`{shown if len(shown) <= 60 else shown[:57] + '...'}`"


def _decapitalize(message: str) -> str:
    return message[:1].lower() + message[1:]
