"""The arithmetic of scores: missing items, reversal, gates, and the plan a vectorized scorer follows."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import instruments
from equipoise.errors import RecordError
from equipoise.instruments import Instrument

SCALES = [instruments.load(name) for name in instruments.names()]
SCORED = [scale for scale in SCALES if scale.scores]
BY_ID = pytest.mark.parametrize("scale", SCORED, ids=lambda scale: scale.id)


MANNERS = ("any", "lowest", "highest", "ends")
SHARES_MISSING = (0.0, 0.06, 0.3, 0.9, 1.0)


def answer(item, manner, dice):
    """Any possible answer of an item: any at all, or only those at the ends of its range."""
    possible = (
        sorted(item.codes) if item.type == "code" else range(int(item.range[0]), int(item.range[1]) + 1)
    )
    if manner == "any":
        return dice.choice(possible)
    ends = {"lowest": (0,), "highest": (-1,), "ends": (0, -1)}[manner]
    return possible[dice.choice(ends)]


def filled(scale, manner, missing, seed):
    """Fill a form of a scale, leaving out a share of its items."""
    dice = random.Random(seed)  # noqa: S311 - invents answers, guards nothing
    return {
        item.id: None if dice.random() < missing else answer(item, manner, dice)
        for item in scale.items
        if item.type != "text"
    }


def forms(scale, *, complete=False):
    """Any filled form of a scale, with or without gaps; drawn whole, which is ten times faster than by item."""
    shares = st.just(0.0) if complete else st.sampled_from(SHARES_MISSING)
    return st.builds(filled, st.just(scale), st.sampled_from(MANNERS), shares, st.integers(0, 2**32))


@BY_ID
@settings(max_examples=25)
@given(data=st.data())
def test_scores_stay_in_their_range(scale, data):
    for name, value in scale.score(data.draw(forms(scale))).items():
        score = scale.score_named(name)
        assert value is None or score.low <= value <= score.high


@BY_ID
@settings(max_examples=10)
@given(data=st.data())
def test_a_complete_form_has_every_score(scale, data):
    answers = data.draw(forms(scale, complete=True))
    assert scale.missing(answers) == ()
    assert None not in scale.score(answers).values()


@BY_ID
@settings(max_examples=10)
@given(data=st.data())
def test_the_order_of_the_answers_does_not_matter(scale, data):
    answers = data.draw(forms(scale))
    items = list(answers.items())
    data.draw(st.randoms(use_true_random=True)).shuffle(items)
    assert scale.score(dict(items)) == scale.score(answers)


@BY_ID
@settings(max_examples=15)
@given(data=st.data())
def test_a_sum_of_worse_answers_is_never_lower(scale, data):
    answers = data.draw(forms(scale, complete=True))
    item = data.draw(st.sampled_from([item for item in scale.items if item.type != "text"]))
    raised = scale.score({**answers, item.id: int(item.range[1])})
    before = scale.score(answers)
    assert all(raised[name] >= value for name, value in before.items())


@BY_ID
@settings(max_examples=10)
@given(data=st.data())
def test_absent_none_and_nan_are_the_same_missing(scale, data):
    answers = data.draw(forms(scale))
    absent = {name: value for name, value in answers.items() if value is not None}
    nan = {name: float("nan") if value is None else value for name, value in answers.items()}
    assert scale.score(absent) == scale.score(answers) == scale.score(nan)


def test_a_reversed_item_is_turned_round_within_its_range(toy):
    assert toy.score({"first": 0, "second": 3, "third": 1}) == {"total": 1}
    assert toy.score({"first": 0, "second": 0, "third": 1}) == {"total": 4}
    assert toy.flips == {"second": 3}


def test_a_reversed_item_is_turned_round_before_it_fills_a_gap(toy):
    # first 2 and second 3 - 0 = 3 are answered: 5 x 3 / 2
    assert toy.score({"first": 2, "second": 0}) == {"total": 7.5}


def test_numbers_from_other_libraries_are_answers_too(toy):
    answers = {"first": np.int64(2), "second": np.float64(1.0), "third": 4}
    assert toy.score(answers) == {"total": 8}


def test_a_wrong_code_is_never_scored(toy):
    with pytest.raises(RecordError) as caught:
        toy.score({"first": 4, "second": 1.5, "third": 9})
    assert [problem.path for problem in caught.value.problems] == ["first", "second", "third"]


def test_an_answer_behind_a_closed_gate_is_scored_and_warned_about():
    scale = instruments.load("cssrs_screen")
    answers = {"wish_dead": 0, "active_thoughts": 0, "plan_intent": 1, "behavior_ever": 0}
    assert [(found.path, found.severity) for found in scale.check(answers)] == [("plan_intent", "warning")]
    assert scale.score(answers)["urgent"] == 1


@BY_ID
def test_the_plan_alone_is_enough_to_score_columns(scale):
    """A scorer written from the docstring of `Plan` over columns agrees with the scalar one."""
    rng = np.random.default_rng(20241205)
    columns = {item.id: _random_column(item, rng) for item in scale.items if item.type != "text"}
    found = score_columns(scale, columns)
    for row in range(ROWS):
        expected = scale.score({name: column[row] for name, column in columns.items()})
        got = {name: None if np.isnan(column[row]) else column[row] for name, column in found.items()}
        assert got == pytest.approx(expected)


ROWS = 200
SHARE_MISSING = 0.06


def _random_column(item, rng):
    low, high = item.range
    choices = list(item.codes) or np.arange(low, high + 1)
    column = rng.choice(choices, ROWS).astype(float)
    column[rng.random(ROWS) < SHARE_MISSING] = np.nan
    return column


def score_columns(scale: Instrument, answers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Follow the plans over columns; NaN is missing."""
    values = {name: column.copy() for name, column in answers.items()}
    closed = {}
    for name, gate in scale.gates.items():
        opened = [
            np.isnan(answers[other]) & ~closed.get(other, np.zeros(ROWS, bool))
            | ~np.isnan(answers[other]) & (answers[other] == gate.equals)
            for other in gate.items
        ]
        closed[name] = ~np.any(opened, axis=0)
        if gate.counts_as is not None:
            values[name][closed[name] & np.isnan(values[name])] = gate.counts_as
    for name, flip in scale.flips.items():
        values[name] = flip - values[name]
    found = dict(values)
    for plan in scale.plans.values():
        found[plan.score] = _column(plan, found)
    return {name: found[name] for name in scale.plans}


