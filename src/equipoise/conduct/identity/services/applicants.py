"""Applications: received, decided about one by one or many at once, and forgotten in time.

Holds the writes. Refuses to judge: what answers say of the criteria is worked out before
(`protocol.prescreening`), and who may decide is asked by whoever calls.
"""

import json
from base64 import b32encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from django.db import IntegrityError, connections
from django.db.models import Max

from equipoise.conduct.audit.instants import instant
from equipoise.conduct.audit.services import Act, act
from equipoise.conduct.identity import personal
from equipoise.conduct.identity.models.applicant import Applicant, ApplicantStep, Letter, LetterStep
from equipoise.conduct.identity.reads import applicants as reads
from equipoise.conduct.identity.reads.applicants import Standing
from equipoise.conduct.stores.entropy import token
from equipoise.errors import Problem, RecordError

Decision = Literal["invited", "waiting", "declined", "withdrawn"]
DECISIONS: tuple[Decision, ...] = ("invited", "waiting", "declined", "withdrawn")
AFTER: Mapping[str, tuple[str, ...]] = {
    "new": ("invited", "waiting", "declined", "withdrawn"),
    "waiting": ("invited", "declined", "withdrawn"),
    "invited": ("waiting", "declined", "withdrawn"),
    "declined": ("invited", "waiting"),
    "withdrawn": (),
    "consented": (),
    "forgotten": (),
}
"""State to the decisions that may follow it."""
LETTERS: Mapping[str, str] = {"invited": "invited", "waiting": "waiting", "declined": "declined"}
"""Decision to the letter it owes."""
ID_BYTES = 5
LONGEST = {"name": 200, "email": 254, "phone": 40}


@dataclass(frozen=True, slots=True)
class Application:
    """What somebody sends.

    answers    `form.item` to the answer as typed
    verdict, unmet   what the answers say of the criteria
    """

    site: str
    language: str
    name: str
    email: str
    phone: str
    answers: Mapping[str, str]
    verdict: str
    unmet: Sequence[str]


def apply(given: Application, *, at: datetime, today: date, keep_days: int, once: str = "") -> str:
    """Keep an application, owe the letter that says so, and return its id.

    today      date at the site
    keep_days  after so many days it is forgotten
    once       a secret of the page it was written on: the same sent again, as after a lost connection, is the
               application that is kept already; what was changed is another one
    Raises     RecordError with everything that is missing or too long
    """
    problems = list(_contact_problems(given))
    if problems:
        raise RecordError("the application was not sent", problems)
    same = json.dumps([once, asdict(given)], sort_keys=True)
    drawn = personal.drawn("application", same, n_bytes=ID_BYTES) if once else token(ID_BYTES)
    name = f"A-{b32encode(drawn).decode('ascii')}"
    if once and _kept(name):
        return name
    try:
        _keep(given, name, at=at, today=today, keep_days=keep_days)
    except IntegrityError:
        # Sent twice in one moment: the other one is kept.
        if not (once and _kept(name)):
            raise
    return name


def _kept(name: str) -> bool:
    return bool(Applicant.objects.filter(applicant=name).exists())


def _keep(given: Application, name: str, *, at: datetime, today: date, keep_days: int) -> None:
    with act("identity", "application.received", at=at, by="applicant", subjects=[name]) as one:
        seal = personal.begin(name, alias=one.alias)
        one.add(
            Applicant(
                applicant=name,
                site=given.site,
                language=given.language,
                applied_at=instant(at),
                applied_on=today.isoformat(),
                delete_on=(today + timedelta(days=keep_days)).isoformat(),
                verdict=given.verdict,
                unmet=f" {' '.join(given.unmet)} " if given.unmet else "",
                name=seal.close(given.name, cell="applicant.name"),
                email=seal.close(given.email, cell="applicant.email"),
                phone=seal.close(given.phone, cell="applicant.phone"),
                answers=seal.close(
                    json.dumps(dict(given.answers), ensure_ascii=False), cell="applicant.answers"
                ),
            )
        )
        words: list[tuple[personal.Kind, str]] = [("name", word) for word in given.name.split()]
        words += [("email", given.email), ("phone", given.phone)]
        personal.index(name, words, alias=one.alias)
        if given.email:
            one.add(Letter(applicant=name, kind="received", owed_at=instant(at)))


