"""Applications are received, decided about in bulk, written to and forgotten; only counts outlive them."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from equipoise.conduct.audit import chains
from equipoise.conduct.identity.reads import applicants as reads
from equipoise.conduct.identity.reads.applicants import Filter
from equipoise.conduct.identity.services import applicants as services
from equipoise.conduct.identity.services import contacts
from equipoise.conduct.identity.services.applicants import Application
from equipoise.errors import RecordError

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SITES = ["SEA"]


def application(**others: object) -> Application:
    given: dict[str, object] = {
        "site": "SEA",
        "language": "en",
        "name": "Ada Núñez",
        "email": "ada@example.org",
        "phone": "",
        "answers": {"demographics.age": "41"},
        "verdict": "likely",
        "unmet": (),
    }
    return Application(**{**given, **others})  # type: ignore[arg-type]


def apply(*, keep_days: int = 180, **others: object) -> str:
    return services.apply(application(**others), at=AT, today=TODAY, keep_days=keep_days)


def state(applicant: str) -> str:
    return reads.states([applicant])[applicant]


@pytest.mark.both_stores
def test_an_application_is_found_by_whatever_its_writer_is_known_by(study: Path) -> None:
    ada = apply()
    ben = apply(name="Ben O'Neill", email="", phone="+1 206 555 0100", verdict="unlikely", unmet=("I4", "E2"))
    apply(site="PDX", name="Ada Elsewhere")

    def found(**narrowed: str) -> list[str]:
        return [one.applicant for one in reads.listed(SITES, Filter(**narrowed)).lines]

    assert found() == [ben, ada]
    assert found(find="NÚÑEZ ada") == [ada]
    assert found(find="ada@example.org") == [ada]
    assert found(find="12065550100") == [ben]
    assert found(find=ben.lower()) == [ben]
    assert found(find="nobody") == []
    assert found(verdict="likely") == [ada]
    assert found(unmet="E2") == [ben]
    assert found(unmet="E") == []
    assert found(state="declined") == []
    opened = reads.opened(ben, sites=SITES)
    assert opened is not None
    assert (opened.line.name, opened.phone) == ("Ben O'Neill", "+1 206 555 0100")
    assert opened.answers == {"demographics.age": "41"}
    assert reads.opened(ben, sites=["PDX"]) is None


@pytest.mark.both_stores
def test_many_are_declined_at_once_and_those_decided_already_stay(study: Path) -> None:
    names = [apply(name=f"Person {number}", email=f"p{number}@example.org") for number in range(4)]
    by_phone = apply(name="By phone", email="", phone="555")
    services.decide(names[:1], decision="invited", at=AT, by="ana")
    services.decide(names[1:2], decision="withdrawn", at=AT, by="ana")
    done = services.decide(
        [*names, by_phone, "A-NOBODY"], decision="declined", reason="places", at=AT, by="ana"
    )
    assert set(done) == {names[0], names[2], names[3], by_phone}
    assert state(names[1]) == "withdrawn"
    counts = reads.listed(SITES, Filter()).counts
    assert (counts["declined"], counts["withdrawn"], counts["new"]) == (4, 1, 0)
    kinds = [(one.kind, one.email) for one in reads.waiting_letters(99)]
    assert kinds.count(("declined", "p2@example.org")) == 1
    assert ("declined", "p1@example.org") not in kinds
    assert len(kinds) == 4 + 1 + 3
    assert not chains.check("identity", anchors=[]).problems


@pytest.mark.parametrize(
    ("decision", "reason", "message"),
    [
        ("declined", "", "needs a reason"),
        ("applauded", "", "is no decision"),
        ("consented", "", "is no decision"),
    ],
)
def test_a_decision_that_means_nothing_is_refused(
    study: Path, decision: str, reason: str, message: str
) -> None:
    with pytest.raises(RecordError, match=message):
        services.decide([apply()], decision=decision, reason=reason, at=AT, by="ana")  # type: ignore[arg-type]


def test_nobody_who_withdrew_is_written_to_again(study: Path) -> None:
    ada = apply()
    services.decide([ada], decision="withdrawn", at=AT, by="ana")
    with pytest.raises(RecordError, match="none of them"):
        services.decide([ada], decision="invited", at=AT, by="ana")


@pytest.mark.parametrize(
    ("others", "field"),
    [
        ({"name": "  "}, "name"),
        ({"email": "", "phone": " "}, "email"),
        ({"email": "ada at example.org"}, "email"),
        ({"name": "x" * 201}, "name"),
    ],
)
def test_an_application_nobody_could_answer_says_what_is_missing(
    study: Path, others: dict[str, object], field: str
) -> None:
    with pytest.raises(RecordError) as refused:
        apply(**others)
    assert [one.path for one in refused.value.problems] == [field]
    assert reads.listed(SITES, Filter()).total == 0


@pytest.mark.both_stores
def test_whoever_does_not_take_part_is_forgotten_when_the_day_comes(study: Path) -> None:
    ada, ben, eve = apply(), apply(name="Ben"), apply(name="Eve", keep_days=181)
    services.decide([ada], decision="declined", reason="I4", at=AT, by="ana")
    contacts.keep_contact(owner=ben, name="Ben", signing="5" * 32, at=AT, by="ana")
    assert services.forget_due(today=date(2027, 5, 21), at=AT) == ()
    assert services.forget_due(today=date(2027, 5, 22), at=AT) == (ada,)
    assert services.forget_due(today=date(2027, 5, 22), at=AT) == ()
    # Whoever signed is kept even while nobody has noted yet that they take part.
    assert services.forget([ben], reason="asked for it", at=AT, by="ana") == ()
    assert services.settle(at=AT) == (ben,)
    assert services.settle(at=AT) == ()
    assert {ada: state(ada), ben: state(ben), eve: state(eve)} == {
        ada: "forgotten",
        ben: "consented",
        eve: "new",
    }
    opened = reads.opened(ada, sites=SITES)
    assert opened is not None
    assert (opened.line.name, opened.email, opened.answers) == ("", "", {})
    assert [one.applicant for one in reads.listed(SITES, Filter(find="Ada")).lines] == []
    assert [one.applicant for one in reads.waiting_letters(99)] == [ben, eve]
    # Reports still count why somebody did not take part.
    assert reads.tallies() == {
        ("SEA", "declined", "I4"): 1,
        ("SEA", "consented", ""): 1,
        ("SEA", "new", ""): 1,
    }
    assert not chains.check("identity", anchors=[]).problems


def test_a_letter_is_sent_once_and_again_only_after_a_failure(study: Path) -> None:
    apply()
    [letter] = reads.waiting_letters(99)
    services.letter_done([letter.letter], outcome="failed", at=AT, by="system")
    assert reads.waiting_letters(99) == ()
    services.letter_done([letter.letter], outcome="by_hand", at=AT, by="ana")
    opened = reads.opened(letter.applicant, sites=SITES)
    assert opened is not None
    assert [one.outcome for one in opened.letters] == ["by_hand"]
