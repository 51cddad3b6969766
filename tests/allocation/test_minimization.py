"""Tests of `equipoise.allocation.minimization`."""

import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.allocation import Plan, StratumFactor, commit, draw, parameters, verify
from equipoise.allocation import minimization as by_minimization
from equipoise.allocation.minimization import Balance
from equipoise.allocation.quality import simulated_quality
from equipoise.errors import IntegrityError, ProtocolError, RecordError

REPOSITORY = Path(__file__).parents[2]
GOLDEN = REPOSITORY / "tests" / "golden" / "minimization"
PLAIN = json.loads((GOLDEN / "plans.json").read_text(encoding="utf-8"))
SEX = StratumFactor("sex", ("F", "M"))
PLAN = Plan("minimization", {"a": 1, "b": 1}, strata=(SEX,), imbalance="range", bias=0.8)


def _plan(plain):
    strata = tuple(StratumFactor(name, tuple(levels)) for name, levels in plain["strata"])
    return Plan(**{**plain, "strata": strata})


def _people(rows):
    return [{name: text for name, text in row.items() if name not in ("number", "arm")} for row in rows]


@pytest.fixture(scope="module")
def minimize():
    page = (REPOSITORY / "docs" / "methods" / "allocation.md").read_text(encoding="utf-8")
    namespace = {}
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    for block in (blocks[0], next(one for one in blocks if "def minimize" in one)):
        exec(block, namespace)  # noqa: S102 - our own page
    return namespace["minimize"]


@pytest.mark.parametrize("name", PLAIN)
def test_draws_are_those_of_every_earlier_version(name, golden_rows, seed, canonical):
    rows = golden_rows("minimization", f"{name}.csv")
    drawn = by_minimization.draw_all(_plan(PLAIN[name]), people=_people(rows), seed=seed, canonical=canonical)
    assert [(str(one.number), one.arm) for one in drawn] == [(row["number"], row["arm"]) for row in rows]


@settings(max_examples=15)
@given(data=st.data(), name=st.sampled_from(sorted(PLAIN)), secret=st.binary(min_size=16, max_size=32))
def test_the_lines_in_the_documentation_draw_the_same_arms(minimize, data, name, secret):
    plain = PLAIN[name]
    person = st.fixed_dictionaries({factor: st.sampled_from(levels) for factor, levels in plain["strata"]})
    people = data.draw(st.lists(person, min_size=1, max_size=12))
    drawn = by_minimization.draw_all(_plan(plain), people=people, seed=secret, canonical=b"x")
    assert [one.arm for one in drawn] == list(minimize(plain, people, secret, b"x"))


@pytest.mark.parametrize("name", PLAIN)
def test_one_draw_needs_only_its_number_and_the_history(name, golden_rows, seed, canonical):
    plan, people = _plan(PLAIN[name]), _people(golden_rows("minimization", f"{name}.csv"))
    drawn = by_minimization.draw_all(plan, people=people, seed=seed, canonical=canonical)
    earlier = [(one.levels, one.ticket) for one in drawn[:40]]
    again = by_minimization.draw(plan, levels=people[40], earlier=earlier, seed=seed, canonical=canonical)
    assert again == drawn[40]


def _chances(plan, balance, levels):
    """Return each ticket's chance from the definition, ties and coin included."""
    scores = balance.scores(levels)
    tied = [ticket for ticket, score in enumerate(scores) if score == min(scores)]
    n, bias = len(scores), plan.exact_bias
    chances = [Fraction(0)] * n
    for preferred in tied:
        for ticket in range(n):
            share = bias if ticket == preferred else (1 - bias) / (n - 1)
            chances[ticket] += share / len(tied)
    return chances


@pytest.mark.parametrize("imbalance", ["range", "variance"])
def test_the_ratio_is_kept_at_every_single_draw(imbalance):
    plan = Plan("minimization", {"a": 2, "b": 1}, strata=(SEX,), imbalance=imbalance, bias=0.9)
    sequence = [("F",), ("F",), ("M",), ("F",), ("M",)]
    law = {(): Fraction(1)}
    for place, levels in enumerate(sequence):
        following = {}
        for history, chance in law.items():
            balance = Balance(plan)
            for before, ticket in zip(sequence, history, strict=False):
                balance.note(before, ticket)
            for ticket, share in enumerate(_chances(plan, balance, levels)):
                following[(*history, ticket)] = chance * share
        law = following
        to_a = sum(chance for history, chance in law.items() if balance.tickets[history[place]] == "a")
        assert to_a == Fraction(2, 3)


def test_draws_follow_the_chances_of_the_definition(canonical):
    plan = Plan("minimization", {"a": 1, "b": 1, "c": 1}, strata=(SEX,), imbalance="variance", bias=0.6)
    earlier = [(("F",), 0), (("F",), 1)]
    balance = Balance(plan)
    for before, ticket in earlier:
        balance.note(before, ticket)
    expected = _chances(plan, balance, ("F",))
    assert expected == [Fraction(1, 5), Fraction(1, 5), Fraction(3, 5)]
    n = 3000
    counts = [0, 0, 0]
    for number in range(n):
        seed = number.to_bytes(16, "big")
        one = by_minimization.draw(plan, levels={"sex": "F"}, earlier=earlier, seed=seed, canonical=canonical)
        counts[one.ticket] += 1
    for count, chance in zip(counts, expected, strict=True):
        assert abs(count - n * chance) < 4 * (n * chance * (1 - chance)) ** 0.5


