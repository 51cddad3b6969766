"""Blocks kept on disk under the hash of everything that decides them, so that work once done is never done
again.

Holds files that are whole or not there: each is written beside its place, flushed and renamed, and carries
its own digest. Refuses to fail: a disk that takes nothing more costs the memory of a run, not the run, and
says so once.
"""

import hashlib
import io
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

DIGEST_BYTES = hashlib.sha256().digest_size
SHORT = 2


@dataclass
class Cache:
    """A folder of blocks.

    folder   None keeps nothing
    warn     told once when a block cannot be kept
    """

    folder: Path | None
    warn: Callable[[str], None] = print
    _failed: bool = field(default=False, init=False)

    def find(self, key: str, name: str) -> Array | None:
        """Return an array kept under a key; None when there is none, or it is not whole."""
        if self.folder is None:
            return None
        try:
            content = _place(self.folder, key, name).read_bytes()
        except OSError:
            return None
        digest, body = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(body).digest() != digest:
            return None
        found: Array = np.load(io.BytesIO(body), allow_pickle=False)
        return found

    def keep(self, key: str, name: str, array: Array) -> bool:
        """Keep an array, whole or not at all; return whether it is kept."""
        if self.folder is None or self._failed:
            return False
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        body = buffer.getvalue()
        try:
            write_whole(_place(self.folder, key, name), hashlib.sha256(body).digest() + body)
        except OSError as error:
            self._failed = True
            why = error.strerror or str(error)
            self.warn(
                f"results cannot be kept in {self.folder} ({why}): this run goes on, but cannot be resumed"
            )
            return False
        return True


def _place(folder: Path, key: str, name: str) -> Path:
    return folder / key[:SHORT] / key / f"{name}.block"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all.

    Raises  OSError when it cannot be written; nothing is left behind then
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
