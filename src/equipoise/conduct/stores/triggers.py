"""Triggers that keep append-only tables append-only, and the check that they are what they should be.

PostgreSQL refuses UPDATE, DELETE and TRUNCATE by one statement-level trigger a table, enabled always. SQLite
refuses UPDATE and DELETE; there owner and runtime are one, so it only slows a mistake down, and the chain's
anchors are what notices intent. Holds installing, checking and lifting for an erasure. Refuses to decide
which tables: it is told.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from django.db import connections

from equipoise.errors import Problem

NAME = "append_only"
FUNCTION = "equipoise_append_only"
HINT = "somebody changed the database itself: find out who, then run `equipoise verify`"

BODY = """
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
"""
PATH = "search_path=pg_catalog, pg_temp"
ALWAYS = "A"
"""How PostgreSQL notes a trigger that also fires for replicas."""

# Names of tables and triggers come from models and this module, never from input, in all statements below.
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION public.{FUNCTION}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $body${BODY}$body$
"""
_FOUND_FUNCTION = """
SELECT p.prosrc, p.prosecdef, p.proconfig, l.lanname,
       p.proowner = (SELECT datdba FROM pg_database WHERE datname = current_database())
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.proname = %s AND p.pronamespace = 'public'::regnamespace
"""
_FOUND_TRIGGERS = """
SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
"""
_FOUND_RULES = "SELECT tablename, rulename FROM pg_rules WHERE schemaname = 'public'"


def install(alias: str, tables: Collection[str]) -> None:
    """Put the triggers on tables, replacing what is there. Needs the owner of the tables."""
    with connections[alias].cursor() as cursor:
        if connections[alias].vendor == "postgresql":
            cursor.execute(_FUNCTION)
            cursor.execute(f"REVOKE ALL ON FUNCTION public.{FUNCTION}() FROM PUBLIC")
        for statement in (one for table in sorted(tables) for one in _statements(alias, table)):
            cursor.execute(statement)


def check(alias: str, tables: Collection[str]) -> list[Problem]:
    """Return what is missing, altered, switched off or added among the triggers of append-only tables."""
    if connections[alias].vendor == "postgresql":
        return [*_function_problems(alias), *_trigger_problems(alias, tables), *_rule_problems(alias, tables)]
    expected = {name: text for table in tables for name, text in _sqlite(table).items()}
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = {name: (table, text) for name, table, text in cursor.fetchall()}
    return _compared(
        alias, expected, {name: text for name, (table, text) in found.items() if table in tables}
    )


@contextmanager
def lifted(alias: str, table: str) -> Iterator[None]:
    """Let the owner change one table inside the transaction under way; nobody else ever sees it open."""
    remove(alias, table)
    yield
    install(alias, [table])


def remove(alias: str, table: str) -> None:
    """Take the triggers off one table. Needs the owner."""
    with connections[alias].cursor() as cursor:
        for statement in _drops(alias, table):
            cursor.execute(statement)


def _statements(alias: str, table: str) -> list[str]:
    if connections[alias].vendor == "postgresql":
        return [
            *_drops(alias, table),
            _postgresql(table),
            f'ALTER TABLE public."{table}" ENABLE ALWAYS TRIGGER {NAME}',
        ]
    return [*_drops(alias, table), *_sqlite(table).values()]


def _drops(alias: str, table: str) -> list[str]:
    if connections[alias].vendor == "postgresql":
        return [f'DROP TRIGGER IF EXISTS {NAME} ON public."{table}"']
    return [f'DROP TRIGGER IF EXISTS "{name}"' for name in _sqlite(table)]


def _postgresql(table: str) -> str:
    """Return the trigger's text as PostgreSQL itself writes it."""
    return (
        f"CREATE TRIGGER {NAME} BEFORE DELETE OR UPDATE OR TRUNCATE ON public.{table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION public.{FUNCTION}()"
    )


def _sqlite(table: str) -> dict[str, str]:
    """Return name and text of each of a table's triggers."""
    return {
        f"{table}_{NAME}_{verb.lower()}": (
            f'CREATE TRIGGER "{table}_{NAME}_{verb.lower()}" BEFORE {verb} ON "{table}" '
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        for verb in ("UPDATE", "DELETE")
    }


def _function_problems(alias: str) -> Iterator[Problem]:
    with connections[alias].cursor() as cursor:
        cursor.execute(_FOUND_FUNCTION, [FUNCTION])
        found = cursor.fetchall()
    if found != [(BODY, True, [PATH], "plpgsql", True)]:
        what = "altered" if found else "missing"
        yield Problem(f"the function {FUNCTION} is {what}", HINT, f"{alias}.{FUNCTION}")


def _trigger_problems(alias: str, tables: Collection[str]) -> Iterator[Problem]:
    with connections[alias].cursor() as cursor:
        cursor.execute(_FOUND_TRIGGERS)
        found = [row for row in cursor.fetchall() if row[0] in tables]
    # Whether PostgreSQL names the schema depends on the connection's search path.
    expected = {f"{table}.{NAME}": _postgresql(table).replace("public.", "") for table in tables}
    texts = {f"{table}.{name}": text.replace("public.", "") for table, name, text, _ in found}
    yield from _compared(alias, expected, texts)
    for table, name, _, enabled in found:
        if enabled != ALWAYS:
            yield Problem(f"the trigger {table}.{name} is switched off", HINT, f"{alias}.{table}")


def _rule_problems(alias: str, tables: Collection[str]) -> Iterator[Problem]:
    with connections[alias].cursor() as cursor:
        cursor.execute(_FOUND_RULES)
        for table, rule in cursor.fetchall():
            if table in tables:
                yield Problem(f"a rule {rule} was added to {table}", HINT, f"{alias}.{table}")


def _compared(alias: str, expected: Mapping[str, str], found: Mapping[str, str]) -> list[Problem]:
    """Return a problem for each trigger that is missing, altered or nobody's."""
    problems = []
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            what = (
                "missing" if name not in found else "not one of ours" if name not in expected else "altered"
            )
            problems.append(Problem(f"the trigger {name} is {what}", HINT, f"{alias}.{name}"))
    return problems
