"""Operations about consent: its forms, how somebody's stands, countersigning, withdrawal.

Consent is given by a participant on the clinic's device, in person: no operation does it for them.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal

from django.http import Http404
from ninja import Router
from pydantic import Field

from equipoise.conduct.accounts.request import ProgramRequest
from equipoise.conduct.api import confirming, together
from equipoise.conduct.api.confirming import ConfirmationSent
from equipoise.conduct.api.operation import operation
from equipoise.conduct.api.shapes import Date, Id, ReasonSent, Sent, Text
from equipoise.conduct.capture import access, eligibility
from equipoise.conduct.capture import services as capture
from equipoise.conduct.capture.eligibility import DeviationLine
from equipoise.conduct.consent import reads, services
from equipoise.conduct.consent.reads import Given, Standing, TakenBack, Version
from equipoise.conduct.enrollment.services import criteria
from equipoise.conduct.identity.reads import contacts
from equipoise.conduct.identity.reads.contacts import Reached
from equipoise.conduct.studies import reads as studies

router = Router(tags=["Consent"])
VIEW, SET_UP, TAKE, WITHDRAW = "consent.view", "consent.set_up", "consent.take", "withdrawal.record"
FORMS = "/consent-forms"
FORM = FORMS + "/{site}/{number}/{language}"
NAMED = "/participants/{name}"
LONGEST_FORM = 200_000


@dataclass(frozen=True, slots=True)
class FormNamed:
    """A consent form without its text; no days while it is not approved."""

    site: str
    number: int
    language: str
    title: str
    sha256: str
    protocol: int
    approved_on: date | None
    effective_from: date | None
    in_force: bool


@dataclass(frozen=True, slots=True)
class FormWhole:
    """A consent form as participants read it.

    elements   element the protocol asks for to the numbers, from 1, of the paragraphs that cover it
    """

    named: FormNamed
    text: str
    elements: dict[str, tuple[int, ...]]


class FormSent(Sent):
    """A consent form; with the number of another it is that one's translation."""

    site: Id
    language: Id
    text: Annotated[str, Field(max_length=LONGEST_FORM)]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """The number a consent form got."""

    number: int


class ApprovalSent(Sent):
    """When it was approved, and from when on it counts."""

    approved_on: Date
    effective_from: Date


@dataclass(frozen=True, slots=True)
class Signed:
    """A consent that somebody gave; countersigned_at is null while nobody did."""

    number: int
    language: str
    signed_at: datetime
    taken_by: str
    tries: int
    content_sha256: str
    countersigned_at: datetime | None
    countersigned_by: str


