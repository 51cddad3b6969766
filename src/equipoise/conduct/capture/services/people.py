"""Participants enter, and the days their schedule counts from are planned."""

from datetime import date, datetime

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.services import act
from equipoise.conduct.capture import access
from equipoise.conduct.capture.answers import hold_study
from equipoise.conduct.capture.models import STUDY, AnchorDate, Participant
from equipoise.conduct.capture.services import notes
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem, RecordError

DIGITS = 3
"""Places of the number in a participant's id; more participants take more."""


def enroll(*, site: str, at: datetime, by: Viewer, entered_on: date | None = None) -> str:
    """Enter a participant at a site, and return the new id, e.g. "FRONTLINE-SEA-001".

    entered_on   date at the site; today when left out
    Raises       PermissionRefused; RecordError when there is no such site, it works under no protocol
                 version, the date lies ahead, or the study is locked
    """
    by.require("participant.enroll", site=site)
    access.refuse_unreadable(site)
    found, today = studies.site(site), at.date()
    problems = []
    if found is None:
        problems.append(Problem(f"there is no site `{site[:32]}`", "choose one of the study's sites", "site"))
    else:
        today = found.today(at)
        if studies.version_at(site, day=today) is None:
            problems.append(Problem(f"{site} works under no protocol version yet", "adopt one first", "site"))
    if entered_on is not None and entered_on > today:
        problems.append(Problem("this day lies ahead", "give the day they entered", "entered_on"))
    if STUDY in access.locked_targets([]):
        problems.append(Problem("the study is locked", "", "study"))
    study = studies.study()
    if study is None:
        problems.append(Problem("the study is not set up", "", "study"))
    if problems or study is None:
        raise RecordError("nobody can be enrolled", problems)
    subjects = [site]
    with act("trial", "participant.enrolled", at=at, by=by.person, subjects=subjects) as one:
        # The number is given under the lock, so the event learns the id it is about only now.
        hold_study(one.alias)
        number = Participant.objects.filter(site=site).count() + 1
        name = f"{study.trial}-{site}-{number:0{DIGITS}d}"
        subjects.insert(0, name)
        one.add(Participant(participant=name, site=site, entered_on=(entered_on or today).isoformat()))
    return name


def plan_anchor(
    *, participant: str, anchor: str, date: date | None, at: datetime, by: Viewer, reason: str = ""
) -> None:
    """Plan the day of an anchor, such as the dose; None withdraws the plan. The schedule follows.

    Raises  Http404; PermissionRefused; RecordError when there is no such anchor, it has happened already, the
            participant is locked, or a changed plan has no reason
    """
    ground = access.participant(participant, viewer=by, action="visit.record")
    resolved = studies.resolved(studies.versions_at(ground.site.today(at))[ground.site.site])
    known = resolved.protocol.anchors.get(anchor)
    sight = ground.sight(resolved)
    problems = []
    if known is None or (known.visit is not None and not sight.visit(known.visit)):
        problems.append(Problem(f"there is no anchor `{anchor[:64]}`", "", "anchor"))
    if ground.locked:
        problems.append(Problem("the participant's data are locked", "", "participant"))
    before = AnchorDate.objects.filter(participant=participant, anchor=anchor, kind="planned")
    needed = "a changed plan needs a reason" if before.exists() else ""
    problems += notes.problems(reason, path="reason", needed=needed)
    if problems:
        raise RecordError("this day cannot be planned", problems)
    with act("trial", "anchor.planned", at=at, by=by.person, subjects=[participant], reason=reason) as one:
        one.add(
            AnchorDate(
                participant=participant,
                anchor=anchor,
                kind="planned",
                seq=before.count() + 1,
                date=date.isoformat() if date else "",
                reason=reason,
            )
        )
