"""Eligibility is computed from the answers, confirmed by a signature, and void once an answer moves."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from tests.conduct.consenting import provide_form

from equipoise.conduct.accounts.permission import Guest
from equipoise.conduct.capture import dataset, eligibility, services
from equipoise.conduct.capture.models import Confirmation, Deviation
from equipoise.conduct.consent import services as consents
from equipoise.conduct.enrollment.services import criteria
from equipoise.conduct.enrollment.services.eligibility import ready
from equipoise.conduct.studies import reads as studies
from equipoise.errors import PermissionRefused, RecordError

Open = Callable[..., Any]
SCREENING = {
    "profession": "nurse",
    "frontline_months": "12",
    "healthy_volunteer": "0",
    "earlier_treatment": "1",
    "symptom_months": "8",
    "prior_diagnosis": "0",
    "english": "1",
    "release": "1",
    "driver": "1",
    "support_person": "1",
    "taper": "1",
    "pregnancy": "0",
    "tramadol": "0",
    "unstable_condition": "0",
    "substance_use": "0",
    "psychedelic_use": "0",
    "family_history": "0",
}


@pytest.fixture
def screened(desk: Open, participant: str, staff: Any, at: datetime) -> dict[str, Any]:
    """Somebody who meets everything a rule decides."""
    desks = {
        "screening": desk("screening", "SCR"),
        "demographics": desk("demographics", "SCR"),
        "exposure_index": desk(
            "exposure_index", "SCR", by=Guest("cora", "", site="SEA", participant=participant)
        ),
        "madrs": desk("madrs", "SCR"),
    }
    desks["screening"].save(**SCREENING)
    desks["demographics"].save(age="44")
    desks["exposure_index"].save(critically_ill="2", longer_hours="3", deaths="0", alone="0")
    desks["madrs"].save(**{line.item: "3" for line in desks["madrs"].page.items})
    services.complete(form=desks["madrs"].form, at=at, by=desks["madrs"].by)
    return desks


def judge(participant: str, staff: Any, at: datetime, holds: str = "no") -> None:
    services.judge_criterion(
        participant=participant, criterion="E9", holds=holds, reason="ECG read", at=at, by=staff.investigator
    )


@pytest.mark.both_stores
def test_an_investigator_confirms_what_is_met_and_the_way_to_randomization_is_free(
    screened: dict[str, Any], participant: str, staff: Any, at: datetime
) -> None:
    assert [one.message for one in ready(participant, at)] == ["eligibility is not confirmed yet"]
    with pytest.raises(RecordError) as refused:
        services.confirm(participant=participant, at=at, by=staff.investigator)
    assert [one.message.partition(":")[0] for one in refused.value.problems] == ["E9 is not yet known"]
    judge(participant, staff, at)
    with pytest.raises(PermissionRefused):
        services.confirm(participant=participant, at=at, by=staff.coordinator)
    services.confirm(participant=participant, at=at, by=staff.investigator)
    found = eligibility.confirmation(participant)
    assert found is not None
    assert (found.by, found.valid, set(found.met.values())) == ("ines", True, {"yes"})
    assert ready(participant, at) == []


@pytest.mark.both_stores
def test_a_changed_answer_voids_the_signature_and_is_a_deviation(
    screened: dict[str, Any], participant: str, staff: Any, at: datetime
) -> None:
    judge(participant, staff, at)
    services.confirm(participant=participant, at=at, by=staff.investigator)
    # An answer that no criterion reads changes nothing.
    screened["demographics"].save(reason="slip", sex="F")
    assert (Deviation.objects.count(), ready(participant, at)) == (0, [])
    screened["screening"].save(frontline_months="13")
    assert [one.message for one in ready(participant, at)] == [
        "an answer changed since eligibility was confirmed"
    ]
    [minor] = Deviation.objects.all()
    assert (minor.kind, minor.importance, minor.person) == ("eligibility_changed", "minor", "system")
    assert minor.text.endswith("every criterion is still met")
    screened["screening"].save(tramadol="1")
    important = Deviation.objects.order_by("-id")[0]
    assert (important.importance, important.text.endswith("no longer met or known: E4")) == (
        "important",
        True,
    )
    with pytest.raises(RecordError, match="cannot be confirmed"):
        services.confirm(participant=participant, at=at, by=staff.investigator)
    screened["screening"].save(tramadol="0", frontline_months="12")
    assert ready(participant, at) == [], "the table is again the one that was signed"


def test_a_changed_score_is_followed(
    screened: dict[str, Any], participant: str, staff: Any, at: datetime
) -> None:
    judge(participant, staff, at)
    services.confirm(participant=participant, at=at, by=staff.investigator)
    madrs = screened["madrs"]
    madrs.save(reason="slip", **{line.item: "1" for line in madrs.page.items})
    [row] = Deviation.objects.all()
    assert row.text.endswith("no longer met or known: I4")


def test_a_judgment_taken_back_is_followed(
    screened: dict[str, Any], participant: str, staff: Any, at: datetime
) -> None:
    judge(participant, staff, at)
    services.confirm(participant=participant, at=at, by=staff.investigator)
    judge(participant, staff, at, holds="unknown")
    [row] = Deviation.objects.all()
    assert row.text.endswith("no longer met or known: E9")
    judge(participant, staff, at, holds="yes")
    assert Deviation.objects.count() == 2


def test_a_missing_follow_up_would_be_noticed(
    screened: dict[str, Any], participant: str, staff: Any, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted fault: where saving does not look, the change is silent, and the signature void all the same."""
    judge(participant, staff, at)
    services.confirm(participant=participant, at=at, by=staff.investigator)
    monkeypatch.setattr("equipoise.conduct.capture.services.snapshots.watched", lambda resolved: frozenset())
    screened["screening"].save(tramadol="1")
    assert Deviation.objects.count() == 0
    assert ready(participant, at) != []


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"criterion": "I4"}, "no person judges this criterion"),
        ({"criterion": "X"}, "no person judges this criterion"),
        ({"holds": "maybe"}, "say whether it is true"),
        ({"reason": " "}, "a judgment needs a reason"),
    ],
)
def test_a_judgment_that_cannot_be_is_refused(
    participant: str, staff: Any, at: datetime, wrong: dict[str, str], problem: str
) -> None:
    right = {"criterion": "E9", "holds": "no", "reason": "ECG read"}
    with pytest.raises(RecordError) as refused:
        services.judge_criterion(participant=participant, at=at, by=staff.investigator, **{**right, **wrong})
    assert [one.message for one in refused.value.problems] == [problem]


