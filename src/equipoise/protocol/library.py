"""What a protocol refers to, as texts: scales, standard forms and licensed wordings, kept with it.

Holds the texts and the reading of them. A stored library means for ever what it meant, while the package goes
on. Refuses to judge a protocol.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from equipoise import instruments
from equipoise.errors import Problem, ProtocolError
from equipoise.instruments import Instrument, Wording
from equipoise.instruments import library as scales
from equipoise.protocol import standard
from equipoise.protocol.model import Protocol
from equipoise.protocol.standard import StandardForm


@dataclass(frozen=True)
class Library:
    """Texts by name.

    scales      scale id to its file's text
    standard    standard form id to its file's text
    wordings    "language/scale" to a licensed wording's text
    """

    scales: Mapping[str, str] = field(default_factory=dict)
    standard: Mapping[str, str] = field(default_factory=dict)
    wordings: Mapping[str, str] = field(default_factory=dict)

    def scale(self, name: str) -> Instrument:
        """Return a scale.

        Raises  ProtocolError when it is not in the library, or its text is wrong
        """
        return instruments.parse(_held(self.scales, name, "scale"), f"{name}.yaml")

    def form(self, name: str) -> StandardForm:
        """Return a standard form.

        Raises  ProtocolError when it is not in the library, or its text is wrong
        """
        return standard.parse(_held(self.standard, name, "standard form"), name=name)

    @cached_property
    def read_wordings(self) -> dict[tuple[str, str], Wording]:
        """(language, scale) to its wording, read once. ProtocolError when one is wrong."""
        found = {}
        for place, text in self.wordings.items():
            language, _, scale = place.partition("/")
            held = instruments.wording(text, self.scale(scale), lang=language, name=f"{place}.yaml")
            found[language, scale] = held
        return found


def gather(protocol: Protocol, *, wordings: Mapping[str, str] | None = None) -> Library:
    """Return the package's present texts of everything a protocol names.

    wordings   "language/scale" to text; those of scales the protocol does not use are left out
    Raises     ProtocolError when a scale or standard form does not exist
    """
    used = sorted({form.instrument for form in protocol.forms if form.instrument})
    forms = sorted({form.standard for form in protocol.forms if form.standard})
    return Library(
        scales={name: scales.text(name) for name in used},
        standard={name: standard.text(name) for name in forms},
        wordings={
            place: text for place, text in (wordings or {}).items() if place.partition("/")[2] in set(used)
        },
    )


def _held(texts: Mapping[str, str], name: str, kind: str) -> str:
    if name not in texts:
        known = ", ".join(sorted(texts)) or "none"
        raise ProtocolError(f"unknown {kind}", [Problem(f"there is no {kind} `{name}`", f"kept: {known}")])
    return texts[name]
