"""Many trials at once give what the ordinary analysis gives of each: the same estimate, error, df and P
value."""

import math
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from equipoise import design, protocol
from equipoise.analysis.batched import BATCHED, estimate_batch, given_p_values, rejections, without_path
from equipoise.analysis.ending import repeated_p_values
from equipoise.analysis.estimates import estimate
from equipoise.analysis.evidence import gather
from equipoise.analysis.looks import all_looks
from equipoise.analysis.multiplicity import apply
from equipoise.analysis.planned import estimates
from equipoise.analysis.question import Question
from equipoise.analysis.registry import ESTIMATORS
from equipoise.analysis.result import Result
from equipoise.design.rehearsed import Rehearsed

PROTOCOLS = Path(__file__).parents[2] / "protocols"
NUMBERS = ("estimate", "std_error", "df", "p_value", "ci_low", "ci_high")
SEED = 5
DIGITS = 1e-10


@lru_cache
def resolved_of(name):
    return protocol.resolve(protocol.load((PROTOCOLS / f"{name}.yaml").read_bytes(), name=name))


def batch_of(resolved, scenario, *, replicates, participants):
    truth = design.truth_of(resolved, resolved.protocol.scenario(scenario), participants=participants)
    return Rehearsed(design.draw(truth, range(replicates), seed=SEED))


def written(resolved, scenario, *, replicate, participants):
    trial = design.simulate(
        resolved, scenario=scenario, seed=SEED, replicate=replicate, participants=participants
    )
    return gather(resolved, trial.records, trial.allocation)


def assert_same(answers, row: int, result: Result) -> None:
    for name in NUMBERS:
        ours, theirs = float(getattr(answers, name)[row]), getattr(result, name)
        if theirs is None:
            assert math.isnan(ours), (result.estimand, name)
        else:
            assert ours == pytest.approx(theirs, rel=DIGITS, abs=DIGITS), (result.estimand, name)


@pytest.mark.parametrize(
    ("name", "scenario", "replicates", "participants"),
    [
        ("frontline", "back-2024", 4, 30),
        # So few that some fits fail, levels are missing and planned fallbacks are used.
        ("frontline", "expectancy-only", 4, 6),
        ("frontline", "null", 6, 3),
        # Three arms, strata, analysis windows, a rule of a population, composite and hypothetical strategies.
        ("dose-response", "phase-3", 2, 45),
    ],
)
def test_the_batch_path_is_the_ordinary_analysis(name, scenario, replicates, participants):
    resolved = resolved_of(name)
    trials = batch_of(resolved, scenario, replicates=replicates, participants=participants)
    asked = [one for one in resolved.protocol.estimands if one.estimator.name in BATCHED]
    assert [one.id for one in asked if without_path(trials, one)] == []
    answers = estimate_batch(trials, asked)
    for row in range(replicates):
        evidence = written(resolved, scenario, replicate=row, participants=participants)
        for one in asked:
            assert_same(answers[one.id], row, estimate(Question(evidence, one)))


MMRM = ("difference_in_means", "missing_at_random")


@pytest.mark.parametrize(
    ("estimator", "summary", "missing"),
    [
        ({"name": "hodges_lehmann"}, "location_shift", "complete_cases"),
        ({"name": "mmrm", "options": {"by_arm": True, "covariance": ["us", "cs"]}}, *MMRM),
        ({"name": "mmrm", "options": {"df": "residual", "covariance": ["cs"]}}, *MMRM),
        (
            {"name": "ancova", "covariates": ("demographics.sex@SCR", "madrs.total@PREP1")},
            "difference_in_means",
            "complete_cases",
        ),
    ],
)
def test_other_plans_are_the_ordinary_analysis_too(estimator, summary, missing):
    resolved = resolved_of("frontline")
    primary = resolved.protocol.primary
    changed = primary.model_validate(
        {**primary.model_dump(), "estimator": estimator, "summary": summary, "missing": missing}
    )
    trials = batch_of(resolved, "back-2024", replicates=2, participants=14)
    answers = estimate_batch(trials, [changed])[changed.id]
    for row in range(2):
        evidence = written(resolved, "back-2024", replicate=row, participants=14)
        assert_same(answers, row, estimate(Question(evidence, changed)))


