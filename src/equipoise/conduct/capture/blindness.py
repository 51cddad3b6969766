"""Who rates must not know: neither an arm they were shown, nor whose form it is.

Holds the check against the allocation store, and the search for what would name a participant in words that a
rater reads. Refuses to take a store that does not answer for a rater who was shown nothing.
"""

import re
from collections.abc import Iterator

from django.db import Error

from equipoise.conduct.accounts.permission import RATER
from equipoise.conduct.capture import exposure
from equipoise.conduct.capture.access import FormGround, Ground
from equipoise.errors import Problem
from equipoise.protocol import Resolved

EXPOSED = Problem(
    "you were shown what a participant receives, so this rating is no longer yours",
    "tell the coordinator: somebody else goes on",
    "form",
)
UNKNOWN = Problem(
    "nothing was stored: whether you may still rate cannot be looked up just now",
    "keep this page open and save again",
    "store",
)
SHORTEST = 2
"""Characters of a name that is looked for: a single letter stands in every text."""


def rating_problem(found: FormGround) -> Problem | None:
    """Return why somebody may not rate, as the allocation store has it now; None for everybody else."""
    viewer = found.ground.viewer
    if not (RATER in found.form.fillers and RATER in found.ground.roles):
        return None
    try:
        shown = exposure.exposed(viewer.person, found.participant)
    except Error:
        return UNKNOWN
    return EXPOSED if shown else None


def naming_problems(text: str, *, ground: Ground, resolved: Resolved, path: str) -> list[Problem]:
    """Return what in a text would tell a rater whose form it is, or of which visit."""
    words = text.casefold()
    found = [name for name in _names(ground, resolved) if _holds(words, name.casefold())]
    if not found:
        return []
    named = ", ".join(f"`{name}`" for name in dict.fromkeys(found))
    hint = "say it without participant, site and visit"
    return [Problem(f"a rater reads this and would learn from it: {named}", hint, path)]


def _names(ground: Ground, resolved: Resolved) -> Iterator[str]:
    yield from (ground.participant, ground.site.site, ground.site.name)
    for visit in resolved.protocol.visits:
        yield visit.id
        yield visit.name


def _holds(text: str, name: str) -> bool:
    """Whether a name stands in a text as words of its own."""
    return len(name) >= SHORTEST and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
