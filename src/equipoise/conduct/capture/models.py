"""Tables of what happens to participants.

All append-only but `EntryCurrent`, which is rebuilt from the entries. An index that a unique constraint gives
anyway is not made twice: a save writes hundreds of entries.
"""

from typing import ClassVar

from django.db import models

from equipoise.conduct.audit.models import AuditedRow
from equipoise.conduct.frame import codes

LOG = "log"
"""The visit of a form that is tied to none."""
STUDY = "study"
"""The target of a lock on everything."""
PARTICIPANT_LENGTH = 96


class Participant(AuditedRow):
    """Somebody taking part, by pseudonym only.

    participant   id, e.g. "FRONTLINE-SEA-001"
    site          the site that sees them
    entered_on    ISO date at the site
    """

    participant = models.CharField(max_length=PARTICIPANT_LENGTH, unique=True)
    site = models.CharField(max_length=32)
    entered_on = models.CharField(max_length=10)

    class Meta:
        """Named as in the design."""

        db_table = "participant"
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["site"], name="participant_site")]


class AnchorDate(AuditedRow):
    """The day an anchor is planned for; the latest counts. The day it took place is that of its visit.

    kind   "planned"; "actual" for an anchor that is an event and no visit
    date   ISO date at the site; empty when a plan was withdrawn
    """

    participant = models.CharField(max_length=PARTICIPANT_LENGTH)
    anchor = models.CharField(max_length=64)
    kind = models.CharField(max_length=8)
    seq = models.IntegerField()
    date = models.CharField(max_length=10, blank=True, default="")
    reason = models.TextField(blank=True, default="")

    class Meta:
        """One row a version."""

        db_table = "anchor_date"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["participant", "anchor", "kind", "seq"], name="anchor_date_seq")
        ]


class Visit(AuditedRow):
    """A visit that was begun, missed or declined. Planned ones are computed, not stored.

    visit     the protocol's id
    repeat    1, 2 ... for visits that may recur
    version   protocol version it is held under
    begun_by  the protocol's id of the form that began it, where that form is hidden from somebody: the visit
              is begun, and its version chosen, for everybody else once it is recorded (`capture.pinned`)
    """

    participant = models.CharField(max_length=PARTICIPANT_LENGTH)
    visit = models.CharField(max_length=64)
    repeat = models.IntegerField(default=1)
    version = models.IntegerField()
    begun_by = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        """Once each."""

        db_table = "visit"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["participant", "visit", "repeat"], name="visit_once")
        ]


class VisitStatus(AuditedRow):
    """When a visit took place, or why not; the latest counts.

    status   "held", "missed" or "declined"; "begun" where a hidden form had begun it and somebody begins it
    date     ISO date at the site, for a held visit
    version  protocol version it is held under since; null where the visit's own row says so
    """

    visit = models.ForeignKey(Visit, models.PROTECT, db_index=False)
    seq = models.IntegerField()
    status = models.CharField(max_length=16)
    date = models.CharField(max_length=10, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    version = models.IntegerField(null=True)

    class Meta:
        """One row a version."""

        db_table = "visit_status"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["visit", "seq"], name="visit_status_seq")
        ]


class Form(AuditedRow):
    """A form that was begun, at a visit or in a log.

    code      what addresses and pages call it
    visit     the visit's id, or "log";  visit_repeat  which of several such visits
    form      the protocol's id;         repeat        which entry of a log, or reading of a session
    version   protocol version whose definition it follows for ever
    """

    participant = models.CharField(max_length=PARTICIPANT_LENGTH)
    visit = models.CharField(max_length=64)
    visit_repeat = models.IntegerField(default=1)
    form = models.CharField(max_length=64)
    repeat = models.IntegerField(default=1)
    version = models.IntegerField()
    code = models.CharField(max_length=codes.LENGTH, unique=True)

    class Meta:
        """Once each."""

        db_table = "form"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["participant", "visit", "visit_repeat", "form", "repeat"], name="form_once"
            )
        ]


class Entry(AuditedRow):
    """One answer, or one correction of it; never changed.

    row            row of a repeating group from 1, 0 outside one
    seq            1 for the first answer, 2 for its first correction ...
    number, text, code, date   one of them; none with a missing_reason, or where an answer was taken back.
                   `date` holds dates, partial dates, times and instants as ISO text
    origin         staff, epro, device, derived, import
    reason         why it was corrected
    collected_at   when it was entered, with the site's offset: "2026-11-23T10:00:00-08:00"
    """

    form = models.ForeignKey(Form, models.PROTECT, db_index=False)
    item = models.CharField(max_length=64)
    row = models.IntegerField(default=0)
    seq = models.IntegerField()
    number = models.FloatField(null=True)
    text = models.TextField(null=True)
    code = models.CharField(max_length=64, null=True)
    date = models.CharField(max_length=40, null=True)
    unit = models.CharField(max_length=32, blank=True, default="")
    missing_reason = models.CharField(max_length=64, blank=True, default="")
    origin = models.CharField(max_length=8)
    reason = models.TextField(blank=True, default="")
    collected_at = models.CharField(max_length=32)

    erasable = ("number", "text", "code", "date", "reason")

    class Meta:
        """One row a version; two browsers that correct the same answer collide here."""

        db_table = "entry"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["form", "item", "row", "seq"], name="entry_seq")
        ]


