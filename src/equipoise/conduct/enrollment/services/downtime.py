"""Emergency lists as somebody may know and report them.

Holds the narrowing to the viewer's sites. The lists themselves are `allocator`'s.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services
from equipoise.conduct.allocator.reads import Downtime
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem, RecordError

REPORT = "envelope.report"


def lists(viewer: Viewer) -> tuple[Downtime, ...]:
    """Return the emergency lists of the viewer's sites."""
    sites = viewer.sites(REPORT, known=[one.site for one in studies.sites()])
    mine = {stratum for site in sites for stratum in allocator.strata_of(site)}
    return tuple(one for one in allocator.downtime_lists() if mine.intersection(one.kits))


def report(*, code: str, status: str, reason: str, at: datetime, by: Viewer) -> None:
    """Say that an emergency list was opened, or that all its kits are entered.

    Raises  RecordError with everything wrong, also when it is no list of the viewer's sites
    """
    code = code.strip().upper()
    if all(one.code != code for one in lists(by)):
        hint = _("read the code on the paper")
        raise RecordError("", [Problem(_("there is no such emergency list"), hint, "code")])
    services.note_downtime(code=code, status=status, reason=reason, at=at, by=by.person)
