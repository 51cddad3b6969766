"""Every write to the allocation store, and every arm that is ever shown.

Each service takes `at` and who acts, and leaves one event in the allocation store's own chain. What cannot be
done raises RecordError with every reason; what must never differ and does, IntegrityError.
"""

from equipoise.conduct.allocator.services.assigning import assign, placeable
from equipoise.conduct.allocator.services.downtime import issue_downtime_list, note_downtime
from equipoise.conduct.allocator.services.listing import Commitment, Revealed, draw_list, extend_list, reveal
from equipoise.conduct.allocator.services.releasing import CAUSES, Arm, Prepared, prepare, release

__all__ = [
    "CAUSES",
    "Arm",
    "Commitment",
    "Prepared",
    "Revealed",
    "assign",
    "draw_list",
    "extend_list",
    "issue_downtime_list",
    "note_downtime",
    "placeable",
    "prepare",
    "release",
    "reveal",
]
