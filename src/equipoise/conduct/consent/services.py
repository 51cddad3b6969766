"""Every write about consent: its forms, who signs them, what is taken back.

Each service leaves one event. Signing is one act in two stores: `request` here, the name in the identity
store, then `keep` here, within the act that enters the participant or renews their consent. Refuses names.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.db import IntegrityError

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.audit.canonical import canonical
from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.consent import document, reads
from equipoise.conduct.consent.models import (
    Consent,
    ConsentApproval,
    ConsentRequest,
    ConsentVersion,
    Countersignature,
    Signing,
    SigningStep,
    Understanding,
    Withdrawal,
)
from equipoise.conduct.consent.reads import DEGREES, GIVEN_UP, UnderWay
from equipoise.conduct.stores.entropy import token
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem, RecordError
from equipoise.source import UNREADABLE

TOKEN_BYTES, HOLDER_BYTES = 16, 8
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
LONGEST_REASON = 4_000
MEANING = "I have read or heard this information, my questions were answered, and I agree to take part."
COUNTERSIGNED = "I explained the study, answered the questions and saw the participant agree freely."
WITHDRAWN = {
    "treatment": "consent.withdrawn_treatment",
    "contacts": "consent.withdrawn_contacts",
    "records": "consent.withdrawn_records",
    "all": "consent.withdrawn_all",
}
"""Degree of withdrawal to its event."""
SUPERSEDED = "a newer consent form has come into force since this one was handed over"


@dataclass(frozen=True, slots=True)
class Signed:
    """A consent whose name is kept, ready to be stored with the participant it makes or renews.

    signing          the form's token
    identity_event   hash of the identity store's event that keeps the name
    """

    signing: str
    identity_event: str


@dataclass(frozen=True, slots=True)
class Requested:
    """A signature that was asked for: the first step of the act in two stores."""

    signing: str
    holder: str
    participant: str
    site: str
    person: str
    requested_at: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer to a question about the text; `explanation` where it was wrong."""

    right: bool
    explanation: str


def add_version(
    *, site: str, language: str, text: str, at: datetime, by: Viewer, number: int | None = None
) -> int:
    """Add a consent form to a site, and return its number. It counts once it is approved.

    number   of the form it translates; a new number when left out
    Raises   PermissionRefused; RecordError with everything wrong with it
    """
    by.require("consent.set_up", site=site)
    problems = []
    if studies.site(site) is None:
        problems.append(Problem(f"there is no site `{site[:32]}`", "", "site"))
    if len(language) > document.LANGUAGE_LENGTH or not LANGUAGE.fullmatch(language):
        problems.append(Problem(f"`{language[:32]}` is no language", "a tag such as en or es-MX", "language"))
    latest = studies.latest()
    if latest is None:
        raise RecordError("no form can be added", [Problem("no protocol is stored yet", "", "protocol")])
    protocol = (studies.version_at(site, day=at.date()) if not problems else None) or latest.number
    elements = {one.id: one.text for one in studies.resolved(protocol).protocol.consent}
    problems += document.problems(text, elements=elements)
    rows = ConsentVersion.objects.filter(site=site)
    if number is not None:
        if not rows.filter(number=number).exists():
            problems.append(Problem(f"there is no consent form {number} at {site}", "", "number"))
        elif rows.filter(number=number, language=language).exists():
            problems.append(
                Problem(f"consent form {number} exists in `{language}`", "add a new one", "number")
            )
    if problems:
        raise RecordError("this is no consent form yet", problems)
    kept = document.normal(text)
    last = rows.order_by("-number").values_list("number", flat=True).first() or 0
    one_more = number or last + 1
    digest = document.digest(site=site, number=one_more, language=language, text=kept)
    row = ConsentVersion(
        site=site, number=one_more, language=language, protocol=protocol, text=kept, sha256=digest
    )
    try:
        with act("trial", "consent.version_added", at=at, by=by.person, subjects=[site]) as one:
            one.add(row)
    except IntegrityError:
        problem = Problem("somebody else added a consent form just now", "look at it first", "number")
        raise RecordError("this form was not added", [problem]) from None
    return one_more


