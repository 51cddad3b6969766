"""Consent is asked for in the form in force, signed once it is understood, and taken back by degree."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.conduct.consenting import (
    ADMINISTRATOR,
    FORM,
    enrolled,
    hand_over,
    provide_form,
    renewed,
    understand,
)

from equipoise.conduct.audit import chains
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture.models import Participant
from equipoise.conduct.consent import reads, services
from equipoise.conduct.consent.models import Consent, Withdrawal
from equipoise.conduct.enrollment.services import consenting
from equipoise.errors import PermissionRefused, RecordError

TODAY = date(2026, 11, 23)


@pytest.mark.both_stores
def test_a_signed_form_makes_a_participant_and_their_consent_in_one_act(
    begun: Any, staff: Any, at: datetime
) -> None:
    one = enrolled("SEA", at=at, by=staff.coordinator, countersigned=False)
    row, consent = Participant.objects.get(), Consent.objects.get()
    assert row.act == consent.act
    assert (row.participant, consent.participant) == (one, one)
    event = Event.objects.using("default").get(act=row.act)
    assert (event.actor, event.on_behalf) == ("cora", "participant")
    kept = Event.objects.using("identity").get(hash=consent.identity_event)
    assert kept.action == "contact.signed"
    assert chains.check("trial", anchors=[]).problems == ()
    assert chains.check("identity", anchors=[]).problems == ()
    assert consenting.verify() == []


def test_a_form_counts_from_its_day_on(begun: Any, staff: Any, at: datetime) -> None:
    assert reads.in_force("SEA", day=TODAY) == 0
    with pytest.raises(RecordError, match="consent cannot be taken"):
        services.begin(site="SEA", language="en", at=at, by=staff.coordinator)
    assert provide_form("SEA", at=at) == 1
    assert provide_form("SEA", at=at, text=FORM.replace("hours", "long hours"), on=date(2026, 12, 1)) == 2
    assert [reads.in_force("SEA", day=day) for day in (date(2026, 11, 22), TODAY, date(2026, 12, 1))] == [
        0,
        1,
        2,
    ]
    assert reads.in_force("NYC", day=date(2026, 12, 1)) == 0
    [current] = reads.current("SEA", day=TODAY)
    assert (current.number, current.language, current.title) == (1, "en", "Taking part")


def test_a_form_that_leaves_elements_out_is_refused_with_all_of_them(begun: Any, at: datetime) -> None:
    text = FORM.replace("[acute_effects] ", "").replace("[touch] ", "")
    with pytest.raises(RecordError) as refused:
        services.add_version(site="SEA", language="english!", text=text, at=at, by=ADMINISTRATOR)
    said = [one.message for one in refused.value.problems]
    assert [one.partition(":")[0] for one in said] == [
        "`english!` is no language",
        "nothing says `acute_effects`",
        "nothing says `touch`",
    ]


@pytest.mark.parametrize(
    ("days", "problem"),
    [
        ({"approved_on": None}, "a day is missing"),
        ({"approved_on": date(2026, 11, 24)}, "the approval lies ahead"),
        ({"effective_from": date(2026, 11, 1)}, "it would count before its approval"),
    ],
)
def test_an_approval_that_cannot_be_is_refused(
    begun: Any, at: datetime, days: dict[str, Any], problem: str
) -> None:
    services.add_version(site="SEA", language="en", text=FORM, at=at, by=ADMINISTRATOR)
    given = {"site": "SEA", "number": 1, "language": "en", "at": at, "by": ADMINISTRATOR}
    right = {"approved_on": TODAY, "effective_from": TODAY}
    with pytest.raises(RecordError) as refused:
        services.approve(**given, **{**right, **days})
    assert problem in [one.message for one in refused.value.problems]
    services.approve(**given, **right)
    with pytest.raises(RecordError, match="cannot be approved"):
        services.approve(**given, **right)


def test_a_translation_keeps_the_number_of_its_form(begun: Any, staff: Any, at: datetime) -> None:
    provide_form("SEA", at=at)
    place = {"site": "SEA", "language": "es", "at": at, "by": ADMINISTRATOR}
    assert services.add_version(text=FORM, number=1, **place) == 1
    with pytest.raises(RecordError, match="no consent form yet"):
        services.add_version(text=FORM, number=1, **place)
    assert [one.language for one in reads.current("SEA", day=TODAY)] == ["en"]
    services.approve(number=1, approved_on=TODAY, effective_from=TODAY, **place)
    assert [one.language for one in reads.current("SEA", day=TODAY)] == ["en", "es"]


def test_nothing_is_signed_that_was_not_understood(begun: Any, staff: Any, at: datetime) -> None:
    form = hand_over("SEA", at=at, by=staff.coordinator)
    given = {"signing": form.token, "at": at, "by": staff.coordinator}
    asked = form.version.document.questions
    wrong = next(n for n, one in enumerate(asked[0].choices, start=1) if not one.right)
    found = services.answer(question=1, choice=wrong, **given)
    assert (found.right, found.explanation) == (False, asked[0].explanation)
    with pytest.raises(RecordError, match="cannot be signed yet"):
        services.request(**given)
    understand(form, at=at, by=staff.coordinator)
    # A right answer that is taken back is not understood.
    services.answer(question=1, choice=wrong, **given)
    with pytest.raises(RecordError, match="cannot be signed yet"):
        services.request(**given)
    understand(form, at=at, by=staff.coordinator)
    consenting.sign(name="Jo Doe", **given)
    assert Consent.objects.get().tries == 6


@pytest.mark.parametrize(("question", "choice"), [(0, 1), (3, 1), (1, 0), (1, 9), (-1, 1)])
def test_a_choice_that_is_none_is_refused(
    begun: Any, staff: Any, at: datetime, question: int, choice: int
) -> None:
    form = hand_over("SEA", at=at, by=staff.coordinator)
    with pytest.raises(RecordError, match="nothing was chosen"):
        services.answer(signing=form.token, question=question, choice=choice, at=at, by=staff.coordinator)


def test_a_form_that_was_superseded_while_it_was_read_is_not_signed(
    begun: Any, staff: Any, at: datetime
) -> None:
    form = hand_over("SEA", at=at, by=staff.coordinator)
    understand(form, at=at, by=staff.coordinator)
    provide_form("SEA", at=at, text=FORM)
    with pytest.raises(RecordError) as refused:
        consenting.sign(signing=form.token, name="Jo Doe", at=at, by=staff.coordinator)
    [problem] = refused.value.problems
    assert problem.message == "a newer consent form has come into force since this one was handed over"
    assert problem.hint == "nothing was signed; ask for the new form and read it again"
    assert (Participant.objects.count(), Consent.objects.count()) == (0, 0)
    assert Event.objects.using("identity").count() == 0


def test_the_same_form_signed_twice_is_one_consent(begun: Any, staff: Any, at: datetime) -> None:
    form = hand_over("SEA", at=at, by=staff.coordinator)
    understand(form, at=at, by=staff.coordinator)
    sign = {"signing": form.token, "at": at, "by": staff.coordinator}
    one = consenting.sign(name="Jo Doe", **sign)
    assert consenting.sign(name="Somebody else", **sign) == one
    assert (Participant.objects.count(), Consent.objects.count()) == (1, 1)
    with pytest.raises(services.AlreadySigned):
        services.answer(signing=form.token, question=1, choice=1, at=at, by=staff.coordinator)


def test_a_form_put_away_is_not_signed_any_more(begun: Any, staff: Any, at: datetime) -> None:
    form = hand_over("SEA", at=at, by=staff.coordinator)
    understand(form, at=at, by=staff.coordinator)
    services.turn(signing=form.token, page=1, at=at, by=staff.coordinator)
    services.give_up(signing=form.token, at=at, by=staff.coordinator)
    assert reads.under_way("SEA") == ()
    with pytest.raises(RecordError, match="taken back"):
        consenting.sign(signing=form.token, name="Jo Doe", at=at, by=staff.coordinator)


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "Jo\x00Doe", "Jo\x1bDoe"])
def test_a_name_that_cannot_be_kept_signs_nothing(begun: Any, staff: Any, at: datetime, name: str) -> None:
    form = hand_over("SEA", at=at, by=staff.coordinator)
    understand(form, at=at, by=staff.coordinator)
    with pytest.raises(RecordError, match="cannot be signed yet"):
        consenting.sign(signing=form.token, name=name, at=at, by=staff.coordinator)
    assert Participant.objects.count() == 0


def test_only_who_may_take_consent_hands_a_form_over(begun: Any, staff: Any, at: datetime) -> None:
    provide_form("SEA", at=at)
    for by in (staff.facilitator, staff.outsider, staff.monitor):
        with pytest.raises(PermissionRefused):
            services.begin(site="SEA", language="en", at=at, by=by)
    with pytest.raises(PermissionRefused):
        services.add_version(site="SEA", language="en", text=FORM, at=at, by=staff.coordinator)


def test_a_consent_stands_until_the_site_moves_on(begun: Any, staff: Any, at: datetime) -> None:
    one = enrolled("SEA", at=at, by=staff.coordinator)
    assert reads.standing("FRONTLINE-SEA-999", at=at) == reads.NONE
    now = reads.standing(one, at=at)
    assert (now.number, now.in_force, now.current, now.countersigned, now.withdrawn) == (1, 1, True, True, "")
    provide_form("SEA", at=at, on=date(2026, 11, 25))
    assert reads.standing(one, at=at).current
    # At 6 in the morning in universal time the 25th has not begun in Seattle.
    assert reads.standing(one, at=datetime(2026, 11, 25, 6, tzinfo=UTC)).current
    later = datetime(2026, 11, 25, 9, tzinfo=UTC)
    assert not reads.standing(one, at=later).current
    renewed(one, "SEA", at=later, by=staff.coordinator, countersigned=False)
    now = reads.standing(one, at=later)
    assert (now.number, now.current, now.countersigned) == (2, True, False)
    assert [given.seq for given in reads.given(one)] == [2, 1]
    assert reads.holder(one) == Consent.objects.get(seq=1).signing.holder


def test_a_withdrawal_goes_further_only_and_a_new_consent_gives_all_back(
    begun: Any, staff: Any, at: datetime
) -> None:
    one = enrolled("SEA", at=at, by=staff.coordinator)
    given = {"participant": one, "on": TODAY, "at": at, "by": staff.coordinator}
    services.withdraw(degree="contacts", reason="Too far away 🚗 بعيد", **given)
    for degree in ("treatment", "contacts"):
        with pytest.raises(RecordError, match="cannot be recorded so"):
            services.withdraw(degree=degree, reason="", **given)
    services.withdraw(degree="all", reason="", **given)
    now = reads.standing(one, at=at)
    assert (now.withdrawn, now.since) == ("all", at)
    renewed(one, "SEA", at=at + timedelta(days=1), by=staff.coordinator)
    assert reads.standing(one, at=at + timedelta(days=1)).withdrawn == ""
    assert [(back.degree, back.counts) for back in reads.taken_back(one)] == [
        ("all", False),
        ("contacts", False),
    ]
    services.withdraw(degree="treatment", reason="", **given)
    assert reads.withdrawals([one])[one].degree == "treatment"


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"degree": "a bit"}, "say how much they take back"),
        ({"on": date(2026, 11, 24)}, "this day lies ahead"),
        ({"on": None}, "the day is missing"),
        ({"reason": "x" * 4_001}, "at most 4,000 characters can be stored"),
        ({"reason": "\x00"}, "a character of the reason cannot be stored"),
    ],
)
def test_a_withdrawal_that_cannot_be_recorded_says_why(
    begun: Any, staff: Any, at: datetime, wrong: dict[str, Any], problem: str
) -> None:
    one = enrolled("SEA", at=at, by=staff.coordinator)
    right = {"degree": "all", "on": TODAY, "reason": ""}
    with pytest.raises(RecordError) as refused:
        services.withdraw(participant=one, at=at, by=staff.coordinator, **{**right, **wrong})
    assert problem in [each.message for each in refused.value.problems]
    assert Withdrawal.objects.count() == 0


def test_a_countersignature_is_over_the_same_content_and_given_once(
    begun: Any, staff: Any, at: datetime
) -> None:
    one = enrolled("SEA", at=at, by=staff.coordinator, countersigned=False)
    with pytest.raises(PermissionRefused):
        services.countersign(participant=one, at=at, by=staff.facilitator)
    services.countersign(participant=one, at=at, by=staff.investigator)
    [given] = reads.given(one)
    assert (given.countersigned_by, given.wanting) == ("ines", False)
    with pytest.raises(RecordError, match="nothing was countersigned"):
        services.countersign(participant=one, at=at, by=staff.coordinator)
