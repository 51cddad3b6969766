"""Emergency lists: the next kit numbers of each stratum, for when the system is away; never arms.

Holds issuing them and noting what became of them. Kits used are entered by `assign`, in order.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from equipoise.conduct.allocator import lists, reads
from equipoise.conduct.allocator.models import AllocationList, DowntimeList, DowntimeStep
from equipoise.conduct.allocator.reads import OPENED, RECONCILED, Downtime
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act
from equipoise.conduct.stores.entropy import token
from equipoise.errors import Problem, RecordError

CODE_BYTES = 3
MOVES = {"": (OPENED,), OPENED: (RECONCILED,), RECONCILED: (OPENED,)}


def issue_downtime_list(*, strata: Sequence[str], count: int, at: datetime, by: str) -> Downtime:
    """Note down the next kits of strata as an emergency list, and return it.

    strata  names of strata; count  kits of each
    Raises  RecordError when there is no list, a stratum is unknown, or arms are drawn by minimization, which
            nobody can do on paper
    """
    row = AllocationList.objects.order_by("-number").first()
    if row is None:
        raise RecordError("no emergency list is made", [Problem("no allocation list was drawn", "", "list")])
    ground = lists.ground_of_row(row)
    problems = [
        Problem(f"the list has no stratum `{one[:64]}`", "", "strata")
        for one in strata
        if one not in ground.strata
    ]
    if ground.minimizes:
        hint = "wait until the system is back: no kit can be filled before its arm is drawn"
        problems = [Problem("arms are drawn by minimization, which needs the system", hint, "method")]
    if problems:
        raise RecordError("no emergency list is made", problems)
    kits = reads.next_kits(strata, count=count)
    code = token(CODE_BYTES).hex().upper()
    with act("allocation", "downtime.issued", at=at, by=by, subjects=[code]) as one:
        text = json.dumps(kits, sort_keys=True, ensure_ascii=False)
        one.add(DowntimeList(code=code, series=row.series, issued_at=instant(at), kits=text))
    return Downtime(code, at, dict(kits), frozenset(), "issued")


def note_downtime(*, code: str, status: str, at: datetime, by: str, reason: str = "") -> None:
    """Say that an emergency list was opened, which closes its strata, or that all its kits are entered.

    status   opened or reconciled
    Raises   RecordError when there is no such list, or the step does not follow
    """
    row = DowntimeList.objects.filter(code=code.strip().upper()).first()
    last = DowntimeStep.objects.filter(list=row).order_by("-seq").first() if row else None
    problems = []
    if row is None:
        problems.append(
            Problem(f"there is no emergency list `{code[:16]}`", "read the code on the paper", "code")
        )
    elif status not in MOVES[last.status if last else ""]:
        now = last.status if last else "not opened"
        problems.append(Problem(f"the list is {now}", "", "status"))
    if problems or row is None:
        raise RecordError("this cannot be noted", problems)
    with act("allocation", f"downtime.{status}", at=at, by=by, subjects=[row.code], reason=reason) as one:
        seq = last.seq + 1 if last else 1
        one.add(DowntimeStep(list=row, seq=seq, status=status, person=by, reason=reason))
