"""The calls and types of the client, as the description of the interface has them.

Holds reading the description. A call is named here where its operation's name would say its area twice.
Refuses what a caller could not write: two calls of one name in an area, a name that Python keeps for itself.
"""

import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "/api/v1"
KEY, PAGING = "Idempotency-Key", ("limit", "after")
WHOLE = ("Yourself", "Study")
"""Areas whose calls are the client's own."""
SHARED = "shared"
NAMES = {
    "participants": "list",
    "participant": "get",
    "lock_participant": "lock",
    "form": "get",
    "save_answers": "save",
    "complete_form": "complete",
    "verify_form": "verify",
    "sign_form": "sign",
    "lock_form": "lock",
    "unlock_form": "unlock",
    "export_dataset": "export",
    "applicants": "list",
    "applicant": "get",
    "applicant_counts": "counts",
    "decide_applications": "decide",
    "consent_forms": "forms",
    "consent_form": "form",
    "add_consent_form": "add_form",
    "approve_consent_form": "approve_form",
    "participant_consent": "get",
    "consent_copy": "copy",
    "countersign_consent": "countersign",
    "withdraw_consent": "withdraw",
    "participant_contact": "contact",
    "participant_eligibility": "get",
    "confirm_eligibility": "confirm",
    "participant_randomization": "get",
    "randomize_participant": "randomize",
    "participant_unblinding": "get",
    "ratings": "all",
    "assign_rating": "assign",
    "release_rating": "release",
    "people": "list",
    "person": "get",
    "add_person": "add",
}
"""Operation to the name of its call; its own where it is not here."""
ONE_OF = {"participants": "participant", "applicants": "applicant", "forms": "form", "queries": "query"} | {
    "alerts": "alert",
    "tasks": "task",
    "ratings": "rating",
}
"""Part of an address to what the id after it is of, where the address calls it `name` or `code`."""
SHAPES = {"AnswerSent": "Answer"}
ELSEWHERE = {"Problem": "equipoise.errors"}
"""Shapes that are defined by hand."""
PLAIN = {"integer": "int", "number": "float", "boolean": "bool", "null": "None"}
FORMATS = {"date": "date", "date-time": "datetime"}

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    """What a call takes; `default` is Python text, None where there is none."""

    name: str
    type: str
    default: str | None

    def __str__(self) -> str:
        """Return it as a signature has it."""
        return f"{self.name}: {self.type}" + ("" if self.default is None else f" = {self.default}")


@dataclass(frozen=True)
class Call:
    """An operation, as a method.

    address   with the names of the method's own parameters
    of        what the address names; asked, sent: what stands in the question and in the body
    """

    name: str
    area: str
    method: str
    address: str
    said: str
    of: tuple[Parameter, ...]
    asked: tuple[Parameter, ...]
    sent: tuple[Parameter, ...]
    gives: str
    is_list: bool

    @property
    def returns(self) -> str:
        """Return the type of what it gives, in Python's words."""
        return f"Iterator[{self.gives}]" if self.is_list else self.gives

    @property
    def signature(self) -> str:
        """Return what it takes: what the address names by place, the rest by name."""
        rest = sorted((*self.asked, *self.sent), key=lambda one: one.default is not None)
        return ", ".join([*map(str, self.of), *(["*"] if rest else []), *map(str, rest)])

    @property
    def types(self) -> Iterator[str]:
        """Yield the text of every type in it."""
        yield self.returns
        yield from (one.type for one in (*self.of, *self.asked, *self.sent))


def calls_of(document: Schema) -> Iterator[Call]:
    """Yield a call for each operation."""
    taken: set[tuple[str, str]] = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            one = call_of(path, method, operation, document)
            place = ("" if one.area in WHOLE else one.area, one.name)
            if place in taken:
                raise ValueError(f"two calls of {one.area} are called {one.name}")
            taken.add(place)
            yield one


def call_of(path: str, method: str, operation: Schema, document: Schema) -> Call:
    """Return the call of one operation."""
    given = [one for one in operation["parameters"] if one["name"] != KEY]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    gives, is_list = gives_of(operation, document)
    address = path.removeprefix(PREFIX)
    named = {
        one["name"]: parameter(id_of(one["name"], address), one["schema"], is_required=True)
        for one in given
        if one["in"] == "path"
    }
    for name, one in named.items():
        address = address.replace(f"{{{name}}}", f"{{word({one.name})}}")
    return Call(
        name=NAMES.get(operation["operationId"], operation["operationId"]),
        area=operation["tags"][0],
        method=method,
        address=address,
        said=operation["description"],
        of=tuple(named.values()),
        asked=tuple(
            parameter(one["name"], one["schema"], is_required=one.get("required", False))
            for one in given
            if one["in"] == "query" and not (is_list and one["name"] in PAGING)
        ),
        sent=tuple(fields_of(document["components"]["schemas"][ref(body)])) if body else (),
        gives=gives,
        is_list=is_list,
    )


