"""One estimand over all visits: the same rules as at its own, at each of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from equipoise.analysis.question import Question
from equipoise.analysis.repeated import notes_of, repeated
from equipoise.errors import FitError

MMRM = {"estimator": {"name": "mmrm", "covariates": ["madrs.total@BASE"]}, "missing": "missing_at_random"}


def ask(study: Any) -> Question:
    return Question(study.evidence, study.resolved.protocol.primary)


@pytest.fixture
def twenty(study: Callable[..., Any], crowd: Callable[..., Any]) -> Callable[..., Any]:
    def build(missing: Any = None, **changes: Any) -> Any:
        return crowd(study(estimand={**MMRM, **changes}), missing=missing)

    return build


def test_each_visit_has_what_the_estimand_has_there(twenty: Any) -> None:
    question = ask(twenty({"C03": ("D28",), "C04": ("D7",)}))
    found = repeated(question)
    assert found.visits == ("D7", "D28")
    for place, visit in enumerate(found.visits):
        expected = question.at(visit).observed
        for who, value in zip(found.participants, found.outcome[:, place], strict=True):
            assert value == expected.get(who) if who in expected else np.isnan(value)
    assert found.design.names == ("madrs.total@BASE",)
    assert found.arms[:2] == ("active", "control")


def test_a_strategy_holds_at_every_visit_after_the_event(twenty: Any) -> None:
    events = [{"event": "rescue", "strategy": "hypothetical"}]
    study = twenty(intercurrent_events=events).note("C00", "rescue", 3).note("C02", "rescue", 20)
    found = repeated(ask(study))
    seen = dict(zip(found.participants, found.seen.tolist(), strict=True))
    assert (seen["C00"], seen["C02"], seen["C04"]) == ([False, False], [True, False], [True, True])


def test_visits_are_those_the_protocol_names(twenty: Any) -> None:
    estimator = {**MMRM["estimator"], "options": {"visits": ["D28", "D56", "D7"]}}
    study = twenty(estimator=estimator)
    for number in range(20):
        study.visit(f"C{number:02d}", "D56", 56).score(f"C{number:02d}", "D56", "madrs", "total", 10 + number)
    assert repeated(ask(study)).visits == ("D7", "D28", "D56")


def test_a_visit_where_nobody_was_seen_is_left_out_and_said(twenty: Any) -> None:
    nobody = {f"C{number:02d}": ("D7",) for number in range(20)}
    question = ask(twenty(nobody))
    sample = repeated(question)
    assert sample.visits == ("D28",)
    assert "nobody has an outcome at D7, left out" in notes_of(question, sample)


def test_whoever_lacks_a_covariate_is_left_out_and_counted(twenty: Any) -> None:
    changes = {"variable": {"score": "madrs.total", "type": "value", "visit": "D28"}}
    question = ask(twenty({"C05": ("BASE",), "C06": ("D28",)}, **changes))
    sample = repeated(question)
    assert "C05" not in sample.participants
    assert notes_of(question, sample) == (
        "1 without madrs.total@BASE, left out",
        "1 of 19 without the variable at D28",
    )


def test_nobody_at_the_estimands_own_visit_is_an_error(twenty: Any) -> None:
    with pytest.raises(FitError, match="nobody has an outcome at D28"):
        repeated(ask(twenty({f"C{number:02d}": ("D28",) for number in range(20)})))


def test_an_empty_arm_is_an_error(twenty: Any) -> None:
    without = {f"C{number:02d}": ("D7", "D28") for number in range(0, 20, 2)}
    with pytest.raises(FitError, match="nobody in active has an outcome"):
        repeated(ask(twenty(without)))
