"""PostgreSQL: a database a store, owned by one role and used by another that may not change what was written.

Holds making databases and roles, grants, and the check of what the running role may do. Refuses SQLite.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import psycopg
from django.db import connections
from psycopg import sql

from equipoise.conduct.stores.addresses import parts, with_account
from equipoise.conduct.stores.entropy import token
from equipoise.conduct.stores.names import STORES
from equipoise.errors import Problem, RecordError

PASSWORD_BYTES = 24
OLDEST = 150000
"""PostgreSQL 15, as servers number it: the oldest version tested."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Two addresses of one store's database.

    owner     of the role that owns tables and triggers: kept with the keys
    runtime   of the role that the running system uses: written into the settings
    """

    owner: str
    runtime: str


def create(administrator: str, *, name: str) -> dict[str, Accounts]:
    """Make NAME_STORE, NAME_STORE_owner and NAME_STORE_run for every store: a database and its two roles.

    administrator  address of an account that may create databases and roles; it is not kept
    Raises         RecordError with everything that stands in the way, before anything is made
    """
    made: dict[str, Accounts] = {}
    with psycopg.connect(administrator, autocommit=True) as connection:
        _refuse(connection, [f"{name}_{store}" for store in STORES])
        for store in STORES:
            made[store] = _create(connection, administrator, f"{name}_{store}")
    return made


def _refuse(connection: psycopg.Connection, databases: list[str]) -> None:
    """Raise RecordError when the server is too old, the account may too little or a name is taken."""
    problems = []
    if connection.info.server_version < OLDEST:
        problems.append(Problem("the server is older than PostgreSQL 15", "use PostgreSQL 15 or later"))
    rights = connection.execute(
        "SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if rights != (True,):
        problems.append(
            Problem("the account may not create databases and roles", "give it CREATEDB and CREATEROLE")
        )
    roles = [f"{one}_{role}" for one in databases for role in ("owner", "run")]
    taken = connection.execute(
        "SELECT datname::text FROM pg_database WHERE datname = ANY(%s) "
        "UNION ALL SELECT rolname::text FROM pg_roles WHERE rolname = ANY(%s)",
        [databases, roles],
    ).fetchall()
    problems += [Problem(f"`{one}` exists on the server", "name another with `--name`") for (one,) in taken]
    if problems:
        raise RecordError("the databases cannot be made", problems)


def _create(connection: psycopg.Connection, administrator: str, database: str) -> Accounts:
    addresses = {}
    for role in (f"{database}_owner", f"{database}_run"):
        password = token(PASSWORD_BYTES).hex()
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                sql.Identifier(role), sql.Literal(password)
            )
        )
        addresses[role] = with_account(administrator, database=database, user=role, password=password)
    owner, runtime = (sql.Identifier(role) for role in addresses)
    held = sql.Identifier(database)
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(held, owner)
    )
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(held))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(held, runtime))
    return Accounts(*addresses.values())


def grant(alias: str, *, runtime: str, append_only: Collection[str], mutable: Collection[str]) -> None:
    """Give the running role what it needs and no more. Needs the owner.

    runtime   the running role's name
    """
    with connections[alias].cursor() as cursor:
        role = connections[alias].ops.quote_name(runtime)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
        cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
        for table in sorted({*append_only, *mutable}):
            rights = "INSERT" if table in append_only else "INSERT, UPDATE, DELETE"
            cursor.execute(f'GRANT {rights} ON public."{table}" TO {role}')


_ROLE = """
SELECT r.rolsuper OR r.rolcreaterole OR r.rolbypassrls,
       EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
               AND pg_has_role(c.relowner, 'MEMBER')),
       EXISTS (SELECT 1 FROM pg_database d WHERE d.datname = current_database()
               AND pg_has_role(d.datdba, 'MEMBER'))
FROM pg_roles r WHERE r.rolname = current_user
"""
_RIGHTS = """
SELECT c.relname, p.right_name FROM pg_class c,
     unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) p(right_name)
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND has_table_privilege(c.oid, p.right_name)
"""


def check(alias: str, *, mutable: Collection[str]) -> list[Problem]:
    """Return every right by which the connected role could change what was written."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_ROLE)
        mighty, owns_tables, owns_database = cursor.fetchone() or (True, True, True)
        cursor.execute(_RIGHTS)
        rights = [(table, right) for table, right in cursor.fetchall() if not _allowed(table, right, mutable)]
    said = {
        "may create roles or is a superuser": mighty,
        "owns its tables": owns_tables,
        "owns its database": owns_database,
    }
    hint = "use the role that `equipoise init` made for the running system"
    problems = [Problem(f"the running role {text}", hint, alias) for text, wrong in said.items() if wrong]
    # A role that is the owner holds every right; saying so once is enough.
    if not any(said.values()):
        problems += [Problem(f"the running role may {right} {table}", hint, alias) for table, right in rights]
    return problems


def _allowed(table: str, right: str, mutable: Collection[str]) -> bool:
    return table in mutable and right in ("UPDATE", "DELETE")


def account(address: str) -> Mapping[str, str]:
    """Return Django's USER and PASSWORD of an address."""
    found = parts(address)
    return {"USER": found["USER"], "PASSWORD": found["PASSWORD"]}
