"""The kit of a dose compared with the one the participant was randomized to.

Holds the comparison, which makes a query like every other doubt. Kit numbers say nothing of arms.
"""

import re
from collections.abc import Mapping

from equipoise.conduct.capture.access import FormGround
from equipoise.conduct.capture.models import AssignedKit
from equipoise.protocol.answer import Answer, Finding
from equipoise.protocol.filling import Place

DOSE, ITEM = "dose_given", "kit"
"""The standard form of a dose, and its question about the kit."""
WRONG = "wrong_kit"
FURTHER = re.compile(r"-\d{1,3}")
"""What follows the number on a further kit of the same participant."""


def doubts(found: FormGround, answers: Mapping[Place, Answer]) -> tuple[Finding, ...]:
    """Return a doubt when the kit of a dose is not the participant's own.

    A dose that only one arm gets comes from open stock and has no kit to compare.
    """
    typed = (answers.get((ITEM, 0)) or Answer()).text
    if not typed or not _masked_dose(found):
        return ()
    own = AssignedKit.objects.filter(participant=found.participant).values_list("kit", flat=True).first()
    if own is None:
        message, hint = "no kit was assigned: the participant is not randomized", "tell the investigator now"
    elif typed.strip() == own or (typed.startswith(own) and FURTHER.fullmatch(typed.strip()[len(own) :])):
        return ()
    else:
        message = "this is not the kit assigned to the participant"
        hint = "compare with the randomization page; if another kit was given, tell the pharmacist"
    return (Finding("check", ITEM, 0, message, hint, "warning", WRONG),)


def _masked_dose(found: FormGround) -> bool:
    form = next((one for one in found.resolved.protocol.forms if one.id == found.form.id), None)
    planned = found.planned
    return form is not None and form.standard == DOSE and planned is not None and planned.arms is None
