"""Personal data are sealed per person, found by exact word, and forgotten with the key."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from equipoise.conduct.audit.services import act
from equipoise.conduct.config import settings
from equipoise.conduct.identity import personal
from equipoise.conduct.identity.models import PersonalKey
from equipoise.conduct.stores.names import ALIASES
from equipoise.errors import IntegrityError

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
NAMES = ("Ada Núñez", "山田 太郎", "😀 فاطمة", "x" * 10_000)


def begun(*owners: str) -> list[personal.Seal]:
    with act("identity", "identity.begun", at=AT, by="system") as one:
        return [personal.begin(owner, alias=one.alias) for owner in owners]


@pytest.mark.both_stores
def test_a_cell_opens_for_its_person_and_place_alone(study: Path) -> None:
    begun("A-1", "A-2")
    keys = personal.seals(["A-1", "A-2", "A-3"])
    assert set(keys) == {"A-1", "A-2"}
    for name in NAMES:
        sealed = keys["A-1"].close(name, cell="applicant.name")
        assert keys["A-1"].open(sealed, cell="applicant.name") == name
        assert name not in sealed
        for key, cell in ((keys["A-2"], "applicant.name"), (keys["A-1"], "applicant.email")):
            with pytest.raises(IntegrityError, match="cannot be opened"):
                key.open(sealed, cell=cell)
    assert keys["A-1"].close("same", cell="c") != keys["A-1"].close("same", cell="c")
    assert keys["A-1"].close("", cell="c") == "" == keys["A-1"].open("", cell="c")
    assert "key" not in repr(keys["A-1"])


@pytest.mark.both_stores
def test_somebody_forgotten_is_neither_read_nor_found_again(study: Path) -> None:
    [seal, _] = begun("A-1", "A-2")
    sealed = seal.close("Ada", cell="c")
    with act("identity", "identity.indexed", at=AT, by="system") as one:
        personal.index("A-1", [("name", "Ada"), ("email", "ada@example.org"), ("name", " ")], alias=one.alias)
        personal.index("A-2", [("name", "ADA"), ("phone", "+1 (206) 555-0100")], alias=one.alias)
    assert personal.find("name", "ada ") == {"A-1", "A-2"}
    assert personal.find("phone", "1206 555 0100") == {"A-2"}
    assert personal.find("email", "ada") == personal.find("name", "") == frozenset()
    with act("identity", "identity.forgotten", at=AT, by="system") as one:
        personal.forget(["A-1"], alias=one.alias)
    assert personal.find("name", "Ada") == {"A-2"}
    assert personal.seals(["A-1"]) == {}
    assert sealed
    assert list(PersonalKey.objects.using(ALIASES["identity"]).values_list("owner", flat=True)) == ["A-2"]


def test_nothing_of_a_key_is_left_in_the_file_once_it_is_deleted(study: Path) -> None:
    begun("A-1")
    sealed = PersonalKey.objects.using(ALIASES["identity"]).get().sealed_key
    with act("identity", "identity.forgotten", at=AT, by="system") as one:
        personal.forget(["A-1"], alias=one.alias)
    personal.scrub()
    for file in (study / "stores").glob("identity*"):
        assert sealed.encode() not in file.read_bytes(), file.name


def test_another_store_key_opens_nothing(study: Path) -> None:
    begun("A-1")
    path = settings.read(study).keys / "identity.key"
    before = path.read_text()
    path.write_text("00" * 32)
    try:
        with pytest.raises(IntegrityError, match="cannot be opened"):
            personal.seals(["A-1"])
    finally:
        path.write_text(before)
