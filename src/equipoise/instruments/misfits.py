"""What a model refused, in words and with the place in the file.

Holds the translation of one kind of error report into `Problem`s. Refuses to hold rules of its own.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from equipoise.errors import Problem
from equipoise.source import Document, Path

NOWHERE: Mapping[Path, Path] = {}


def misfits(
    error: ValidationError, document: Document, *, keys: Sequence[str], places: Mapping[Path, Path] = NOWHERE
) -> list[Problem]:
    """Return one problem for each thing the model refused, once each, in the model's order.

    keys    every key the file format knows, for the hint at an unknown one
    places  where a value really stands that was written out from a short form
    """
    found: dict[tuple[Path, str], Problem] = {}
    for detail in error.errors(include_url=False, include_context=False):
        path = _place(detail["loc"], places)
        message, hint = _in_words(detail, path, keys)
        is_key = detail["type"] == "extra_forbidden"
        found.setdefault((path, message), document.problem(path, message, hint=hint, key=is_key))
    return list(found.values())


def _place(path: Path, places: Mapping[Path, Path]) -> Path:
    for start, real in places.items():
        if path[: len(start)] == start:
            return real + path[len(start) :]
    return path


def _in_words(detail: ErrorDetails, path: Path, keys: Sequence[str]) -> tuple[str, str]:
    last = path[-1] if path else ""
    found = detail["input"]
    if detail["type"] == "missing":
        return f"`{last}` is missing", "add it"
    if detail["type"] == "extra_forbidden":
        near = get_close_matches(str(last), keys, n=1)
        return f"there is no key `{last}` here", f"did you mean `{near[0]}`?" if near else "remove it"
    if last == "codes" and isinstance(found, str):
        return (
            f"there is no set of codes named `{found}`",
            "define it under `codes` on top, or write codes here",
        )
    wanted = detail["msg"][:1].lower() + detail["msg"][1:]
    return wanted, f"found {found!r}" if isinstance(found, str | int | float | None) else ""