def approve(
    *,
    site: str,
    number: int,
    language: str,
    approved_on: date | None,
    effective_from: date | None,
    at: datetime,
    by: Viewer,
) -> None:
    """Note that a form was approved, and from which day participants sign it.

    Raises  PermissionRefused; RecordError with everything wrong
    """
    by.require("consent.set_up", site=site)
    found, where = reads.version(site, number, language), studies.site(site)
    problems = []
    if found is None or where is None:
        raise RecordError("nothing was approved", [Problem("there is no such consent form", "", "number")])
    if found.effective_from:
        problems.append(Problem("this form was approved already", "", "number"))
    if approved_on is None or effective_from is None:
        problems.append(Problem("a day is missing", "give both days", "approved_on"))
    else:
        if approved_on > where.today(at):
            problems.append(Problem("the approval lies ahead", "note it once it is there", "approved_on"))
        if effective_from < approved_on:
            hint = "correct a day"
            problems.append(Problem("it would count before its approval", hint, "effective_from"))
    if problems or approved_on is None or effective_from is None:
        raise RecordError("this form cannot be approved so", problems)
    with act("trial", "consent.version_approved", at=at, by=by.person, subjects=[site]) as one:
        one.add(
            ConsentApproval(
                version_id=found.row,
                approved_on=approved_on.isoformat(),
                effective_from=effective_from.isoformat(),
            )
        )


def begin(
    *, site: str, language: str, at: datetime, by: Viewer, participant: str = "", holder: str = ""
) -> str:
    """Hand the form in force to somebody, and return its token.

    participant   who renews their consent; "" for somebody who is none yet
    holder        id of the identity store that their name belongs to, such as an applicant's; made when "" is
                  given
    Raises        PermissionRefused; RecordError when no form is in force in this language
    """
    by.require("consent.take", site=site)
    where = studies.site(site)
    forms = reads.current(site, day=where.today(at)) if where is not None else ()
    chosen = next((one for one in forms if one.language == language), None)
    if chosen is None:
        known = ", ".join(one.language for one in forms)
        hint = f"approved today: {known}" if known else "add one and note its approval first"
        problem = Problem(
            f"no consent form is in force at {site[:32]} in `{language[:16]}`", hint, "language"
        )
        raise RecordError("consent cannot be taken", [problem])
    kept = reads.holder(participant) if participant else holder
    row = Signing(
        token=token(TOKEN_BYTES).hex(),
        version_id=chosen.row,
        participant=participant,
        holder=kept or f"C-{token(HOLDER_BYTES).hex().upper()}",
        opened_by=by.person,
        opened_at=instant(at),
    )
    subjects = [participant or site]
    with act("trial", "consent.handed_over", at=at, by=by.person, subjects=subjects) as one:
        one.add(row)
    return row.token


def turn(*, signing: str, page: int, at: datetime, by: Viewer) -> None:
    """Note which page of the form was reached; going back notes nothing."""
    found = _under_way(signing)
    if page <= found.page:
        return
    _step(found, page, "consent.page_reached", at=at, by=by)


def give_up(*, signing: str, at: datetime, by: Viewer) -> None:
    """Note that a form came back without a signature and will not be signed.

    Raises  RecordError when it was signed
    """
    by.require("consent.take")
    _step(_under_way(signing), GIVEN_UP, "consent.given_up", at=at, by=by)


def _step(found: UnderWay, page: int, action: str, *, at: datetime, by: Viewer) -> None:
    seq = SigningStep.objects.filter(signing=found.row).count() + 1
    subjects = [found.participant or found.version.site]
    try:
        with act("trial", action, at=at, by=by.person, on_behalf="participant", subjects=subjects) as one:
            one.add(SigningStep(signing_id=found.row, seq=seq, page=page))
    except IntegrityError:
        # Two windows turned a page in the same moment: either is a page that was reached.
        return


def answer(*, signing: str, question: int, choice: int, at: datetime, by: Viewer) -> Answered:
    """Note an answer to a question about the text, and say whether it was right.

    question, choice   places from 1
    Raises             RecordError when the form is no longer in somebody's hands, or nothing was chosen
    """
    found = _under_way(signing)
    asked = found.version.document.questions
    if not 1 <= question <= len(asked) or not 1 <= choice <= len(asked[question - 1].choices):
        raise RecordError("nothing was chosen", [Problem("choose one of the answers", "", "choice")])
    right = asked[question - 1].choices[choice - 1].right
    before = Understanding.objects.filter(signing=found.row, question=question)
    row = Understanding(
        signing_id=found.row,
        question=question,
        attempt=before.count() + 1,
        choice=choice,
        correct=right,
        answered_at=instant(at),
    )
    subjects = [found.participant or found.version.site]
    try:
        with act(
            "trial", "consent.answered", at=at, by=by.person, on_behalf="participant", subjects=subjects
        ) as one:
            one.add(row)
    except IntegrityError:
        problem = Problem("this question was answered in another window just now", "look again", "choice")
        raise RecordError("your answer was not kept", [problem]) from None
    return Answered(right, "" if right else asked[question - 1].explanation)


