"""Which protocol version a visit is held under: the one in force when it was begun, as everybody may know.

Holds one look-up. A form that is hidden from somebody begins no visit for them: neither that it was begun nor
which version was in force then may show through what everybody sees.
"""

from equipoise.conduct.capture.models import Visit, VisitStatus
from equipoise.protocol import Resolved

BEGUN = "begun"
"""What a visit is recorded as when somebody begins it after a hidden form did."""


def pinned(row: Visit) -> int | None:
    """Return the version a visit is held under; None where a hidden form alone began it."""
    if not row.begun_by:
        return int(row.version)
    steps = VisitStatus.objects.filter(visit=row).order_by("seq")
    return steps.values_list("version", flat=True).first()


def hidden_from_some(resolved: Resolved, form: str) -> bool:
    """Whether a form is hidden from anybody until some event."""
    return bool(resolved.forms[form].hidden_from)
