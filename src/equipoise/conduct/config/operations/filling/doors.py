"""What leads into the simulated study: a link for each role."""

from datetime import datetime

from equipoise.conduct.accounts import entry_links
from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.config.operations.filling import staff
from equipoise.conduct.config.operations.setting_up import OPERATOR


def links(*, at: datetime) -> dict[str, str]:
    """Return the name of each role with the path of a link that lets its holder in once."""
    return {
        ROLES[role]: f"/sign-in/once/{entry_links.make(person=viewer.person, at=at, by=OPERATOR)}/"
        for role, viewer in staff.team(at=at).items()
    }
