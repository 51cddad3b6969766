"""Who a participant is and how they are reached, sealed; and the names consents were signed with."""

from typing import ClassVar

from django.db import models

from equipoise.conduct.audit.models import AuditedRow


class Contact(AuditedRow):
    """How a person is reached; a correction is a new row, the latest counts.

    owner   whose key seals the cells
    name, email, phone, address   sealed
    """

    owner = models.CharField(max_length=96)
    seq = models.IntegerField()
    name = models.TextField()
    email = models.TextField(blank=True, default="")
    phone = models.TextField(blank=True, default="")
    address = models.TextField(blank=True, default="")

    class Meta:
        """One row a version."""

        db_table = "contact"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner", "seq"], name="contact_seq")
        ]


class SignedName(AuditedRow):
    """The name a consent was signed with, as it was typed.

    signing   token of the consent form it stands under
    name      sealed
    """

    owner = models.CharField(max_length=96)
    signing = models.CharField(max_length=32, unique=True)
    name = models.TextField()

    class Meta:
        """Once a form."""

        db_table = "signed_name"
