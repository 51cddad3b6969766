"""A sealed file opens with its key only, whole or not at all."""

from pathlib import Path

import pytest

from equipoise.conduct.stores import sealing
from equipoise.errors import IntegrityError

KEY = bytes(range(32))
PIECE = 64


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "PIECE_BYTES", PIECE)


def sealed(folder: Path, data: bytes) -> Path:
    (folder / "plain").write_bytes(data)
    sealing.seal(folder / "plain", folder / "sealed", key=KEY, purpose="backup trial")
    return folder / "sealed"


def opened(path: Path, *, key: bytes = KEY, purpose: str = "backup trial") -> bytes:
    target = path.with_name("opened")
    sealing.unseal(path, target, key=key, purpose=purpose)
    return target.read_bytes()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 1_000])
def test_what_is_sealed_comes_back(tmp_path: Path, size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    path = sealed(tmp_path, data)
    assert opened(path) == data
    assert path.stat().st_mode & 0o077 == 0


def test_equal_files_are_sealed_differently(tmp_path: Path) -> None:
    assert sealed(tmp_path, b"same").read_bytes() != sealed(tmp_path, b"same").read_bytes()


HEADER = len(sealing.MAGIC) + sealing.SALT_BYTES
WHOLE = PIECE + sealing.TAG_BYTES
CHANGES = {
    "a bit": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "a bit of the salt": lambda data: data[: HEADER - 1] + bytes([data[HEADER - 1] ^ 1]) + data[HEADER:],
    "the mark": lambda data: b"X" + data[1:],
    "the last piece": lambda data: data[: HEADER + 2 * WHOLE],
    "the first piece": lambda data: data[:HEADER] + data[HEADER + WHOLE :],
    "two pieces exchanged": lambda data: (
        data[:HEADER]
        + data[HEADER + WHOLE : HEADER + 2 * WHOLE]
        + data[HEADER : HEADER + WHOLE]
        + data[HEADER + 2 * WHOLE :]
    ),
    "something added": lambda data: data + b"x",
    "everything but the header": lambda data: data[:HEADER],
    "nearly everything": lambda data: data[:5],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_sealed_file_that_was_changed_leaves_nothing(tmp_path: Path, change: str) -> None:
    path = sealed(tmp_path, bytes(range(200)))
    path.write_bytes(CHANGES[change](path.read_bytes()))
    with pytest.raises(IntegrityError, match="sealed with another key, changed or cut"):
        opened(path)
    assert not (tmp_path / "opened").exists()


def test_another_key_or_purpose_opens_nothing(tmp_path: Path) -> None:
    path = sealed(tmp_path, b"secret")
    with pytest.raises(IntegrityError):
        opened(path, key=bytes(32))
    with pytest.raises(IntegrityError):
        opened(path, purpose="backup allocation")
