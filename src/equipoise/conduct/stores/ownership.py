"""Working as the owner of the tables: for setting up, upgrading and erasing, never for serving.

Holds the owner's addresses, kept in the keys folder, and `as_owner`. On SQLite owner and runtime are one.
"""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.db import connections

from equipoise.conduct.stores.keys import OWNER_ONLY
from equipoise.conduct.stores.names import ALIASES, STORES
from equipoise.conduct.stores.postgres import account
from equipoise.errors import IntegrityError, Problem

FILE = "owner.toml"


def keep(keys: Path, addresses: Mapping[str, str]) -> None:
    """Write the owner's address of each store's database beside the keys, for their owner only."""
    path = keys / FILE
    path.touch(mode=OWNER_ONLY)
    path.write_text(
        "".join(f'{store} = "{address}"\n' for store, address in addresses.items()), encoding="utf-8"
    )


def addresses(keys: Path) -> dict[str, str]:
    """Return store to the owner's address; nothing where stores are files.

    Raises  IntegrityError when others can read them
    """
    path = keys / FILE
    if not path.is_file():
        return {}
    if path.stat().st_mode & 0o077:
        problem = Problem(f"others can read {path}", f"chmod 600 {path}", "keys")
        raise IntegrityError("the owner's password is not secret", [problem])
    return {store: str(address) for store, address in tomllib.loads(path.read_text(encoding="utf-8")).items()}


@contextmanager
def as_owner(keys: Path) -> Iterator[None]:
    """Connect every store on PostgreSQL as its owner inside the block.

    Raises  IntegrityError when the owner's address of a store is not among the keys
    """
    owners = addresses(keys)
    served = [store for store in STORES if connections[ALIASES[store]].vendor == "postgresql"]
    missing = [
        Problem(f"no owner of {store}", f"put {FILE} into {keys}", "keys")
        for store in served
        if store not in owners
    ]
    if missing:
        raise IntegrityError("the owner's address is missing", missing)
    before = {}
    for store in served:
        connection = connections[ALIASES[store]]
        before[store] = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}
        connection.close()
        connection.settings_dict.update(account(owners[store]))
    try:
        yield
    finally:
        for store in served:
            connection = connections[ALIASES[store]]
            connection.close()
            connection.settings_dict.update(before[store])
