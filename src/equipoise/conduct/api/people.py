"""Operations about people: the list, one person, adding, roles, trainings, delegation, ending access."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from equipoise.conduct.accounts import reads, services
from equipoise.conduct.accounts.reads import Delegated, Member, Trained
from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.accounts.training import Training
from equipoise.conduct.api import confirming, paging
from equipoise.conduct.api.confirming import ConfirmationSent
from equipoise.conduct.api.operation import operation
from equipoise.conduct.api.paging import USUAL, After, Limit
from equipoise.conduct.api.shapes import LONGEST_ID, Date, Id, Page, ReasonSent, Sent, Text
from equipoise.conduct.review.people import staffing
from equipoise.conduct.review.people.lines import EVERYWHERE, RoleLine, rights, role_lines, sees
from equipoise.conduct.review.people.views import EARLIEST, LATEST
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem, RecordError

router = Router(tags=["People"])
VIEW, MANAGE, TRAIN, DELEGATE = "people.view", "people.manage", "people.train", "people.delegate"
NAMED = "/people/{person}"
Address = Annotated[str, Field(max_length=254)]


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody who works on the trial, with the roles they hold now; closed: their access has ended."""

    person: str
    name: str
    roles: tuple[RoleLine, ...]
    lacking: tuple[str, ...]
    second_factor: bool
    first_password: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class Somebody:
    """One person with every role they held, trainings and delegations one may know of."""

    person: str
    name: str
    email: str
    roles: tuple[RoleLine, ...]
    trained: tuple[Trained, ...]
    lacking: tuple[str, ...]
    delegations: tuple[Delegated, ...]
    second_factor: bool
    first_password: bool
    closed: bool


class PersonSent(Sent):
    """Who is added."""

    name: Text
    email: Address


@dataclass(frozen=True, slots=True)
class FirstPassword:
    """A password for one sign-in: given once, kept nowhere."""

    person: str
    password: str


class NameSent(Sent):
    """A name as it should have been."""

    name: Text
    reason: Text


class RoleSent(Sent):
    """A role, at a site or, with "", at every site; days are the site's, the last one included."""

    role: Id
    site: Id
    from_on: Date | None = None
    until_on: Date | None = None


class TrainingSent(Sent):
    """A training that somebody completed, and where the certificate lies."""

    training: Id
    completed_on: Date
    evidence: Text = ""


class DelegationSent(Sent):
    """Tasks that somebody takes on at a site."""

    site: Id
    tasks: Text
    from_on: Date
    until_on: Date | None = None


class EndSent(Sent):
    """When a delegation ends, and why."""

    on: Date
    reason: Text


class AddressSent(ConfirmationSent):
    """The address somebody signs in with from now on; with one's own password and code."""

    email: Address
    reason: Text


class ConfirmedSent(ConfirmationSent):
    """Why; with one's own password and code."""

    reason: Text


@operation(router, "GET", "/people", action=VIEW, name="people", gives=Page[PersonLine])
def people(
    request: ProgramRequest,
    find: Annotated[str, Query(max_length=LONGEST_ID, description="Part of a name or an address.")] = "",
    limit: Limit = USUAL,
    after: After = "",
) -> Page[PersonLine]:
    """List whom one may know of, by name."""
    found = reads.members(trainings=staffing.trainings(), at=request.at, today=request.at.date())
    wanted = find.strip().casefold()
    shown = [
        one for one in found if sees(request.viewer, one) and wanted in f"{one.name} {one.email}".casefold()
    ]
    part = paging.part(shown, lambda one: one.person, limit=limit, after=after)
    return Page(tuple(_line(request, one) for one in part.items), part.next)


@operation(router, "POST", "/people", action=MANAGE, name="people", gives=FirstPassword, kept=False)
def add_person(request: ProgramRequest, sent: PersonSent) -> FirstPassword:
    """Add a person, and give the password for their first sign-in once."""
    request.viewer.require(MANAGE, site=EVERYWHERE)
    password = staffing.one_time_password()
    person = services.add_person(
        name=sent.name,
        email=sent.email,
        password=password,
        one_time=True,
        at=request.at,
        by=request.viewer.person,
    )
    return FirstPassword(person, password)


