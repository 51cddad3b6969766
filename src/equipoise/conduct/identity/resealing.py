"""Everybody's words, for the index under another key of the store."""

from collections.abc import Iterator

from equipoise.conduct.identity import personal
from equipoise.conduct.identity.models.applicant import Applicant
from equipoise.conduct.identity.models.contact import Contact
from equipoise.conduct.identity.personal import Kind, Seal
from equipoise.conduct.stores.names import ALIASES, IDENTITY

ALIAS = ALIASES[IDENTITY]


def reseal(*, old: bytes, new: bytes, alias: str) -> None:
    """Seal persons' keys with another key of the store, and make the index anew. Called inside an act.

    Raises  IntegrityError when they were not sealed with the old one; nothing is changed then
    """
    personal.reseal(_words(old), old=old, new=new, alias=alias)


def _words(key: bytes) -> dict[str, list[tuple[Kind, str]]]:
    """Return owner to every word they are found by, those of earlier versions included."""
    found: dict[str, list[tuple[Kind, str]]] = {}
    applicants = list(Applicant.objects.order_by("id"))
    contacts = list(Contact.objects.order_by("id"))
    seals = personal.seals(
        sorted({*(row.applicant for row in applicants), *(row.owner for row in contacts)}), key=key
    )
    for row in applicants:
        if row.applicant in seals:
            found.setdefault(row.applicant, []).extend(_of(row, "applicant", seals[row.applicant]))
    for kept in contacts:
        if kept.owner in seals:
            found.setdefault(kept.owner, []).extend(_of(kept, "contact", seals[kept.owner]))
    return found


def _of(row: Applicant | Contact, table: str, seal: Seal) -> Iterator[tuple[Kind, str]]:
    yield from (("name", word) for word in seal.open(row.name, cell=f"{table}.name").split())
    yield "email", seal.open(row.email, cell=f"{table}.email")
    yield "phone", seal.open(row.phone, cell=f"{table}.phone")