def _column(plan, found):
    if plan.method in {"all", "any"}:
        verdicts = [np.where(np.isnan(found[r.of]), np.nan, found[r.of] >= r.at_least) for r in plan.rules]
        decisive = 0.0 if plan.method == "all" else 1.0
        unknown = np.isnan(verdicts).any(axis=0)
        return np.where(
            np.any(np.equal(verdicts, decisive), axis=0), decisive, np.where(unknown, np.nan, 1 - decisive)
        )
    terms = np.array(
        [
            np.max([np.fmax.reduce([found[item] for item in slot]) for slot in term], axis=0)
            for term in plan.terms
        ]
    )
    answered = (~np.isnan(terms)).sum(axis=0)
    if plan.method == "count":
        return np.where(answered < len(terms), np.nan, (terms >= plan.at_least).sum(axis=0))
    if plan.method == "highest":
        ranks = np.arange(1, len(terms) + 1)[:, None]
        place = np.max(np.where(terms >= plan.at_least, ranks, 0), axis=0)
        return np.where(np.any(np.isnan(terms) & (ranks > place), axis=0), np.nan, place)
    enough = answered >= plan.answered_at_least
    mean = np.nansum(terms, axis=0) / np.maximum(answered, 1)
    total = np.where(enough, mean * len(terms), np.nan)
    low, high = plan.sum_range
    return {
        "sum": total,
        "mean": np.where(enough, mean, np.nan),
        "percent": 100 * (total - low) / (high - low),
    }[plan.method]


@pytest.mark.parametrize(
    ("domain", "either", "span"),
    [
        ("[first, third]", "", "[1, 5]"),  # both answered: at least third's 1
        ("[first, third]", "either: [[first, third]]\n", "[0, 5]"),  # first alone may be 0
    ],
)
def test_the_range_of_a_domain_follows_from_the_ranges_of_its_items(toy_text, domain, either, span):
    score = (
        "  - {id: largest, label: L, method: sum, higher_is: worse, "
        f"domains: [{{id: d, label: D, items: {domain}}}], range: {span}}}\n"
    )
    text = toy_text.replace("items: all", "items: [second]").replace(
        "answered_at_least: 2, range: [1, 11]", "range: [0, 3]"
    )
    scale = instruments.parse(text.replace("licence:", f"{score}{either}licence:", 1), "toy.yaml")
    assert scale.score_named("largest").range == scale.plans["largest"].sum_range
