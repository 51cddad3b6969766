"""What people write beside answers: reasons, questions, notes; and what cannot be stored of it.

Holds the limits. Refuses to shorten anybody's words.
"""

from equipoise.errors import Problem
from equipoise.source import UNREADABLE

LONGEST_NOTE = 4_000
"""Characters of a note, question or reason."""


def problems(text: str, *, path: str, needed: str = "", longest: int = LONGEST_NOTE) -> list[Problem]:
    """Return why a text cannot be stored.

    needed   what to say when it is empty; "" where it may be
    """
    found = []
    if needed and not text.strip():
        found.append(Problem(needed, "say it in a few words", path))
    if len(text) > longest:
        message = f"the text has {len(text):,} characters; at most {longest:,} can be stored"
        found.append(Problem(message, "shorten it", path))
    bad = UNREADABLE.search(text.replace("\r", "")[:longest])
    if bad is not None:
        place = bad.start() + 1
        message = f"the character U+{ord(bad.group()):04X} at position {place:,} cannot be stored"
        found.append(Problem(message, "delete it and type the text again", path))
    return found
