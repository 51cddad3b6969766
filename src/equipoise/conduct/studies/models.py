"""Tables of the study. All append-only."""

from typing import ClassVar

from django.db import models

from equipoise.conduct.audit.models import AuditedRow


class ProtocolVersion(AuditedRow):
    """A protocol file with everything it refers to, so that an old form means for ever what it meant.

    number    1, 2, 3 ...
    name      the file's name
    source    the file's text
    library   JSON: {"scales": {name: text}, "standard": {name: text}, "wording": {"lang/scale": text}}
    hashes    JSON: SHA-256 by part
    """

    number = models.IntegerField(unique=True)
    name = models.CharField(max_length=200)
    source = models.TextField()
    library = models.TextField()
    hashes = models.TextField()

    class Meta:
        """Named as in the design."""

        db_table = "protocol_version"


class StudySetup(AuditedRow):
    """What was fixed when the study was set up, once and for ever.

    trial       the trial's id
    simulated   whether its data are invented: such a study is marked on every page and never leaves loopback
    """

    trial = models.CharField(max_length=64, unique=True)
    simulated = models.BooleanField()

    class Meta:
        """Named as in the design."""

        db_table = "study_setup"


class Site(AuditedRow):
    """A place where participants are seen. A correction is a new row; the latest counts.

    site        short id
    time_zone   IANA name; study days are counted in its local dates
    """

    site = models.CharField(max_length=32)
    seq = models.IntegerField()
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64)

    class Meta:
        """One row a version."""

        db_table = "site"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["site", "seq"], name="site_seq")
        ]


class SiteVersion(AuditedRow):
    """Which protocol version a site works under from a day on: sites adopt amendments on different days."""

    site = models.CharField(max_length=32)
    version = models.IntegerField()
    approved_on = models.CharField(max_length=10, blank=True, default="")
    effective_from = models.CharField(max_length=10)

    class Meta:
        """Named as in the design."""

        db_table = "site_version"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["site", "version"], name="site_version_once")
        ]
