"""Forms are declared complete: nothing required is missing, doubts are asked about."""

from dataclasses import replace
from datetime import datetime

from django.db import Error

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.capture import access
from equipoise.conduct.capture.moves import COMPLETE, IN_PROGRESS
from equipoise.conduct.capture.progress import visible
from equipoise.conduct.capture.results import Completed
from equipoise.conduct.capture.services import notes, snapshots
from equipoise.conduct.capture.services.alerts import raise_alerts
from equipoise.conduct.capture.services.snapshots import BUSY, NOT_STORED, Snapshot
from equipoise.errors import PermissionRefused, Problem, RecordError


def complete(*, form: str, at: datetime, by: Viewer, reason: str = "") -> Completed:
    """Declare a form complete: nothing required is missing. Doubts become automatic queries.

    Safety rules that hold, or that cannot be decided now that the form is whole, raise alerts first.
    Raises  Http404; PermissionRefused; RecordError when the reason cannot be stored
    """
    wrong = notes.problems(reason, path="reason")
    if wrong:
        raise RecordError("the form cannot be completed so", wrong)
    found = access.form(form, viewer=by)
    found.require_filler()
    if not found.sight.whole(found.form.id) and not found.sealed:
        problem = Problem(
            "part of this form is hidden from you", "somebody who sees all of it completes it", "form"
        )
        raise PermissionRefused("you may not complete this form", [problem])
    first = snapshots.snapshot(found)
    judged = first.judge({})
    gaps = visible(found, judged.gaps)
    fired = [one for one in judged.fired if one.certain or not judged.gaps]
    told = raise_alerts(found, fired, at=at, by=by)

    def attempt(held: Snapshot) -> Completed:
        return _complete(held, at=at, by=by, reason=reason.strip())

    try:
        done = snapshots.repeated(attempt, first)
    except (Error, OSError):
        done = Completed(done=False, problem=NOT_STORED, gaps=gaps)
    return replace(done or Completed(done=False, problem=BUSY), instructions=told)


def _complete(held: Snapshot, *, at: datetime, by: Viewer, reason: str) -> Completed:
    found = held.found
    judged = held.judge({})
    doubts = visible(found, judged.doubts)
    if held.blocked is not None:
        return Completed(done=False, problem=held.blocked)
    if judged.gaps:
        return Completed(done=False, gaps=visible(found, judged.gaps), doubts=doubts)
    if held.state == IN_PROGRESS:
        with snapshots.acting(held, "form.completed", at=at, by=by, reason=reason) as one:
            snapshots.settle(one, held, judged, newest={}, at=at)
            one.add(snapshots.step(held, COMPLETE, at=at, by=by, reason=reason))
            snapshots.spread(one, found, at=at)
    return Completed(done=True, doubts=doubts)
