"""All that the trial store learns of people who applied: how many, and why they did not go on."""

from typing import ClassVar

from django.db import models

from equipoise.conduct.audit.models import AuditedRow


class ApplicationTally(AuditedRow):
    """How many applications at a site ended in a state, as counted at some moment; the latest counts.

    state    new, invited, waiting, declined, withdrawn, consented
    reason   id of a criterion, or a word of `services.applying.REASONS`; empty where none is needed
    """

    site = models.CharField(max_length=32)
    state = models.CharField(max_length=16)
    reason = models.CharField(max_length=64, blank=True, default="")
    seq = models.IntegerField()
    number = models.IntegerField()

    class Meta:
        """One row a count."""

        db_table = "application_tally"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["site", "state", "reason", "seq"], name="application_tally_seq")
        ]
