"""Which forms of a participant are complete, for whoever waits for them.

Holds the look-up. Refuses to look at answers.
"""

from equipoise.conduct.capture.models import Form, FormState
from equipoise.conduct.capture.moves import IN_PROGRESS


def completed(participant: str) -> frozenset[tuple[str, str]]:
    """Return (visit, form) of every form that is complete, verified, signed or locked at the moment."""
    rows = FormState.objects.filter(form__participant=participant).order_by("seq")
    states = dict(rows.values_list("form_id", "state"))
    done = [number for number, state in states.items() if state != IN_PROGRESS]
    return frozenset(Form.objects.filter(id__in=done).values_list("visit", "form"))
