"""Nobody is randomized before consent, eligibility and the forms that randomization waits for; and the kit of a dose is
compared with the participant's own.
"""

from datetime import timedelta

import pytest
from tests.conduct.consenting import _elements as elements
from tests.conduct.consenting import enrolled, form_for, provide_form
from tests.conduct.randomization.conftest import AT, HERE, Trial, protocol_text, somebody

from equipoise.conduct.accounts.permission import Viewer
from equipoise.conduct.allocator import reads as allocator
from equipoise.conduct.capture import reads, services
from equipoise.conduct.capture.models import AnchorDate, Query, QueryNote
from equipoise.conduct.capture.reads import visits
from equipoise.conduct.capture.results import Given
from equipoise.conduct.consent import services as consents
from equipoise.conduct.enrollment.services import eligibility, randomizing
from equipoise.conduct.studies import reads as studies
from equipoise.errors import RecordError

TEAM = somebody("tess", "coordinator", "investigator", site=HERE)
MONITOR = somebody("sami", "session_monitor", site=HERE)


@pytest.fixture
def consented(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> str:
    """Somebody who consented and whose eligibility is not in question."""
    monkeypatch.setattr(randomizing.gates.eligibility, "ready", eligibility_of_consent)
    participant = enrolled(HERE, at=AT, by=TEAM)
    trial.levels[participant] = "never"
    return participant


def eligibility_of_consent(participant: str, at) -> list:
    return eligibility._consent_problems(participant, at)


def randomize(participant: str, by: Viewer = TEAM) -> randomizing.Randomized:
    return randomizing.randomize(participant=participant, at=AT, by=by)


def test_consent_opens_the_way(consented: str) -> None:
    assert randomize(consented).kit


def test_an_agreement_that_is_not_countersigned_does_not(trial: Trial, consented: str) -> None:
    participant = enrolled(HERE, at=AT, by=TEAM, name="Sam Roe", countersigned=False)
    trial.levels[participant] = "never"
    with pytest.raises(RecordError, match="not countersigned"):
        randomize(participant)


@pytest.mark.parametrize("degree", ["treatment", "contacts", "records", "all"])
def test_nobody_is_randomized_after_withdrawal(consented: str, degree: str) -> None:
    consents.withdraw(participant=consented, degree=degree, on=AT.date(), reason="", at=AT, by=TEAM)
    with pytest.raises(RecordError, match="the participant withdrew"):
        randomize(consented)
    assert allocator.count() == 0


def test_whoever_withdraws_after_the_request_keeps_the_kit(
    consented: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as planted:
        planted.setattr(randomizing, "complete", killed)
        with pytest.raises(KeyboardInterrupt):
            randomize(consented)
    consents.withdraw(participant=consented, degree="all", on=AT.date(), reason="", at=AT, by=TEAM)
    assert randomizing.reconcile(at=AT).finished == (consented,)


def test_a_newer_consent_form_is_signed_first(consented: str) -> None:
    provide_form(HERE, at=AT, text=form_for(elements()), on=AT.date() - timedelta(days=1))
    with pytest.raises(RecordError, match="a newer consent form is in force"):
        randomize(consented)


def test_eligibility_is_confirmed_first(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(randomizing.gates.eligibility, "ready", READY)
    participant = enrolled(HERE, at=AT, by=TEAM)
    trial.levels[participant] = "never"
    with pytest.raises(RecordError, match="eligibility is not confirmed yet"):
        randomize(participant)


READY = eligibility.ready


@pytest.mark.parametrize("text", [protocol_text(**{"gates: [madrs, expectancy]": "gates: [expectancy]"})])
def test_the_forms_of_the_gate_are_completed_first(consented: str) -> None:
    with pytest.raises(RecordError, match=r"\(Baseline\) is not complete"):
        randomize(consented)
    form = services.open_form(participant=consented, visit="BASE", form="expectancy", at=AT, by=TEAM)
    page = reads.form_page(form, viewer=TEAM)
    given = [
        Given(one.item, text=one.codes[0].code if one.codes else str(int(one.low or 1)), seen=0)
        for one in page.items
    ]
    assert services.save(form=form, given=given, at=AT, by=TEAM).done
    with pytest.raises(RecordError, match="is not complete"):
        randomize(consented)
    assert services.complete(form=form, at=AT, by=TEAM).done
    assert randomize(consented).kit


def test_the_level_of_a_factor_is_read_from_its_form(trial: Trial, consented: str) -> None:
    del trial.levels[consented]
    with pytest.raises(RecordError, match="Earlier use of psychedelics is not known"):
        randomize(consented)
    form = services.open_form(participant=consented, visit="SCR", form="screening", at=AT, by=TEAM)
    services.save(form=form, given=[Given("psychedelic_history", text="ever", seen=0)], at=AT, by=TEAM)
    randomize(consented)
    assert allocator.assigned(consented).stratum == f"prior_use=ever;site={HERE}"


ANCHOR = {"  redose: {visit: REDOSE}\n": "  redose: {visit: REDOSE}\n  drawn: {event: randomization}\n"}


@pytest.mark.parametrize("text", [protocol_text(**ANCHOR)])
def test_days_may_count_from_randomization(consented: str) -> None:
    done = randomize(consented)
    assert [(one.anchor, one.kind) for one in AnchorDate.objects.all()] == [("drawn", "actual")]
    course = visits.courses([consented])[consented]
    assert course.actual(studies.resolved(1)) == {"drawn": done.randomized_on}


@pytest.fixture
def dose(consented: str):
    """What enters a kit on the form of the dose, and returns the checks that ask about it."""
    form = None

    def entered(kit: str) -> list[str]:
        nonlocal form
        if form is None:
            form = services.open_form(
                participant=consented, visit="DOSE", form="dose_given", at=AT, by=MONITOR
            )
        page = reads.form_page(form, viewer=MONITOR)
        seen = {one.item: one.seq for one in page.items}
        given = [Given("kit", text=kit, seen=seen["kit"])]
        saved = services.save(form=form, given=given, at=AT, by=MONITOR, reason="typed wrong")
        return [one.check for one in saved.doubts]

    return entered


def test_a_wrong_kit_is_asked_about_and_the_right_one_is_not(consented: str, dose) -> None:
    kit = randomize(consented).kit
    wrong = f"{(int(kit) + 1) % 10**6:06d}"
    assert dose(wrong) == ["wrong_kit"]
    assert dose(kit) == dose(f"{kit}-2") == dose(f" {kit} ") == []
    assert dose(f"{kit}9") == dose("forged") == ["wrong_kit"]


def test_the_question_is_a_query_that_closes_itself(consented: str, dose) -> None:
    kit = randomize(consented).kit
    dose("forged")
    number = services.open_form(participant=consented, visit="DOSE", form="dose_given", at=AT, by=MONITOR)
    rest = {"taken_at": "2026-11-23T09:00", "fully_taken": "1", "witness": "Sami"}
    services.save(
        form=number, given=[Given(item, text=text, seen=0) for item, text in rest.items()], at=AT, by=MONITOR
    )
    assert services.complete(form=number, at=AT, by=MONITOR).done
    assert list(Query.objects.values_list("check_id", flat=True)) == ["wrong_kit"]
    dose(kit)
    assert QueryNote.objects.order_by("-seq").first().status == "closed"


def test_a_dose_before_randomization_is_asked_about(dose) -> None:
    assert dose("123456") == ["wrong_kit"]
