"""Operations about applications: the list, one application, decisions about many, letters."""

from dataclasses import dataclass
from typing import Annotated, Literal

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api import paging
from equipoise.conduct.api.operation import operation
from equipoise.conduct.api.paging import USUAL, After, Limit
from equipoise.conduct.api.shapes import LONGEST_ID, Id, Page, Sent
from equipoise.conduct.enrollment import letters
from equipoise.conduct.enrollment.letters import Written
from equipoise.conduct.enrollment.reads import applications
from equipoise.conduct.enrollment.services import applying
from equipoise.conduct.identity.reads import applicants as reads
from equipoise.conduct.identity.reads.applicants import ApplicationLine, Filter, OpenedApplication
from equipoise.conduct.identity.services import applicants as services
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem, RecordError

router = Router(tags=["Applicants"])
VIEW, DECIDE = "applicant.view", "applicant.decide"
NAMED = "/applicants/{name}"
MOST_CHOSEN = 10_000
LONGEST_NAME = 16
Narrowed = Annotated[str, Query(max_length=LONGEST_ID)]


class DecisionSent(Sent):
    """A decision about one or many. Why they are declined is a criterion's id, places, contact or other."""

    applicants: Annotated[list[Id], Field(min_length=1, max_length=MOST_CHOSEN)]
    decision: Literal["invited", "waiting", "declined", "withdrawn"]
    reason: Id = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a decision.

    decided   whom it was taken about: each is owed the letter that says so
    left      who is left as they are: decided about already, or not known here
    """

    decided: tuple[str, ...]
    left: tuple[str, ...]


@operation(router, "GET", "/applicants", action=VIEW, name="applicants", gives=Page[ApplicationLine])
def applicants(
    request: ProgramRequest,
    *,
    state: Narrowed = "",
    verdict: Narrowed = "",
    unmet: Narrowed = "",
    find: Annotated[str, Query(max_length=LONGEST_ID, description="Id, name, address or number.")] = "",
    limit: Limit = USUAL,
    after: After = "",
) -> Page[ApplicationLine]:
    """List applications, the newest first."""
    asked = {"state": state, "verdict": verdict, "unmet": unmet}
    known = applications.choices()
    wrong = [
        Problem(_("nothing is narrowed to this"), ", ".join(known[name]), name)
        for name, value in asked.items()
        if value and value not in known[name]
    ]
    if wrong:
        raise RecordError("", wrong)
    sites = _sites(request, VIEW)
    names = reads.matching(sites, Filter(find=find.strip(), **asked))
    found = paging.part(
        names[::-1], str, limit=limit, after=after, among=lambda: reads.matching(sites, Filter())[::-1]
    )
    return Page(reads.lines(found.items), found.next)


@operation(router, "GET", "/applicants/counts", action=VIEW, name="applicant_counts", gives=dict[str, int])
def applicant_counts(request: ProgramRequest) -> dict[str, int]:
    """Say how many applications are in each state."""
    return reads.counts(_sites(request, VIEW))


@operation(
    router, "GET", "/applicants/letters/{kind}", action=DECIDE, name="letter_text", gives=Written,
    refuses=[404],
)  # fmt: skip
def letter_text(
    request: ProgramRequest,  # noqa: ARG001 - an operation
    kind: str,
    language: Annotated[str, Query(max_length=LONGEST_ID)] = "en",
) -> Written:
    """Give the letter that a decision owes, without a name and a number."""
    if kind not in letters.KINDS:
        raise Http404
    site = studies.sites()[0]
    return letters.write(kind, name=_("(name)"), number="A-…", site=site.name, language=language)


@operation(router, "POST", "/applicants/decisions", action=DECIDE, name="decide_applications", gives=Decided)
def decide_applications(request: ProgramRequest, sent: DecisionSent) -> Decided:
    """Decide about applications; each that was not decided about already is owed a letter."""
    known = dict(applications.reasons(applications.criteria()))
    if sent.decision == "declined" and sent.reason not in known:
        hint = ", ".join(known)
        raise RecordError("", [Problem(_("it is not said why they are declined"), hint, "reason")])
    chosen = reads.at_sites(sent.applicants, sites=_sites(request, DECIDE))
    done: tuple[str, ...] = ()
    if chosen:
        done = services.decide(
            chosen,
            decision=sent.decision,
            reason=sent.reason if sent.decision == "declined" else "",
            at=request.at,
            by=request.viewer.person,
        )
        applying.count(at=request.at)
    left = dict.fromkeys(one for one in sent.applicants if one not in set(done))
    return Decided(done, tuple(left))


@operation(router, "GET", NAMED, action=VIEW, name="applicant", gives=OpenedApplication, refuses=[404])
def applicant(request: ProgramRequest, name: str) -> OpenedApplication:
    """Give one application with everything its writer sent."""
    return _opened(request, name, VIEW)


@operation(
    router,
    "POST",
    NAMED + "/letters/{letter}",
    action=DECIDE,
    name="letter",
    status=204,
    refuses=[404],
)
def note_letter(request: ProgramRequest, name: str, letter: int) -> None:
    """Note that a letter was written by hand."""
    found = _opened(request, name, DECIDE)
    if not any(one.letter == letter for one in found.letters):
        raise Http404
    services.letter_done([letter], outcome="by_hand", at=request.at, by=request.viewer.person)


def _opened(request: ProgramRequest, name: str, action: str) -> OpenedApplication:
    found = reads.opened(name.upper()[:LONGEST_NAME], sites=_sites(request, action))
    if found is None:
        raise Http404
    return found


def _sites(request: ProgramRequest, action: str) -> frozenset[str]:
    return request.viewer.sites(action, known=[one.site for one in studies.sites()])
