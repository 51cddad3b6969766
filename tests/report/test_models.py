"""Models of all visits: who reads them, and what was tested."""

import copy

import pytest

from equipoise.report import models
from equipoise.report.folder import Written
from equipoise.report.trial import open_trial


def opened(data):
    return open_trial(Written(tuple(data["results"]), data["tables"], data["manifest"], data["protocol"]))


@pytest.fixture
def data(written, modeled):
    return modeled.added(written.frontline(per_arm=3))


def test_a_model_has_its_visits_in_the_order_of_days(data):
    data["tables"]["by_visit"].reverse()
    (model,) = models.models(opened(data))
    assert model.visits == ("D1", "D7", "D28")
    assert model.pairs == (("psilocybin", "niacin"),)


def test_an_estimand_that_reads_the_model_at_another_visit_belongs_to_it(data):
    row = next(one for one in data["tables"]["by_visit"] if one["kind"] == "difference")
    keys = ("estimate", "std_error", "ci_low", "ci_high", "visit")
    early = copy.deepcopy(data["results"][0]) | {"estimand": "early", **{key: row[key] for key in keys}}
    data["results"].append(early)
    trial = opened(data)
    (model,) = models.models(trial)
    assert model.estimands == ("primary", "early")
    assert trial.effects[-1].arm.modeled == pytest.approx(-14.2)


def test_an_estimand_with_another_difference_does_not(data):
    trial = opened(data)
    assert models.models(trial)[0].estimands == ("primary",)
    assert [one.arm.modeled for one in trial.effects[1:]] == [None] * (len(trial.effects) - 1)


def test_only_what_the_procedure_reached_was_tested(data):
    trial = opened(data)
    (model,) = models.models(trial)
    assert list(models.tested(trial, model)) == [("psilocybin", "niacin", "D28")]
    data["results"][0]["tested"] = False
    assert models.tested(opened(data), model) == {}
