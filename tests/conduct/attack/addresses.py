"""Addresses of every route, with ids that are there: what every attack goes through."""

import re
from collections.abc import Mapping

from tests.conduct.pages.conftest import HERE

from equipoise.conduct.accounts.routes import Row, matrix
from equipoise.conduct.config import urls

ROWS = tuple(matrix(urls.urlpatterns))
NAMED = re.compile(r"<(?:(\w+):)?(\w+)>")
GIVEN = {
    "name": HERE,
    "code": "a" * 13,
    "person": "p-coordinator",
    "site": "SEA",
    "language": "en",
    "secret": "a" * 48,
    "item": "reduced_sleep",
}
API = "api/"


def api(row: Row) -> bool:
    """Whether a route is of the programming interface, which takes tokens and no cookies."""
    return row.pattern.startswith(API)


def address(row: Row, given: Mapping[str, str] = GIVEN) -> str:
    """Return an address of a route: ids as given, else ones that are there."""
    known = {**GIVEN, **given}
    return "/" + NAMED.sub(lambda found: known.get(found[2], "1"), row.pattern)
