"""The study under way of the pages' tests, as attackers reach it."""

import pytest
from tests.conduct.pages.conftest import World, template, world

from equipoise.conduct.accounts.models import Account


@pytest.fixture(autouse=True)
def passwords(world: World) -> None:
    """Whoever signed in has a password; nobody enters one here."""
    Account.objects.update(password="not made of anything")  # noqa: S106 - a test's


__all__ = ["template", "world"]
