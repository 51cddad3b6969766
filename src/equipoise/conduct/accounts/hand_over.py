"""Handing the clinic's device to a participant, and taking it back.

While it is theirs, the session is confined: `access` answers every address but those of the participant's
pages with these pages, until somebody of the staff enters their password (and code, where they have one).
Whoever signs in anew has done just that, so a session that ended is not confined when it comes back.
Holds what the session remembers and the two events. Refuses to know what is read or answered meanwhile.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError

from equipoise.conduct.accounts.models import HandBack, HandOver
from equipoise.conduct.accounts.permission import Guest, Viewer
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import act
from equipoise.conduct.stores.entropy import token

HANDED, READS = "handed_over", "reads"
"""In the session: the hand-over, and the language the participant reads."""
TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True)
class Handed:
    """What a session remembers of a hand-over. `about` begins with its kind: "consent" or "visit"."""

    token: str
    site: str
    participant: str
    about: str

    @property
    def kind(self) -> str:
        """What it is for."""
        return self.about.partition(" ")[0]

    @property
    def words(self) -> list[str]:
        """What follows the kind."""
        return self.about.split()[1:]

    def guest(self, staff: Viewer) -> Guest:
        """Return the participant as somebody who asks, in a member of staff's session."""
        return Guest(person=staff.person, name="", site=self.site, participant=self.participant)


def of(session: Any) -> Handed | None:
    """Return the hand-over a session is confined to; None when it is the staff's."""
    kept = session.get(HANDED)
    return Handed(**kept) if kept else None


def start(
    session: Any, *, site: str, participant: str, about: str, at: datetime, by: Viewer, language: str = ""
) -> Handed:
    """Hand the device over, and confine the session.

    language  in which the participant reads; as the browser asks when empty
    Raises    PermissionRefused
    """
    by.require("device.hand_over", site=site)
    handed = Handed(token(TOKEN_BYTES).hex(), site, participant, about)
    subjects = [participant or site]
    with act("trial", "device.handed_over", at=at, by=by.person, subjects=subjects) as one:
        one.add(HandOver(**asdict(handed), person=by.person, handed_at=instant(at)))
    # A new key: who knew the old one is not let in again when the device comes back.
    session.cycle_key()
    session[HANDED], session[READS] = asdict(handed), language
    return handed


def now_of(session: Any, *, participant: str) -> None:
    """Remember who the participant is once they have an id."""
    session[HANDED] = {**session[HANDED], "participant": participant}


def end(session: Any, *, at: datetime, by: str) -> None:
    """Take the device back. Whoever calls this has just authenticated the person."""
    handed = of(session)
    if handed is None:
        return
    session.cycle_key()
    del session[HANDED]
    session.pop(READS, None)
    row = HandOver.objects.filter(token=handed.token).first()
    subjects = [handed.participant or handed.site]
    if row is None:
        return
    try:
        with act("trial", "device.handed_back", at=at, by=by, subjects=subjects) as one:
            one.add(HandBack(hand_over=row, person=by, handed_at=instant(at)))
    except IntegrityError:
        # Taken back in another window in the same moment.
        return