@operation(
    router,
    "GET",
    "/sites/{site}/delegation-log",
    action=VIEW,
    name="delegation_log",
    gives=tuple[Delegated, ...],
    refuses=[404],
)
def delegation_log(request: ProgramRequest, site: str) -> tuple[Delegated, ...]:
    """Give the delegation log of a site, the oldest line first."""
    if site not in {one.site for one in studies.sites()} or not request.viewer.may(VIEW, site=site):
        raise Http404
    return tuple(reads.delegations(site=site))


@operation(router, "GET", NAMED, action=VIEW, name="person", gives=Somebody, refuses=[404])
def person(request: ProgramRequest, person: str) -> Somebody:
    """Give one person with roles, trainings and delegations."""
    member = _member(request, person)
    delegations = tuple(
        line
        for line in reads.delegations(person=person)
        if person == request.viewer.person or request.viewer.may(VIEW, site=line.site)
    )
    return Somebody(
        person=member.person,
        name=member.name,
        email=member.email,
        roles=_roles(request, member.held),
        trained=member.trained,
        lacking=_labels(member.lacking),
        delegations=delegations,
        second_factor=member.second_factor,
        first_password=member.first_password,
        closed=member.closed,
    )


@operation(router, "POST", NAMED + "/name", action=MANAGE, name="person_name", status=204, refuses=[404])
def correct_name(request: ProgramRequest, person: str, sent: NameSent) -> None:
    """Correct a name."""
    _member(request, person, action=MANAGE)
    services.correct_name(
        person=person, name=sent.name, reason=sent.reason, at=request.at, by=request.viewer.person
    )


@operation(router, "POST", NAMED + "/roles", action=MANAGE, name="person_roles", status=204, refuses=[404])
def give_role(request: ProgramRequest, person: str, sent: RoleSent) -> None:
    """Give a role, where the trainings it needs are recorded."""
    _member(request, person)
    request.viewer.require(MANAGE, site=sent.site)
    staffing.grant_role(
        person=person,
        role=sent.role,
        site=sent.site,
        from_at=staffing.begins(_day(sent.from_on, "from_on"), site=sent.site, at=request.at),
        until_at=staffing.ends(_day(sent.until_on, "until_on"), site=sent.site),
        at=request.at,
        by=request.viewer.person,
    )


@operation(
    router,
    "POST",
    NAMED + "/roles/{number}/end",
    action=MANAGE,
    name="person_role_end",
    status=204,
    refuses=[404],
)
def end_role(request: ProgramRequest, person: str, number: int, sent: ReasonSent) -> None:
    """End a role; it stays on record."""
    held = next((one for one in _member(request, person).held if one.number == number), None)
    if held is None:
        raise Http404
    request.viewer.require(MANAGE, site=held.site)
    services.end_grant(grant=number, reason=sent.reason, at=request.at, by=request.viewer.person)


@operation(
    router, "POST", NAMED + "/trainings", action=TRAIN, name="person_trainings", status=204, refuses=[404]
)
def record_training(request: ProgramRequest, person: str, sent: TrainingSent) -> None:
    """Record a training that somebody completed."""
    member = _member(request, person)
    if not rights(member, sites=studies.sites(), viewer=request.viewer, at=request.at).train:
        request.viewer.require(TRAIN, site=EVERYWHERE)
    staffing.record_training(
        person=person,
        training=sent.training,
        completed_on=_day(sent.completed_on, "completed_on") or sent.completed_on,
        evidence=sent.evidence,
        today=staffing.today(member, at=request.at),
        at=request.at,
        by=request.viewer.person,
    )


@operation(
    router,
    "POST",
    NAMED + "/delegations",
    action=DELEGATE,
    name="person_delegations",
    status=204,
    refuses=[404],
)
def delegate_tasks(request: ProgramRequest, person: str, sent: DelegationSent) -> None:
    """Delegate tasks at a site."""
    _member(request, person)
    request.viewer.require(DELEGATE, site=sent.site)
    services.delegate(
        person=person,
        site=sent.site,
        tasks=sent.tasks,
        from_on=_day(sent.from_on, "from_on") or sent.from_on,
        until_on=_day(sent.until_on, "until_on"),
        at=request.at,
        by=request.viewer.person,
    )


