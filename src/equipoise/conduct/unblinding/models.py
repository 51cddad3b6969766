"""Tables of unblinding in the trial store: that somebody was told, never what.

All append-only. Reasons stay in the allocation store: who wrote one may have known the arm by then.
"""

from typing import ClassVar

from django.db import models

from equipoise.conduct.audit.models import AuditedRow

PARTICIPANT_LENGTH = 96


class UnblindingRequest(AuditedRow):
    """The first step of the act in two stores: a participant is to be told, as the protocol plans.

    event        of the protocol
    version      protocol version in force
    person, role who tells them, and is told for it
    """

    participant = models.CharField(max_length=PARTICIPANT_LENGTH)
    event = models.CharField(max_length=64)
    version = models.IntegerField()
    person = models.CharField(max_length=32)
    role = models.CharField(max_length=64)

    class Meta:
        """Once a participant and event."""

        db_table = "unblinding_request"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["participant", "event"], name="unblinding_request_once")
        ]


class CodeBreak(AuditedRow):
    """Somebody was told an arm in an emergency: what investigator and medical monitor are told of.

    allocation_event   hash of the allocation store's event that wrote it down
    cause              code_break or envelope
    """

    allocation_event = models.CharField(max_length=64, unique=True)
    participant = models.CharField(max_length=PARTICIPANT_LENGTH)
    person = models.CharField(max_length=32)
    cause = models.CharField(max_length=32)
    broken_at = models.CharField(max_length=27)

    class Meta:
        """Once each."""

        db_table = "code_break"


class CodeBreakMail(AuditedRow):
    """An attempt to tell somebody of it by mail.

    why   what kept it from being sent; empty where the mail server took it
    """

    code_break = models.ForeignKey(CodeBreak, models.PROTECT, db_index=False)
    person = models.CharField(max_length=32, blank=True, default="")
    seq = models.IntegerField()
    tried_at = models.CharField(max_length=27)
    why = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        """One row an attempt."""

        db_table = "code_break_mail"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["code_break", "person", "seq"], name="code_break_mail_seq")
        ]
