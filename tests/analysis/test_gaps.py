"""Whose missing values are governed by which assumption, from which visit on."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis.gaps import before_treatment, govern, off_treatment
from equipoise.analysis.question import Question
from equipoise.analysis.repeated import repeated

KEPT = [{"event": "rescue", "strategy": "treatment_policy"}, {"event": "left", "strategy": "hypothetical"}]


@pytest.fixture
def governed(study: Callable[..., Any], crowd: Callable[..., Any]) -> Callable[..., Any]:
    """Return participant to (strategy, first visit governed) for a trial and the strategies named."""

    def build(change: Callable[[Any], object], *, missing: Any = None, strategies: Any = None) -> Any:
        options = {"strategies": strategies} if strategies else {}
        estimand = {
            "intercurrent_events": KEPT,
            "estimator": {"name": "mmrm-jr", "options": options},
            "missing": "missing_at_random",
            "variance": "jackknife",
        }
        filled = crowd(study(estimand=estimand), missing=missing)
        change(filled)
        question = Question(filled.evidence, filled.resolved.protocol.primary)
        sample = repeated(question)
        names, since = govern(question, sample, default="jr")
        return dict(zip(sample.participants, zip(names, since.tolist(), strict=True), strict=True))

    return build


def leave(study: Any, who: str, day: int) -> None:
    study.add(
        "dispositions", participant=who, stage="study", status="withdrew", day=day, date=f"2030-01-{10 + day}"
    )


def test_dropout_without_an_event_follows_the_estimators_own_assumption(governed: Any) -> None:
    found = governed(lambda _: None, missing={"C00": ("D28",), "C01": ("D7", "D28"), "C02": ("D7",)})
    assert found["C00"] == ("jr", 1)
    assert found["C01"] == ("jr", 0)
    assert found["C02"][1] == found["C03"][1] == 2


def test_an_event_under_hypothetical_governs_from_its_visit(governed: Any) -> None:
    found = governed(lambda study: leave(study, "C04", 3))
    assert found["C04"] == ("jr", 0)


def test_an_event_named_governs_what_is_missing_after_it(governed: Any) -> None:
    def change(study: Any) -> None:
        study.note("C05", "rescue", 10).note("C06", "rescue", 10)

    missing = {"C05": ("D28",)}
    named = governed(change, missing=missing, strategies={"rescue": "cir"})
    assert named["C05"] == named["C06"] == ("cir", 1)
    unnamed = governed(change, missing=missing)
    assert unnamed["C05"] == ("jr", 1)
    assert unnamed["C06"][1] == 2


def test_the_first_of_two_events_governs(governed: Any) -> None:
    def change(study: Any) -> None:
        study.note("C07", "rescue", 3)
        leave(study, "C07", 12)
        study.note("C08", "rescue", 12)
        leave(study, "C08", 3)

    found = governed(change, strategies={"rescue": "cr", "left": "mar"})
    assert found["C07"] == ("cr", 0)
    assert found["C08"] == ("mar", 0)


def test_of_two_events_before_one_visit_the_one_named_first_governs(governed: Any) -> None:
    def change(study: Any) -> None:
        study.note("C09", "rescue", 12)
        leave(study, "C09", 11)

    assert governed(change, strategies={"rescue": "cr", "left": "mar"})["C09"] == ("cr", 1)


def test_off_treatment_begins_at_the_first_visit_after_any_event_that_ends_it(
    study: Callable[..., Any], crowd: Callable[..., Any]
) -> None:
    estimand = {
        "intercurrent_events": [
            {"event": event, "strategy": "treatment_policy"} for event in ("rescue", "antidepressant")
        ],
        "estimator": {"name": "retrieved-dropout", "options": {"stopping": ["rescue"]}},
        "missing": "missing_at_random",
    }
    filled = crowd(study(estimand=estimand)).note("C00", "rescue", 10).note("C01", "rescue", 3)
    filled.add(
        "medications",
        participant="C02",
        row=1,
        name="x",
        medication_class="antidepressant",
        start_date="2030-01-12",
    )
    question = Question(filled.evidence, filled.resolved.protocol.primary)
    sample = repeated(question)
    assert off_treatment(question, sample)[:4].tolist() == [1, 0, 2, 2]
    before = before_treatment(question, sample)
    assert before is not None
    assert not before.any()
