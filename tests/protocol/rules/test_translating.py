"""Translations, each fault planted."""

from collections.abc import Callable

from equipoise import protocol
from equipoise.errors import Problem

Plant = Callable[..., list[Problem]]


def planted(plant: Plant, spanish: str) -> list[Problem]:
    return plant(("washouts:\n", f"translations: {{es: {spanish}}}\nwashouts:\n"))


def test_without_a_language_nothing_is_asked_for(plant: Plant) -> None:
    assert not [one for one in plant() if "translation" in one.message]


def test_what_participants_would_read_in_english_is_said_with_its_place(plant: Plant) -> None:
    found = planted(plant, "{}")
    assert found
    assert {one.severity for one in found} == {"warning"}
    assert all("no es translation" in one.message and one.path.startswith("forms.") for one in found)
    assert not [one for one in found if "PHQ" in one.message or "Tiredness" in one.message]
    text = found[0].message.split("`")[1]
    left = planted(plant, f'{{"{text}": Algo}}')
    assert len(left) == len(found) - 1


def test_a_translation_of_what_nobody_says_is_a_slip(plant: Plant) -> None:
    found = [
        one for one in planted(plant, "{Nobody says this: Nadie}") if "nothing in the file" in one.message
    ]
    assert [(one.path, one.severity) for one in found] == [("translations.es.Nobody says this", "warning")]


def test_a_language_is_a_tag(plant: Plant) -> None:
    found = plant(("washouts:\n", "translations: {Spanish: {}}\nwashouts:\n"))
    assert [one.severity for one in found if one.path.startswith("translations")] == ["error"]


def test_a_file_without_translations_keeps_its_hashes(small: str) -> None:
    before = protocol.resolve(protocol.load(small, name="small.yaml"))
    spoken = small.replace("washouts:\n", "translations: {es: {Mood: Ánimo}}\nwashouts:\n")
    after = protocol.resolve(protocol.load(spoken, name="small.yaml"))
    assert b"translations" not in before.canonical("design")
    assert {part for part in before.hashes if before.hashes[part] != after.hashes[part]} == {"build"}