@operation(
    router,
    "POST",
    NAMED + "/delegations/{number}/end",
    action=DELEGATE,
    name="person_delegation_end",
    status=204,
    refuses=[404],
)
def end_delegation(request: ProgramRequest, person: str, number: int, sent: EndSent) -> None:
    """End a delegation; it stays in the log."""
    _member(request, person)
    line = next((one for one in reads.delegations(person=person) if one.number == number), None)
    if line is None:
        raise Http404
    request.viewer.require(DELEGATE, site=line.site)
    on = _day(sent.on, "on") or sent.on
    services.end_delegation(
        delegation=number, on=on, reason=sent.reason, at=request.at, by=request.viewer.person
    )


@operation(
    router,
    "POST",
    NAMED + "/password",
    action=MANAGE,
    name="person_password",
    gives=FirstPassword,
    refuses=[404],
    kept=False,
)
def set_password(request: ProgramRequest, person: str, sent: ConfirmedSent) -> FirstPassword:
    """Set a password for one sign-in, and give it once; with one's own password and code."""
    _member(request, person, action=MANAGE)
    confirming.require(request, sent)
    password = staffing.one_time_password()
    services.set_one_time_password(
        person=person, password=password, reason=sent.reason, at=request.at, by=request.viewer.person
    )
    return FirstPassword(person, password)


@operation(
    router,
    "POST",
    NAMED + "/second-factor/remove",
    action=MANAGE,
    name="person_code",
    status=204,
    refuses=[404],
)
def remove_second_factor(request: ProgramRequest, person: str, sent: ConfirmedSent) -> None:
    """Remove somebody's second factor; with one's own password and code."""
    _member(request, person, action=MANAGE)
    confirming.require(request, sent)
    services.remove_second_factor(person=person, reason=sent.reason, at=request.at, by=request.viewer.person)


@operation(
    router, "POST", NAMED + "/address", action=MANAGE, name="person_address", status=204, refuses=[404]
)
def change_address(request: ProgramRequest, person: str, sent: AddressSent) -> None:
    """Let somebody sign in with another address; with one's own password and code."""
    _member(request, person, action=MANAGE)
    confirming.require(request, sent)
    services.change_address(
        person=person, email=sent.email, reason=sent.reason, at=request.at, by=request.viewer.person
    )


@operation(router, "POST", NAMED + "/close", action=MANAGE, name="person_close", status=204, refuses=[404])
def close_access(request: ProgramRequest, person: str, sent: ConfirmedSent) -> None:
    """End somebody's access at once; with one's own password and code."""
    _member(request, person, action=MANAGE)
    confirming.require(request, sent)
    services.close_account(person=person, reason=sent.reason, at=request.at, by=request.viewer.person)


def _member(request: ProgramRequest, person: str, *, action: str = "") -> Member:
    return staffing.member(person, viewer=request.viewer, at=request.at, action=action)


def _line(request: ProgramRequest, one: Member) -> PersonLine:
    return PersonLine(
        person=one.person,
        name=one.name,
        roles=_roles(request, one.roles(request.at)),
        lacking=_labels(one.lacking),
        second_factor=one.second_factor,
        first_password=one.first_password,
        closed=one.closed,
    )


def _roles(request: ProgramRequest, held: tuple[reads.Held, ...]) -> tuple[RoleLine, ...]:
    sites = {one.site: one for one in studies.sites()}
    return role_lines(held, sites=sites, viewer=request.viewer, at=request.at)


def _labels(lacking: tuple[Training, ...]) -> tuple[str, ...]:
    return tuple(one.label for one in lacking)


def _day(day: date | None, name: str) -> date | None:
    """Return a day. Raises RecordError for one that only a slip of the keyboard gives."""
    if day is not None and not EARLIEST <= day <= LATEST:
        raise RecordError("", [Problem(_("this is no date"), _("write it as 2026-11-23"), name)])
    return day
