"""Whether consent and eligibility let somebody be randomized: the door for randomization."""

from datetime import datetime

from equipoise.conduct.capture import eligibility
from equipoise.conduct.consent import reads as consents
from equipoise.errors import Problem


def ready(participant: str, at: datetime) -> list[Problem]:
    """Return everything that speaks against randomizing somebody now; nothing when they are ready.

    Consent: given, countersigned, current, not withdrawn in any degree. Eligibility: confirmed by an
    investigator's signature over the table as it is now.
    """
    return [*_consent_problems(participant, at), *_eligibility_problems(participant)]


def _consent_problems(participant: str, at: datetime) -> list[Problem]:
    now = consents.standing(participant, at=at)
    if not now.number:
        return [Problem("there is no consent", "take consent first", "consent")]
    problems = []
    if now.withdrawn:
        problems.append(Problem("the participant withdrew", "only a new consent gives it back", "consent"))
    if not now.countersigned:
        hint = "whoever explained the study signs it on the participant's consent page"
        problems.append(Problem("the consent is not countersigned yet", hint, "consent"))
    if not now.current:
        hint = "let the participant read and sign it first"
        problems.append(Problem("a newer consent form is in force at the site", hint, "consent"))
    return problems


def _eligibility_problems(participant: str) -> list[Problem]:
    found = eligibility.confirmation(participant)
    if found is None:
        hint = "an investigator confirms it on the eligibility page"
        return [Problem("eligibility is not confirmed yet", hint, "eligibility")]
    if not found.valid:
        hint = "an investigator looks at the table again and confirms it"
        return [Problem("an answer changed since eligibility was confirmed", hint, "eligibility")]
    return []