def request(*, signing: str, at: datetime, by: Viewer) -> Requested:
    """Ask for a signature: the first of three steps. Asked again, it is the same request.

    Raises  RecordError when the form is superseded, signed already, or not yet understood
    """
    found = _under_way(signing)
    held = ConsentRequest.objects.filter(signing=found.row).first()
    if held is not None:
        return _requested(found, held)
    _refuse_superseded(found, at)
    if not found.understood:
        problem = Problem("a question is not answered right yet", "answer every question first", "questions")
        raise RecordError("this cannot be signed yet", [problem])
    row = ConsentRequest(signing_id=found.row, person=by.person, requested_at=instant(at))
    subjects = [found.participant or found.version.site]
    try:
        with act(
            "trial", "consent.requested", at=at, by=by.person, on_behalf="participant", subjects=subjects
        ) as one:
            one.add(row)
    except IntegrityError:
        # The same form was signed in another window in the same moment: theirs is the request.
        row = ConsentRequest.objects.get(signing=found.row)
    return _requested(found, row)


def _requested(found: UnderWay, row: ConsentRequest) -> Requested:
    return Requested(
        signing=found.token,
        holder=found.holder,
        participant=found.participant,
        site=found.version.site,
        person=row.person,
        requested_at=row.requested_at,
    )


def open_requests() -> tuple[Requested, ...]:
    """Return signatures that were asked for and are not stored yet, the oldest first."""
    done = Consent.objects.values("signing_id")
    rows = ConsentRequest.objects.exclude(signing_id__in=done).select_related("signing").order_by("id")
    found = ((reads.signing(row.signing.token), row) for row in rows)
    return tuple(_requested(one, row) for one, row in found if one is not None)


def keep(one: Act, signed: Signed, *, participant: str, site: str, expected: str = "") -> str:
    """Within an act, store a consent with the participant it belongs to; return the instant it was signed.

    expected   who it must renew; "" for a first one
    Raises     RecordError when it is stored already, not asked for, another site's or another person's
    """
    row = Signing.objects.filter(token=signed.signing).select_related("version").first()
    held = ConsentRequest.objects.filter(signing=row).first() if row is not None else None
    if row is None or held is None or row.version.site != site or row.participant != expected:
        raise RecordError("this consent cannot be stored", [Problem("nobody signed it", "", "consent")])
    if Consent.objects.filter(signing=row).exists():
        raise AlreadySigned
    tries = Understanding.objects.filter(signing=row).count()
    seq = Consent.objects.filter(participant=participant).count() + 1
    stored = Consent(
        signing=row,
        participant=participant,
        seq=seq,
        version=row.version,
        signed_at=held.requested_at,
        taken_by=held.person,
        meaning=MEANING,
        tries=tries,
        identity_event=signed.identity_event,
    )
    stored.content_sha256 = _content(stored)
    one.add(stored)
    return held.requested_at


class AlreadySigned(RecordError):  # noqa: N818 - a state of the form, told by name
    """The form was signed before: in another window, or by a repeated click."""

    def __init__(self) -> None:
        problem = Problem("this form was signed already", "nothing more is needed", "consent")
        super().__init__("this form was signed already", [problem])


def stored(signing: str) -> str:
    """Return the participant whose consent a form became; "" while it is not stored."""
    found = Consent.objects.filter(signing__token=signing).values_list("participant", flat=True).first()
    return found or ""


def requested_signings() -> frozenset[str]:
    """Return the forms that somebody asked to sign."""
    return frozenset(ConsentRequest.objects.values_list("signing__token", flat=True))


def identity_events() -> dict[str, str]:
    """Return form to the identity store's event that its consent names, for every consent."""
    return dict(Consent.objects.values_list("signing__token", "identity_event"))


def renew(*, participant: str, consent: Signed, at: datetime, by: str) -> None:
    """Store a participant's new consent; what was withdrawn before is given again.

    Raises  RecordError when it is stored already, or not theirs
    """
    site = reads.signing(consent.signing)
    where = site.version.site if site is not None else ""
    with act(
        "trial", "consent.renewed", at=at, by=by, on_behalf="participant", subjects=[participant]
    ) as one:
        keep(one, consent, participant=participant, site=where, expected=participant)


