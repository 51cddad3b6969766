"""Every write to the allocation store, and every arm that is ever shown.

Each service takes `at` and who acts, and leaves one event in the allocation store's own chain. What cannot be
done raises RecordError with every reason; what must never differ and does, IntegrityError.
"""

from equipoise.conduct.allocator.services.assigning import assign, placeable
from equipoise.conduct.allocator.services.downtime import issue_downtime_list, note_downtime
from equipoise.conduct.allocator.services.enveloping import (
    Accounted,
    Sealed,
    account_for,
    make_envelopes,
    report_envelope,
)
from equipoise.conduct.allocator.services.exporting import Line, release_all
from equipoise.conduct.allocator.services.listing import Commitment, Revealed, draw_list, extend_list, reveal
from equipoise.conduct.allocator.services.releasing import CAUSES, Arm, Prepared, prepare, release

__all__ = [
    "CAUSES",
    "Accounted",
    "Arm",
    "Commitment",
    "Line",
    "Prepared",
    "Revealed",
    "Sealed",
    "account_for",
    "assign",
    "draw_list",
    "extend_list",
    "issue_downtime_list",
    "make_envelopes",
    "note_downtime",
    "placeable",
    "prepare",
    "release",
    "release_all",
    "report_envelope",
    "reveal",
]
