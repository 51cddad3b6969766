"""How a participant's eligibility stands: the table of criteria, its digest, and whether it was confirmed.

Holds the reading. Refuses to judge: `protocol.eligibility` does. What a criterion reads may be hidden from
somebody; then they learn neither how it stands nor what it read.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from json import loads

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.audit.canonical import canonical
from equipoise.conduct.audit.instants import moment
from equipoise.conduct.capture import facts
from equipoise.conduct.capture.models import Confirmation, Deviation, Judgment
from equipoise.conduct.capture.visibility import Sight
from equipoise.conduct.studies import reads as studies
from equipoise.protocol import Resolved, eligibility
from equipoise.protocol.eligibility import Judged

CHANGED = "eligibility_changed"
"""The deviation that an answer behind a confirmed table changed."""


@dataclass(frozen=True, slots=True)
class Judger:
    """What a person found of a criterion without a rule."""

    holds: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A signature over the table; `valid` is whether the table is still the one that was signed."""

    seq: int
    by: str
    at: datetime
    meaning: str
    valid: bool
    met: dict[str, str]


def table(participant: str, resolved: Resolved) -> tuple[Judged, ...]:
    """Return how every criterion of a protocol version stands for a participant now."""
    names = eligibility.names(resolved)
    look = facts.look_up(participant, names, resolved=resolved, form="", visit="")
    held = {
        name: one.holds == "yes" for name, one in judgments(participant).items() if one.holds != "unknown"
    }
    return eligibility.judge(resolved, look=look, judged=held)


def judgments(participant: str) -> dict[str, Judger]:
    """Return criterion to what a person found last."""
    rows = list(Judgment.objects.filter(participant=participant).order_by("seq"))
    names = people.names({row.person for row in rows})
    return {
        row.criterion: Judger(row.holds, row.reason, names.get(row.person, row.person), moment(row.judged_at))
        for row in rows
    }


def digest(participant: str, version: int, found: tuple[Judged, ...], *, nonce: str) -> str:
    """Return SHA-256 over a table's canonical content; without the nonce no answer is guessed from it."""
    rows = [
        [
            one.criterion.id,
            one.criterion.kind,
            one.criterion.text,
            one.criterion.rule,
            one.met,
            [[*place, value] for place, value in one.values.items()],
        ]
        for one in found
    ]
    return sha256(canonical(["eligibility", nonce, participant, version, rows])).hexdigest()


def confirmation(participant: str) -> Confirmed | None:
    """Return the newest signature over somebody's table, and whether it still holds; None for none."""
    row = Confirmation.objects.filter(participant=participant).order_by("-seq").first()
    if row is None:
        return None
    names = people.names({row.signer})
    return Confirmed(
        seq=row.seq,
        by=names.get(row.signer, row.signer),
        at=moment(row.signed_at),
        meaning=row.meaning,
        valid=holds(row),
        met=loads(row.met),
    )


def holds(row: Confirmation) -> bool:
    """Whether the table is still the one that was signed."""
    found = table(row.participant, studies.resolved(row.version))
    return digest(row.participant, row.version, found, nonce=row.nonce) == row.content_sha256


def shown(one: Judged, sight: Sight) -> bool:
    """Whether somebody may know how a criterion stands."""
    return one.criterion.rule is None or sight.rule(one.criterion.rule, form="")


def whole(resolved: Resolved, sight: Sight) -> bool:
    """Whether somebody may know how every criterion stands."""
    rules = (one.rule for one in resolved.protocol.eligibility if one.rule is not None)
    return all(sight.rule(rule, form="") for rule in rules)


def watched(resolved: Resolved) -> frozenset[str]:
    """Return the forms that a version's criteria read."""
    return _watched(_Version(resolved))


class _Version:
    """A resolved protocol told apart by identity: it cannot be hashed."""

    __slots__ = ("resolved",)

    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved

    def __hash__(self) -> int:
        return id(self.resolved)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Version) and other.resolved is self.resolved


@lru_cache(maxsize=16)
def _watched(version: _Version) -> frozenset[str]:
    resolved = version.resolved
    return frozenset(resolved.locate(name)[0] for name in eligibility.names(resolved))


@dataclass(frozen=True, slots=True)
class DeviationLine:
    """A deviation as pages list it."""

    kind: str
    on: date
    importance: str
    text: str
    by: str


def deviations(participant: str, sight: Sight) -> tuple[DeviationLine, ...]:
    """Return the deviations that the system or a person recorded here, the newest first.

    That an answer behind eligibility changed is told to who may see every answer behind it.
    """
    rows = list(Deviation.objects.filter(participant=participant).order_by("-id"))
    if not whole(sight.resolved, sight):
        rows = [row for row in rows if row.kind != CHANGED]
    names = people.names({row.person for row in rows})
    return tuple(
        DeviationLine(
            row.kind, date.fromisoformat(row.on), row.importance, row.text, names.get(row.person, "")
        )
        for row in rows
    )
