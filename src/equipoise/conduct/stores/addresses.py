"""Addresses of databases: "sqlite", or a PostgreSQL address with name and password.

Holds reading and writing them. Refuses to connect.
"""

from typing import Any
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

SQLITE = "sqlite"


def parts(address: str) -> dict[str, str]:
    """Return a PostgreSQL address as Django's names: NAME, USER, PASSWORD, HOST, PORT."""
    found: dict[str, Any] = conninfo_to_dict(address)
    names = [("NAME", "dbname"), *((key.upper(), key) for key in ("user", "password", "host", "port"))]
    return {name: str(found.get(key) or "") for name, key in names}


def with_account(address: str, *, database: str, user: str, password: str) -> str:
    """Return the address of another database and account of the same server."""
    found = parts(address)
    place = f"host={quote(found['HOST'], safe='')}" + (f"&port={found['PORT']}" if found["PORT"] else "")
    return f"postgresql://{quote(user)}:{quote(password)}@/{quote(database)}?{place}"
