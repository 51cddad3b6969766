"""Deviations from the protocol as pages say them.

Holds wording. What is stored stays codes and English sentences.
"""

from dataclasses import replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from equipoise.conduct.capture import gates
from equipoise.conduct.capture.eligibility import CHANGED, DeviationLine
from equipoise.conduct.studies import wording

KINDS: dict[str, Promise] = {
    CHANGED: gettext_lazy("noted by the system"),
    gates.UNUPDATED: gettext_lazy("went on without the newer consent form"),
}
IMPORTANCE: dict[str, Promise] = {
    "important": gettext_lazy("important"),
    "minor": gettext_lazy("minor"),
}


def in_words(line: DeviationLine) -> DeviationLine:
    """Return a deviation in the language of the page; what a person wrote stays as it is."""
    return replace(
        line,
        kind=str(KINDS.get(line.kind, line.kind)),
        importance=str(IMPORTANCE.get(line.importance, line.importance)),
        text=wording.told(line.text) if line.kind == CHANGED else line.text,
    )
