"""Totals split into items that score back to them, for every scale whose score is a sum of items."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import instruments
from equipoise.design.split import ladder_of, split

SPLITTABLE = [
    (name, score.id)
    for name in instruments.names()
    for scale in [instruments.load(name)]
    for score in scale.scores
    if score.method in {"sum", "mean", "percent"}
    and not any(item in scale.gates for term in scale.plans[score.id].terms for slot in term for item in slot)
]
ROWS = 40


def _answers(name: str, score: str, totals: np.ndarray, *, seed: int) -> dict[str, np.ndarray]:
    scale = instruments.load(name)
    ladder = ladder_of(scale.plans[score], scale)
    rng = np.random.default_rng(seed)
    return split(
        totals,
        ladder,
        uniform=rng.random((totals.size, ladder.draws)),
        habits=rng.random((totals.size, len(ladder.terms))),
    )


def test_the_scales_that_trials_follow_can_be_split() -> None:
    wanted = {
        ("madrs", "total"),
        ("pcl5", "total"),
        ("spfi", "burnout"),
        ("hamd17", "total"),
        ("qids_sr16", "total"),
        ("phq9", "total"),
        ("gad7", "total"),
    }
    assert wanted <= set(SPLITTABLE)


@pytest.mark.parametrize(("name", "score"), SPLITTABLE)
@given(data=st.data(), seed=st.integers(0, 2**32))
@settings(max_examples=8, deadline=None)
def test_scoring_the_items_gives_the_total_back(
    name: str, score: str, data: st.DataObject, seed: int
) -> None:
    scale = instruments.load(name)
    plan = scale.plans[score]
    low, high = (int(end) for end in plan.sum_range)
    totals = np.array([*data.draw(st.lists(st.integers(low, high), min_size=4, max_size=4)), low, high])
    answers = _answers(name, score, totals, seed=seed)
    for row, total in enumerate(totals):
        given_answers = {item: value[row] for item, value in answers.items() if not np.isnan(value[row])}
        found = scale.score(given_answers)[score]
        expected = {
            "sum": total,
            "mean": total / len(plan.terms),
            "percent": 100 * (total - low) / (high - low),
        }
        assert found == expected[plan.method]


def test_items_of_one_total_differ_between_participants_and_fill_their_ranges() -> None:
    answers = _answers("madrs", "total", np.full(400, 30), seed=1)
    for item, values in answers.items():
        assert values.std() > 0.5, item
        assert values.min() <= 1, item


def test_answers_that_raise_an_alert_are_rarer_than_others() -> None:
    means = {
        item: values.mean() for item, values in _answers("phq9", "total", np.full(400, 9), seed=2).items()
    }
    alarming = next(alert.of for alert in instruments.load("phq9").alerts)
    assert means[alarming] < min(mean for item, mean in means.items() if item != alarming)


def test_of_two_items_that_exclude_each_other_one_is_answered() -> None:
    answers = _answers("qids_sr16", "total", np.arange(28), seed=3)
    answered = ~np.isnan(answers["appetite_decreased"]), ~np.isnan(answers["appetite_increased"])
    assert np.all(answered[0] != answered[1])
    assert answered[0].any()
    assert answered[1].any()


def test_a_wrong_split_is_found_by_scoring() -> None:
    """The planted fault: one point moved out of the items, which the property above must notice."""
    answers = _answers("madrs", "total", np.array([30]), seed=4)
    given_answers = {item: float(value[0]) for item, value in answers.items()}
    item = max(given_answers, key=lambda one: given_answers[one])
    given_answers[item] -= 1
    assert instruments.load("madrs").score(given_answers)["total"] != 30
