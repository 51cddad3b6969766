"""Addresses for programs, from the operations of every area."""

import re

from django.urls import URLPattern

from equipoise.conduct.accounts.routes import OWN, program_route, route
from equipoise.conduct.api import (
    applicants,
    consent,
    datasets,
    eligibility,
    forms,
    own,
    participants,
    people,
    randomization,
    refusing,
    review,
    study,
    tasks,
    token_pages,
    unblinding,
)
from equipoise.conduct.api.document import PREFIX, api
from equipoise.conduct.api.operation import OPERATIONS

app_name = "api"
PLAIN = re.compile(r"<(\w+)>")
AREAS = (
    *(own, study, participants, forms, review, datasets),
    *(applicants, consent, eligibility, randomization, unblinding, tasks, people),
)
"""Modules with operations, each with its `router`."""

for area in AREAS:
    api.add_router("", area.router)
refusing.prepare(api)


def addresses() -> list[URLPattern]:
    """Return every address once, with the action of each method."""
    found: dict[str, URLPattern] = {}
    for one in api.urls[0]:
        name = str(one.name) if isinstance(one, URLPattern) else ""
        actions: dict[str, str] = {
            method: known.action for (named, method), known in OPERATIONS.items() if named == name
        }
        if isinstance(one, URLPattern) and actions and name not in found:
            pattern = PLAIN.sub(r"<str:\1>", PREFIX + str(one.pattern))
            found[name] = program_route(pattern, one.callback, name=name, actions=actions)
    return list(found.values())


urlpatterns = [
    *addresses(),
    route("account/tokens/", token_pages.token_list, name="tokens", get=OWN, post=OWN),
    route("account/tokens/<str:code>/revoke/", token_pages.revoke, name="token_revoke", post=OWN),
]
