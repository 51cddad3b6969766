"""From which kit participants took their masked dose, as the forms say. Kit numbers say nothing of arms."""

from equipoise.conduct.capture.kits import DOSE, FURTHER, ITEM
from equipoise.conduct.capture.models import EntryCurrent, Form
from equipoise.conduct.studies import reads as studies
from equipoise.protocol import Resolved


def kits_taken() -> dict[str, str]:
    """Return participant to the kit of their first masked dose; who took none, or from no kit, is left out.

    A further kit of a participant ("104213-2") holds what the first one does.
    """
    found: dict[str, str] = {}
    for form in Form.objects.order_by("id"):
        resolved = studies.resolved(form.version)
        if form.participant in found or not _masked_dose(resolved, form):
            continue
        kit = EntryCurrent.objects.filter(form=form, item=ITEM, row=0).values_list("entry__text", flat=True)
        typed = (kit.first() or "").strip()
        number, _, further = typed.partition("-")
        if typed:
            found[form.participant] = number if FURTHER.fullmatch(f"-{further}") else typed
    return found


def _masked_dose(resolved: Resolved, form: Form) -> bool:
    standard = next((one.standard for one in resolved.protocol.forms if one.id == form.form), None)
    visit = next((one for one in resolved.protocol.visits if one.id == form.visit), None)
    return standard == DOSE and visit is not None and visit.arms is None
