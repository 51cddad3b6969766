"""Draft forms as the text of a protocol file's `forms:` section.

Holds the writing of YAML that reads back as the same forms. Refuses to judge them: `equipoise check` does,
once they stand in a protocol.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from equipoise.protocol.schedule import Form

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*( [A-Za-z0-9_]+)*", re.ASCII)
_WORDS_WITH_MEANING = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""Words that one version of YAML or another takes for something else than text."""


def write(forms: Iterable[Form], *, heading: Sequence[str] = ()) -> str:
    """Return the forms as YAML.

    heading   lines of a comment that opens the text
    """
    lines = [f"# {line}".rstrip() for line in heading] + ["forms:"]
    for form in forms:
        lines += _form(form.model_dump(mode="json", exclude_defaults=True))
    return "\n".join(lines) + "\n"


def _form(form: Mapping[str, Any]) -> list[str]:
    lines = []
    for key, value in _by_id(form).items():
        if key in ("items", "checks"):
            lines.append(f"    {key}:")
            lines += [f"      - {_flow(_by_id(entry))}" for entry in value]
        else:
            lines.append(f"    {key}: {_flow(value)}")
    return ["  - " + lines[0].lstrip(), *lines[1:]]


def _by_id(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of the file with its id first and lists last, as people look for them."""
    last = ("note", "items", "checks")
    order = sorted(part, key=lambda key: (key != "id", last.index(key) + 1 if key in last else 0))
    return {key: part[key] for key in order}


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value)


def _text(text: str) -> str:
    """Return a text plain where no reader could take it for anything else, else between double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_WITH_MEANING:
        return text
    return json.dumps(text, ensure_ascii=False)
