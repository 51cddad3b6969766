"""What states of visits, forms, queries and alerts are called.

Holds words only; which states there are is for the apps that have them.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Promise] = {
    "unplanned": _("No day yet"),
    "planned": _("Planned"),
    "due": _("Due"),
    "late": _("Late"),
    "in_progress": _("In progress"),
    "done": _("Done"),
    "locked": _("Locked"),
    "missed": _("Missed"),
    "declined": _("Declined"),
    "not_expected": _("No longer expected"),
    "by_agreement": _("Only if they agree"),
    "not_begun": _("Not begun"),
    "complete": _("Complete"),
    "verified": _("Verified"),
    "signed": _("Signed"),
    "unlocked": _("Unlocked"),
    "reopened": _("Changed again"),
    "held": _("Held"),
    "open": _("Open"),
    "answered": _("Answered"),
    "closed": _("Closed"),
    "new": _("New"),
    "seen": _("Seen"),
}


def in_words(state: str) -> str:
    """Return what a state is called; its own name where nobody said."""
    return str(WORDS.get(state, state))