def _contact_problems(given: Application) -> list[Problem]:
    problems = []
    if not given.name.strip():
        problems.append(Problem("the name is missing", "type the name you go by", "name"))
    if not given.email.strip() and not given.phone.strip():
        problems.append(Problem("we could not reach you", "give an email address or a phone number", "email"))
    if given.email and ("@" not in given.email or " " in given.email or given.email[-1] == "@"):
        problems.append(Problem("this is no email address", "write it as name@example.org", "email"))
    problems += [
        Problem("this is too long", f"at most {longest} characters", name)
        for name, longest in LONGEST.items()
        if len(getattr(given, name)) > longest
    ]
    return problems


def decide(
    applicants: Collection[str], *, decision: Decision, reason: str = "", at: datetime, by: str
) -> tuple[str, ...]:
    """Decide about many at once, owe each the letter that says so, and return those it was decided about.

    Those for whom the decision means nothing (decided so already, gone, unknown) are left as they are.
    Raises  RecordError when it may not follow for anybody, or a decline has no reason
    """
    if decision not in DECISIONS:
        raise RecordError("nothing was decided", [Problem(f"`{decision}` is no decision", "", "decision")])
    if decision == "declined" and not reason:
        problem = Problem("a decline needs a reason", "choose one: reports count them", "reason")
        raise RecordError("nobody was declined", [problem])
    with act("identity", f"application.{decision}", at=at, by=by, reason=reason) as one:
        _hold_all(one.alias)
        standing = reads.standing(applicants)
        chosen = tuple(name for name in sorted(standing) if decision in AFTER[standing[name].state])
        if not chosen:
            problem = Problem("none of them can be decided about so", "look at their states", "decision")
            raise RecordError("nothing was decided", [problem])
        _step(one, chosen, standing, status=decision, reason=reason, at=at, by=by)
        if decision in LETTERS:
            # Nobody is forgotten about whom a decision may be taken, so whoever gave an address has one.
            owed = [name for name in chosen if standing[name].has_email]
            if owed:
                shared = {"kind": LETTERS[decision], "owed_at": instant(at)}
                one.add_columns(Letter, {"applicant": owed}, shared)
    return chosen


def settle(*, at: datetime, by: str = "system") -> tuple[str, ...]:
    """Note who signed a consent: they take part, and what is kept of them is a participant's from now on."""
    signed = reads.signed()
    if signed:
        with act("identity", "application.consented", at=at, by=by) as one:
            _hold_all(one.alias)
            signing = reads.signed()
            _step(one, signing, reads.standing(signing), status="consented", reason="", at=at, by=by)
    return signed


def forget_due(*, today: date, at: datetime, by: str = "system") -> tuple[str, ...]:
    """Forget everybody whose day has come and who does not take part, and return their ids."""
    due = reads.due(today)
    return forget(due, reason="the day of deletion has come", at=at, by=by) if due else ()


def forget(applicants: Collection[str], *, reason: str, at: datetime, by: str) -> tuple[str, ...]:
    """Forget people for good: names, addresses and answers can never be read again, counts stay.

    Whoever signed a consent stays: about participants the trial's rule of retention decides.
    """
    with act("identity", "application.forgotten", at=at, by=by, reason=reason) as one:
        _hold_all(one.alias)
        standing = reads.standing(applicants)
        kept = reads.participating(applicants)
        chosen = tuple(
            name for name in sorted(standing) if standing[name].state != "forgotten" and name not in kept
        )
        _step(one, chosen, standing, status="forgotten", reason="", at=at, by=by)
        personal.forget(chosen, alias=one.alias)
    personal.scrub()
    return chosen


def letter_done(letters: Collection[int], *, outcome: str, at: datetime, by: str) -> None:
    """Note that letters were sent, could not be sent, or were written by hand."""
    with act("identity", f"letter.{outcome}", at=at, by=by) as one:
        last = dict(
            LetterStep.objects.using(one.alias)
            .filter(letter__in=letters)
            .values_list("letter")
            .annotate(Max("seq"))
        )
        one.add_all(
            [
                LetterStep(
                    letter_id=letter,
                    seq=last.get(letter, 0) + 1,
                    outcome=outcome,
                    person=by,
                    stated_at=instant(at),
                )
                for letter in letters
            ]
        )


def _hold_all(alias: str) -> None:
    """On PostgreSQL decide alone until the act ends; SQLite has one writer anyway."""
    if connections[alias].vendor == "postgresql":
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('applicants', 0))")


def _step(
    one: Act,
    names: Sequence[str],
    standing: Mapping[str, Standing],
    *,
    status: str,
    reason: str,
    at: datetime,
    by: str,
) -> None:
    if names:
        shared = {"status": status, "person": by, "stated_at": instant(at), "reason": reason}
        one.add_columns(
            ApplicantStep,
            {"applicant": list(names), "seq": [standing[name].seq + 1 for name in names]},
            shared,
        )