class EntryCurrent(models.Model):
    """The latest entry of each answer: one indexed read a page.

    A cache without constraints of its own: `verify` rebuilds it from the entries and compares.
    """

    form = models.ForeignKey(Form, models.DO_NOTHING, db_index=False, db_constraint=False)
    item = models.CharField(max_length=64)
    row = models.IntegerField(default=0)
    entry = models.ForeignKey(Entry, models.DO_NOTHING, db_index=False, db_constraint=False)

    class Meta:
        """One row an answer."""

        db_table = "entry_current"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["form", "item", "row"], name="entry_current_once")
        ]


class FormState(AuditedRow):
    """A step in the life of a form; the latest counts, and a form without one is in progress.

    state   in_progress, complete, verified, signed, locked; "in_progress" again after an edit or reopening
    """

    form = models.ForeignKey(Form, models.PROTECT, db_index=False)
    seq = models.IntegerField()
    state = models.CharField(max_length=16)
    person = models.CharField(max_length=32)
    stated_at = models.CharField(max_length=27)
    reason = models.TextField(blank=True, default="")

    class Meta:
        """One row a step."""

        db_table = "form_state"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["form", "seq"], name="form_state_seq")
        ]


class Lock(AuditedRow):
    """A lock on a participant or the study, or its lifting; the latest counts.

    target   a participant's id, or "study"
    """

    target = models.CharField(max_length=PARTICIPANT_LENGTH)
    seq = models.IntegerField()
    locked = models.BooleanField()
    reason = models.TextField(blank=True, default="")

    class Meta:
        """One row a step."""

        db_table = "data_lock"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["target", "seq"], name="data_lock_seq")
        ]


class Signature(AuditedRow):
    """A signature over exact content: it is void once a newer entry exists.

    signer           person
    meaning          what is signed, in words
    content_sha256   SHA-256 over the canonical content signed
    """

    form = models.ForeignKey(Form, models.PROTECT)
    signer = models.CharField(max_length=32)
    signed_at = models.CharField(max_length=27)
    meaning = models.CharField(max_length=200)
    content_sha256 = models.CharField(max_length=64)

    class Meta:
        """Named as in the design."""

        db_table = "signature"


class Query(AuditedRow):
    """A question about an answer. Who may see it follows from the answer it asks about.

    code        what addresses and pages call it
    item, row   the answer; item empty for the whole form
    check_id    the edit check that asked, or "range", "decimals", "skipped"; empty where a person asked
    about       id of the newest entry it asks about; 0 for none. An answer that a person accepted as it is
                is asked about again only when it changes
    """

    form = models.ForeignKey(Form, models.PROTECT)
    item = models.CharField(max_length=64, blank=True, default="")
    row = models.IntegerField(default=0)
    check_id = models.CharField(max_length=64, blank=True, default="")
    about = models.BigIntegerField(default=0)
    code = models.CharField(max_length=codes.LENGTH, unique=True)

    class Meta:
        """Named as in the design."""

        db_table = "query"


class QueryNote(AuditedRow):
    """A step in the thread of a query; the latest status counts.

    status   open, answered, closed
    person   who wrote it, "system" for a check
    """

    query = models.ForeignKey(Query, models.PROTECT, db_index=False)
    seq = models.IntegerField()
    person = models.CharField(max_length=32)
    noted_at = models.CharField(max_length=27)
    status = models.CharField(max_length=8)
    text = models.TextField(blank=True, default="")

    class Meta:
        """One row a step."""

        db_table = "query_note"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["query", "seq"], name="query_note_seq")
        ]


class Alert(AuditedRow):
    """An answer that must reach somebody: stored at once, whatever else fails.

    code        what addresses, pages and mails call it
    rule        the safety rule's id
    certain     False where the rule could not be decided, so that a person must look
    raised_at, due_at   instants
    """

    form = models.ForeignKey(Form, models.PROTECT)
    rule = models.CharField(max_length=64)
    certain = models.BooleanField()
    raised_at = models.CharField(max_length=27)
    due_at = models.CharField(max_length=27)
    code = models.CharField(max_length=codes.LENGTH, unique=True)

    class Meta:
        """Named as in the design."""

        db_table = "alert"


