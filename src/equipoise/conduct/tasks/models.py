"""Tables of rating tasks: which form of whom waits for which rater, and what became of it.

All append-only. Whose form it is stands here and on no page of a rater.
"""

from typing import ClassVar

from django.db import models

from equipoise.conduct.audit.models import AuditedRow
from equipoise.conduct.frame import codes


class Task(AuditedRow):
    """A form of a participant's visit, given to a rater.

    code        what the rater's pages call it: it depends on the rater and on `number` only
    number      the rater's how-manieth task, from 1
    rater       person
    version     protocol version whose words name the form
    due_at      instant until which it is wanted
    meeting     how the rater reaches whom they rate: a link or number; empty where the coordinator calls
    """

    code = models.CharField(max_length=codes.LENGTH, unique=True)
    rater = models.CharField(max_length=32)
    number = models.IntegerField()
    participant = models.CharField(max_length=96)
    visit = models.CharField(max_length=64)
    visit_repeat = models.IntegerField(default=1)
    form = models.CharField(max_length=64)
    version = models.IntegerField()
    due_at = models.CharField(max_length=27)
    meeting = models.TextField(blank=True, default="")

    class Meta:
        """Numbered for each rater."""

        db_table = "task"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["rater", "number"], name="task_number")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["participant", "visit"], name="task_participant")
        ]


class TaskStep(AuditedRow):
    """What became of a task; the latest counts.

    state    assigned, begun, done; released (given back, taken away), expired (the rater may do it no longer)
    person   who did it
    """

    task = models.ForeignKey(Task, models.PROTECT, db_index=False)
    seq = models.IntegerField()
    state = models.CharField(max_length=16)
    person = models.CharField(max_length=32)
    stated_at = models.CharField(max_length=27)
    reason = models.TextField(blank=True, default="")

    class Meta:
        """One row a step."""

        db_table = "task_step"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["task", "seq"], name="task_step_seq")
        ]