@dataclass(frozen=True, slots=True)
class Consent:
    """How somebody's consent stands.

    given, taken_back   the newest first
    """

    now: Standing
    given: tuple[Signed, ...]
    taken_back: tuple[TakenBack, ...]
    deviations: tuple[DeviationLine, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """What somebody signed last, to be printed and given to them. Its repr does not say who.

    name   with which it was signed; "" where its owner was forgotten
    """

    name: str = field(repr=False)
    title: str
    text: str
    signed: Signed
    time_zone: str


class WithdrawalSent(Sent):
    """What somebody takes back, when they said so, and what they said."""

    degree: Literal["treatment", "contacts", "records", "all"]
    on: Date
    reason: Text = ""


@operation(router, "GET", FORMS, action=VIEW, name="consent_forms", gives=tuple[FormNamed, ...])
def consent_forms(request: ProgramRequest) -> tuple[FormNamed, ...]:
    """List the consent forms of one's sites, the newest first."""
    sites = [one for one in studies.sites() if request.viewer.may(VIEW, site=one.site)]
    return tuple(_named(form, request) for site in sites for form in reads.versions(site.site))


@operation(router, "POST", FORMS, action=SET_UP, name="consent_forms", gives=Numbered)
def add_consent_form(request: ProgramRequest, sent: FormSent) -> Numbered:
    """Add a consent form; it counts once it is approved."""
    number = services.add_version(
        site=sent.site,
        language=sent.language,
        text=sent.text,
        number=sent.number,
        at=request.at,
        by=request.viewer,
    )
    return Numbered(number)


@operation(router, "GET", FORM, action=VIEW, name="consent_form", gives=FormWhole, refuses=[404])
def consent_form(request: ProgramRequest, site: str, number: int, language: str) -> FormWhole:
    """Give a consent form as participants read it."""
    found = reads.version(site, number, language)
    if found is None or not request.viewer.may(VIEW, site=site):
        raise Http404
    return FormWhole(_named(found, request), found.text, dict(found.document.elements))


@operation(
    router, "POST", FORM + "/approval", action=SET_UP, name="consent_approval", status=204, refuses=[404]
)
def approve_consent_form(
    request: ProgramRequest, site: str, number: int, language: str, sent: ApprovalSent
) -> None:
    """Note that a consent form was approved."""
    if reads.version(site, number, language) is None or not request.viewer.may(SET_UP, site=site):
        raise Http404
    services.approve(
        site=site,
        number=number,
        language=language,
        approved_on=sent.approved_on,
        effective_from=sent.effective_from,
        at=request.at,
        by=request.viewer,
    )


@operation(router, "GET", NAMED + "/consent", action=VIEW, name="consent", gives=Consent, refuses=[404])
def participant_consent(request: ProgramRequest, name: str) -> Consent:
    """Say how somebody's consent stands: what they signed, what they took back."""
    ground = access.participant(name, viewer=request.viewer, action=VIEW)
    resolved, _version = criteria.in_force(ground, request.at)
    return Consent(
        now=reads.standing(name, at=request.at),
        given=tuple(_signed(one) for one in reads.given(name)),
        taken_back=reads.taken_back(name),
        deviations=eligibility.deviations(name, ground.sight(resolved)),
    )


@operation(
    router, "GET", NAMED + "/consent/copy", action=TAKE, name="consent_copy", gives=Copy, refuses=[404]
)
def consent_copy(request: ProgramRequest, name: str) -> Copy:
    """Give what somebody signed last, with names and times, to be printed for them."""
    ground = access.participant(name, viewer=request.viewer, action=TAKE)
    newest = next(iter(reads.given(name)), None)
    form = reads.version(ground.site.site, newest.number, newest.language) if newest else None
    if newest is None or form is None:
        raise Http404
    signing = newest.signing
    signed_name = together.across(lambda: contacts.signed_name(signing))
    return Copy(signed_name, form.title, form.text, _signed(newest), ground.site.time_zone)


@operation(
    router,
    "POST",
    NAMED + "/consent/countersignature",
    action=TAKE,
    name="countersign",
    status=204,
    refuses=[404],
)
def countersign_consent(request: ProgramRequest, name: str, sent: ConfirmationSent) -> None:
    """Sign somebody's newest consent beside them, with password and, of who has a second factor, code."""
    access.participant(name, viewer=request.viewer, action=TAKE)
    confirming.require(request, sent, code_needed=False)
    services.countersign(participant=name, at=request.at, by=request.viewer)


@operation(
    router,
    "POST",
    NAMED + "/consent/withdrawals",
    action=WITHDRAW,
    name="withdraw",
    status=204,
    refuses=[404],
)
def withdraw_consent(request: ProgramRequest, name: str, sent: WithdrawalSent) -> None:
    """Record what somebody takes back. What was collected before is kept."""
    ground = access.participant(name, viewer=request.viewer, action=WITHDRAW)
    services.withdraw(
        participant=ground.participant,
        degree=sent.degree,
        on=sent.on,
        reason=sent.reason,
        at=request.at,
        by=request.viewer,
    )


@operation(router, "POST", NAMED + "/consent/go-on", action=TAKE, name="go_on", status=204, refuses=[404])
def go_on_without_update(request: ProgramRequest, name: str, sent: ReasonSent) -> None:
    """Record that visits go on before the newer form is signed: a deviation, with its reason."""
    capture.go_on_without_update(participant=name, reason=sent.reason, at=request.at, by=request.viewer)


@operation(router, "GET", NAMED + "/contact", action=TAKE, name="contact", gives=Reached, refuses=[404])
def participant_contact(request: ProgramRequest, name: str) -> Reached:
    """Give how a participant is reached: kept apart from everything else."""
    access.participant(name, viewer=request.viewer, action=TAKE)
    found = together.across(lambda: contacts.contact(reads.holder(name)))
    if found is None:
        raise Http404
    return found


def _signed(one: Given) -> Signed:
    return Signed(
        number=one.number,
        language=one.language,
        signed_at=one.signed_at,
        taken_by=one.taken_by_name,
        tries=one.tries,
        content_sha256=one.content_sha256,
        countersigned_at=one.countersigned_at,
        countersigned_by=one.countersigned_by,
    )


def _named(form: Version, request: ProgramRequest) -> FormNamed:
    site = studies.site(form.site)
    day = site.today(request.at) if site is not None else request.at.date()
    return FormNamed(
        site=form.site,
        number=form.number,
        language=form.language,
        title=form.title,
        sha256=form.sha256,
        protocol=form.protocol,
        approved_on=form.approved_on,
        effective_from=form.effective_from,
        in_force=reads.in_force(form.site, day=day) == form.number and form.effective_from is not None,
    )
