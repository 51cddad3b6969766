"""People who applied to take part. All append-only; what they wrote is sealed under a key of their own."""

from typing import ClassVar

from django.db import models

from equipoise.conduct.audit.models import AuditedRow


class Applicant(AuditedRow):
    """One application.

    applicant    id, e.g. "A-7F3K9QXB"; random, so that it tells neither order nor number
    site         the site applied to
    language     of the pages they answered
    applied_at   instant;  applied_on  ISO date at the site
    delete_on    ISO date after which they are forgotten unless they take part
    verdict      "likely", "open" or "unlikely": what the criteria their answers decide say together
    unmet        ids of the criteria that speak against taking part, a space before and after each
    name, email, phone, answers   sealed; answers are JSON, item to what was answered
    """

    applicant = models.CharField(max_length=16, unique=True)
    site = models.CharField(max_length=32)
    language = models.CharField(max_length=16)
    applied_at = models.CharField(max_length=27)
    applied_on = models.CharField(max_length=10)
    delete_on = models.CharField(max_length=10)
    verdict = models.CharField(max_length=8)
    unmet = models.TextField(blank=True, default="")
    name = models.TextField()
    email = models.TextField(blank=True, default="")
    phone = models.TextField(blank=True, default="")
    answers = models.TextField()

    class Meta:
        """Listed by site, the newest first."""

        db_table = "applicant"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["site", "-id"], name="applicant_site"),
            models.Index(fields=["delete_on"], name="applicant_delete_on"),
        ]


class ApplicantStep(AuditedRow):
    """What became of an application; the latest counts, and one without a step is new.

    status   invited, waiting, declined, withdrawn, consented, forgotten
    person   who decided, or "system"
    reason   id of a criterion, or "places", "contact", "other"; empty where none is needed
    """

    applicant = models.CharField(max_length=16)
    seq = models.IntegerField()
    status = models.CharField(max_length=16)
    person = models.CharField(max_length=32)
    stated_at = models.CharField(max_length=27)
    reason = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        """One row a step."""

        db_table = "applicant_step"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["applicant", "seq"], name="applicant_step_seq")
        ]


class Letter(AuditedRow):
    """A letter owed to an applicant. Its text is made from the kind when it is sent, never kept.

    kind   received, invited, waiting, declined
    """

    applicant = models.CharField(max_length=16)
    kind = models.CharField(max_length=16)
    owed_at = models.CharField(max_length=27)

    class Meta:
        """Looked up by whom it is for."""

        db_table = "letter"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["applicant"], name="letter_applicant")]


class LetterStep(AuditedRow):
    """What became of a letter; the latest counts.

    outcome   sent, failed, by_hand
    """

    letter = models.ForeignKey(Letter, models.PROTECT, db_index=False)
    seq = models.IntegerField()
    outcome = models.CharField(max_length=8)
    person = models.CharField(max_length=32)
    stated_at = models.CharField(max_length=27)

    class Meta:
        """One row a step."""

        db_table = "letter_step"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["letter", "seq"], name="letter_step_seq")
        ]
