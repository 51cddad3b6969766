"""Append-only tables refuse change, and a trigger that is gone, altered or switched off is noticed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, connections

from equipoise.conduct.audit.services import act
from equipoise.conduct.audit.tables import append_only
from equipoise.conduct.config import settings
from equipoise.conduct.stores import ownership, triggers
from equipoise.conduct.stores.names import ALIASES
from equipoise.conduct.studies.models import Site

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def filled(study: Path) -> Path:
    with act("trial", "study.site_added", at=AT, by="system") as one:
        one.add(Site(site="SEA", seq=1, name="Seattle", time_zone="UTC"))
    return study


@pytest.fixture
def owner(filled: Path) -> Iterator[None]:
    with ownership.as_owner(settings.read(filled).keys):
        yield


def change(statement: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.every_store
@pytest.mark.parametrize("alias", ALIASES.values())
def test_a_fresh_installation_has_every_trigger(study: Path, alias: str) -> None:
    assert triggers.check(alias, append_only(alias)) == []


SERVERS = ("postgresql18", "postgresql15")
EVERYWHERE = [
    "UPDATE site SET name = 'Nowhere'",
    "DELETE FROM site",
    "DELETE FROM event",
    "UPDATE event_payload SET rows = ''",
]
CHANGES = [
    *((engine, change) for engine in ("sqlite", *SERVERS) for change in EVERYWHERE),
    ("sqlite", "INSERT OR REPLACE INTO event SELECT * FROM event"),
    *((engine, "TRUNCATE event") for engine in SERVERS),
]


@pytest.mark.parametrize(("engine", "statement"), CHANGES, indirect=["engine"])
@pytest.mark.usefixtures("filled")
def test_nothing_written_can_be_changed(engine: str, statement: str) -> None:
    with pytest.raises(DatabaseError):
        change(statement)
    assert list(Site.objects.values_list("name", flat=True)) == ["Seattle"]


@pytest.mark.parametrize(("engine", "statement"), CHANGES, indirect=["engine"])
@pytest.mark.usefixtures("owner")
def test_even_the_owner_is_refused(engine: str, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"):
        change(statement)


POSTGRESQL = {
    "DROP TRIGGER append_only ON event": "the trigger event.append_only is missing",
    "ALTER TABLE event DISABLE TRIGGER append_only": "the trigger event.append_only is switched off",
    "ALTER TABLE event ENABLE REPLICA TRIGGER append_only": "the trigger event.append_only is switched off",
    "CREATE OR REPLACE FUNCTION public.equipoise_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RETURN NULL; END;'": "the function equipoise_append_only is altered",
    "ALTER FUNCTION public.equipoise_append_only() SET search_path = public": "the function equipoise_append_only is altered",
    "CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE ON public.event FOR EACH STATEMENT EXECUTE FUNCTION "
    "public.equipoise_append_only()": "the trigger event.append_only is altered",
    "CREATE TRIGGER mine BEFORE INSERT ON public.site FOR EACH ROW EXECUTE FUNCTION "
    "public.equipoise_append_only()": "the trigger site.mine is not one of ours",
    "CREATE RULE quiet AS ON INSERT TO site DO INSTEAD NOTHING": "a rule quiet was added to site",
}
SQLITE = {
    "DROP TRIGGER event_append_only_update": "the trigger event_append_only_update is missing",
    "CREATE TRIGGER mine AFTER INSERT ON site BEGIN SELECT 1; END": "the trigger mine is not one of ours",
}


TAMPERED = [
    *(("sqlite", *case) for case in SQLITE.items()),
    *((engine, *case) for engine in SERVERS for case in POSTGRESQL.items()),
]


@pytest.mark.parametrize(("engine", "statement", "expected"), TAMPERED, indirect=["engine"])
@pytest.mark.usefixtures("owner")
def test_a_trigger_that_was_tampered_with_is_noticed(engine: str, statement: str, expected: str) -> None:
    change(statement)
    assert expected in [problem.message for problem in triggers.check("default", append_only("default"))]


@pytest.mark.every_store
@pytest.mark.usefixtures("owner")
def test_installing_again_mends_what_was_removed(engine: str) -> None:
    change(
        "DROP TRIGGER event_append_only_delete" if engine == "sqlite" else "DROP TRIGGER append_only ON event"
    )
    triggers.install("default", append_only("default"))
    assert triggers.check("default", append_only("default")) == []
