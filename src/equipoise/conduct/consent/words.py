"""What the degrees of a withdrawal are called on pages, and what each means."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

DEGREES: Mapping[str, tuple[Promise, Promise]] = {
    "treatment": (
        gettext_lazy("Treatment only"),
        gettext_lazy("No more treatment. Visits and questions go on as planned."),
    ),
    "contacts": (
        gettext_lazy("Fewer contacts"),
        gettext_lazy("No more treatment. Visits only as they agree to each."),
    ),
    "records": (
        gettext_lazy("Records only"),
        gettext_lazy("No more visits. What their records say may still be noted."),
    ),
    "all": (gettext_lazy("No further data"), gettext_lazy("Nothing more is collected of them.")),
}
"""Degree of withdrawal to its name and what it means."""
