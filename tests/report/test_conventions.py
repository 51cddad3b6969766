"""Which convention a number follows, in words."""

import pytest

from equipoise.report import conventions
from equipoise.report.folder import Written
from equipoise.report.trial import open_trial


@pytest.fixture
def trial(written):
    data = written.frontline(per_arm=3)
    return open_trial(Written(tuple(data["results"]), data["tables"], data["manifest"], data["protocol"]))


def test_a_covariate_is_named_as_people_read_it(trial):
    assert conventions.spoken(trial, "adjusted for madrs.total@PREP1, and age") == (
        "adjusted for MADRS total at preparation 1, and age"
    )


def test_a_sentence_has_the_convention_and_its_variance(trial):
    row = {"estimator": "mmrm-jr", "convention": "conditional mean", "variance_convention": "jackknife"}
    assert conventions.sentence(trial, conventions.of(row)) == "Conditional mean. Variance: jackknife."


def test_a_variance_that_the_convention_names_is_not_said_twice(trial):
    row = {"convention": "conditional mean; variance: Jackknife", "variance_convention": "jackknife"}
    assert conventions.sentence(trial, conventions.of(row)) == "Conditional mean; variance: Jackknife."


def test_nothing_is_said_where_the_analysis_says_nothing(trial):
    assert conventions.sentence(trial, conventions.of({"estimator": "mmrm"})) == ""


def test_every_convention_has_one_letter():
    rows = [{"estimator": name} for name in ("a", "b", "a")]
    assert list(conventions.distinct(rows).values()) == ["a", "b"]
    many = conventions.distinct({"estimator": str(place)} for place in range(28))
    assert list(many.values())[25:] == ["z", "aa", "ab"]


def test_an_unknown_estimator_keeps_its_name():
    assert conventions.name(("mmrm", "", "")) == "MMRM"
    assert conventions.name(("new", "", "")) == "new"
