"""What leads into and out of the simulated study: links for whoever looks, arms for the report.

Holds both. Refuses to open an arm unlogged: the independent statistician reads each, as the audit trail says.
"""

from collections.abc import Collection
from datetime import datetime

from equipoise import allocation
from equipoise.allocation import Allocation
from equipoise.conduct.accounts import entry_links
from equipoise.conduct.accounts.permission import ROLES
from equipoise.conduct.allocator import reads
from equipoise.conduct.allocator import services as allocator
from equipoise.conduct.config.operations.filling import staff
from equipoise.conduct.config.operations.setting_up import OPERATOR

STATISTICIAN = "unblinded_statistician"
EXPORT = "unblinded_export"


def links(*, at: datetime) -> dict[str, str]:
    """Return the name of each role with the path of a link that lets its holder in once."""
    return {
        ROLES[role]: f"/sign-in/once/{entry_links.make(person=viewer.person, at=at, by=OPERATOR)}/"
        for role, viewer in staff.team(at=at).items()
    }


def arms(*, dosed: Collection[str], at: datetime) -> Allocation:
    """Return who was assigned what, read by the independent statistician.

    dosed   participants who took a dose of their kit
    """
    person = staff.team(at=at)[STATISTICIAN].person
    rows = []
    for one in reads.assignments():
        found = allocator.release(
            participant=one.participant, to=person, role=STATISTICIAN, cause=EXPORT, at=at
        )
        rows.append(
            {
                "participant": one.participant,
                "arm": found.arm,
                "stratum": one.stratum,
                "position": one.position,
                "kit": one.kit,
                "actual_intervention": found.intervention if one.participant in dosed else None,
            }
        )
    return allocation.from_rows(rows)
