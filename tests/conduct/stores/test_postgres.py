"""The running role may read and add, and change only what is listed; owner and runtime are two."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connections

from equipoise.conduct.config import schema, settings
from equipoise.conduct.config.installation import lay_out
from equipoise.conduct.stores import addresses, ownership, postgres
from equipoise.errors import IntegrityError, RecordError

SERVERS = pytest.mark.parametrize("engine", ["postgresql18", "postgresql15"], indirect=True)
Serve = Callable[[str], tuple[Path, str]]


@SERVERS
def test_a_fresh_installation_has_no_problem(study: Path) -> None:
    assert schema.problems(settings.read(study)) == []


@SERVERS
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE event DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON event",
        "DROP TABLE event",
        "CREATE TABLE mine (id int)",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET session_replication_role = replica",
        "UPDATE django_migrations SET name = ''",
        "SELECT setval(pg_get_serial_sequence('site', 'id'), 1)",
    ],
)
def test_the_running_role_cannot_open_the_tables(study: Path, statement: str) -> None:
    with connections["default"].cursor() as cursor, pytest.raises(DatabaseError):
        cursor.execute(statement)
    assert schema.problems(settings.read(study)) == []


@SERVERS
def test_serving_as_the_owner_is_noticed(study: Path) -> None:
    installed = settings.read(study)
    with ownership.as_owner(installed.keys):
        said = [str(problem) for problem in schema.problems(installed)]
    assert any("owns its tables" in one for one in said)


@SERVERS
def test_a_right_that_was_added_is_noticed(study: Path) -> None:
    installed = settings.read(study)
    with ownership.as_owner(installed.keys), connections["default"].cursor() as cursor:
        cursor.execute(f"GRANT UPDATE ON entry TO {postgres.account(installed.trial_database)['USER']}")
    assert [problem.message for problem in schema.problems(installed)] == [
        "the running role may UPDATE entry"
    ]


@SERVERS
def test_a_waiting_migration_is_named(study: Path) -> None:
    installed = settings.read(study)
    with ownership.as_owner(installed.keys), connections["identity"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'audit'")
    assert [problem.message for problem in schema.problems(installed)] == ["not applied: audit.0001_initial"]


@SERVERS
def test_names_that_are_taken_are_refused_before_anything_is_made(
    engine: str, postgresql: Serve, tmp_path: Path
) -> None:
    _, administrator = postgresql(engine)
    with pytest.raises(RecordError) as caught:
        lay_out(
            tmp_path / "a" / "home",
            keys=tmp_path / "b" / "keys",
            administrator=administrator,
            name="template",
        )
    assert len(caught.value.problems) == 9
    assert not (tmp_path / "a" / "home" / settings.FILE).exists()


@SERVERS
def test_an_account_without_rights_is_refused(study: Path) -> None:
    with pytest.raises(RecordError, match="may not create databases"):
        postgres.create(settings.read(study).trial_database, name="another")


@SERVERS
def test_without_the_owners_address_nobody_works_as_owner(study: Path, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="the owner's address is missing"), ownership.as_owner(tmp_path):
        pass


@SERVERS
def test_an_account_that_may_create_databases_and_roles_suffices(engine: str, postgresql: Serve) -> None:
    _, administrator = postgresql(engine)
    with psycopg.connect(administrator, autocommit=True) as server:
        server.execute("CREATE ROLE maker LOGIN CREATEDB CREATEROLE")
    address = addresses.with_account(administrator, database="postgres", user="maker", password="")
    made = postgres.create(address, name="made")
    for accounts in made.values():
        with psycopg.connect(accounts.owner) as owner:
            owner.execute("CREATE TABLE anything (id int)")
        with (
            psycopg.connect(accounts.runtime) as runtime,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            runtime.execute("CREATE TABLE another (id int)")
