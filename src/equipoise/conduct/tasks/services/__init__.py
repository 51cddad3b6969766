"""Every write about rating tasks.

Holds one module for who gives tasks, and one for the rater. An id that does not exist for whoever asks raises
Http404, what they may see but not do PermissionRefused, what cannot be stored RecordError with every problem.
"""

from equipoise.conduct.tasks.services.assigning import assign, release
from equipoise.conduct.tasks.services.rating import answer, begin, complete, decline, give_back, save

__all__ = ["answer", "assign", "begin", "complete", "decline", "give_back", "release", "save"]
