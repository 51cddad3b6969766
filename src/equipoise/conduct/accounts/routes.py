"""Routes that say who may use them: an address names an action per method; one that names none is refused.

Holds `route`, and the matrix role x route x method made from what is routed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext as _

from equipoise.conduct.accounts.permission import ACTIONS, ROLES
from equipoise.conduct.accounts.request import wants_data

PUBLIC = "public"
"""The action of routes that need no sign-in: signing in itself, health, help."""
OWN = "account.own"
"""What everybody may do who is signed in, whatever their roles."""
View = Callable[..., HttpResponse]


def route(
    pattern: str,
    view: View,
    *,
    name: str,
    get: str | None = None,
    post: str | None = None,
    guest: bool = False,
) -> URLPattern:
    """Return a URL pattern whose view is reached with the named actions only.

    get, post   action that the method needs; None refuses the method with 405
    guest       whether a participant reaches it while the clinic's device is theirs, as nothing else
    """
    needed = {method: action for method, action in (("GET", get), ("POST", post)) if action is not None}
    unknown = set(needed.values()) - set(ACTIONS) - {PUBLIC}
    if unknown:
        raise ValueError(f"{name}: no action is called {', '.join(sorted(unknown))}")

    @wraps(view)
    def allowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "HEAD":
            # The server leaves the body out. A view that tells GET from the rest would act, without a token.
            request.method = "GET"
        if request.method not in needed:
            return _not_allowed(request, [*needed])
        return view(request, *args, **kwargs)

    allowed.actions = needed  # type: ignore[attr-defined]
    allowed.guest = guest  # type: ignore[attr-defined]
    return path(pattern, allowed, name=name)


def program_route(pattern: str, view: View, *, name: str, actions: Mapping[str, str]) -> URLPattern:
    """Return a URL pattern that programs reach with a token, and nobody with a session.

    actions   method to the action it needs
    """
    unknown = set(actions.values()) - set(ACTIONS)
    if unknown:
        raise ValueError(f"{name}: no action is called {', '.join(sorted(unknown))}")
    view.actions = dict(actions)  # type: ignore[attr-defined]
    view.program = True  # type: ignore[attr-defined]
    return path(pattern, view, name=name)


def _not_allowed(request: HttpRequest, methods: Iterable[str]) -> HttpResponse:
    """Answer to a method that an address does not know."""
    if wants_data(request):
        response: HttpResponse = JsonResponse({"problem": _("This cannot be sent here.")})
    else:
        text = _("This address is for something else. Nothing was changed.")
        shown = {"title": _("This cannot be sent here"), "text": text}
        response = render(request, "frame/notice.html", shown)
    response.status_code = HTTPStatus.METHOD_NOT_ALLOWED
    response.headers["Allow"] = ", ".join(methods)
    return response


def action_of(view: View, method: str) -> str | None:
    """Return the action a view needs for a method; None when it was not routed here."""
    actions: dict[str, str] = getattr(view, "actions", {})
    return actions.get("GET" if method in ("HEAD", "OPTIONS") else method)


def is_for_guests(view: View) -> bool:
    """Whether a participant reaches a view while the clinic's device is theirs."""
    return bool(getattr(view, "guest", False))


def is_for_programs(view: View) -> bool:
    """Whether programs reach a view, with a token."""
    return bool(getattr(view, "program", False))


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the matrix."""

    route: str
    pattern: str
    method: str
    action: str
    roles: tuple[str, ...]


def matrix(
    patterns: Iterable[URLPattern | URLResolver], *, prefix: str = "", space: str = ""
) -> Iterator[Row]:
    """Yield role x route x method for every address, in order; action "" where nothing says who may."""
    for one in patterns:
        where = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from matrix(one.url_patterns, prefix=where, space=inner)
            continue
        actions: dict[str, str] = getattr(one.callback, "actions", {}) or {"ANY": ""}
        for method, action in actions.items():
            roles = (
                tuple(ROLES) if action == PUBLIC else tuple(r for r in ROLES if r in ACTIONS.get(action, ()))
            )
            yield Row(f"{space}{one.name}", where, method, action, roles)
