"""The client against the description of the interface, call by call, without an installation."""

import copy
import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs

import pytest

from equipoise.client import Client, RequestRefused, Response
from equipoise.client.areas import Areas
from equipoise.client.reading import plain, read
from equipoise.client.shapes.applicants import ApplicationLine, OpenedApplication
from equipoise.client.shapes.consent import Copy, Reached
from equipoise.client.shapes.people import FirstPassword
from equipoise.client.shapes.shared import Arm

ROOT = Path(__file__).parents[2]
DESCRIPTION = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8"))
NEXT, SOME_NUMBER = "there", 7
WORDS = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"} | {
    date: "date",
    datetime: "date-time",
    Any: "any",
}
Document = dict[str, Any]
Method = Callable[..., Any]


class Recording:
    """A line on which everything is answered as the description says, and what was asked is kept."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.asked: list[tuple[str, str, dict[str, Any], Any]] = []
        self.operation: Document = {}

    def __call__(self, method: str, path: str, headers: Any, body: bytes) -> Response:
        """Answer."""
        address, _, question = path.partition("?")
        given = {name: one for name, (one,) in parse_qs(question, keep_blank_values=True).items()}
        self.asked.append((method, address, given, json.loads(body) if body else None))
        self.operation = operation_at(self.document, method, address)
        if not self.operation:
            return Response(404, {}, b"{}")
        media = answer_of(self.operation).get("content", {})
        if "application/json" not in media:
            return Response(200, {}, b"PK" if media else b"")
        answer = sample(media["application/json"]["schema"], self.document)
        if isinstance(answer, dict) and {*answer} == {"items", "next"}:
            answer["next"] = "" if given["after"] else NEXT
        return Response(200, {}, json.dumps(answer).encode())


def operation_at(document: Document, method: str, address: str) -> Document:
    """Return the operation of an address; plain addresses come before those with an id in them."""
    for path in sorted(document["paths"], key=lambda one: one.count("{")):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), address):
            return dict(document["paths"][path].get(method.lower(), {}))
    return {}


def address_of(operation: Document, document: Document) -> str:
    """Return an operation's address with a blank for each id."""
    paths = (path for path, at in document["paths"].items() if operation in at.values())
    return re.sub(r"\{\w+\}", "{}", next(paths))


def answer_of(operation: Document) -> Document:
    return next(one for status, one in operation["responses"].items() if status < "300")


def sample(schema: Document, document: Document) -> Any:
    """Return a value that fits a schema, no other than the default would be."""
    if "$ref" in schema:
        return sample(shape_at(schema, document), document)
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], document)
    if "properties" in schema:
        return {name: sample(one, document) for name, one in schema["properties"].items()}
    kind, codes = str(schema.get("type")), schema.get("enum") or [schema.get("const", "word")]
    if kind == "array":
        return [sample(one, document) for one in schema.get("prefixItems", [schema.get("items", {})])]
    if kind == "object":
        values = schema.get("additionalProperties")
        return {"name": sample(values if isinstance(values, dict) else {}, document)}
    plain_ones = {"integer": SOME_NUMBER, "number": 7.5, "boolean": True, "null": None}
    dates = {"date": "2026-11-23", "date-time": "2026-11-23T18:00:00+00:00"}
    return plain_ones.get(kind, dates.get(schema.get("format", ""), codes[-1]))


def shape_at(schema: Document, document: Document) -> Document:
    return dict(document["components"]["schemas"][str(schema["$ref"]).rpartition("/")[2]])


