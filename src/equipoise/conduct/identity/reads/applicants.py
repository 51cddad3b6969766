"""Applications as those see them who decide: listed, filtered, counted, opened one at a time.

Holds frozen values. A list opens the names on its page and nothing else.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from equipoise.conduct.audit.instants import moment
from equipoise.conduct.identity import personal
from equipoise.conduct.identity.models.applicant import Applicant, ApplicantStep, Letter, LetterStep
from equipoise.conduct.identity.models.contact import SignedName

NEW = "new"
STATES = ("new", "invited", "waiting", "declined", "withdrawn", "consented", "forgotten")
VERDICTS = ("likely", "open", "unlikely")
PAGE = 50
_signed = Exists(SignedName.objects.filter(owner=OuterRef("applicant")))


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; empty means all.

    find   an id, words of a name, an address or a number
    """

    state: str = ""
    verdict: str = ""
    unmet: str = ""
    find: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an application stands: its state, the number of its latest step, 0 for none, and an address."""

    state: str
    seq: int
    has_email: bool


@dataclass(frozen=True, slots=True)
class ApplicationLine:
    """One application in a list; name empty where the person was forgotten."""

    applicant: str
    site: str
    name: str
    applied_on: date
    delete_on: date
    verdict: str
    unmet: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list.

    total   of all pages;  page  from 1
    counts  state to how many at these sites, whatever the filter
    """

    lines: tuple[ApplicationLine, ...]
    total: int
    page: int
    pages: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Step:
    """What was decided, by whom (a person's id) and when."""

    status: str
    person: str
    stated_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Owed:
    """A letter and what became of it: "" while it waits, else sent, failed or by_hand."""

    letter: int
    kind: str
    owed_at: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class OpenedApplication:
    """One application with everything its writer sent."""

    line: ApplicationLine
    language: str
    email: str
    phone: str
    answers: Mapping[str, str]
    steps: tuple[Step, ...]
    letters: tuple[Owed, ...]


@dataclass(frozen=True, slots=True)
class ToSend:
    """A letter that waits, with whom it goes to."""

    letter: int
    kind: str
    applicant: str
    site: str
    language: str
    name: str
    email: str


