"""The keys of an installation: one file each, readable by their owner only, never beside the data.

Holds making and reading them. Refuses a folder where a copy of the data would take the keys along.
"""

from pathlib import Path

from equipoise.conduct.stores.entropy import token
from equipoise.errors import IntegrityError, Problem

KEY_BYTES = 32
NAMES = ("web", "trial", "allocation", "identity")
"""web signs sessions; the others seal what their store holds and its backups."""
OWNER_ONLY = 0o600
FOLDER_ONLY = 0o700


def make(folder: Path, *, home: Path) -> None:
    """Make every key that does not exist yet.

    Raises  IntegrityError when the folder lies within the data folder, around it or beside it
    """
    refuse_beside(folder, home=home)
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_ONLY)
    for name in NAMES:
        path = folder / f"{name}.key"
        if not path.exists():
            path.touch(mode=OWNER_ONLY)
            path.write_text(token(KEY_BYTES).hex(), encoding="ascii")


def refuse_beside(folder: Path, *, home: Path) -> None:
    """Raise IntegrityError when a copy of the data folder, or of the one it lies in, takes the keys along."""
    keys, data = folder.resolve(), home.resolve()
    if keys == data or data in keys.parents or keys in data.parents or keys.parent == data.parent:
        problem = Problem(
            f"the keys would lie in {keys}, beside the data in {data}",
            "name another folder, best on another device: `--keys FOLDER`",
            "keys",
        )
        raise IntegrityError("keys and data must not lie together", [problem])


def read(folder: Path, name: str) -> bytes:
    """Return one key.

    Raises  IntegrityError when it is missing, damaged or readable by others
    """
    return read_file(folder / f"{name}.key")


def read_file(path: Path) -> bytes:
    """Return the key in a file.

    Raises  IntegrityError when it is missing, damaged or readable by others
    """
    if not path.is_file():
        raise IntegrityError(
            "a key is missing", [Problem(f"there is no {path.name}", f"put it into {path.parent}", "keys")]
        )
    if path.stat().st_mode & 0o077:
        raise IntegrityError(
            "a key is not secret", [Problem(f"others can read {path}", f"chmod 600 {path}", "keys")]
        )
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise IntegrityError(
            "a key is damaged", [Problem(f"{path.name} holds no key", "restore it from its copy", "keys")]
        )
    return key
