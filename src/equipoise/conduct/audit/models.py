"""Events, their payloads and anchors; and `AuditedRow`, what every append-only row of the system is made of.

Holds tables. Refuses updates: append-only is enforced by the database (`stores.triggers`), not here.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, ClassVar

from django.db import models

from equipoise.conduct.audit.layouts import SALT, Kind, Layout

SUBJECTS_LENGTH = 255
"""Characters of the ids an event is about: the longest of a participant, a visit and a form fit together."""


class Event(models.Model):
    """One act: a link of the chain.

    id              1, 2, 3 ... without a gap, per store
    at              instant in UTC as fixed text, "2026-11-23T10:00:00.000000Z"
    actor           id of the person, or "system"
    on_behalf       id of whom they acted for; empty where nobody
    action          what was done, e.g. "capture.save"
    subjects        ids of what it was done to, separated by spaces; the participant first
    reason          why, where a reason is asked
    act             16 random bytes that the written rows carry; hexadecimal
    payload_sha256  SHA-256 over the payload's text: which rows were written, each with its digest
    prev_hash, hash the chain
    """

    # Always given; the automatic kind makes it SQLite's own row number, which is read in order twice as fast.
    id = models.BigAutoField(primary_key=True)
    at = models.CharField(max_length=27)
    actor = models.CharField(max_length=64)
    on_behalf = models.CharField(max_length=64, blank=True, default="")
    action = models.CharField(max_length=64)
    subjects = models.CharField(max_length=SUBJECTS_LENGTH, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    act = models.CharField(max_length=32, unique=True)
    payload_sha256 = models.CharField(max_length=64)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        """Indexed by what people ask: whose, when."""

        db_table = "event"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["subjects", "id"], name="event_subjects"),
            models.Index(fields=["at"], name="event_at"),
            models.Index(fields=["actor", "id"], name="event_actor"),
            models.Index(fields=["action", "id"], name="event_action"),
        ]

    def link(self) -> dict[str, Any]:
        """Return what is hashed: everything but the hash itself."""
        return {
            "id": self.id,
            "at": self.at,
            "actor": self.actor,
            "on_behalf": self.on_behalf,
            "action": self.action,
            "subjects": self.subjects,
            "reason": self.reason,
            "act": self.act,
            "payload_sha256": self.payload_sha256,
            "prev_hash": self.prev_hash,
        }


class EventPayload(models.Model):
    """Which rows an event wrote, each with its digest, so that erasing a value leaves the chain whole.

    id     the event's
    rows   canonical JSON: [[table, id, digest in hexadecimal], ...]
    """

    id = models.BigAutoField(primary_key=True)
    rows = models.TextField()

    class Meta:
        """Named as in the design."""

        db_table = "event_payload"


class Anchor(models.Model):
    """The head of the chain at some moment, as it was sent off this machine.

    count, hash   number of events and the last one's hash
    sent_to       where it went, one name a line; empty while it has not left
    """

    at = models.CharField(max_length=27)
    count = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    sent_to = models.TextField(blank=True, default="")

    class Meta:
        """Named as in the design."""

        db_table = "anchor"


class AuditedRow(models.Model):
    """An append-only row: written by one act, never changed, its digest in that act's payload.

    act    the act that wrote it
    salt   16 random bytes; null once the row's value was erased
    """

    erasable: ClassVar[tuple[str, ...]] = ()
    """Columns an erasure empties; a table that names none cannot be erased from."""

    id = models.BigAutoField(primary_key=True)
    act = models.CharField(max_length=32)
    salt = models.BinaryField(max_length=16, null=True)

    class Meta:
        """Never a table of its own."""

        abstract = True

    def canonical(self) -> bytes:
        """Return the row's canonical bytes, with values as the database gives them back."""
        values = [field.get_prep_value(getattr(self, field.attname)) for field in _columns(type(self))]
        return _writer(type(self))(values)


class Erasure(AuditedRow):
    """A row whose value was taken away for good; the event that wrote it keeps its digest.

    of_table, of_row   the row
    emptied_sha256     SHA-256 of the canonical bytes of what is left, so that this stays provable too
    """

    of_table = models.CharField(max_length=64)
    of_row = models.BigIntegerField()
    emptied_sha256 = models.CharField(max_length=64)

    class Meta:
        """Once a row."""

        db_table = "erasure"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["of_table", "of_row"], name="erasure_once")
        ]


@cache
def layout(model: type[models.Model]) -> Layout:
    """Return the layout of a model's table; TypeError when a column has no canonical text."""
    fields = _columns(model)
    kinds = tuple(_kind(field) for field in fields)
    return Layout(model._meta.db_table, tuple(field.attname for field in fields), kinds)


@cache
def _writer(model: type[models.Model]) -> Callable[[Sequence[Any]], bytes]:
    return layout(model).writer()


@cache
def _columns(model: type[models.Model]) -> tuple[Any, ...]:
    fields = (field for field in model._meta.concrete_fields if field.attname != SALT)
    return tuple(sorted(fields, key=lambda field: field.attname))


def _kind(field: Any) -> Kind:
    target = field.target_field if field.is_relation else field
    for kind, kinds in _KINDS.items():
        if isinstance(target, kinds):
            return kind
    raise TypeError(f"{field}: a column holds a number, a text or a boolean")


_KINDS: dict[Kind, tuple[type[Any], ...]] = {
    "boolean": (models.BooleanField,),
    "real": (models.FloatField,),
    "integer": (models.IntegerField,),
    "text": (models.CharField, models.TextField),
}
