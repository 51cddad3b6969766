"""What a monitor asks: whether every store answers, has this version's tables, and takes what is written.

Holds one page, for machines and without signing in. Refuses to say anything else: no name, number or version.
"""

from functools import cache
from http import HTTPStatus

from django.db import Error, connections
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse

from equipoise.conduct.stores import room
from equipoise.conduct.stores.names import ALIASES, STORES, Store

WELL, AWAY, BEHIND, FULL = "well", "away", "not upgraded", "takes nothing"


def health(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when every store is well, else 503, with the state of each."""
    states = {store: _state(store) for store in STORES}
    well = set(states.values()) == {WELL}
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"well": well, "stores": states}, status=status)


def _state(store: Store) -> str:
    """Return how a store is; one that lacks even the table of migrations is as good as away."""
    try:
        with connections[ALIASES[store]].cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
    except Error:
        return AWAY
    if not applied >= _known():
        return BEHIND
    return FULL if room.is_refusing(store) else WELL


@cache
def _known() -> frozenset[tuple[str, str]]:
    """Return every migration of this version."""
    return frozenset(MigrationLoader(None).disk_migrations)