def word_of(kind: Any) -> Any:
    """Return a type in words, every field of it included, as `said_of` says it of a schema."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return {one.name: (word_of(hints[one.name]), _is_required(one)) for one in fields(kind)}
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        return sorted(args)
    if origin is tuple and args[-1] is not Ellipsis:
        return [word_of(one) for one in args]
    if origin is dict:
        return {"*": word_of(args[1])}
    if origin is not None and NoneType not in args:
        return [word_of(args[0]), "..."]
    return ["or", *map(word_of, args)] if args else WORDS[kind]


def _is_required(one: Any) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def said_of(schema: Document, document: Document) -> Any:
    """Return what a schema says, in words."""
    if "$ref" in schema:
        return said_of(shape_at(schema, document), document)
    if "anyOf" in schema:
        return ["or", *(said_of(one, document) for one in schema["anyOf"])]
    if "properties" in schema:
        needed = schema.get("required", ())
        return {name: (said_of(one, document), name in needed) for name, one in schema["properties"].items()}
    kind = schema.get("type", "any")
    if kind == "array":
        parts, inner = schema.get("prefixItems"), schema.get("items", {})
        return [said_of(one, document) for one in parts] if parts else [said_of(inner, document), "..."]
    if kind == "object":
        values = schema.get("additionalProperties")
        return {"*": said_of(values, document) if isinstance(values, dict) else "any"}
    codes = schema.get("enum") or [one for name, one in schema.items() if name == "const"]
    return sorted(codes) or (schema.get("format", kind) if kind == "string" else kind)


def methods_of(client: Areas) -> Iterator[tuple[str, Method]]:
    """Yield every call of a client by its name."""
    owners = {"": client} | {
        f"{name}.": one for name, one in vars(client).items() if not name.startswith("_")
    }
    for before, owner in owners.items():
        for name, one in inspect.getmembers(owner, inspect.ismethod):
            if not name.startswith("_"):
                yield before + name, one


def differences(document: Document) -> list[str]:
    """Return everything in which the client is not as a description says."""
    line = Recording(document)
    found, known = [], [one for at in document["paths"].values() for one in at.values()]
    reached: list[str] = []
    for name, method in methods_of(Client(line, token="", keys=None)):
        found += [f"{name}: {one}" for one in differences_of(method, line)]
        reached.append(line.operation.get("operationId", ""))
    missing = [one["operationId"] for one in known if reached.count(one["operationId"]) != 1]
    return found + [f"{one} has not one method" for one in missing]


def differences_of(method: Method, line: Recording) -> Iterator[str]:
    """Yield in which one method is not as its operation says: it is called with everything it takes."""
    hints, takes = get_type_hints(method), inspect.signature(method).parameters
    line.asked.clear()
    given = {name: value_of(hints[name]) for name in takes}
    places = [name for name, one in takes.items() if one.kind is one.POSITIONAL_OR_KEYWORD]
    ids = [at if given.pop(name) == SOME_NUMBER else f"id{at}" for at, name in enumerate(places)]
    try:
        result = method(*ids, **given)
        result = list(result) if isinstance(result, Iterator) else result
    except RequestRefused as refused:
        yield f"{line.asked[0][:2]}: {refused}"
        return
    operation, document = line.operation, line.document
    is_list = get_origin(hints["return"]) is Iterator
    expected = parameters_of(operation, document, is_list=is_list)
    mine = {name: (word_of(hints[name]), takes[name].default) for name in given}
    if {name: one[:2] for name, one in expected.items()} != mine:
        yield f"it takes {mine}"
    if line.asked[0][1] != address_of(operation, document).format(*ids):
        yield f"it asks {line.asked[0][1]}"
    sent = line.asked[0][3] if line.asked[0][0] == "POST" else line.asked[0][2]
    paged = {"limit": "100", "after": ""} if is_list else {}
    plain_given = {name: plain(one) for name, one in given.items()}
    if line.asked[0][0] == "GET":
        plain_given = {name: json.dumps(one).strip('"') for name, one in plain_given.items()}
    if sent != plain_given | paged:
        yield f"it sends {sent}"
    yield from differences_in_answer(result, hints["return"], operation, document)


def differences_in_answer(result: Any, gives: Any, operation: Document, document: Document) -> Iterator[str]:
    media = answer_of(operation).get("content", {})
    if "application/json" not in media:
        if (result, gives) != ((b"PK", bytes) if media else (None, NoneType)):
            yield f"it gives {gives}"
        return
    schema = media["application/json"]["schema"]
    if get_origin(gives) is Iterator:
        items = shape_at(schema, document)["properties"]["items"]
        if plain(result) != sample(items, document) * 2 or [word_of(get_args(gives)[0]), "..."] != said_of(
            items, document
        ):
            yield f"it lists {gives}"
    elif plain(result) != sample(schema, document) or word_of(gives) != said_of(schema, document):
        yield f"it gives {gives}"


def parameters_of(operation: Document, document: Document, *, is_list: bool) -> dict[str, tuple[Any, Any]]:
    """Return what an operation takes beside ids of its address: its words, and what is left out for."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    shape = shape_at(body, document) if body else {"properties": {}}
    found = {name: (one, name in shape.get("required", ())) for name, one in shape["properties"].items()}
    found |= {
        one["name"]: (one["schema"], one.get("required", False))
        for one in operation["parameters"]
        if one["in"] == "query" and not (is_list and one["name"] in ("limit", "after"))
    }
    return {
        name: (said_of(one, document), inspect.Parameter.empty if needed else one.get("default"))
        for name, (one, needed) in found.items()
    }


