"""Anchors: the heads of the chains as short lines that are kept where the chain's owner cannot reach.

Holds taking, writing and reading them, and noting where they went. Refuses to send: it knows no address.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from equipoise.conduct.audit.canonical import ZERO
from equipoise.conduct.audit.instants import instant, moment
from equipoise.conduct.audit.models import Anchor, Event
from equipoise.conduct.audit.verification import Anchored
from equipoise.conduct.stores.names import ALIASES, STORES, Store
from equipoise.conduct.stores.writing import writing

LONGEST = timedelta(hours=24)
"""After so long without an anchor that left, people are told."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one store's chain at an instant."""

    store: Store
    at: str
    count: int
    hash: str

    def line(self) -> str:
        """Return it as the line of text that is kept elsewhere; plain ASCII, so that mail leaves it alone."""
        found = {"store": self.store, "at": self.at, "count": self.count, "hash": self.hash}
        return json.dumps(found, separators=(",", ":"))


def heads(*, at: datetime) -> tuple[Head, ...]:
    """Return the head of every store's chain now."""
    found = []
    for store in STORES:
        last = Event.objects.using(ALIASES[store]).order_by("-id").values_list("id", "hash").first()
        count, digest = last or (0, ZERO)
        found.append(Head(store, instant(at), count, digest))
    return tuple(found)


def note(taken: Iterable[Head], *, sent_to: Iterable[str]) -> None:
    """Remember in each store that its head was taken, and where it went; nowhere, if nothing is named."""
    places = "\n".join(sent_to)
    for head in taken:
        with writing(head.store) as alias:
            Anchor.objects.using(alias).create(at=head.at, count=head.count, hash=head.hash, sent_to=places)


def read(paths: Iterable[Path]) -> dict[str, list[Anchored]]:
    """Return store to the anchors found in texts: files of anchors, or mails as they were received."""
    found: dict[str, list[Anchored]] = {store: [] for store in STORES}
    for path in paths:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            one = _parsed(line, source=path.name)
            if one:
                found[one[0]].append(one[1])
    return found


def _parsed(line: str, *, source: str) -> tuple[str, Anchored] | None:
    try:
        found = json.loads(line)
        anchor = Anchored(str(found["at"]), int(found["count"]), str(found["hash"]), source)
        return (found["store"], anchor) if found["store"] in STORES else None
    except (ValueError, TypeError, KeyError):
        return None


@dataclass(frozen=True, slots=True)
class LastLeft:
    """When an anchor last left this machine.

    at        the instant; None when none ever did
    overdue   whether people should be told: a chain that was cut back since then would not be noticed
    """

    at: datetime | None
    overdue: bool


def last_left(*, at: datetime) -> LastLeft:
    """Return when an anchor of the trial store last left."""
    rows = Anchor.objects.using(ALIASES["trial"]).exclude(sent_to="").order_by("-id")
    text = rows.values_list("at", flat=True).first()
    left = moment(text) if text else None
    return LastLeft(left, left is None or at - left > LONGEST)
