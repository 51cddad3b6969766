"""The union of versions loses nothing that an amendment dropped, and the latest counts where they differ."""

from pathlib import Path

from equipoise.conduct.studies.union import united
from equipoise.protocol import Resolved, reading, resolve

FRONTLINE = Path(__file__).parents[3] / "protocols" / "frontline.yaml"


def version(*changes: tuple[str, str]) -> Resolved:
    text = FRONTLINE.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    found = reading.parse(text, name="test.yaml")[0]
    assert found is not None
    return resolve(found)


def test_one_version_is_its_own_union() -> None:
    one = version()
    assert united([one]).hashes == one.hashes


def test_what_was_dropped_stays_and_what_changed_is_the_latest() -> None:
    first = version()
    second = version(
        ("nurse: Nurse, ", ""),
        ("physician: Physician", "physician: Doctor"),
        ("      - {id: english, ", "      - {id: language, "),
        ("label: Integration 2, epoch", "label: Second, epoch"),
        ("  - {id: INT3, ", "  - {id: INT9, "),
    )
    found = united([first, second])
    profession = found.forms["screening"].item("profession").codes
    assert profession is not None
    assert (profession["physician"], profession["nurse"]) == ("Doctor", "Nurse")
    assert {"english", "language"} <= {item.id for item in found.forms["screening"].items}
    assert found.protocol.visit("INT2").label == "Second"
    assert [visit.id for visit in found.protocol.visits][-1] == "INT3"
    assert found.protocol.visit("INT9").label == "Integration 3"
