"""Reading one scale file: text in, `Instrument` out, or every problem with its line and column.

Holds the short forms a file may use and the translation of findings into places. Refuses to find files: that
is `library`.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from pydantic import ValidationError

from equipoise import source
from equipoise.errors import Problem, ProtocolError
from equipoise.instruments.consistency import findings
from equipoise.instruments.definition import PARTS, Part
from equipoise.instruments.instrument import Instrument
from equipoise.instruments.misfits import misfits
from equipoise.source import Document, Path

FORMAT: tuple[type[Part], ...] = (Instrument, *PARTS)
KEYS = sorted({"codes"}.union(*(part.model_fields for part in FORMAT)))
ALL = "all"


def parse(text: str | bytes, name: str) -> Instrument:
    """Read one scale.

    text    YAML 1.2; `codes` on top names sets of codes that items refer to by name, and `items: all` in a
            score stands for every item that is not text
    name    file name for problems; its stem must be the scale's id
    Raises  ProtocolError with every problem: those of the file's shape or, once that is right, those of sense
    """
    document = source.read(text, name=name)
    if not isinstance(document.data, dict):
        raise _refusal(
            name, [document.problem((), "a scale file holds keys and values", hint="start with `id:`")]
        )
    data, places = _expanded(document.data)
    problems = list(_set_problems(document))
    try:
        instrument = Instrument.model_validate(data)
    except ValidationError as error:
        raise _refusal(name, problems + misfits(error, document, keys=KEYS, places=places)) from None
    problems += [document.problem(path, message, hint=hint) for path, message, hint in findings(instrument)]
    if PurePath(name).stem != instrument.id:
        hint = f"rename the file to {instrument.id}.yaml"
        problems.append(document.problem(("id",), f"the file {name} holds `{instrument.id}`", hint=hint))
    if problems:
        raise _refusal(name, problems)
    return instrument


def _refusal(name: str, problems: list[Problem]) -> ProtocolError:
    ordered = sorted(problems, key=lambda problem: (problem.line, problem.column))
    return ProtocolError(f"{name} is not a usable scale", ordered)


def _set_problems(document: Document) -> Iterator[Problem]:
    sets = document.data.get("codes", {})
    if not isinstance(sets, dict):
        yield document.problem(("codes",), "expected named sets of codes", hint="yes_no: {0: no, 1: yes}")
        return
    items = document.data.get("items")
    used = [item.get("codes") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    for name in sets:
        if name not in used:
            yield document.problem(
                ("codes", name), f"no item uses the codes `{name}`", hint="remove it", key=True
            )


def _expanded(data: Mapping[Any, Any]) -> tuple[dict[Any, Any], dict[Path, Path]]:
    """Write out the short forms; the second result says where what was written out really stands."""
    sets = data.get("codes")
    places: dict[Path, Path] = {}
    filled = {key: value for key, value in data.items() if key != "codes"}
    if isinstance(sets, dict) and isinstance(data.get("items"), list):
        filled["items"] = list(_with_codes(data["items"], sets, places))
    if isinstance(data.get("scores"), list):
        scorable = list(_scorable(data.get("items")))
        filled["scores"] = [_with_items(score, scorable) for score in data["scores"]]
    return filled, places


def _with_codes(items: list[Any], sets: Mapping[Any, Any], places: dict[Path, Path]) -> Iterator[Any]:
    for i, item in enumerate(items):
        chosen = item.get("codes") if isinstance(item, dict) else None
        if isinstance(chosen, str) and chosen in sets:
            places["items", i, "codes"] = ("codes", chosen)
            yield {**item, "codes": sets[chosen]}
        else:
            yield item


def _scorable(items: Any) -> Iterator[Any]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("type") != "text" and "id" in item:
            yield item["id"]


def _with_items(score: Any, scorable: list[Any]) -> Any:
    return {**score, "items": scorable} if isinstance(score, dict) and score.get("items") == ALL else score