def value_of(hint: Any) -> Any:
    """Return a value of a parameter's type."""
    if get_origin(hint) is Literal:
        return get_args(hint)[-1]
    if NoneType in get_args(hint):
        return value_of(get_args(hint)[0])
    if get_origin(hint) is not None:
        return [value_of(get_args(hint)[0])]
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{one.name: value_of(hints[one.name]) for one in fields(hint)})
    at = datetime.fromisoformat("2026-11-23T18:00:00+00:00")
    return {str: "word", int: SOME_NUMBER, bool: True, date: at.date(), datetime: at}[hint]


def test_every_operation_has_one_method_that_takes_sends_and_gives_what_is_described() -> None:
    assert differences(DESCRIPTION) == []


def schema_of(document: Document, name: str) -> Document:
    found: Document = document["components"]["schemas"][name]
    return found


def renamed(document: Document) -> None:
    properties = schema_of(document, "Day")["properties"]
    properties["why"] = properties.pop("reason")


def with_another_operation(document: Document) -> None:
    document["paths"]["/api/v1/more"] = {
        "get": {**document["paths"]["/api/v1/me"]["get"], "operationId": "x"}
    }


PLANTED: dict[str, Callable[[Document], object]] = {
    "an operation more": with_another_operation,
    "an operation less": lambda one: one["paths"].pop("/api/v1/people/{person}/close"),
    "another address": lambda one: one["paths"].update(
        {"/api/v1/kit-list": one["paths"].pop("/api/v1/kits")}
    ),
    "a parameter renamed": renamed,
    "a parameter's type": lambda one: schema_of(one, "PaperSent")["properties"]["used_on"].pop("format"),
    "a parameter's default": lambda one: schema_of(one, "Wanted")["properties"]["visit"].update(
        default="SCR"
    ),
    "a parameter that must be given": lambda one: schema_of(one, "NoteSent")["required"].append("text"),
    "a code more": lambda one: schema_of(one, "JudgmentSent")["properties"]["holds"]["enum"].append("so"),
    "a question more": lambda one: one["paths"]["/api/v1/exposures"]["get"]["parameters"].append(
        {"name": "since", "in": "query", "schema": {"type": "string"}}
    ),
    "a field less": lambda one: schema_of(one, "Arm")["properties"].pop("doses"),
    "a field's type deep within": lambda one: schema_of(one, "Trained")["properties"]["counts"].update(
        type="string"
    ),
    "a field that may be null": lambda one: schema_of(one, "Confirmed")["properties"].update(
        at={"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
    ),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_a_difference_between_client_and_description_is_found(planted: Callable[[Document], object]) -> None:
    document = copy.deepcopy(DESCRIPTION)
    planted(document)
    assert differences(document)


def test_the_types_go_along_with_the_package_for_whoever_checks_a_program_of_theirs() -> None:
    assert (resources.files("equipoise") / "py.typed").is_file()


def test_no_arm_and_no_password_is_told_by_a_repr() -> None:
    arm = read(Arm, sample({"$ref": "/Arm"}, DESCRIPTION) | {"arm": "psilocybin", "kit": "K-7"})
    assert repr(arm) == "Arm(kit='K-7')"
    given = {"person": "p-1", "password": "correct horse"}
    assert "correct horse" not in repr(read(FirstPassword, given))


@pytest.mark.parametrize("kind", [Reached, OpenedApplication, ApplicationLine, Copy])
def test_who_somebody_is_and_how_they_are_reached_is_told_by_no_repr(kind: type) -> None:
    given = sample({"$ref": f"/{kind.__name__}"}, DESCRIPTION)
    line = given.get("line", given)
    personal = {name: "Ada Example" for name in ("name", "email", "phone", "address") if name in given}
    if "name" in line:
        line["name"] = "Ada Example"
    given |= personal | ({"answers": {"age": "Ada Example"}} if "answers" in given else {})
    assert "Ada Example" not in repr(read(kind, given))
