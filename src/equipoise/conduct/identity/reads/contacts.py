"""How a person is reached, opened for who may read it."""

from dataclasses import dataclass

from equipoise.conduct.identity import personal
from equipoise.conduct.identity.models.contact import Contact, SignedName


@dataclass(frozen=True, slots=True)
class Reached:
    """Who somebody is and how they are reached. Its repr shows nothing of it."""

    name: str
    email: str
    phone: str
    address: str

    def __repr__(self) -> str:
        """Return no personal data: a traceback may print it."""
        return "Reached(...)"


def contact(owner: str) -> Reached | None:
    """Return how somebody is reached; None for who is not known, or was forgotten.

    Raises  IntegrityError when a cell was altered or moved, or the store's key is missing or another one
    """
    row = Contact.objects.filter(owner=owner).order_by("-seq").first()
    seal = personal.seals([owner]).get(owner) if row is not None else None
    if row is None or seal is None:
        return None
    return Reached(
        name=seal.open(row.name, cell="contact.name"),
        email=seal.open(row.email, cell="contact.email"),
        phone=seal.open(row.phone, cell="contact.phone"),
        address=seal.open(row.address, cell="contact.address"),
    )


def signed_name(signing: str) -> str:
    """Return the name a consent form was signed with; "" where there is none, or its owner was forgotten."""
    row = SignedName.objects.filter(signing=signing).first()
    seal = personal.seals([row.owner]).get(row.owner) if row is not None else None
    return seal.open(row.name, cell="signed_name.name") if row is not None and seal is not None else ""
