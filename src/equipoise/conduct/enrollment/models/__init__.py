"""Tables of enrollment, each topic in a module of its own; Django finds them here."""

from equipoise.conduct.enrollment.models.applications import ApplicationTally
from equipoise.conduct.enrollment.models.randomization import (
    AllocationCommitment,
    Randomization,
    RandomizationRequest,
)

__all__ = ["AllocationCommitment", "ApplicationTally", "Randomization", "RandomizationRequest"]
