"""Whether the two stores belong together, asked before an arm is told; and what is said when one is away.

Holds the checks that code breaks and planned unblinding share. Refuses to mend anything.
"""

from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.capture.models import EventReached
from equipoise.conduct.unblinding.models import CodeBreak
from equipoise.errors import IntegrityError, Problem, TrialError

AWAY = Problem(
    "the allocation store does not answer",
    "nothing was shown; in an emergency open the participant's sealed file",
    "store",
)
OLDER = Problem(
    "somebody was told of whom the allocation store knows nothing: it is older than the trial store",
    "stop; restore both stores from one backup, or ask whoever looks after them. In an emergency open the "
    "participant's sealed file",
    "allocation",
)
SYSTEM = "system"


class StoreAwayError(TrialError):
    """The allocation store cannot be reached. Next: the sealed file; or try again once it is back."""


def require() -> None:
    """Raise IntegrityError when the allocation store is older than the trial store, as after a restore.

    The trial store is read first: a telling is always written there last.
    """
    rows = (EventReached.objects.order_by("-id").first(), CodeBreak.objects.order_by("-id").first())
    if any(row is not None and not allocator.knows(row.allocation_event) for row in rows):
        raise IntegrityError("the stores do not belong together", [OLDER])
