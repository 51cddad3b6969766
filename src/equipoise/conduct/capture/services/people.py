"""Participants enter, and the days their schedule counts from are planned."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import IntegrityError

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.capture import access
from equipoise.conduct.capture.answers import hold_study
from equipoise.conduct.capture.models import STUDY, AnchorDate, AssignedKit, EventReached, Participant
from equipoise.conduct.capture.services import notes
from equipoise.conduct.consent import services as consents
from equipoise.conduct.consent.services import Signed
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem, RecordError

DIGITS = 3
"""Places of the number in a participant's id; more participants take more."""


def enroll(*, site: str, consent: Signed, at: datetime, by: Viewer, entered_on: date | None = None) -> str:
    """Enter who consented at a site, with their consent, and return the new id, e.g. "FRONTLINE-SEA-001".

    consent      a signature whose name is kept; one that became a participant before is only found
    entered_on   date at the site; the day it was signed when left out
    Raises       PermissionRefused; RecordError when there is no such site, it works under no protocol
                 version, the date lies ahead, the study is locked, or nobody signed
    """
    by.require("consent.take", site=site)
    return enter(site=site, consent=consent, at=at, by=by.person, entered_on=entered_on)


def enter(*, site: str, consent: Signed, at: datetime, by: str, entered_on: date | None = None) -> str:
    """Do what `enroll` does, for whoever finishes a signature that somebody was allowed to take."""
    found = consents.stored(consent.signing)
    if found:
        return found
    trial, entered = _entry(site, entered_on, at=at)
    subjects = [site]
    try:
        with act(
            "trial", "participant.enrolled", at=at, by=by, on_behalf="participant", subjects=subjects
        ) as one:
            # The number is given under the lock, so the event learns the id it is about only now.
            hold_study(one.alias)
            number = Participant.objects.filter(site=site).count() + 1
            name = f"{trial}-{site}-{number:0{DIGITS}d}"
            subjects.insert(0, name)
            consents.keep(one, consent, participant=name, site=site)
            one.add(Participant(participant=name, site=site, entered_on=entered.isoformat()))
    except (consents.AlreadySigned, IntegrityError):
        # The same form was stored from another window in the same moment: theirs is the participant.
        name = consents.stored(consent.signing)
        if not name:
            raise
    return name


def _entry(site: str, entered_on: date | None, *, at: datetime) -> tuple[str, date]:
    """Return the trial's id and the day somebody enters; RecordError with everything that forbids it."""
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
    return study.trial, entered_on or today


def plan_anchor(
    *, participant: str, anchor: str, date: date | None, at: datetime, by: Viewer, reason: str = ""
) -> None:
    """Plan the day of an anchor, such as the dose; None withdraws the plan. The schedule follows.

    Raises  Http404; PermissionRefused; RecordError when there is no such anchor, it has happened already, the
            participant is locked, or a changed plan has no reason
    """
    ground = access.participant(participant, viewer=by, action="visit.record")
    in_force = studies.versions_at(ground.site.today(at), first=True)
    resolved = studies.resolved(in_force[ground.site.site])
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
    about = [participant, anchor]
    with act("trial", "anchor.planned", at=at, by=by.person, subjects=about, reason=reason) as one:
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


def reach_anchor(one: Act, *, participant: str, anchor: str, on: str) -> None:
    """Within an act, record the day on which an anchor took place that is an event and no visit.

    on   ISO date at the site
    """
    one.add(AnchorDate(participant=participant, anchor=anchor, kind="actual", seq=1, date=on))


def expect_kit(one: Act, *, participant: str, kit: str) -> None:
    """Within an act, record the kit that the doses of a participant are compared with."""
    one.add(AssignedKit(participant=participant, kit=kit))


def reach_event(
    one: Act,
    *,
    participant: str,
    event: str,
    opened: Collection[str],
    allocation_event: str,
    at: datetime,
) -> None:
    """Within an act, record that an event of the protocol told a participant's arm.

    opened             visits that their arm alone has
    allocation_event   hash of the allocation store's event that logged it
    """
    one.add(
        EventReached(
            participant=participant,
            event=event,
            opened=" ".join(opened),
            allocation_event=allocation_event,
            reached_at=instant(at),
        )
    )
