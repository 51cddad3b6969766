"""Operations about randomization: how it stands, the act, kits, emergency lists.

What tells an arm asks for password and code, is written down before it is told, and is kept nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import Http404
from ninja import Router
from pydantic import Field

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.allocator import services as places
from equipoise.conduct.allocator.services import Arm, Prepared
from equipoise.conduct.api import confirming, paging
from equipoise.conduct.api.confirming import ConfirmationSent
from equipoise.conduct.api.operation import operation
from equipoise.conduct.api.paging import USUAL, After, Limit
from equipoise.conduct.api.shapes import Date, Id, Page, Sent, Text, Told
from equipoise.conduct.api.together import across
from equipoise.conduct.enrollment.pages.pharmacy import MOST_KITS, ROLE
from equipoise.conduct.enrollment.reads import pharmacy, strata
from equipoise.conduct.enrollment.reads import randomization as reads
from equipoise.conduct.enrollment.reads.pharmacy import KitLine
from equipoise.conduct.enrollment.services import downtime, randomizing
from equipoise.conduct.enrollment.services.gates import Paper
from equipoise.conduct.enrollment.services.randomizing import Randomized
from equipoise.conduct.frame import refusals

router = Router(tags=["Randomization"])
VIEW, REQUEST, DISPENSE, REPORT = (
    "randomization.view", "randomization.request", "kit.dispense", "envelope.report",
)  # fmt: skip
NAMED = "/participants/{name}"


@dataclass(frozen=True, slots=True)
class RandomizationStanding:
    """How a participant's randomization stands.

    done      kit number and day; null while it is not done
    begun     whether it was asked for and is not finished
    missing   what must be so first; null where one may not know it
    ready     whether one may randomize them now
    away      whether the allocation store does not answer
    """

    participant: str
    site: str
    done: Randomized | None
    begun: bool
    missing: tuple[Told, ...] | None
    ready: bool
    away: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """What somebody's kit holds."""

    participant: str
    stratum: str
    contents: Arm


class KitsSent(ConfirmationSent):
    """How many kits of each stratum, with password and code."""

    count: Annotated[int, Field(ge=1, le=MOST_KITS)] = 4


@dataclass(frozen=True, slots=True)
class Downtime:
    """An emergency list.

    kits   stratum in words to its kits, in the order of use
    used   kits of it that were entered since
    """

    code: str
    issued_at: datetime
    kits: Mapping[str, tuple[str, ...]]
    used: tuple[str, ...]
    status: str


class DowntimeSent(Sent):
    """That a list was opened, or that all its kits are entered."""

    code: Id
    status: Literal["opened", "reconciled"]
    reason: Text = ""


class PaperSent(Sent):
    """A kit that was used from an emergency list, and on which day."""

    participant: Id
    code: Id
    kit: Id
    used_on: Date
    reason: Text = ""


@operation(
    router,
    "GET",
    NAMED + "/randomization",
    action=VIEW,
    name="randomization",
    gives=RandomizationStanding,
    refuses=[404],
)
def participant_randomization(request: ProgramRequest, name: str) -> RandomizationStanding:
    """Say how a participant's randomization stands."""
    found = reads.standing(name, viewer=request.viewer, at=request.at)
    missing = None if found.missing is None else tuple(Told(**refusals.of(one)) for one in found.missing)
    return RandomizationStanding(
        found.participant, found.site, found.done, found.begun, missing, found.ready, found.away
    )


@operation(
    router,
    "POST",
    NAMED + "/randomization",
    action=REQUEST,
    name="randomization",
    gives=Randomized,
    refuses=[404],
)
def randomize_participant(request: ProgramRequest, name: str) -> Randomized:
    """Randomize a participant and give the kit number; whoever is randomized already keeps theirs.

    422 something is missing first; 503 the allocation store is away: ask again, nothing is done twice.
    """
    return across(lambda: randomizing.randomize(participant=name, at=request.at, by=request.viewer))


@operation(router, "GET", "/kits", action=DISPENSE, name="kits", gives=Page[KitLine])
def kits(request: ProgramRequest, limit: Limit = USUAL, after: After = "") -> Page[KitLine]:
    """List the kits that participants of one's sites have; nothing says what they hold."""
    found = across(lambda: pharmacy.kits(request.viewer))
    return paging.part(found, lambda one: one.participant, limit=limit, after=after)


@operation(
    router,
    "POST",
    NAMED + "/kit",
    action=DISPENSE,
    name="kit_contents",
    gives=Contents,
    refuses=[404],
    kept=False,
)
def kit_contents(request: ProgramRequest, name: str, sent: ConfirmationSent) -> Contents:
    """Tell what a participant's kit holds, with password and code; it is written down first."""
    if not pharmacy.dispenses(name, request.viewer):
        raise Http404
    confirming.require(request, sent)

    def told() -> Contents:
        arm = places.release(
            participant=name, to=request.viewer.person, role=ROLE, cause="dispensing", at=request.at
        )
        given = allocator.assigned(name)
        if given is None:
            raise Http404
        return Contents(name, strata.words(given.stratum), arm)

    return across(told)


@operation(
    router, "POST", "/kits/next", action=DISPENSE, name="next_kits", gives=tuple[Prepared, ...], kept=False
)
def next_kits(request: ProgramRequest, sent: KitsSent) -> tuple[Prepared, ...]:
    """Tell what the next kits of one's strata are to hold, with password and code."""
    confirming.require(request, sent)
    found = across(
        lambda: places.prepare(
            to=request.viewer.person,
            role=ROLE,
            strata=pharmacy.strata(request.viewer),
            count=sent.count,
            at=request.at,
        )
    )
    return tuple(found)


@operation(router, "GET", "/downtime-lists", action=REPORT, name="downtime_lists", gives=tuple[Downtime, ...])
def downtime_lists(request: ProgramRequest) -> tuple[Downtime, ...]:
    """List the emergency lists of one's sites; kits stand on it once it was opened."""
    found = across(lambda: downtime.lists(request.viewer))
    return tuple(_downtime(one) for one in found)


@operation(router, "POST", "/downtime-lists/reports", action=REPORT, name="downtime_report", status=204)
def report_downtime_list(request: ProgramRequest, sent: DowntimeSent) -> None:
    """Say that an emergency list was opened, or that all its kits are entered."""
    across(
        lambda: downtime.report(
            code=sent.code, status=sent.status, reason=sent.reason, at=request.at, by=request.viewer
        )
    )


@operation(
    router,
    "POST",
    "/downtime-lists/kits",
    action=REQUEST,
    name="downtime_kit",
    gives=Randomized,
    refuses=[404],
)
def enter_downtime_kit(request: ProgramRequest, sent: PaperSent) -> Randomized:
    """Enter a kit that was used from an emergency list, in the order of use."""
    paper = Paper(sent.code, sent.kit.strip(), sent.used_on, sent.reason.strip())
    return across(
        lambda: randomizing.randomize(
            participant=sent.participant, at=request.at, by=request.viewer, paper=paper
        )
    )


def _downtime(one: Any) -> Downtime:
    opened = one.status == allocator.OPENED
    kits = {strata.words(name): listed for name, listed in one.kits.items()} if opened else {}
    return Downtime(one.code, one.at, kits, tuple(sorted(one.used)) if opened else (), one.status)
