"""What an operation is: an address for programs that names its action, what it takes and what it gives.

Holds `operation`, `answer` and `Refused`. Refuses an operation without an action: the gate, the matrix of
permissions and the tests of blinding know addresses by it.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from http import HTTPStatus
from inspect import signature
from typing import Any, Literal, cast

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import TypeAdapter

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api import repeats
from equipoise.conduct.api.shapes import LONGEST_ID
from equipoise.conduct.frame.refusals import told
from equipoise.source import UNREADABLE

Operation = Callable[..., Any]
Method = Literal["GET", "POST"]
JSON = "application/json"
ALWAYS = (400, 401, 403, 405, 422, 500, 503)
"""Refusals that any operation may answer with."""
OF_WRITES = (409, 413, 429)
NAMES = re.compile(r"{(?:\w+:)?(\w+)}")
MOST_WRONG = 20
"""Problems told of one question at most."""


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of an operation, beside what it takes; `id` is what the description calls it."""

    id: str
    action: str
    gives: Any
    status: int
    refuses: tuple[int, ...]
    media: str


OPERATIONS: dict[tuple[str, Method], Described] = {}
"""Name of an address and method to the operation."""


class Refused(Exception):  # noqa: N818 - the name says what happened
    """An operation was not carried out, or not wholly.

    problems   as `refusals.told` makes them
    result     what came of it all the same; None for nothing
    retry_s    seconds after which it may be asked again; 0 where that is not known
    """

    def __init__(
        self, status: HTTPStatus, problems: Iterable[dict[str, Any]], *, result: Any = None, retry_s: int = 0
    ) -> None:
        self.status, self.problems, self.result, self.retry_s = status, list(problems), result, retry_s
        super().__init__(int(status))


def operation(
    router: Router,
    method: Method,
    path: str,
    *,
    action: str,
    name: str,
    gives: Any = None,
    status: int = 200,
    refuses: Iterable[int] = (),
    kept: bool = True,
    media: str = JSON,
) -> Callable[[Operation], Operation]:
    """Return the decorator that makes a function an operation.

    action    what the person must be allowed to do, as routes of pages name it
    name      of the address, the same for every method there
    gives     type of what the function returns, the shape of the answer; None for an answer without content
    refuses   statuses of refusals beside those that any operation has: 404, 409, 413
    kept      whether the answer may be kept for a request that is sent again: False where it may tell an arm
    media     type of an answer that is no JSON
    """

    def decorate(view: Operation) -> Operation:
        questions = frozenset(signature(view).parameters) - {"request", "sent", *NAMES.findall(path)}

        @wraps(view)
        def carried_out(request: ProgramRequest, **given: Any) -> HttpResponse:
            _refuse_unasked(request, questions)
            _refuse_unreadable(request, given)

            def act() -> HttpResponse:
                return answer(view(request, **given), gives, status=status)

            return act() if method == "GET" else repeats.once(request, act, kept=kept)

        also = () if method == "GET" else OF_WRITES
        refused = tuple(sorted({*ALWAYS, *refuses, *also}))
        OPERATIONS[name, method] = Described(view.__name__, action, gives, status, refused, media)
        router.api_operation([method], path, url_name=name, operation_id=view.__name__)(carried_out)
        return view

    return decorate


def _refuse_unasked(request: ProgramRequest, known: frozenset[str]) -> None:
    """Refuse a question that this address does not know, or that is put twice: it would be passed over."""
    asked = dict(request.GET.lists())
    wrong = [name for name, values in asked.items() if name not in known or len(values) > 1]
    if wrong:
        message = _("this is not asked here, or is asked twice")
        hint = ", ".join(sorted(known)) or _("send it in the body")
        problems = [told(message, hint=hint, where=_shown(name)) for name in wrong[:MOST_WRONG]]
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, problems)


def _shown(name: str) -> str:
    return UNREADABLE.sub("", name)[:LONGEST_ID]


def _refuse_unreadable(request: ProgramRequest, given: Mapping[str, Any]) -> None:
    """Refuse texts of an address that no store can hold: nothing is called so."""
    for name, text in given.items():
        if isinstance(text, str) and (len(text) > LONGEST_ID or UNREADABLE.search(text)):
            if request.resolver_match is not None and name in request.resolver_match.kwargs:
                raise Http404
            message = _("this holds characters that no store can keep, or too many")
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, [told(message, where=name)])


def answer(value: Any, shape: Any, *, status: int = 200) -> HttpResponse:
    """Return a value as the answer of an operation; an answer that is one already as it is."""
    if isinstance(value, HttpResponse):
        return value
    if shape is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return HttpResponse(written(shape).dump_json(value), status=status, content_type=JSON)


def written(shape: Any) -> TypeAdapter[Any]:
    """Return what writes values of a shape; made when first needed."""
    return _written(shape)


@cache
def _written(shape: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, shape))
