"""Tables of randomization in the trial store: that it was asked for and done, never what was drawn."""

from django.db import models

from equipoise.conduct.audit.models import AuditedRow

PARTICIPANT_LENGTH = 96
STRATUM_LENGTH = 512


class AllocationCommitment(AuditedRow):
    """The commitment to an allocation list, published in this chain before anybody is enrolled.

    number, series   of the list, as the allocation store counts
    version          protocol version it was drawn from
    length           places a stratum
    sha256           SHA-256(salt || canonical list)
    """

    number = models.IntegerField(unique=True)
    series = models.IntegerField()
    version = models.IntegerField()
    length = models.IntegerField()
    canonical_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        """Once a list."""

        db_table = "allocation_commitment"


class RandomizationRequest(AuditedRow):
    """The first step of the act in two stores: somebody may be randomized, and is to be.

    version        protocol version in force
    levels         JSON: stratification factor to level
    requested_on   ISO date at the site: the day of randomization
    downtime, kit  code of the emergency list and the kit taken from it; empty otherwise
    reason         why the emergency list was not followed in order; empty otherwise
    """

    participant = models.CharField(max_length=PARTICIPANT_LENGTH, unique=True)
    version = models.IntegerField()
    levels = models.TextField()
    requested_on = models.CharField(max_length=10)
    downtime = models.CharField(max_length=16, blank=True, default="")
    kit = models.CharField(max_length=16, blank=True, default="")
    reason = models.TextField(blank=True, default="")

    class Meta:
        """Once a participant."""

        db_table = "randomization_request"


class Randomization(AuditedRow):
    """The last step: the kit number that the participant got.

    allocation_event   hash of the allocation store's event
    randomized_on      ISO date at the site
    """

    participant = models.CharField(max_length=PARTICIPANT_LENGTH, unique=True)
    kit = models.CharField(max_length=16, unique=True)
    allocation_event = models.CharField(max_length=64)
    randomized_on = models.CharField(max_length=10)

    class Meta:
        """Once a participant."""

        db_table = "randomization"
