"""The request as every view of the study receives it."""

from datetime import datetime

from django.http import HttpRequest

from equipoise.conduct.accounts.permission import Viewer


def wants_data(request: HttpRequest) -> bool:
    """Whether a script asked, and not a page."""
    return request.headers.get("Accept", "").startswith("application/json")


class StudyRequest(HttpRequest):
    """A request with the instant it was taken at and who asks.

    at       the one time this request knows
    viewer   who asks; None before sign-in
    """

    at: datetime
    viewer: Viewer | None


class SignedRequest(StudyRequest):
    """A request that passed the gate: somebody asks."""

    viewer: Viewer
