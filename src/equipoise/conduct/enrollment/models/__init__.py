"""Tables of enrollment, each topic in a module of its own; Django finds them here."""

from equipoise.conduct.enrollment.models.applications import ApplicationTally

__all__ = ["ApplicationTally"]
