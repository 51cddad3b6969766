"""What others may ask about consent, answered with frozen values."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from equipoise.conduct.accounts import reads as people
from equipoise.conduct.audit.instants import moment
from equipoise.conduct.consent import document
from equipoise.conduct.consent.document import Document
from equipoise.conduct.consent.models import (
    Consent,
    ConsentApproval,
    ConsentVersion,
    Countersignature,
    Signing,
    SigningStep,
    Understanding,
    Withdrawal,
)
from equipoise.conduct.stores import statements
from equipoise.conduct.studies import reads as studies

GIVEN_UP = -1
_STANDING = """
SELECT c.id, v.site, v.number, v.language,
       EXISTS (SELECT 1 FROM consent_countersignature s WHERE s.consent_id = c.id)
FROM consent c JOIN consent_version v ON v.id = c.version_id
WHERE c.participant = %s ORDER BY c.seq DESC LIMIT 1
"""
_BACK = """
SELECT degree, withdrawn_at FROM withdrawal WHERE participant = %s AND consent_id = %s
ORDER BY seq DESC LIMIT 1
"""
_IN_FORCE = """
SELECT v.number FROM consent_approval a JOIN consent_version v ON v.id = a.version_id
WHERE v.site = %s AND a.effective_from <= %s ORDER BY a.effective_from DESC, v.number DESC LIMIT 1
"""
WITHDRAWALS = Withdrawal._meta.db_table
"""Table of withdrawals, by participant and `seq`: whoever saves looks in it with what they look in anyway."""
DEGREES = ("treatment", "contacts", "records", "all")
"""Degrees of withdrawal, the mildest first."""


@dataclass(frozen=True)
class Version:
    """A consent form of a site in a language.

    approved_on, effective_from   None while it is not approved
    """

    row: int
    site: str
    number: int
    language: str
    protocol: int
    text: str
    sha256: str
    approved_on: date | None = None
    effective_from: date | None = None

    @property
    def document(self) -> Document:
        """What it says."""
        return document.read(self.text)

    @property
    def title(self) -> str:
        """Its title."""
        return self.document.title


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody's consent stands.

    number          version they signed last; 0 for none
    language        of that version
    in_force        version the site works with on the day; 0 for none
    current         whether they signed the version in force, or a later one
    countersigned   whether whoever explained the study signed too
    withdrawn       "", or the degree: treatment, contacts, records, all
    since           when it was withdrawn
    """

    number: int
    language: str
    in_force: int
    current: bool
    countersigned: bool
    withdrawn: str
    since: datetime | None


NONE = Standing(
    number=0, language="", in_force=0, current=False, countersigned=False, withdrawn="", since=None
)


