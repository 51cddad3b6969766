"""Tables of personal data, each in a module of its own; Django finds them here."""

from equipoise.conduct.identity.models.applicant import Applicant, ApplicantStep, Letter, LetterStep
from equipoise.conduct.identity.models.personal import Lookup, PersonalKey

__all__ = ["Applicant", "ApplicantStep", "Letter", "LetterStep", "Lookup", "PersonalKey"]
