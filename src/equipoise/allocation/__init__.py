"""Who gets which arm: the plan, the concealed list, its commitment, and the table of assignments.

Holds the doors, re-exported. Two modules are imported by their own names: `equipoise.allocation.quality`, how
predictable a plan is, and `equipoise.allocation.minimization`, which draws without a list.
"""

from equipoise.allocation.commitment import commit, parameters, verify
from equipoise.allocation.list import AllocationList, Slot, draw, next  # noqa: A004 - the door's name
from equipoise.allocation.plan import Plan, StratumFactor
from equipoise.allocation.section import plan_of
from equipoise.allocation.table import Allocation, check_arms, from_rows, from_slots, read, write

__all__ = [
    "Allocation",
    "AllocationList",
    "Plan",
    "Slot",
    "StratumFactor",
    "check_arms",
    "commit",
    "draw",
    "from_rows",
    "from_slots",
    "next",
    "parameters",
    "plan_of",
    "read",
    "verify",
    "write",
]