def gives_of(operation: Schema, document: Schema) -> tuple[str, bool]:
    """Return the type of what an operation gives, and whether it is a list in parts."""
    (good,) = (one for status, one in operation["responses"].items() if status < "300")
    media = good.get("content", {})
    if not media:
        return "None", False
    if "application/json" not in media:
        return "bytes", False
    schema = media["application/json"]["schema"]
    if "$ref" in schema and ref(schema).startswith("Page_"):
        (items,) = [document["components"]["schemas"][ref(schema)]["properties"]["items"]["items"]]
        return type_of(items), True
    return type_of(schema), False


def id_of(name: str, address: str) -> str:
    """Return what a caller names an id of an address by."""
    before = re.search(rf"(\w+)/\{{{name}\}}", address)
    return ONE_OF.get(before[1], name) if before and name in ("name", "code") else name


def fields_of(shape: Schema) -> Iterator[Parameter]:
    """Yield the fields of an object."""
    required = shape.get("required", ())
    for name, schema in shape["properties"].items():
        yield parameter(name, schema, is_required=name in required, is_sent="additionalProperties" in shape)


def parameter(name: str, schema: Schema, *, is_required: bool, is_sent: bool = False) -> Parameter:
    """Return what a call takes, or a field has. Raises ValueError for a name nobody could write."""
    if keyword.iskeyword(name) or not name.isidentifier():
        raise ValueError(f"{name} cannot be the name of a parameter")
    kind = type_of(schema, is_sent=is_sent)
    return Parameter(name, kind, None if is_required else default_of(schema, kind))


def default_of(schema: Schema, kind: str) -> str:
    """Return what stands for what is left out, as Python text."""
    if schema.get("default"):
        return repr(schema["default"])
    if kind.startswith("dict["):
        return "field(default_factory=dict)"
    if kind.startswith(("tuple[", "Iterable[")):
        return "()"
    return repr(schema.get("default"))


def type_of(schema: Schema, *, is_sent: bool = False) -> str:
    """Return a schema's type as Python text; of what is sent, any iterable does for a list."""
    if "$ref" in schema:
        return SHAPES.get(ref(schema), ref(schema))
    if "anyOf" in schema:
        return " | ".join(type_of(one, is_sent=is_sent) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return tuple_of(schema, is_sent=is_sent)
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"dict[str, {type_of(values) if isinstance(values, dict) else 'Any'}]"
    if schema.get("type") == "string":
        codes = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
        plain = FORMATS.get(schema.get("format", ""), "str")
        return f"Literal[{', '.join(map(repr, codes))}]" if codes else plain
    return PLAIN.get(schema.get("type", ""), "Any")


def tuple_of(schema: Schema, *, is_sent: bool) -> str:
    """Return a list's type as Python text."""
    if "prefixItems" in schema:
        return f"tuple[{', '.join(map(type_of, schema['prefixItems']))}]"
    inner = type_of(schema["items"])
    return f"Iterable[{inner}]" if is_sent else f"tuple[{inner}, ...]"


def homes_of(document: Schema) -> dict[str, str]:
    """Return shape to the module it stands in: its area's, or the shared one where several speak of it."""
    spoken: dict[str, set[str]] = {}
    for methods in document["paths"].values():
        for operation in methods.values():
            for name in reached(operation, document):
                spoken.setdefault(name, set()).add(module_of(operation["tags"][0]))
    return {name: areas.pop() if len(areas) == 1 else SHARED for name, areas in spoken.items()}


def reached(operation: Schema, document: Schema) -> set[str]:
    """Return every shape that a caller of an operation meets."""
    shapes = document["components"]["schemas"]
    good = [one for status, one in operation["responses"].items() if status < "300"]
    sent = refs_in(operation.get("requestBody", {}))
    queue = [*refs_in(good), *(inner for name in sent for inner in refs_in(shapes[name]))]
    found: set[str] = set()
    while queue:
        name = queue.pop()
        if name not in found:
            found.add(name)
            queue += refs_in(shapes[name])
    return {name for name in found if not name.startswith("Page_") and name not in ELSEWHERE}


def refs_in(value: Any) -> list[str]:
    """Return the shapes that something refers to, in its order."""
    if isinstance(value, dict):
        own = [ref(value)] if "$ref" in value else []
        return own + [name for one in value.values() for name in refs_in(one)]
    return [name for one in value for name in refs_in(one)] if isinstance(value, list) else []


def ref(schema: Schema) -> str:
    """Return the name of the shape a schema refers to."""
    return str(schema["$ref"]).rpartition("/")[2]


def module_of(area: str) -> str:
    """Return the name of an area's modules."""
    return area.lower()
