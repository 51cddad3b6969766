"""What is left of a file without what cannot be read, and where it stood."""

from equipoise import source
from equipoise.protocol.remains import original, remains


def left(text: str) -> object:
    return remains(source.read(text, name="small.yaml"))


def test_an_optional_value_is_left_out_alone(small: str) -> None:
    found = remains(source.read(small.replace("dose_mg: 10", "dose_mg: ten"), name="s"))
    assert found is not None
    assert found.left_out == (("interventions", 0, "dose_mg"),)
    assert found.protocol.interventions[0].dose_mg is None
    assert not found.dropped


def test_with_a_required_value_goes_its_entry(small: str) -> None:
    found = remains(
        source.read(small.replace("{id: DOSE, epoch: treatment", "{id: DOSE, epoch: 3"), name="s")
    )
    assert found is not None
    assert [visit.id for visit in found.protocol.visits] == ["SCR", "D14", "D28", "UNS"]
    assert found.dropped == {("visits",): (1,)}


def test_places_of_what_follows_are_those_of_the_file() -> None:
    dropped = {("visits",): (1, 2), ("forms", 3, "items"): (0,), ("forms",): (0,)}
    assert original(("visits", 0, "day"), dropped) == ("visits", 0, "day")
    assert original(("visits", 1, "day"), dropped) == ("visits", 3, "day")
    assert original(("forms", 2, "items", 0), dropped) == ("forms", 3, "items", 1)
    assert original(("anything", 5), None) == ("anything", 5)


def test_without_something_the_whole_needs_nothing_is_left(small: str) -> None:
    assert left(small.replace("trial: {id: SMALL, title: A small trial}\n", "")) is None
    assert left("a: 1") is None
    assert left("[1]") is None


def test_the_document_itself_is_not_touched(small: str) -> None:
    document = source.read(small.replace("dose_mg: 10", "dose_mg: ten"), name="s")
    remains(document)
    assert document.data["interventions"][0]["dose_mg"] == "ten"
