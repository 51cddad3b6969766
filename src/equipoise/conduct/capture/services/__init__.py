"""Every write about participants, visits, forms and answers.

Each service takes `at`, the request's instant, and `by`, the viewer; checks permission, site and visibility
itself; and leaves one event (`save` and `complete` one more for alerts, before their own). An id that does
not exist for the viewer raises Http404, what they may see but not do PermissionRefused, input that cannot be
stored RecordError with every problem; `save` and `complete` return what a person must read instead.
"""

from equipoise.conduct.capture.services.alerts import note_alert, note_mails
from equipoise.conduct.capture.services.completing import complete
from equipoise.conduct.capture.services.deviations import go_on_without_update
from equipoise.conduct.capture.services.eligibility import confirm, judge_criterion
from equipoise.conduct.capture.services.people import enroll, enter, plan_anchor
from equipoise.conduct.capture.services.queries import answer_query, close_query, open_query
from equipoise.conduct.capture.services.saving import save
from equipoise.conduct.capture.services.states import (
    lock,
    lock_participant,
    lock_study,
    sign,
    unlock,
    verify,
)
from equipoise.conduct.capture.services.visits import begin_visit, open_form, record_visit

__all__ = [
    "answer_query",
    "begin_visit",
    "close_query",
    "complete",
    "confirm",
    "enroll",
    "enter",
    "go_on_without_update",
    "judge_criterion",
    "lock",
    "lock_participant",
    "lock_study",
    "note_alert",
    "note_mails",
    "open_form",
    "open_query",
    "plan_anchor",
    "record_visit",
    "save",
    "sign",
    "unlock",
    "verify",
]
