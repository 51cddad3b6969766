"""What the protocol says of applications, for lists, filters and reasons of those who decide."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from equipoise.conduct.enrollment.services.applying import REASONS
from equipoise.conduct.identity.reads.applicants import STATES, VERDICTS
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.studies import wording
from equipoise.protocol import Resolved


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion as a filter and a reason offer it."""

    id: str
    text: str


def criteria() -> tuple[Criterion, ...]:
    """Return the criteria of the newest protocol version."""
    resolved = _resolved()
    if resolved is None:
        return ()
    return tuple(Criterion(one.id, wording.said(one.text, resolved)) for one in resolved.protocol.eligibility)


def reasons(known: Iterable[Criterion]) -> list[tuple[str, str]]:
    """Return every reason for which an application may be declined, with its words."""
    own = [(name, _(text)) for name, text in REASONS.items()]
    return own + [(one.id, f"{one.id}: {one.text}") for one in known]


def choices() -> Mapping[str, tuple[str, ...]]:
    """Return what a list may be narrowed to."""
    return {"state": STATES, "verdict": VERDICTS, "unmet": tuple(one.id for one in criteria())}


def labels() -> dict[str, tuple[str, dict[str, str]]]:
    """Return question of the application to its words and its codes."""
    resolved = _resolved()
    if resolved is None or resolved.protocol.application is None:
        return {}
    found = {}
    for name in resolved.protocol.application.items:
        form, _dot, one = name.partition(".")
        item = resolved.forms[form].item(one)
        codes = {code: wording.said(label, resolved) for code, label in (item.codes or {}).items()}
        found[name] = (wording.said(item.label, resolved), codes)
    return found


def _resolved() -> Resolved | None:
    version = studies.latest()
    return studies.resolved(version.number) if version is not None else None