def test_the_testing_procedure_gates_as_in_the_ordinary_analysis():
    resolved = resolved_of("frontline")
    trials = batch_of(resolved, "back-2024", replicates=6, participants=30)
    tested = resolved.protocol.multiplicity.order
    asked = [one for one in resolved.protocol.estimands if one.id in tested]
    p_values = given_p_values(estimate_batch(trials, asked), asked, {})
    decided = rejections(p_values, resolved.protocol.multiplicity, alpha=0.05)
    for row in range(6):
        evidence = written(resolved, "back-2024", replicate=row, participants=30)
        results = estimates(resolved, evidence.records, evidence.allocation, only=tested)
        assert {one.estimand: bool(one.rejected) for one in results} == {
            name: bool(decided[name][row]) for name in tested
        }


def test_a_change_of_one_value_is_noticed():
    resolved = resolved_of("frontline")
    trials = batch_of(resolved, "back-2024", replicates=1, participants=30)
    scores = trials.batch.scores
    name = next(iter(scores))
    values = scores[name].values.copy()
    values[0, 0, scores[name].visits.index("D28")] += 1
    planted = Rehearsed(replace(trials.batch, scores={**scores, name: replace(scores[name], values=values)}))
    result = estimate(
        Question(written(resolved, "back-2024", replicate=0, participants=30), resolved.protocol.primary)
    )
    with pytest.raises(AssertionError):
        assert_same(
            estimate_batch(planted, [resolved.protocol.primary])[resolved.protocol.primary.id], 0, result
        )


def test_every_estimator_has_a_batch_path_or_imputes():
    missing = set(ESTIMATORS) - set(BATCHED)
    assert missing == {name for name in ESTIMATORS if name.startswith("mmrm-")} | {"retrieved-dropout"}
    assert set(BATCHED) <= set(ESTIMATORS)


def test_an_imputation_says_that_it_has_no_batch_path():
    resolved = resolved_of("dose-response")
    trials = batch_of(resolved, "phase-3", replicates=1, participants=45)
    jump = next(one for one in resolved.protocol.estimands if one.estimator.name == "mmrm-jr")
    assert "one trial at a time" in without_path(trials, jump)


def test_trials_without_a_p_value_reject_nothing():
    resolved = resolved_of("frontline")
    trials = batch_of(resolved, "back-2024", replicates=2, participants=30)
    primary = resolved.protocol.primary
    nothing = replace(estimate_batch(trials, [primary])[primary.id], p_value=np.full(2, np.nan))
    p_values = given_p_values({primary.id: nothing}, [primary], {})
    assert not rejections(p_values, resolved.protocol.multiplicity, alpha=0.05)[primary.id].any()


def test_what_looks_have_spent_is_not_spent_again():
    """The primary's last look has .0490 of .05: P values between are significant in neither analysis."""
    resolved, participants = resolved_of("dose-response"), 45
    looks, primary = all_looks(resolved), resolved.protocol.primary
    evidence = written(resolved, "phase-3", replicate=0, participants=participants)
    result = estimate(Question(evidence, primary))
    answers = estimate_batch(
        batch_of(resolved, "phase-3", replicates=1, participants=participants), [primary]
    )
    nominal = looks[primary.id].nominal[-1]
    for p_value in (nominal - 1e-6, nominal + 1e-6, 0.0499):
        planted = {primary.id: replace(answers[primary.id], p_value=np.array([p_value]))}
        given = given_p_values(planted, [primary], looks)
        ordinary = repeated_p_values(looks, [replace(result, p_value=p_value)])
        assert given[primary.id][0] == pytest.approx(ordinary[primary.id], abs=1e-4)
        (decided,) = apply([replace(result, p_value=p_value)], resolved.protocol.multiplicity, given=ordinary)
        for plan in (resolved.protocol.multiplicity, None):
            assert bool(rejections(given, plan, alpha=0.05)[primary.id][0]) is decided.rejected
        assert decided.rejected is (p_value < nominal)


def test_an_odds_ratio_is_looked_at_on_its_logarithm():
    resolved = resolved_of("dose-response")
    primary = resolved.protocol.primary
    ratio = primary.model_copy(update={"summary": "odds_ratio"})
    one = np.full(2, 0.04)
    answers = replace(
        estimate_batch(batch_of(resolved, "phase-3", replicates=2, participants=45), [primary])[primary.id],
        estimate=np.array([0.5, 2.0]),
        p_value=one,
    )

    class Told:
        def repeated_p_many(self, p_values, estimates):
            assert np.sign(estimates).tolist() == [-1, 1]
            return p_values

    assert given_p_values({ratio.id: answers}, [ratio], {ratio.id: Told()})[ratio.id] is one