@dataclass(frozen=True, slots=True)
class Given:
    """A consent that was given. Instants are aware; `wanting` is whether a countersignature is missing.

    signing   under which the identity store keeps the name it was signed with
    """

    row: int
    seq: int
    signing: str
    number: int
    language: str
    signed_at: datetime
    taken_by: str
    taken_by_name: str
    tries: int
    content_sha256: str
    countersigned_at: datetime | None
    countersigned_by: str

    @property
    def wanting(self) -> bool:
        """Whether nobody countersigned it yet."""
        return self.countersigned_at is None


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A withdrawal, whole or in part; `counts` while no consent was given after it."""

    degree: str
    on: date
    reason: str
    by: str
    at: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class TakenBackOn:
    """A withdrawal that counts; `on` is an ISO date at the site."""

    degree: str
    on: str
    reason: str


@dataclass(frozen=True)
class UnderWay:
    """A consent form in somebody's hands.

    page      the page they reached, from 0
    answered  question, from 1, to the choice of the last try and whether it was right
    """

    row: int
    token: str
    version: Version
    participant: str
    holder: str
    opened_by: str
    opened_at: datetime
    page: int
    answered: dict[int, tuple[int, bool]]
    tries: int

    @property
    def code(self) -> str:
        """A few characters to tell it from others."""
        return self.token[:CODE].upper()

    @property
    def understood(self) -> bool:
        """Whether every question was answered right."""
        asked = range(1, len(self.version.document.questions) + 1)
        return all(self.answered.get(number, (0, False))[1] for number in asked)


CODE = 4


def versions(site: str | None = None) -> tuple[Version, ...]:
    """Return the consent forms of a site, or of all, the newest number first."""
    rows = ConsentVersion.objects.order_by("site", "-number", "language")
    if site is not None:
        rows = rows.filter(site=site)
    return _versions(rows)


def version(site: str, number: int, language: str) -> Version | None:
    """Return a consent form; None when there is none."""
    found = _versions(ConsentVersion.objects.filter(site=site, number=number, language=language))
    return found[0] if found else None


def in_force(site: str, *, day: date) -> int:
    """Return the number of the version a site works with on a day; 0 while none is approved."""
    return _in_force(site, day)


def current(site: str, *, day: date) -> tuple[Version, ...]:
    """Return the forms a participant may sign at a site on a day, one a language."""
    number = _in_force(site, day)
    rows = ConsentVersion.objects.filter(site=site, number=number).order_by("language")
    return tuple(
        one for one in _versions(rows) if one.effective_from is not None and one.effective_from <= day
    )


def standing(participant: str, *, at: datetime) -> Standing:
    """Return how somebody's consent stands; `NONE` for who gave none."""
    last = statements.rows("default", _STANDING, [participant])
    if not last:
        return NONE
    row, where, number, language, countersigned = last[0]
    site = studies.site(where)
    force = _in_force(where, site.today(at) if site is not None else at.date())
    back = statements.rows("default", _BACK, [participant, row])
    degree, since = back[0] if back else ("", "")
    return Standing(
        number=number,
        language=language,
        in_force=force,
        current=number >= force,
        countersigned=bool(countersigned),
        withdrawn=degree,
        since=moment(since) if since else None,
    )


def withdrawn(participant: str) -> str:
    """Return the degree to which somebody's newest consent is withdrawn; "" for not at all."""
    last = statements.rows("default", _STANDING, [participant])
    back = statements.rows("default", _BACK, [participant, last[0][0]]) if last else []
    return str(back[0][0]) if back else ""


def given(participant: str) -> tuple[Given, ...]:
    """Return every consent somebody gave, the newest first."""
    found = Consent.objects.filter(participant=participant).select_related("version", "signing")
    rows = list(found.order_by("-seq"))
    counter = {one.consent_id: one for one in Countersignature.objects.filter(consent__in=rows)}
    names = people.names({row.taken_by for row in rows} | {one.person for one in counter.values()})
    return tuple(_given(row, counter.get(row.id), names) for row in rows)


def _given(row: Consent, counter: Countersignature | None, names: dict[str, str]) -> Given:
    return Given(
        row=row.id,
        seq=row.seq,
        signing=row.signing.token,
        number=row.version.number,
        language=row.version.language,
        signed_at=moment(row.signed_at),
        taken_by=row.taken_by,
        taken_by_name=names.get(row.taken_by, row.taken_by),
        tries=row.tries,
        content_sha256=row.content_sha256,
        countersigned_at=moment(counter.signed_at) if counter else None,
        countersigned_by=names.get(counter.person, counter.person) if counter else "",
    )


def taken_back(participant: str) -> tuple[TakenBack, ...]:
    """Return every withdrawal of somebody, the newest first."""
    last = _last(participant)
    rows = list(Withdrawal.objects.filter(participant=participant).order_by("-seq"))
    names = people.names({row.person for row in rows})
    newest = next((row.seq for row in rows if last is not None and row.consent_id == last.id), 0)
    return tuple(
        TakenBack(
            degree=row.degree,
            on=date.fromisoformat(row.on),
            reason=row.reason,
            by=names.get(row.person, row.person),
            at=moment(row.withdrawn_at),
            counts=row.seq == newest,
        )
        for row in rows
    )


