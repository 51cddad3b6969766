"""Tables of consent. All append-only; names lie in the identity store."""

from typing import ClassVar

from django.db import models

from equipoise.conduct.audit.models import AuditedRow

PARTICIPANT_LENGTH = 96


class ConsentVersion(AuditedRow):
    """A consent form of a site in one language; the same number in another language is its translation.

    number     1, 2, 3 ... at the site
    language   language tag, e.g. "en"
    protocol   number of the protocol version whose consent elements it covers
    text       plain structured text (`consent.document`), questions included
    sha256     over its canonical bytes
    """

    site = models.CharField(max_length=32)
    number = models.IntegerField()
    language = models.CharField(max_length=16)
    protocol = models.IntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        """Once each."""

        db_table = "consent_version"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["site", "number", "language"], name="consent_version_once")
        ]


class ConsentApproval(AuditedRow):
    """From which day a version counts; ISO dates at the site."""

    version = models.OneToOneField(ConsentVersion, models.PROTECT)
    approved_on = models.CharField(max_length=10)
    effective_from = models.CharField(max_length=10)

    class Meta:
        """Named as in the design."""

        db_table = "consent_approval"


class Signing(AuditedRow):
    """A consent form under way: somebody was handed it and has not signed yet, or has.

    token         16 random bytes, hexadecimal
    participant   who consents again; "" for the first time, before there is an id
    holder        whose personal data are kept with it: an id of the identity store
    opened_by     who handed it over
    """

    token = models.CharField(max_length=32, unique=True)
    version = models.ForeignKey(ConsentVersion, models.PROTECT)
    participant = models.CharField(max_length=PARTICIPANT_LENGTH, blank=True, default="")
    holder = models.CharField(max_length=96)
    opened_by = models.CharField(max_length=32)
    opened_at = models.CharField(max_length=27)

    class Meta:
        """Named as in the design."""

        db_table = "consent_signing"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["participant"], name="consent_signing_participant")
        ]


class SigningStep(AuditedRow):
    """How far the reading has come, or that it ended without a signature.

    page    the page reached, from 0; -1 when it was given up
    """

    signing = models.ForeignKey(Signing, models.PROTECT, db_index=False)
    seq = models.IntegerField()
    page = models.IntegerField()

    class Meta:
        """One row a step."""

        db_table = "consent_signing_step"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["signing", "seq"], name="consent_signing_step_seq")
        ]


class Understanding(AuditedRow):
    """An answer to a question about the text.

    question   its place, from 1;  attempt  1 for the first try;  choice  place of the answer, from 1
    """

    signing = models.ForeignKey(Signing, models.PROTECT, db_index=False)
    question = models.IntegerField()
    attempt = models.IntegerField()
    choice = models.IntegerField()
    correct = models.BooleanField()
    answered_at = models.CharField(max_length=27)

    class Meta:
        """One row an attempt."""

        db_table = "consent_understanding"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["signing", "question", "attempt"], name="consent_understanding_once"
            )
        ]


class ConsentRequest(AuditedRow):
    """The first step of signing, which is one act in two stores: it may be completed, never repeated.

    person   whose session it was signed in
    """

    signing = models.OneToOneField(Signing, models.PROTECT)
    person = models.CharField(max_length=32)
    requested_at = models.CharField(max_length=27)

    class Meta:
        """Once a signing."""

        db_table = "consent_request"


class Consent(AuditedRow):
    """A consent that was given.

    seq               1 for the first, 2 for the first renewal ...
    signed_at         instant
    taken_by          who was with them
    meaning           what was signed, in words
    tries             attempts it took to answer every question right
    identity_event    hash of the identity store's event that keeps the name signed with
    content_sha256    over everything above and the text's own digest
    """

    signing = models.OneToOneField(Signing, models.PROTECT)
    participant = models.CharField(max_length=PARTICIPANT_LENGTH)
    seq = models.IntegerField()
    version = models.ForeignKey(ConsentVersion, models.PROTECT)
    signed_at = models.CharField(max_length=27)
    taken_by = models.CharField(max_length=32)
    meaning = models.CharField(max_length=200)
    tries = models.IntegerField()
    identity_event = models.CharField(max_length=64)
    content_sha256 = models.CharField(max_length=64)

    class Meta:
        """One row each."""

        db_table = "consent"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["participant", "seq"], name="consent_seq")
        ]


class Countersignature(AuditedRow):
    """The signature of whoever explained the study, over the same content."""

    consent = models.OneToOneField(Consent, models.PROTECT)
    person = models.CharField(max_length=32)
    signed_at = models.CharField(max_length=27)
    meaning = models.CharField(max_length=200)
    content_sha256 = models.CharField(max_length=64)

    class Meta:
        """Once a consent."""

        db_table = "consent_countersignature"


class Withdrawal(AuditedRow):
    """What a participant took back; the latest counts until a new consent.

    consent   the consent it takes back, or part of it
    degree    treatment, contacts, records, all
    on        ISO date at the site
    reason    in their words, where they give one
    """

    participant = models.CharField(max_length=PARTICIPANT_LENGTH)
    seq = models.IntegerField()
    consent = models.ForeignKey(Consent, models.PROTECT, db_index=False)
    degree = models.CharField(max_length=16)
    on = models.CharField(max_length=10)
    reason = models.TextField(blank=True, default="")
    person = models.CharField(max_length=32)
    withdrawn_at = models.CharField(max_length=27)

    erasable = ("reason",)

    class Meta:
        """One row a step."""

        db_table = "withdrawal"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["participant", "seq"], name="withdrawal_seq")
        ]
