"""The states of a task, and its steps.

Holds the reading of the latest step and the writing of the next. Refuses to know forms.
"""

from collections.abc import Iterable
from datetime import datetime

from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import Act
from equipoise.conduct.stores import statements
from equipoise.conduct.tasks.models import Task, TaskStep

ASSIGNED, BEGUN, DONE, RELEASED, EXPIRED = "assigned", "begun", "done", "released", "expired"
_STATE = "SELECT state FROM task_step WHERE task_id = %s ORDER BY seq DESC LIMIT 1"
OPEN = (ASSIGNED, BEGUN)
MINE = (*OPEN, DONE)
"""States in which the rater still reaches the task."""


def every(tasks: Iterable[Task]) -> dict[int, str]:
    """Return the state of each task by its number in the store, in one statement."""
    steps = TaskStep.objects.filter(task__in=[task.id for task in tasks]).order_by("task_id", "seq")
    return dict(steps.values_list("task_id", "state"))


def of(task: Task) -> str:
    """Return the state of one task."""
    return str(statements.rows("default", _STATE, [task.id])[0][0])


def held(participant: str, visit: str, repeat: int, form: str) -> list[Task]:
    """Return the open tasks for a form: one, or none."""
    place = {"participant": participant, "visit": visit, "visit_repeat": repeat, "form": form}
    rows = list(Task.objects.filter(**place))
    now = every(rows)
    return [row for row in rows if now[row.id] in OPEN]


def add(one: Act, task: Task, state: str, *, at: datetime, by: str, reason: str = "") -> None:
    """Within an act, add a step."""
    seq = TaskStep.objects.filter(task=task).count() + 1
    one.add(TaskStep(task=task, seq=seq, state=state, person=by, stated_at=instant(at), reason=reason))
