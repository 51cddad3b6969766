"""From what went wrong in an operation to its answer.

Holds one handler per kind of error. What is not known here is the system's own failure and handled as on any
page.
"""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from equipoise.conduct.api.operation import Refused
from equipoise.conduct.frame import refusals
from equipoise.errors import PermissionRefused, RecordError

FROM = ("body", "query", "path", "header")
OURS = "Value error, "
"""What the library puts before what a check of ours says."""


def prepare(api: NinjaAPI) -> None:
    """Let the interface answer every kind of error in the one shape."""
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)


def _failed(_request: HttpRequest, error: Exception) -> HttpResponse:
    """Hand a failure on to what answers failures of pages too."""
    raise error


def _unknown(_request: HttpRequest, _error: Http404) -> HttpResponse:
    message = _("there is nothing of this name for you")
    return refusals.refusal(HTTPStatus.NOT_FOUND, [refusals.told(message)])


def _refused(_request: HttpRequest, error: Refused) -> HttpResponse:
    response = refusals.refusal(error.status, error.problems, result=error.result)
    if error.retry_s:
        response.headers["Retry-After"] = str(error.retry_s)
    return response


def _forbidden(_request: HttpRequest, error: PermissionRefused) -> HttpResponse:
    problems = [refusals.of(one) for one in error.problems] or [refusals.told(_("you may not do this"))]
    return refusals.refusal(HTTPStatus.FORBIDDEN, problems)


def _wrong(_request: HttpRequest, error: RecordError) -> HttpResponse:
    problems = [refusals.of(one) for one in error.problems] or [refusals.told(str(error))]
    return refusals.refusal(HTTPStatus.UNPROCESSABLE_ENTITY, problems)


def _unreadable(_request: HttpRequest, error: HttpError) -> HttpResponse:
    message, hint = _("what was sent could not be read"), _("send one JSON object in UTF-8")
    return refusals.refusal(HTTPStatus(error.status_code), [refusals.told(message, hint=hint)])


def _misshapen(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    return refusals.refusal(HTTPStatus.UNPROCESSABLE_ENTITY, [_told(one) for one in error.errors])


def _told(one: dict[str, Any]) -> dict[str, Any]:
    """Return what is wrong with a part of what was sent, without the part."""
    place = [str(word) for word in one["loc"]]
    where = ".".join(place[2:] if place[:1] == ["body"] else place[1:])
    return refusals.told(str(one["msg"]).removeprefix(OURS), where=where)


HANDLERS: dict[Any, Any] = {
    Exception: _failed,
    Http404: _unknown,
    Refused: _refused,
    PermissionRefused: _forbidden,
    RecordError: _wrong,
    HttpError: _unreadable,
    ValidationError: _misshapen,
}
