"""What a program is told when something is wrong: one shape, whatever went wrong and wherever it was noticed.

Holds the shape. Refuses the words of exceptions: they may repeat what somebody typed.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, JsonResponse

from equipoise.conduct.frame.sentences import said
from equipoise.errors import Problem

API = "/api/"
"""Where the addresses for programs lie."""


def is_api(request: HttpRequest) -> bool:
    """Whether an address for programs was asked for."""
    return request.path_info.startswith(API)


def told(message: str, *, hint: str = "", where: str = "", field: str = "", row: int = 0) -> dict[str, Any]:
    """Return one problem.

    where        the place in what was sent; "" for all of it
    field, row   the question of a form it is about; "" and 0 for none
    """
    return {"message": message, "hint": hint, "where": where, "field": field, "row": row}


def of(problem: Problem) -> dict[str, Any]:
    """Return a problem that a service named, in the language that was asked for."""
    return told(said(problem.message), hint=said(problem.hint), where=problem.path)


def refusal(status: HTTPStatus, problems: Iterable[dict[str, Any]], *, result: Any = None) -> JsonResponse:
    """Return the answer to what was not done.

    result   what came of it all the same; None for nothing
    """
    answer = {"status": int(status), "problems": list(problems), "result": result}
    return JsonResponse(answer, status=status)
