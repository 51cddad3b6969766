"""Tables of the allocation store. All append-only.

What tells an arm is sealed under the store's key, padded to one length and bound to its place. Whoever reads
everything else learns no arm.
"""

from typing import ClassVar

from django.db import models

from equipoise.conduct.audit.models import AuditedRow

PARTICIPANT_LENGTH = 96
STRATUM_LENGTH = 512
KIT_LENGTH = 16


class AllocationList(AuditedRow):
    """A list, or the extension of one.

    number            1, 2, 3 ...
    series            number of the list it began as: an extension keeps it, a new list begins its own
    version           protocol version whose arms and allocation sections it was drawn from
    method            procedure
    canonical_sha256  SHA-256 of the canonical bytes of those sections
    length            places a stratum
    kit_digits        digits of kit numbers
    sealed_seed, sealed_salt   of the list and of the commitment to it
    commitment        SHA-256(salt || canonical list); the same stands in the trial's chain
    """

    number = models.IntegerField(unique=True)
    series = models.IntegerField()
    version = models.IntegerField()
    method = models.CharField(max_length=32)
    canonical_sha256 = models.CharField(max_length=64)
    length = models.IntegerField()
    kit_digits = models.IntegerField()
    sealed_seed = models.TextField()
    sealed_salt = models.TextField()
    commitment = models.CharField(max_length=64)

    class Meta:
        """Named as in the design."""

        db_table = "list"


class SealingKey(models.Model):
    """A key that arms are sealed with, itself sealed with the store's key.

    number       1, 2, ...: each replacement of the store's key adds one
    sealed_key   base64
    """

    number = models.IntegerField(primary_key=True)
    sealed_key = models.CharField(max_length=256)

    class Meta:
        """May change: see `stores.tables`."""

        db_table = "sealing_key"


class Slot(AuditedRow):
    """A place on a list: whoever gets it, gets its kit.

    position   1, 2, ... within the stratum
    arm        sealed, with list, stratum and position as associated data; empty under minimization, where
               the arm is drawn with the participant
    """

    list = models.ForeignKey(AllocationList, models.PROTECT, db_index=False)
    series = models.IntegerField()
    stratum = models.CharField(max_length=STRATUM_LENGTH)
    position = models.IntegerField()
    kit = models.CharField(max_length=KIT_LENGTH)
    arm = models.TextField(blank=True, default="")

    class Meta:
        """Once a place, once a kit."""

        db_table = "slot"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["series", "stratum", "position"], name="slot_place"),
            models.UniqueConstraint(fields=["series", "kit"], name="slot_kit"),
        ]


class Assignment(AuditedRow):
    """A participant in a place: once each.

    request    hash of the event of the trial store that asked for it
    downtime   code of the emergency list the kit was taken from; empty otherwise
    reason     why an emergency list was not followed in order; empty otherwise
    """

    slot = models.OneToOneField(Slot, models.PROTECT)
    participant = models.CharField(max_length=PARTICIPANT_LENGTH, unique=True)
    kit = models.CharField(max_length=KIT_LENGTH, unique=True)
    request = models.CharField(max_length=64)
    downtime = models.CharField(max_length=16, blank=True, default="")
    reason = models.TextField(blank=True, default="")

    class Meta:
        """Named as in the design."""

        db_table = "assignment"


class Draw(AuditedRow):
    """A draw by minimization, with what anybody needs who draws it again.

    number   1, 2, ... within the series
    levels   JSON: factor to level
    drawn    sealed JSON: scores, preferred ticket, ticket and arm
    """

    assignment = models.OneToOneField(Assignment, models.PROTECT)
    series = models.IntegerField()
    number = models.IntegerField()
    levels = models.TextField()
    drawn = models.TextField()

    class Meta:
        """Once a number."""

        db_table = "draw"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["series", "number"], name="draw_number")
        ]


