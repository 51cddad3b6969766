"""The life of a form as a table: which step leads from which state to which, and whose action it is.

Holds the table. Refuses to write.
"""

from typing import NamedTuple


class Step(NamedTuple):
    """One row of the table.

    action   what a role must be allowed to do (`accounts.permission.ACTIONS`)
    """

    name: str
    before: str
    after: str
    action: str


IN_PROGRESS, COMPLETE, VERIFIED, SIGNED, LOCKED = "in_progress", "complete", "verified", "signed", "locked"
REVIEWED = (VERIFIED, SIGNED)
"""States in which somebody vouches for what the form says."""
MEANING = "I reviewed these answers and they are complete and correct."
"""What a signature means: stored in these words, shown in the signer's language."""
STATES = (IN_PROGRESS, COMPLETE, VERIFIED, SIGNED, LOCKED)

STEPS = (
    Step("complete", IN_PROGRESS, COMPLETE, "form.fill"),
    Step("verify", COMPLETE, VERIFIED, "form.verify"),
    Step("sign", VERIFIED, SIGNED, "form.sign"),
    Step("lock", SIGNED, LOCKED, "form.lock"),
    Step("unlock", LOCKED, SIGNED, "form.lock"),
)
"""An edit is no step of this table: from any state but locked it leads back to in progress, with a reason."""


def step(name: str) -> Step:
    """Return a row by name; KeyError when there is none."""
    for one in STEPS:
        if one.name == name:
            return one
    raise KeyError(name)
