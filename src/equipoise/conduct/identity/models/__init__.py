"""Tables of personal data, each in a module of its own; Django finds them here."""

from equipoise.conduct.identity.models.applicant import Applicant, ApplicantStep, Letter, LetterStep
from equipoise.conduct.identity.models.contact import Contact, SignedName
from equipoise.conduct.identity.models.personal import Lookup, PersonalKey

__all__ = [
    "Applicant",
    "ApplicantStep",
    "Contact",
    "Letter",
    "LetterStep",
    "Lookup",
    "PersonalKey",
    "SignedName",
]