def countersign(*, participant: str, at: datetime, by: Viewer) -> None:
    """Sign a participant's newest consent beside them. Whoever calls this has just authenticated the person.

    Raises  PermissionRefused; RecordError when there is nothing to countersign
    """
    row = Consent.objects.filter(participant=participant).select_related("version").order_by("-seq").first()
    if row is not None:
        by.require("consent.take", site=row.version.site)
    if row is None or Countersignature.objects.filter(consent=row).exists():
        problem = Problem("no consent waits for a countersignature", "", "consent")
        raise RecordError("nothing was countersigned", [problem])
    mine = Countersignature(
        consent=row,
        person=by.person,
        signed_at=instant(at),
        meaning=COUNTERSIGNED,
        content_sha256=row.content_sha256,
    )
    try:
        with act("trial", "consent.countersigned", at=at, by=by.person, subjects=[participant]) as one:
            one.add(mine)
    except IntegrityError:
        problem = Problem("somebody else countersigned it just now", "", "consent")
        raise RecordError("nothing was countersigned", [problem]) from None


def withdraw(
    *, participant: str, degree: str, on: date | None, reason: str, at: datetime, by: Viewer
) -> None:
    """Record what a participant takes back. What was collected is kept; only a new consent gives it again.

    degree   treatment, contacts, records or all; never milder than before
    on       day they said so, at the site
    reason   in their words; they need not give one
    Raises   PermissionRefused; RecordError with everything wrong
    """
    row = Consent.objects.filter(participant=participant).select_related("version").order_by("-seq").first()
    if row is None:
        raise RecordError("nothing can be withdrawn", [Problem("there is no consent", "", "participant")])
    by.require("withdrawal.record", site=row.version.site)
    where, now = studies.site(row.version.site), reads.standing(participant, at=at)
    problems = _withdrawal_problems(degree, now.withdrawn, reason)
    if on is None:
        problems.append(Problem("the day is missing", "give the day they said so", "on"))
    elif where is not None and on > where.today(at):
        problems.append(Problem("this day lies ahead", "give the day they said so", "on"))
    if problems or on is None:
        raise RecordError("this withdrawal cannot be recorded so", problems)
    seq = Withdrawal.objects.filter(participant=participant).count() + 1
    back = Withdrawal(
        participant=participant,
        seq=seq,
        consent=row,
        degree=degree,
        on=on.isoformat(),
        reason=reason.strip(),
        person=by.person,
        withdrawn_at=instant(at),
    )
    try:
        with act("trial", WITHDRAWN[degree], at=at, by=by.person, subjects=[participant]) as one:
            one.add(back)
    except IntegrityError:
        problem = Problem("somebody else recorded a withdrawal just now", "look at it first", "degree")
        raise RecordError("this withdrawal was not recorded", [problem]) from None


def _withdrawal_problems(degree: str, before: str, reason: str) -> list[Problem]:
    problems = []
    if degree not in DEGREES:
        problems.append(Problem("say how much they take back", "choose one of the list", "degree"))
    elif before and DEGREES.index(degree) <= DEGREES.index(before):
        hint = "only a new consent gives back what was withdrawn"
        problems.append(Problem("as much, or more, was withdrawn before", hint, "degree"))
    if len(reason) > LONGEST_REASON:
        problems.append(
            Problem(f"at most {LONGEST_REASON:,} characters can be stored", "shorten it", "reason")
        )
    if UNREADABLE.search(reason.replace("\r", "")):
        problems.append(Problem("a character of the reason cannot be stored", "type it again", "reason"))
    return problems


def _under_way(signing: str) -> UnderWay:
    """Return a form that may still be signed; RecordError when it may not."""
    found = reads.signing(signing)
    if found is None:
        raise RecordError("there is no such consent form", [Problem("nobody handed it over", "", "consent")])
    if Consent.objects.filter(signing=found.row).exists():
        raise AlreadySigned
    if found.page == GIVEN_UP:
        raise RecordError(
            "this form was taken back", [Problem("it was taken back unsigned", "begin again", "consent")]
        )
    return found


def _refuse_superseded(found: UnderWay, at: datetime) -> None:
    where = studies.site(found.version.site)
    day = where.today(at) if where is not None else at.date()
    if found.version.number < reads.in_force(found.version.site, day=day):
        hint = "nothing was signed; ask for the new form and read it again"
        raise RecordError("this form cannot be signed any more", [Problem(SUPERSEDED, hint, "consent")])


def superseded(signing: str, *, at: datetime) -> bool:
    """Whether a newer form came into force since this one was handed over."""
    found = reads.signing(signing)
    if found is None:
        return False
    try:
        _refuse_superseded(found, at)
    except RecordError:
        return True
    return False


def _content(row: Consent) -> str:
    """Return SHA-256 over everything that was signed."""
    parts = [
        row.signing.token,
        row.participant,
        row.seq,
        row.version.site,
        row.version.number,
        row.version.language,
        row.version.sha256,
        row.signed_at,
        row.taken_by,
        row.meaning,
        row.tries,
        row.identity_event,
    ]
    return sha256(canonical(["consent", *parts])).hexdigest()
