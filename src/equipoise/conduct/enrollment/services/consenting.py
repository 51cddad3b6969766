"""Signing a consent: one act in two stores, and what finishes it when it was cut off between them.

(1) trial: the request. (2) identity: the name, sealed. (3) trial: the participant, or the renewal, with the
hash of the identity store's event. Holds the order. Whoever signs again continues the same request; what
stands in the identity store is completed by `reconcile`, what does not was never signed.
"""

from contextlib import suppress
from datetime import datetime

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.capture import services as capture
from equipoise.conduct.consent import services as consents
from equipoise.conduct.consent.services import Requested, Signed
from equipoise.conduct.identity.services import applicants, contacts
from equipoise.errors import Problem, RecordError


def sign(
    *, signing: str, name: str, at: datetime, by: Viewer, email: str = "", phone: str = "", address: str = ""
) -> str:
    """Sign a consent form with a typed name, and return the participant it makes or renews.

    Signed before, in another window or by a repeated click, it is only found.
    Raises  RecordError with everything wrong: superseded, not understood, no name
    """
    found = consents.stored(signing)
    if found:
        return found
    wrong = contacts.problems({"name": name, "email": email, "phone": phone, "address": address})
    if wrong:
        raise RecordError("this cannot be signed yet", wrong)
    try:
        requested = consents.request(signing=signing, at=at, by=by)
    except consents.AlreadySigned:
        return consents.stored(signing)
    event = contacts.keep_contact(
        owner=requested.holder,
        name=name,
        email=email,
        phone=phone,
        address=address,
        signing=signing,
        at=at,
        by=by.person,
    )
    return _store(requested, event, at=at)


def reconcile(*, at: datetime) -> tuple[str, ...]:
    """Finish signatures that were cut off after the name was kept; return the participants concerned.

    A request without a name in the identity store stays open: nobody knows that it was signed.
    """
    done = []
    for requested in consents.open_requests():
        event = contacts.signed_in(requested.signing)
        if event:
            with suppress(RecordError):
                # A study that is locked, say: the request stays open and is finished later.
                done.append(_store(requested, event, at=at))
    return tuple(done)


def verify() -> list[Problem]:
    """Return every name signed with that nobody asked for, and every consent without its name's event."""
    requests = consents.requested_signings()
    kept = contacts.signatures()
    found = [
        Problem(f"a name was signed under {one}, which nobody asked for", "", "signed_name")
        for one in sorted(set(kept) - requests)
    ]
    found += [
        Problem(f"the consent {signing} names an event that keeps no name", "", "consent")
        for signing, event in consents.identity_events().items()
        if kept.get(signing) != event
    ]
    return found


def _store(requested: Requested, event: str, *, at: datetime) -> str:
    signed = Signed(requested.signing, event)
    if not requested.participant:
        entered = capture.enter(site=requested.site, consent=signed, at=at, by=requested.person)
        applicants.settle(at=at, by=requested.person)
        return entered
    try:
        consents.renew(participant=requested.participant, consent=signed, at=at, by=requested.person)
    except consents.AlreadySigned:
        # Another window came first; what stands is the same signature.
        return requested.participant
    return requested.participant
