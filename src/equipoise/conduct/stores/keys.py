"""The keys of an installation: one file each, readable by their owner only, never beside the data.

Holds making, reading and replacing them. Refuses a folder where a copy of the data would take the keys along.
A key that was replaced stays among the former ones: what was sealed with it in backups opens with it alone.
"""

import hmac
import os
import pwd
from pathlib import Path

from equipoise.conduct.stores.entropy import token
from equipoise.errors import IntegrityError, Problem

KEY_BYTES = 32
FINGERPRINT = 16
WEB = "web"
NAMES = (WEB, "trial", "allocation", "identity")
"""web signs sessions; the others seal what their store holds and its backups."""
CODES = "codes"
"""What public codes are made with, once the web key, which made them before, was replaced."""
FORMER = "former"
NEXT = ".next"
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


def fingerprint(key: bytes) -> str:
    """Return what tells one key from another, and nothing of it."""
    return hmac.new(key, b"equipoise fingerprint 1", "sha256").hexdigest()[:FINGERPRINT]


def second_factor(web: bytes) -> bytes:
    """Return the key that seals second factors, made from the web key."""
    return hmac.new(web, b"second factor", "sha256").digest()


def codes(folder: Path) -> bytes:
    """Return the key that public codes are made with. They stand in rows for ever, so it never changes."""
    if (folder / f"{CODES}.key").exists():
        return read(folder, CODES)
    return hmac.new(read(folder, WEB), b"public codes", "sha256").digest()


def candidates(folder: Path, name: str) -> list[bytes]:
    """Return a key and those it replaced, the newest first.

    Raises  IntegrityError when the key itself cannot be read
    """
    before = sorted(
        (folder / FORMER).glob(f"{name}-*.key"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    return [read(folder, name), *(read_file(path) for path in before)]


def is_waiting(folder: Path, name: str) -> bool:
    """Whether a key is about to be replaced: that was begun, and not finished."""
    return (folder / f"{name}.key{NEXT}").exists()


def prepare(folder: Path, name: str) -> bytes:
    """Write down the key that is about to replace another, before anything is sealed with it."""
    path = folder / f"{name}.key{NEXT}"
    if not path.exists():
        _write(path, token(KEY_BYTES))
    return read_file(path)


def replace(folder: Path, name: str) -> None:
    """Put the prepared key in the other's place, which goes to the former ones.

    Cut off anywhere, it may be called again.
    """
    old = read(folder, name)
    if name == WEB and not (folder / f"{CODES}.key").exists():
        _write(folder / f"{CODES}.key", codes(folder))
    former = folder / FORMER
    former.mkdir(exist_ok=True, mode=FOLDER_ONLY)
    _write(former / f"{name}-{fingerprint(old)}.key", old)
    (folder / f"{name}.key{NEXT}").replace(folder / f"{name}.key")
    _sync(folder)


def _write(path: Path, key: bytes) -> None:
    """Write a key so that it is there whole or not at all, whatever happens meanwhile."""
    scratch = path.with_name(f".{path.name}")
    scratch.touch(mode=OWNER_ONLY)
    with scratch.open("w", encoding="ascii") as file:
        file.write(key.hex())
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """See that the names in a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_file(path: Path) -> bytes:
    """Return the key in a file.

    Raises  IntegrityError when it is missing, damaged, readable by others, or not by this account
    """
    try:
        text = _secret(path)
    except PermissionError as error:
        problem = Problem(f"{account()} may not read {path}", f"chown {account()} {path}", "keys")
        raise IntegrityError("a key cannot be read", [problem]) from error
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise IntegrityError(
            "a key is damaged", [Problem(f"{path.name} holds no key", "restore it from its copy", "keys")]
        )
    return key


def _secret(path: Path) -> str:
    if not path.is_file():
        raise IntegrityError(
            "a key is missing", [Problem(f"there is no {path.name}", f"put it into {path.parent}", "keys")]
        )
    if path.stat().st_mode & 0o077:
        raise IntegrityError(
            "a key is not secret", [Problem(f"others can read {path}", f"chmod 600 {path}", "keys")]
        )
    return path.read_text(encoding="ascii", errors="replace")


def account(number: int | None = None) -> str:
    """Return the name of an account of this machine, or of the one that this process runs as."""
    number = os.geteuid() if number is None else number
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