def test_consent_stands_in_the_way_of_randomization_too(
    screened: dict[str, Any], participant: str, staff: Any, at: datetime
) -> None:
    judge(participant, staff, at)
    services.confirm(participant=participant, at=at, by=staff.investigator)
    provide_form("SEA", at=at)
    consents.withdraw(
        participant=participant,
        degree="treatment",
        on=date(2026, 11, 23),
        reason="",
        at=at,
        by=staff.coordinator,
    )
    assert [one.message for one in ready(participant, at)] == [
        "the participant withdrew",
        "a newer consent form is in force at the site",
    ]
    assert [one.message for one in ready("FRONTLINE-SEA-999", at)] == [
        "there is no consent",
        "eligibility is not confirmed yet",
    ]


def test_the_digest_tells_no_answer(
    screened: dict[str, Any], participant: str, staff: Any, at: datetime
) -> None:
    judge(participant, staff, at)
    for _ in range(2):
        services.confirm(participant=participant, at=at, by=staff.investigator)
    digests = set(Confirmation.objects.values_list("content_sha256", flat=True))
    assert len(digests) == 2, "the same table, signed twice, has two digests: nobody finds it by trying"


def test_the_page_says_what_is_known_and_what_is_still_needed(
    desk: Open, participant: str, staff: Any, at: datetime
) -> None:
    desk("screening", "SCR").save(profession="nurse", tramadol="1")
    page = criteria.page(participant, at=at, viewer=staff.coordinator)
    lines = {line.id: line for line in page.lines}
    assert (page.together, lines["E4"].met, lines["I2"].met) == ("no", "no", "unknown")
    assert [(fact.label, fact.value) for fact in lines["I2"].facts] == [
        ("Months of frontline COVID-19 care", ""),
        ("Profession", "Nurse"),
    ]
    assert [fact.label for fact in lines["I2"].wanted] == ["Months of frontline COVID-19 care"]
    assert lines["E9"].by_person
    assert "Takes tramadol" not in [fact.label for fact in page.wanted]
    assert not page.may_confirm
    assert len(page.lines) == len(studies.resolved(1).protocol.eligibility)


@pytest.mark.parametrize("protocol_text", ["hidden"], indirect=True)
def test_a_criterion_that_reads_what_is_hidden_is_not_shown(
    screened: dict[str, Any], participant: str, staff: Any, at: datetime
) -> None:
    mine = criteria.page(participant, at=at, viewer=staff.coordinator)
    line = next(line for line in mine.lines if line.id == "I3")
    assert (line.met, line.facts, line.wanted, mine.together) == ("hidden", (), (), "hidden")
    assert mine.confirmed is None
    judge(participant, staff, at)
    services.confirm(participant=participant, at=at, by=staff.investigator)
    assert criteria.page(participant, at=at, viewer=staff.investigator).confirmed is not None
    assert "screening" not in set(dataset.collect().dispositions["stage"])


@pytest.fixture
def protocol_text(request: pytest.FixtureRequest, flagship: str) -> str:
    """The flagship; with `hidden`, the index of exposure is hidden from coordinators."""
    if getattr(request, "param", "") != "hidden":
        return flagship
    return flagship.replace(
        "    label: COVID exposure in the worst two weeks\n    filled_by: participant\n",
        "    label: COVID exposure in the worst two weeks\n    filled_by: participant\n"
        "    hidden_from: [coordinator]\n    until: lock\n",
    )


def test_screening_leaves_with_the_data(
    screened: dict[str, Any], participant: str, staff: Any, at: datetime
) -> None:
    judge(participant, staff, at)
    services.confirm(participant=participant, at=at, by=staff.investigator)
    [row] = dataset.collect().dispositions.to_dict("records")
    assert [row[name] for name in ("participant", "stage", "status", "date")] == [
        participant,
        "screening",
        "passed",
        "2026-11-23",
    ]


def test_who_fails_a_criterion_failed_screening(
    desk: Open, participant: str, staff: Any, at: datetime
) -> None:
    desk("screening", "SCR").save(tramadol="1")
    found = dataset.collect()
    assert found.participants["status"].tolist() == ["screen_failure"]
    [row] = found.dispositions.to_dict("records")
    assert (row["stage"], row["status"], row["reason"]) == ("screening", "failed", "E4")
