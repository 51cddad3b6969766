"""The request as every view of the study receives it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from equipoise.conduct.accounts.permission import Program, Viewer


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


@dataclass(frozen=True, slots=True)
class Shown:
    """What a token that was shown allows.

    number    its row, for what is kept per token, and no page
    account   number of the person's account
    unready   why its owner must do something first; "" for nothing
    """

    number: int
    account: int
    viewer: Program
    unready: str


class ProgramRequest(SignedRequest):
    """A request of somebody's program: what it showed stands in the place of a session."""

    viewer: Program
    shown: Shown