def test_factors_are_balanced_better_than_by_a_fair_coin(canonical):
    plan = replace(PLAN, strata=(SEX, StratumFactor("site", tuple("abcdefgh"))))
    people = [{"sex": "FM"[n % 3 == 0], "site": "abcdefgh"[n * 5 % 8]} for n in range(80)]
    drawn = by_minimization.draw_all(plan, people=people, seed=bytes(16), canonical=canonical)
    for factor, levels in (("sex", "FM"), ("site", "abcdefgh")):
        for level in levels:
            arms = [d.arm for d, person in zip(drawn, people, strict=True) if person[factor] == level]
            assert abs(arms.count("a") - arms.count("b")) <= 5


def test_a_planted_change_of_a_draw_is_found(seed, canonical):
    people = [{"sex": "F"}, {"sex": "M"}, {"sex": "F"}]
    drawn = by_minimization.draw_all(PLAN, people=people, seed=seed, canonical=canonical)
    assert by_minimization.check(PLAN, drawn, seed=seed, canonical=canonical) == []
    other = 1 - drawn[1].ticket
    planted = [drawn[0], replace(drawn[1], ticket=other, arm="ab"[other]), drawn[2]]
    found = by_minimization.check(PLAN, planted, seed=seed, canonical=canonical)
    assert found[0].message == "draw 2 is not what seed and history give"
    assert by_minimization.check(PLAN, drawn, seed=bytes(32), canonical=canonical)


def test_no_repr_shows_an_arm(seed, canonical):
    plan = replace(PLAN, ratio={"psilocybin": 1, "niacin": 1})
    drawn = by_minimization.draw_all(plan, people=[{"sex": "F"}], seed=seed, canonical=canonical)
    assert repr(drawn) == "(<Draw 1>,)"


def test_draws_become_slots_with_kits_that_know_no_arm(seed, canonical):
    people = [{"sex": "FM"[n % 2]} for n in range(30)]
    lists = []
    for bias in (0.6, 0.9):
        plan = replace(PLAN, bias=bias)
        drawn = by_minimization.draw_all(plan, people=people, seed=seed, canonical=canonical)
        lists.append(by_minimization.as_list(plan, drawn, seed=seed, canonical=canonical))
    assert [slot.kit for slot in lists[0]] == [slot.kit for slot in lists[1]]
    assert [slot.arm for slot in lists[0]] != [slot.arm for slot in lists[1]]
    assert [slot.place for slot in lists[0]][:3] == [("sex=F", 1), ("sex=M", 2), ("sex=F", 3)]


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"bias": 1.0}, "bias", "not between chance and 1"),
        ({"bias": 0.5}, "bias", "not between chance and 1"),
        ({"bias": None}, "bias", "not between chance and 1"),
        ({"imbalance": "mean"}, "imbalance", "is no measure"),
        ({"imbalance": None}, "imbalance", "is no measure"),
        ({"strata": ()}, "strata", "none is given"),
        ({"weights": {"age": 1}}, "weights.age", "no factor 'age'"),
        ({"weights": {"sex": 0}}, "weights.sex", "not a whole number"),
        ({"block_sizes": (2,)}, "block_sizes", "no meaning for minimization"),
    ],
)
def test_a_plan_that_cannot_be_drawn_says_why(seed, change, path, message):
    plan = replace(PLAN, **change)
    assert any(one.path == path and message in one.message for one in plan.check())
    with pytest.raises(ProtocolError, match="by minimization"):
        by_minimization.draw_all(plan, people=[], seed=seed, canonical=b"x")


def test_every_problem_is_said_at_once():
    wrong = replace(PLAN, bias=1.0, imbalance=None, weights={"age": 0})
    assert len(wrong.check()) == 4


def test_minimization_s_options_mean_nothing_elsewhere():
    plan = Plan("complete", {"a": 1, "b": 1}, imbalance="range", weights={"sex": 1})
    assert [one.path for one in plan.check()] == ["imbalance", "weights"]


def test_a_level_nobody_planned_is_refused(seed):
    with pytest.raises(RecordError, match="'X' is not a level"):
        by_minimization.draw(PLAN, levels={"sex": "X"}, earlier=[], seed=seed, canonical=b"x")


def test_minimization_has_no_list_and_no_quality_of_its_own(seed):
    with pytest.raises(ProtocolError, match="minimization has no list"):
        draw(PLAN, seed=seed, canonical=b"x", length=4)
    with pytest.raises(ValueError, match="rehearse it"):
        simulated_quality(PLAN, n=10, rng=None)
    with pytest.raises(ProtocolError, match="the method is complete"):
        by_minimization.require_valid(Plan("complete", {"a": 1, "b": 1}))


def test_minimization_commits_to_seed_and_parameters(seed, canonical):
    content = parameters(seed=seed, canonical=canonical)
    salt = bytes(range(32))
    published = commit(content, salt=salt)
    verify(published, content, salt=salt)
    for other in (parameters(seed=bytes(32), canonical=canonical), parameters(seed=seed, canonical=b"y")):
        with pytest.raises(IntegrityError):
            verify(published, other, salt=salt)