class AlertMail(AuditedRow):
    """An attempt to tell somebody of an alert by mail: that it was made, and whether the mail server took it.

    person   whom; empty where nobody holds a role that must know
    why      what kept it from being sent: nobody, unreachable, refused; empty where it was
    """

    alert = models.ForeignKey(Alert, models.PROTECT, db_index=False)
    person = models.CharField(max_length=32, blank=True, default="")
    seq = models.IntegerField()
    tried_at = models.CharField(max_length=27)
    why = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        """One row an attempt."""

        db_table = "alert_mail"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["alert", "person", "seq"], name="alert_mail_seq")
        ]


class AlertNote(AuditedRow):
    """What somebody did about an alert; the latest status counts.

    status   seen, closed
    """

    alert = models.ForeignKey(Alert, models.PROTECT, db_index=False)
    seq = models.IntegerField()
    person = models.CharField(max_length=32)
    noted_at = models.CharField(max_length=27)
    status = models.CharField(max_length=8)
    text = models.TextField(blank=True, default="")

    class Meta:
        """One row a step."""

        db_table = "alert_note"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["alert", "seq"], name="alert_note_seq")
        ]


class Judgment(AuditedRow):
    """What a person judged of an eligibility criterion that no rule decides; the latest counts.

    holds   "yes", "no", or "unknown" where it is taken back
    """

    participant = models.CharField(max_length=PARTICIPANT_LENGTH)
    criterion = models.CharField(max_length=64)
    seq = models.IntegerField()
    holds = models.CharField(max_length=8)
    reason = models.TextField()
    person = models.CharField(max_length=32)
    judged_at = models.CharField(max_length=27)

    erasable = ("reason",)

    class Meta:
        """One row a version."""

        db_table = "eligibility_judgment"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["participant", "criterion", "seq"], name="eligibility_judgment_seq"
            )
        ]


class Confirmation(AuditedRow):
    """An investigator's signature over the table of eligibility; void once an answer in it changes.

    version          protocol version whose criteria were judged
    met              how each criterion stood: JSON, id to "yes", "no" or "unknown"
    nonce            16 random bytes, hexadecimal: answers are few enough to be guessed from a bare digest
    content_sha256   SHA-256 over nonce and the table's canonical content
    """

    participant = models.CharField(max_length=PARTICIPANT_LENGTH)
    seq = models.IntegerField()
    version = models.IntegerField()
    signer = models.CharField(max_length=32)
    signed_at = models.CharField(max_length=27)
    meaning = models.CharField(max_length=200)
    met = models.TextField()
    nonce = models.CharField(max_length=32, blank=True, default="")
    content_sha256 = models.CharField(max_length=64)

    erasable = ("nonce",)

    class Meta:
        """One row a signature."""

        db_table = "eligibility_confirmation"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["participant", "seq"], name="eligibility_confirmation_seq")
        ]


class EventReached(AuditedRow):
    """An event of the protocol that tells arms took place for a participant: one row in whatever arm.

    opened             visits that their arm alone has, separated by spaces; empty where it has none. Whoever
                       is still masked never sees it
    allocation_event   hash of the allocation store's event that logged the telling
    """

    participant = models.CharField(max_length=PARTICIPANT_LENGTH)
    event = models.CharField(max_length=64)
    opened = models.TextField(blank=True, default="")
    allocation_event = models.CharField(max_length=64)
    reached_at = models.CharField(max_length=27)

    class Meta:
        """Once each."""

        db_table = "event_reached"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["participant", "event"], name="event_reached_once")
        ]


class Deviation(AuditedRow):
    """A departure from the protocol that the system noticed, or that somebody took upon themselves.

    kind         id in the protocol, or "eligibility_changed"
    on           ISO date at the site
    importance   important or minor
    text         what happened; no answer stands in it
    about        what it excuses, e.g. "consent 3"; empty for nothing
    """

    participant = models.CharField(max_length=PARTICIPANT_LENGTH, db_index=True)
    kind = models.CharField(max_length=64)
    on = models.CharField(max_length=10)
    importance = models.CharField(max_length=16)
    text = models.TextField()
    about = models.CharField(max_length=64, blank=True, default="")
    person = models.CharField(max_length=32)
    noted_at = models.CharField(max_length=27)

    class Meta:
        """Named as in the design."""

        db_table = "deviation"


class AssignedKit(AuditedRow):
    """The kit somebody was randomized to: what the kit of a dose is compared with."""

    participant = models.CharField(max_length=PARTICIPANT_LENGTH, unique=True)
    kit = models.CharField(max_length=16)

    class Meta:
        """Once a participant."""

        db_table = "assigned_kit"
