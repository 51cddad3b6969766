"""A protocol's library is all it needs: texts in, the same resolved protocol out."""

from pathlib import Path

import pytest

from equipoise import protocol
from equipoise.errors import ProtocolError
from equipoise.protocol import library, reading

FRONTLINE = Path(__file__).parents[2] / "protocols" / "frontline.yaml"


@pytest.fixture(scope="module")
def frontline() -> protocol.Protocol:
    found = reading.parse(FRONTLINE.read_text(encoding="utf-8"), name="frontline.yaml")[0]
    assert found is not None
    return found


def test_a_protocol_resolves_from_its_library_as_from_the_package(frontline: protocol.Protocol) -> None:
    kept = library.gather(frontline)
    assert protocol.resolve(frontline, library=kept).hashes == protocol.resolve(frontline).hashes


def test_another_text_of_a_scale_changes_the_form_and_its_hash(frontline: protocol.Protocol) -> None:
    kept = library.gather(frontline)
    scales = {**kept.scales, "madrs": kept.scales["madrs"].replace("6: extreme", "6: utmost")}
    changed = protocol.resolve(frontline, library=library.Library(scales, kept.standard))
    assert changed.forms["madrs"].item("pessimistic_thoughts").codes["6"] == "utmost"  # type: ignore[index]
    assert changed.hashes["build"] != protocol.resolve(frontline).hashes["build"]


def test_a_library_without_a_scale_or_form_says_which_one(frontline: protocol.Protocol) -> None:
    with pytest.raises(ProtocolError, match="there is no standard form `demographics`"):
        protocol.resolve(frontline, library=library.Library())


def test_wordings_of_scales_nobody_uses_are_left_out(frontline: protocol.Protocol) -> None:
    kept = library.gather(frontline, wordings={"en/madrs": "text", "en/gad7": "text"})
    assert set(kept.wordings) == {"en/madrs"}
