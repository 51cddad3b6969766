"""Names and ways to reach people are kept, each cell sealed under the person's own key."""

from datetime import datetime

from django.db import IntegrityError

from equipoise.conduct.audit.models import Event
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.identity import personal
from equipoise.conduct.identity.models.contact import Contact, SignedName
from equipoise.conduct.identity.personal import ALIAS, Seal
from equipoise.errors import Problem, RecordError
from equipoise.source import UNREADABLE

SIGNED = "contact.signed"
LONGEST = {"name": 200, "email": 254, "phone": 40, "address": 1_000}
"""Characters of each cell."""


def problems(cells: dict[str, str]) -> list[Problem]:
    """Return everything that keeps these from being stored, by cell."""
    found = []
    if not cells.get("name", "").strip():
        found.append(Problem("the name is missing", "type your full name", "name"))
    for cell, typed in cells.items():
        text = typed.strip()
        if len(text) > LONGEST[cell]:
            message = f"this has {len(text):,} characters; at most {LONGEST[cell]:,} can be kept"
            found.append(Problem(message, "shorten it", cell))
        if UNREADABLE.search(text.replace("\r", "")):
            found.append(Problem("a character of it cannot be kept", "type it again", cell))
    return found


def keep_contact(
    *,
    owner: str,
    name: str,
    at: datetime,
    by: str,
    email: str = "",
    phone: str = "",
    address: str = "",
    signing: str = "",
) -> str:
    """Keep who somebody is and how they are reached, and return the hash of the event.

    owner     whose it is; a person not known yet gets a key
    signing   token of the consent form signed with this name; kept once, whatever is sent again
    Raises    RecordError with everything that cannot be kept; IntegrityError without the store's key
    """
    cells = {"name": name.strip(), "email": email.strip(), "phone": phone.strip(), "address": address.strip()}
    wrong = problems(cells)
    if wrong:
        raise RecordError("this cannot be kept", wrong)
    if signing and (kept := signed_in(signing)):
        return kept
    action = SIGNED if signing else "contact.kept"
    try:
        with act("identity", action, at=at, by=by, subjects=[owner]) as one:
            seal = _seal(owner, one)
            _keep(one, seal, cells)
            if signing:
                sealed = seal.close(cells["name"], cell="signed_name.name")
                one.add(SignedName(owner=owner, signing=signing, name=sealed))
    except IntegrityError:
        if signing and (kept := signed_in(signing)):
            return kept
        problem = Problem("somebody else changed it just now", "look at it and try again", "name")
        raise RecordError("this was not kept", [problem]) from None
    assert one.event is not None  # noqa: S101 - an act that ended has its event
    return one.event.hash


def signed_in(signing: str) -> str:
    """Return the hash of the event that kept the name a form was signed with; "" while there is none."""
    act_of = SignedName.objects.filter(signing=signing).values_list("act", flat=True).first()
    if act_of is None:
        return ""
    return Event.objects.using(ALIAS).filter(act=act_of).values_list("hash", flat=True).first() or ""


def signatures() -> dict[str, str]:
    """Return consent form to the hash of the event that kept the name it was signed with."""
    rows = dict(SignedName.objects.values_list("signing", "act"))
    hashes = dict(Event.objects.using(ALIAS).filter(action=SIGNED).values_list("act", "hash"))
    return {signing: hashes.get(act_of, "") for signing, act_of in rows.items()}


def _seal(owner: str, one: Act) -> Seal:
    return personal.seals([owner]).get(owner) or personal.begin(owner, alias=one.alias)


def _keep(one: Act, seal: Seal, cells: dict[str, str]) -> None:
    """Within an act, add the cells as they are now, and make the person findable by them."""
    seq = Contact.objects.filter(owner=seal.owner).count() + 1
    sealed = {name: seal.close(text, cell=f"contact.{name}") for name, text in cells.items()}
    one.add(Contact(owner=seal.owner, seq=seq, **sealed))
    words: list[tuple[personal.Kind, str]] = [("name", word) for word in cells["name"].split()]
    words += [("email", cells["email"]), ("phone", cells["phone"])]
    personal.index(seal.owner, words, alias=one.alias)