class ArmRead(AuditedRow):
    """Somebody was shown what a kit holds. Written before it is shown.

    participant   who had the kit then; empty for a kit nobody had yet
    seq           1 for the first time with this cause
    """

    person = models.CharField(max_length=32)
    kit = models.CharField(max_length=KIT_LENGTH)
    participant = models.CharField(max_length=PARTICIPANT_LENGTH, blank=True, default="")
    role = models.CharField(max_length=64)
    cause = models.CharField(max_length=32)
    seq = models.IntegerField(default=1)
    read_at = models.CharField(max_length=27)

    class Meta:
        """One row a reading; read by kit."""

        db_table = "arm_read"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["kit", "person", "cause", "seq"], name="arm_read_once")
        ]


class Unblinding(AuditedRow):
    """A participant's arm was told to somebody blind: by a code break, or as the protocol plans.

    request  hash of the trial's event that asked for it, where the protocol planned it; empty otherwise
    reason   why, for a code break
    """

    read = models.OneToOneField(ArmRead, models.PROTECT)
    participant = models.CharField(max_length=PARTICIPANT_LENGTH, db_index=True)
    cause = models.CharField(max_length=32)
    request = models.CharField(max_length=64, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    told_at = models.CharField(max_length=27)

    class Meta:
        """Named as in the design."""

        db_table = "unblinding"


class Revelation(AuditedRow):
    """The salt of a commitment, revealed once nobody needs to be blind any more; in hexadecimal."""

    list = models.OneToOneField(AllocationList, models.PROTECT)
    revealed_salt = models.CharField(max_length=64)

    class Meta:
        """Once a list."""

        db_table = "revelation"


class DowntimeList(AuditedRow):
    """An emergency list that was handed out: the next kits of some strata, for when the system is away.

    code   what stands on it
    kits   JSON: stratum to the kit numbers on it, in order
    """

    code = models.CharField(max_length=16, unique=True)
    series = models.IntegerField()
    issued_at = models.CharField(max_length=27)
    kits = models.TextField()

    class Meta:
        """Named as in the design."""

        db_table = "downtime_list"


class DowntimeStep(AuditedRow):
    """What became of an emergency list; the latest counts.

    status   opened: its strata are closed until every kit used is entered; reconciled
    """

    list = models.ForeignKey(DowntimeList, models.PROTECT, db_index=False)
    seq = models.IntegerField()
    status = models.CharField(max_length=16)
    person = models.CharField(max_length=32)
    reason = models.TextField(blank=True, default="")

    class Meta:
        """One row a step."""

        db_table = "downtime_step"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["list", "seq"], name="downtime_step_seq")
        ]


class Envelope(AuditedRow):
    """A sealed file with one participant's arm was made, for when the system is away.

    code     what its name ends in
    batch    1, 2, ...: the files made together
    sha256   of the sealed file
    """

    code = models.CharField(max_length=16, unique=True)
    participant = models.CharField(max_length=PARTICIPANT_LENGTH, db_index=True)
    kit = models.CharField(max_length=KIT_LENGTH)
    batch = models.IntegerField()
    made_at = models.CharField(max_length=27)
    sha256 = models.CharField(max_length=64)

    class Meta:
        """Named as in the design."""

        db_table = "envelope"


class EnvelopeStep(AuditedRow):
    """What became of a sealed file; the latest counts.

    status   opened: somebody read it; destroyed: unopened, as newer ones replace it; lost: nobody knows
    person   who opened it, or "outside" for somebody without access
    noted_by   who reported it
    """

    envelope = models.ForeignKey(Envelope, models.PROTECT, db_index=False)
    seq = models.IntegerField()
    status = models.CharField(max_length=16)
    person = models.CharField(max_length=32, blank=True, default="")
    happened_at = models.CharField(max_length=27)
    noted_by = models.CharField(max_length=32)
    reason = models.TextField(blank=True, default="")

    class Meta:
        """One row a step."""

        db_table = "envelope_step"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["envelope", "seq"], name="envelope_step_seq")
        ]
