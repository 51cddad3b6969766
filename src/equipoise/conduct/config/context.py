"""What the frame of every page shows: trial, navigation, alerts, the clock.

Holds one context processor. Refuses anything a viewer may not see: counts are those of pages they may open.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from django.conf import settings as django
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from equipoise import __version__
from equipoise.conduct.accounts.permission import Guest, Viewer
from equipoise.conduct.accounts.request import StudyRequest
from equipoise.conduct.audit import anchors
from equipoise.conduct.capture import reads as capture
from equipoise.conduct.capture import words
from equipoise.conduct.capture.pages.today import is_rater_only
from equipoise.conduct.config.settings import current
from equipoise.conduct.studies import reads as studies
from equipoise.conduct.tasks import roster
from equipoise.conduct.unblinding.reads import broken

HOME = "capture:home"
PAGES = (
    (HOME, "study.home", _("Today")),
    ("tasks:mine", "task.fill", _("Your ratings")),
    ("enrollment:applicants", "applicant.view", _("Applications")),
    ("capture:participants", "participant.list", _("Participants")),
    ("enrollment:consent_forms", "consent.view", _("Consent forms")),
    ("unblinding:find", "arm.break", _("Code break")),
    ("unblinding:exposures", "exposure.view", _("Who knows what")),
    ("unblinding:envelopes", "envelope.report", _("Sealed files")),
    ("enrollment:kits", "kit.dispense", _("Kits")),
    ("enrollment:downtime", "envelope.report", _("Downtime")),
    ("tasks:ratings", "task.assign", _("Ratings")),
    ("review:queries", "query.view", _("Queries")),
    ("capture:alerts", "alert.view", _("Alerts")),
    ("review:trail", "audit.view", _("Audit trail")),
    ("people", "people.view", _("People")),
)
"""Route, the action it needs, its name; a page whose route does not exist is left out."""
MAY = {
    "find": "participant.list",
    "enroll": "consent.take",
    "audit": "audit.view",
    "alerts": "alert.view",
    "rate": "task.assign",
    "tell": "arm.read",
    "break": "arm.break",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation."""

    label: str
    url: str
    current: bool
    count: int | None = None


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame of one page."""
    settings = current()
    asked = cast(StudyRequest, request)
    viewer = getattr(asked, "viewer", None)
    shown: dict[str, Any] = {"version": __version__, "simulated": settings.simulated, "nav": [], "may": {}}
    # The languages a page is not in, each by its own name.
    shown["languages"] = [one for one in django.LANGUAGES if one[0] != get_language()]
    if viewer is None or isinstance(viewer, Guest):
        return {"frame": shown}
    study = studies.study()
    may = {name: viewer.may(action) for name, action in MAY.items()}
    shown |= {
        "trial": study.trial if study else "",
        "nav": list(_nav(asked)),
        "roles": ", ".join(sorted(words.role(role) for role in viewer.roles)),
        "may": may,
        "alerts": len(capture.alerts(viewer=viewer, at=asked.at)) if may["alerts"] else 0,
        "alerts_url": reverse("capture:alerts"),
        "alerts_by_mail": django.ALERTS_BY_MAIL,
        "own_url": reverse("mfa_index"),
        "notices": _notices(asked),
        "sign_out_url": reverse("account_logout"),
        # Asked for by the first page only.
        "unrated": partial(roster.count_wanted, viewer, at=asked.at),
        # Asked for by pages that are about no site of their own.
        "zone": partial(_zone, viewer),
        "anchor_warning": _unanchored(asked) if viewer.may("study.set_up") else "",
    }
    return {"frame": shown}


def _notices(asked: StudyRequest) -> tuple[broken.BreakLine, ...]:
    """Return code breaks of the last days, on the first page of those who must know of them."""
    if asked.viewer is None or asked.path != reverse("capture:home") or not asked.viewer.may("arm.break"):
        return ()
    return broken.recent(viewer=asked.viewer, at=asked.at)


def _unanchored(asked: StudyRequest) -> str:
    """Return a warning when no anchor has left this machine for a day; "" when one has."""
    left = anchors.last_left(at=asked.at)
    if not left.overdue:
        return ""
    if left.at is None:
        return gettext("The audit chain was never anchored outside this machine")
    since = {"at": left.at.strftime("%Y-%m-%d %H:%M UTC")}
    return gettext("The audit chain was last anchored outside this machine on %(at)s") % since


def _zone(viewer: Viewer) -> str:
    """Return the zone of somebody's site; "" where they work at sites in several."""
    sites = {site.site: site.time_zone for site in studies.sites()}
    zones = {sites[site] for site in viewer.sites("study.home", known=sites)}
    return zones.pop() if len(zones) == 1 else ""


def _nav(asked: StudyRequest) -> Any:
    for name, action, label in PAGES:
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        if name == HOME and is_rater_only(asked.viewer):
            continue
        if asked.viewer is not None and asked.viewer.may(action):
            here = asked.path == url or (url != "/" and asked.path.startswith(url))
            yield Entry(str(label), url, here)