def first_given() -> dict[str, str]:
    """Return participant to the instant of their first consent, as text, for everybody."""
    return dict(Consent.objects.filter(seq=1).values_list("participant", "signed_at"))


def withdrawals(participants: Collection[str]) -> dict[str, TakenBackOn]:
    """Return participant to the withdrawal that counts, for those of these who withdrew."""
    rows = list(Withdrawal.objects.filter(participant__in=participants).order_by("seq"))
    if not rows:
        return {}
    who = {row.participant for row in rows}
    latest = dict(
        Consent.objects.filter(participant__in=who).order_by("seq").values_list("participant", "id")
    )
    return {
        row.participant: TakenBackOn(row.degree, row.on, row.reason)
        for row in rows
        if latest.get(row.participant) == row.consent_id
    }


def holder(participant: str) -> str:
    """Return under which id the identity store keeps somebody's personal data; "" for nobody."""
    row = _last(participant)
    return row.signing.holder if row is not None else ""


def signing(token: str) -> UnderWay | None:
    """Return a consent form in somebody's hands; None when there is none."""
    rows = Signing.objects.filter(token=token).select_related("version")
    return next(iter(_under_way(rows)), None)


def is_stored(token: str) -> bool:
    """Whether a form became a consent."""
    return Consent.objects.filter(signing__token=token).exists()


def under_way(site: str, *, participant: str = "") -> tuple[UnderWay, ...]:
    """Return the forms at a site that were handed over and neither signed nor given up, the newest first."""
    signed = Consent.objects.values("signing_id")
    rows = Signing.objects.filter(version__site=site, participant=participant).exclude(id__in=signed)
    found = _under_way(rows.select_related("version").order_by("-id"))
    return tuple(one for one in found if one.page != GIVEN_UP)


def _under_way(rows: Iterable[Signing]) -> list[UnderWay]:
    rows = list(rows)
    forms = {one.row: one for one in _versions([row.version for row in rows])}
    pages = dict(
        SigningStep.objects.filter(signing__in=rows).order_by("seq").values_list("signing_id", "page")
    )
    tries: dict[int, int] = {}
    answered: dict[int, dict[int, tuple[int, bool]]] = {}
    for one in Understanding.objects.filter(signing__in=rows).order_by("attempt"):
        answered.setdefault(one.signing_id, {})[one.question] = (one.choice, one.correct)
        tries[one.signing_id] = tries.get(one.signing_id, 0) + 1
    return [
        UnderWay(
            row=row.id,
            token=row.token,
            version=forms[row.version_id],
            participant=row.participant,
            holder=row.holder,
            opened_by=row.opened_by,
            opened_at=moment(row.opened_at),
            page=pages.get(row.id, 0),
            answered=answered.get(row.id, {}),
            tries=tries.get(row.id, 0),
        )
        for row in rows
    ]


def _last(participant: str) -> Consent | None:
    rows = Consent.objects.filter(participant=participant).select_related("version", "signing")
    return rows.order_by("-seq").first()


def _in_force(site: str, day: date) -> int:
    found = statements.rows("default", _IN_FORCE, [site, day.isoformat()])
    return int(found[0][0]) if found else 0


def _versions(rows: Iterable[ConsentVersion]) -> tuple[Version, ...]:
    rows = list(rows)
    approvals = {one.version_id: one for one in ConsentApproval.objects.filter(version__in=rows)}
    found = []
    for row in rows:
        approval = approvals.get(row.id)
        found.append(
            Version(
                row=row.id,
                site=row.site,
                number=row.number,
                language=row.language,
                protocol=row.protocol,
                text=row.text,
                sha256=row.sha256,
                approved_on=date.fromisoformat(approval.approved_on) if approval else None,
                effective_from=date.fromisoformat(approval.effective_from) if approval else None,
            )
        )
    return tuple(found)
