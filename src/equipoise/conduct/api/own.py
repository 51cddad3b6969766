"""Operations about whoever asks."""

from dataclasses import dataclass

from django.http import HttpResponse
from ninja import Router

from equipoise.conduct.accounts.permission import ACTIONS
from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.accounts.routes import OWN
from equipoise.conduct.api import document
from equipoise.conduct.api.operation import operation
from equipoise.conduct.studies import reads as studies

router = Router(tags=["Yourself"])


@dataclass(frozen=True, slots=True)
class Allowed:
    """A role the token acts in; site "" for every site."""

    role: str
    site: str


@dataclass(frozen=True, slots=True)
class Me:
    """Whose token it is, and what it allows.

    actions   what the roles allow, each at their sites; the protocol decides further who fills which form
    trial     the study's identifier
    """

    person: str
    name: str
    roles: tuple[Allowed, ...]
    actions: tuple[str, ...]
    trial: str
    simulated: bool


@operation(router, "GET", "/me", action=OWN, name="me", gives=Me)
def me(request: ProgramRequest) -> Me:
    """Say whose token this is and what it allows."""
    study, viewer = studies.study(), request.viewer
    return Me(
        person=viewer.person,
        name=viewer.name,
        roles=tuple(Allowed(one.role, one.site) for one in viewer.grants),
        actions=tuple(action for action in ACTIONS if viewer.may(action)),
        trial=study.trial if study else "",
        simulated=bool(study and study.simulated),
    )


@operation(router, "GET", "/openapi.json", action=OWN, name="document", gives=dict)
def description(request: ProgramRequest) -> HttpResponse:  # noqa: ARG001 - an operation
    """Describe every operation, as OpenAPI 3.1."""
    return HttpResponse(document.text(), content_type="application/json")
