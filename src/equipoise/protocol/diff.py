"""What an amendment changes, in words, part by part, and what it means for data already collected.

Holds the door and the wording. The comparison is in `changes`, the meaning in `consequences`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from equipoise.errors import ProtocolError
from equipoise.protocol.changes import Change, changes
from equipoise.protocol.consequences import NO_LIST, Weight, consequence
from equipoise.protocol.model import Protocol
from equipoise.protocol.reading import parse
from equipoise.protocol.resolve import PARTS, canonical_json

LONGEST_VALUE = 80
"""Characters of a value that a sentence repeats."""
SINGULAR = {
    "analysis_sets": "analysis set",
    "analysis_windows": "analysis windows",
    "baseline_rule": "baseline rule",
    "eligibility": "criterion",
    "import": "import map",
    "intercurrent_events": "intercurrent event",
    "prohibited": "prohibited medication",
    "safety_rules": "safety rule",
    "support_model": "support model",
    "washouts": "washout",
}
"""Section to the word for one of its entries, where that is not the section without its s."""
NESTED = {"items": "item", "groups": "group", "checks": "check", "strata": "stratum", "scenarios": "scenario"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One change of an amendment.

    part          design, build, analysis, allocation or simulation: what is approved separately
    path          where it stands, with ids in place of positions
    text          what changes, in words
    consequence   what it means for data already collected
    severity      none, review (somebody must look) or breaks (data or promises no longer fit)
    """

    part: str
    path: str
    text: str
    consequence: str
    severity: Weight

    def __str__(self) -> str:
        """Return both sentences."""
        return f"{self.text}. {self.consequence}"


def diff(
    old: str | bytes, new: str | bytes, *, old_name: str = "old", new_name: str = "new"
) -> list[Difference]:
    """Return what changes from one version of a protocol to the next, by part.

    Raises  ProtocolError when one of the two is no protocol
    """
    before, after = _plain(old, old_name), _plain(new, new_name)
    found = [_difference(change) for change in changes(before, after)]
    found += _broken_list(before, after, found)
    order = list(PARTS)
    return sorted(found, key=lambda one: order.index(one.part))


def _plain(text: str | bytes, name: str) -> dict[str, Any]:
    protocol, _, problems = parse(text, name=name)
    if protocol is None:
        raise ProtocolError(f"{name} is not a protocol yet", problems)
    data: dict[str, Any] = protocol.model_dump(mode="json", by_alias=True)
    return data


def _broken_list(before: dict[str, Any], after: dict[str, Any], found: list[Difference]) -> list[Difference]:
    """Return one more difference when arms alone make another allocation list."""
    if any(one.part == "allocation" for one in found):
        return []
    old, new = (canonical_json([data[name] for name in PARTS["allocation"]]) for data in (before, after))
    if old == new:
        return []
    text = "The arms change, and with them what the allocation list is drawn from"
    return [Difference("allocation", "arms", text, NO_LIST.text, NO_LIST.weight)]


def _difference(change: Change) -> Difference:
    follows = consequence(change)
    path = ".".join(change.where)
    return Difference(_part(change.where[0]), path, _text(change), follows.text, follows.weight)


def _part(section: str) -> str:
    aliases = {field.alias: name for name, field in Protocol.model_fields.items() if field.alias}
    name = aliases.get(section, section)
    return next((part for part, sections in PARTS.items() if name in sections), "design")


def _text(change: Change) -> str:
    *around, last = change.where
    match change.kind:
        case "renamed":
            return f"{_sentence(around)}`{change.old}` is renamed to `{change.new}`"
        case "reordered":
            return f"{_sentence(change.where)}the order is now {', '.join(change.new)}"
        case "added":
            return f"{_sentence(around)}`{last}` is added{_said(change.new, last)}"
        case "removed":
            return f"{_sentence(around)}`{last}` is removed{_said(change.old, last)}"
    return f"{_sentence(around)}`{last}` changes from {_shown(change.old)} to {_shown(change.new)}"


def _sentence(where: list[str] | tuple[str, ...]) -> str:
    """Return ("forms", "mood", "items", "level") as "Form mood, item level: "."""
    words = list(_words(tuple(where)))
    return ", ".join(words)[:1].upper() + ", ".join(words)[1:] + ": " if words else ""


def _words(where: tuple[str, ...]) -> Iterator[str]:
    kind, rest = where[:1], where[1:]
    while kind:
        word = SINGULAR.get(kind[0]) or NESTED.get(kind[0]) or kind[0].removesuffix("s").replace("_", " ")
        if kind[0] in _LISTS and rest:
            yield f"{word} {rest[0]}"
            rest = rest[1:]
        else:
            yield word if kind[0] in _LISTS or kind[0] in SINGULAR else kind[0].replace("_", " ")
        kind, rest = rest[:1], rest[1:]


_LISTS = frozenset(
    name
    for name, field in Protocol.model_fields.items()
    if str(field.annotation).startswith("tuple") and name not in ("epochs", "logs")
) | frozenset({*NESTED, "anchors", "masking"})
"""Keys whose entries have names."""


def _said(value: Any, last: str) -> str:
    if isinstance(value, dict):
        words = value.get("label") or value.get("text") or value.get("title")
        return f" ({words})" if isinstance(words, str) else ""
    return "" if value is None or value == last else f" ({_shown(value)})"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    shown = value if isinstance(value, str) else json.dumps(_short(value), ensure_ascii=False)
    return shown if len(shown) <= LONGEST_VALUE else shown[: LONGEST_VALUE - 3] + "..."


def _short(value: Any) -> Any:
    """Return whole numbers without their .0, at every level."""
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_short(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
