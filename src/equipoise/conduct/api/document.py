"""The description of every operation, made from the operations themselves.

Holds its making, and the one interface that operations are added to. Refuses two shapes of one name: one
would stand in the other's place.
"""

import json
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Literal, cast

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.parser import Parser
from pydantic import TypeAdapter

from equipoise import __version__
from equipoise.conduct.api import repeats
from equipoise.conduct.api.operation import JSON, OPERATIONS, Described
from equipoise.conduct.api.shapes import Refusal

PREFIX = "api/v1/"
REFUSAL = "Refusal"
WRITTEN: Literal["serialization"] = "serialization"
DESCRIPTION = """\
What people do on pages, for programs: the same checks, the same blinding. A program shows a token that its
owner makes on the page of their account: `Authorization: Bearer TOKEN`. What is not for its owner answers as
if it did not exist. Whatever is refused is answered in one shape, `Refusal`.
"""
SECURITY = {"token": {"type": "http", "scheme": "bearer"}}
REF = "#/components/schemas/{model}"
KEY_PARAMETER = {
    "in": "header",
    "name": repeats.HEADER,
    "required": False,
    "description": "Names the request: sent again with the same key and content, it is answered as before.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
}


class Reader(Parser):
    """Reads what is sent. Refuses a name that is given twice: one of the two would be lost."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return what was sent. ValueError where it is no JSON, or says a thing twice."""
        return cast(dict[str, Any], json.loads(request.body, object_pairs_hook=_once))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


api = NinjaAPI(
    parser=Reader(),
    title="Equipoise",
    version=__version__,
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
)


def made() -> dict[str, Any]:
    """Return the description."""
    found: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=PREFIX))
    known = {one.id: one for one in OPERATIONS.values()}
    refs, shapes = _shapes()
    taken = found["components"]["schemas"]
    if taken.keys() & shapes.keys():
        raise ValueError(f"two shapes are called {', '.join(taken.keys() & shapes.keys())}")
    found["components"] = {"schemas": taken | shapes, "securitySchemes": SECURITY}
    found["security"] = [{one: []} for one in SECURITY]
    for path in found["paths"].values():
        for method, one in path.items():
            described = known[one["operationId"]]
            one["x-action"] = described.action
            one["responses"] = _responses(one["operationId"], described, refs)
            if method == "post":
                one["parameters"] = [*one["parameters"], KEY_PARAMETER]
    return found


def _shapes() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return operation to the schema of what it gives, and every schema that is referred to by its name."""
    gives = {one.id: one.gives for one in OPERATIONS.values() if one.gives is not None}
    shapes = {**gives, REFUSAL: Refusal}
    inputs = [(name, WRITTEN, TypeAdapter(shape)) for name, shape in shapes.items()]
    found, definitions = TypeAdapter.json_schemas(inputs, ref_template=REF)
    return {name: schema for (name, _), schema in found.items()}, definitions["$defs"]


def _responses(name: str, described: Described, refs: Mapping[str, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": HTTPStatus(described.status).phrase}
    if name in refs:
        good["content"] = {JSON: {"schema": refs[name]}}
    elif described.media != JSON:
        good["content"] = {described.media: {}}
    bad = {"content": {JSON: {"schema": refs[REFUSAL]}}}
    return {str(described.status): good} | {
        str(status): {"description": HTTPStatus(status).phrase, **bad} for status in described.refuses
    }


@cache
def text() -> str:
    """Return the description as text, the same at each call."""
    return json.dumps(made(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