def listed(sites: Collection[str], narrowed: Filter, *, page: int = 1, size: int = PAGE) -> Listed:
    """Return one page of the applications at these sites, the newest first."""
    everything = _with_state(Applicant.objects.filter(site__in=sites))
    counts = Counter(everything.values_list("state", flat=True))
    found = _narrow(everything, narrowed)
    total = found.count()
    pages = max(1, -(-total // size))
    page = min(max(page, 1), pages)
    rows = list(found.order_by("-id")[(page - 1) * size : page * size])
    return Listed(tuple(_lines(rows)), total, page, pages, {state: counts[state] for state in STATES})


def matching(sites: Collection[str], narrowed: Filter) -> tuple[str, ...]:
    """Return the ids of everybody a filter leaves, for a decision about all of them."""
    found = _narrow(_with_state(Applicant.objects.filter(site__in=sites)), narrowed)
    return tuple(found.order_by("id").values_list("applicant", flat=True))


def counts(sites: Collection[str]) -> dict[str, int]:
    """Return state to how many applications of these sites are in it."""
    everything = _with_state(Applicant.objects.filter(site__in=sites))
    found = Counter(everything.values_list("state", flat=True))
    return {state: found[state] for state in STATES}


def lines(applicants: Sequence[str]) -> tuple[ApplicationLine, ...]:
    """Return these applications as a list shows them, in this order."""
    rows = _with_state(Applicant.objects.filter(applicant__in=applicants))
    found = {one.applicant: one for one in _lines(list(rows))}
    return tuple(found[one] for one in applicants if one in found)


def at_sites(applicants: Collection[str], *, sites: Collection[str]) -> tuple[str, ...]:
    """Return those of these ids that exist at these sites."""
    rows = Applicant.objects.filter(applicant__in=applicants, site__in=sites)
    return tuple(rows.order_by("id").values_list("applicant", flat=True))


def opened(applicant: str, *, sites: Collection[str]) -> OpenedApplication | None:
    """Return one application; None when there is none at these sites."""
    row = _with_state(Applicant.objects.filter(applicant=applicant, site__in=sites)).first()
    if row is None:
        return None
    seal = personal.seals([applicant]).get(applicant)
    email = phone = ""
    answers: dict[str, str] = {}
    if seal is not None:
        email = seal.open(row.email, cell="applicant.email")
        phone = seal.open(row.phone, cell="applicant.phone")
        answers = json.loads(seal.open(row.answers, cell="applicant.answers"))
    steps = ApplicantStep.objects.filter(applicant=applicant).order_by("seq")
    return OpenedApplication(
        line=next(_lines([row])),
        language=row.language,
        email=email,
        phone=phone,
        answers=answers,
        steps=tuple(Step(one.status, one.person, moment(one.stated_at), one.reason) for one in steps),
        letters=tuple(
            Owed(one.id, one.kind, moment(one.owed_at), one.outcome)
            for one in _with_outcome(Letter.objects.filter(applicant=applicant)).order_by("id")
        ),
    )


def states(applicants: Collection[str]) -> dict[str, str]:
    """Return the state of each of these that exists."""
    rows = _with_state(Applicant.objects.filter(applicant__in=applicants))
    return dict(rows.values_list("applicant", "state"))


def standing(applicants: Collection[str]) -> dict[str, Standing]:
    """Return where each of these stands that exists.

    Two plain questions: asking for the latest step inside the question about each takes three times as long.
    """
    steps = ApplicantStep.objects.filter(applicant__in=applicants).order_by("seq")
    last = {name: (status, seq) for name, status, seq in steps.values_list("applicant", "status", "seq")}
    rows = Applicant.objects.filter(applicant__in=applicants)
    return {
        name: Standing(*last.get(name, (NEW, 0)), has_email=bool(email))
        for name, email in rows.values_list("applicant", "email")
    }


def with_address(applicants: Collection[str]) -> tuple[str, ...]:
    """Return those of them who gave an email address and are not forgotten."""
    rows = Applicant.objects.filter(applicant__in=applicants).exclude(email="")
    return tuple(sorted(personal.known(rows.values_list("applicant", flat=True))))


def due(today: date) -> tuple[str, ...]:
    """Return everybody whose day of deletion has come, but those who signed or are forgotten already."""
    rows = _with_state(Applicant.objects.filter(delete_on__lte=today.isoformat())).filter(~_signed)
    return tuple(
        rows.exclude(state__in=("consented", "forgotten")).order_by("id").values_list("applicant", flat=True)
    )


def signed() -> tuple[str, ...]:
    """Return everybody who signed a consent and is not yet said to take part."""
    rows = _with_state(Applicant.objects.filter(_signed)).exclude(state="consented")
    return tuple(rows.order_by("id").values_list("applicant", flat=True))


def participating(applicants: Collection[str]) -> frozenset[str]:
    """Return those of these who signed a consent: what is kept of them is a participant's."""
    rows = Applicant.objects.filter(_signed, applicant__in=applicants)
    return frozenset(rows.values_list("applicant", flat=True))


def waiting_letters(most: int) -> tuple[ToSend, ...]:
    """Return letters that nobody has sent yet, the oldest first."""
    letters = list(_with_outcome(Letter.objects.all()).filter(outcome="").order_by("id")[:most])
    rows = {
        one.applicant: one
        for one in Applicant.objects.filter(applicant__in={one.applicant for one in letters})
    }
    keys = personal.seals(sorted(rows))
    found = []
    for letter in letters:
        seal, row = keys.get(letter.applicant), rows[letter.applicant]
        if seal is not None:
            name, email = (
                seal.open(getattr(row, cell), cell=f"applicant.{cell}") for cell in ("name", "email")
            )
            found.append(ToSend(letter.id, letter.kind, row.applicant, row.site, row.language, name, email))
    return tuple(found)


def tallies() -> dict[tuple[str, str, str], int]:
    """Return (site, state, reason) to how many: all that the trial store learns of applications."""
    last = ApplicantStep.objects.filter(applicant=OuterRef("applicant")).order_by("-seq")
    decided = last.exclude(status="forgotten")
    rows = Applicant.objects.annotate(
        state=Coalesce(Subquery(decided.values("status")[:1]), _text(NEW)),
        reason=Coalesce(Subquery(decided.values("reason")[:1]), _text("")),
    )
    return dict(Counter(rows.values_list("site", "state", "reason")))


def _text(text: str) -> Value:
    return Value(text, output_field=CharField())


def _with_state(rows: QuerySet[Any]) -> QuerySet[Any]:
    last = ApplicantStep.objects.filter(applicant=OuterRef("applicant")).order_by("-seq")
    found: QuerySet[Any] = rows.annotate(state=Coalesce(Subquery(last.values("status")[:1]), _text(NEW)))
    return found


def _with_outcome(rows: QuerySet[Any]) -> QuerySet[Any]:
    last = LetterStep.objects.filter(letter=OuterRef("id")).order_by("-seq")
    found: QuerySet[Any] = rows.annotate(outcome=Coalesce(Subquery(last.values("outcome")[:1]), _text("")))
    return found


def _narrow(rows: QuerySet[Any], narrowed: Filter) -> QuerySet[Any]:
    if narrowed.state:
        rows = rows.filter(state=narrowed.state)
    if narrowed.verdict:
        rows = rows.filter(verdict=narrowed.verdict)
    if narrowed.unmet:
        rows = rows.filter(unmet__contains=f" {narrowed.unmet} ")
    if narrowed.find.strip():
        rows = rows.filter(applicant__in=_found(narrowed.find.strip()))
    return rows


def _found(words: str) -> frozenset[str]:
    named = [personal.find("name", word) for word in words.split()]
    whole = personal.find("email", words) | personal.find("phone", words)
    return frozenset({words.upper()}) | whole | (frozenset.intersection(*named) if named else frozenset())


def _lines(rows: Sequence[Any]) -> Iterator[ApplicationLine]:
    keys = personal.seals([row.applicant for row in rows])
    for row in rows:
        seal = keys.get(row.applicant)
        yield ApplicationLine(
            applicant=row.applicant,
            site=row.site,
            name=seal.open(row.name, cell="applicant.name") if seal else "",
            applied_on=date.fromisoformat(row.applied_on),
            delete_on=date.fromisoformat(row.delete_on),
            verdict=row.verdict,
            unmet=tuple(row.unmet.split()),
            state=row.state,
        )
