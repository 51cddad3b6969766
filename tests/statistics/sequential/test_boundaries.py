"""Tests of `equipoise.statistics.sequential.boundaries`."""

import itertools
import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.statistics.sequential.boundaries import (
    OBRIEN_FLEMING,
    POCOCK,
    Boundaries,
    beta_spending_boundaries,
    shaped_boundaries,
    spending_boundaries,
    spent_by,
)
from equipoise.statistics.sequential.spending import SPENDINGS, spent

SHAPES = {"OF": OBRIEN_FLEMING, "P": POCOCK}
KINDS = {"asOF": "obrien_fleming", "asP": "pocock"}
EVEN = {f"k{looks}": [look / looks for look in range(1, looks + 1)] for looks in (2, 3, 4, 5)}
LOOKS = st.lists(st.integers(1, 99), max_size=4, unique=True).map(
    lambda percents: [*(percent / 100 for percent in sorted(percents)), 1.0]
)


def _by_look(name: str, values: tuple[float, ...]) -> dict[str, float]:
    return {f"{name}.{look}": value for look, value in enumerate(values, start=1)}


def _made(rows: list[dict[str, str]]) -> dict[str, float]:
    """Return the boundaries of every design that the golden file names."""
    found: dict[str, float] = {}
    for place, times in EVEN.items():
        for sides in (1, 2):
            for kind, shape in SHAPES.items():
                made = shaped_boundaries(times, alpha=0.025 * sides, sides=sides, shape=shape)
                found |= _by_look(f"upper.{kind}.{place}.{sides}", made.upper)
            for kind, spending in KINDS.items():
                made = spending_boundaries(times, alpha=0.025 * sides, sides=sides, spending=spending)
                found |= _by_look(f"upper.{kind}.{place}.{sides}", made.upper)
    for kind, spending in KINDS.items():
        made = spending_boundaries([0.25, 0.6, 0.9, 1], alpha=0.025, sides=1, spending=spending)
        found |= _by_look(f"upper.{kind}.uneven.1", made.upper)
    for gamma in (-4, -2, 1):
        made = spending_boundaries(
            [0.3, 0.7, 1], alpha=0.025, sides=1, spending="hwang_shih_decani", gamma=gamma
        )
        found |= _by_look(f"upper.asHSD{gamma}", made.upper)
    found |= _by_look("upper.WT0.25", shaped_boundaries(EVEN["k4"], alpha=0.025, sides=1, shape=0.25).upper)
    futile = spending_boundaries(EVEN["k3"], alpha=0.025, sides=1, lower=[0, 0.5], binding=True)
    found |= _by_look("fixed_futility.upper", futile.upper)
    for name, times, power, beta, binding in (
        ("free", EVEN["k3"], 0.9, "obrien_fleming", False),
        ("binding", EVEN["k3"], 0.9, "obrien_fleming", True),
        ("pocock", [0.4, 0.75, 1], 0.8, "pocock", False),
    ):
        both, _ = beta_spending_boundaries(
            times, alpha=0.025, power=power, beta_spending=beta, binding=binding
        )
        found |= _by_look(f"beta.{name}.upper", both.upper) | _by_look(f"beta.{name}.lower", both.lower)
    return {row["quantity"]: found[row["quantity"]] for row in rows if row["quantity"] in found}


def test_boundaries_agree_with_rpact(golden_rows):
    rows = golden_rows("sequential", "expected.csv")
    made = _made(rows)
    wanted = [row for row in rows if row["quantity"].split(".")[0] in {"upper", "beta", "fixed_futility"}]
    assert len(wanted) > 140
    for row in wanted:
        value = made[row["quantity"]]
        assert value == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"])), row


def test_constants_agree_with_the_textbook(golden_rows):
    rows = golden_rows("sequential", "published.csv")
    for row in rows:
        name, looks = row["quantity"].split(".")
        shape = POCOCK if name == "pocock" else OBRIEN_FLEMING
        times = [look / int(looks) for look in range(1, int(looks) + 1)]
        made = shaped_boundaries(times, alpha=0.05, shape=shape)
        assert made.upper[-1] == pytest.approx(float(row["value"]), abs=float(row["tolerance"])), row


def test_the_reference_designs_agree_to_the_printed_digit(golden_rows):
    thirds = EVEN["k3"]
    computed = {
        **_by_look("obrien_fleming_one_sided_k3", shaped_boundaries(thirds, alpha=0.025, sides=1).upper),
        **_by_look("lan_demets_obrien_fleming_k3", spending_boundaries(thirds, alpha=0.025, sides=1).upper),
        "pocock_k3": shaped_boundaries(thirds, alpha=0.025, sides=1, shape=POCOCK).upper[0],
    }
    rows = [row for row in golden_rows("design", "expected.csv") if row["quantity"] in computed]
    assert len(rows) == len(computed)
    for row in rows:
        value = computed[row["quantity"]]
        assert value == pytest.approx(float(row["value"]), rel=0, abs=float(row["tolerance"])), row


@settings(max_examples=20)
@given(LOOKS, st.sampled_from(SPENDINGS), st.sampled_from([0.001, 0.01, 0.05, 0.2]), st.sampled_from([1, 2]))
def test_every_look_spends_what_the_function_says(times, spending, alpha, sides):
    gamma = -3.0 if spending == "hwang_shih_decani" else None
    made = spending_boundaries(times, alpha=alpha, sides=sides, spending=spending, gamma=gamma)
    planned = [sides * spent(spending, t, level=alpha / sides, gamma=gamma) for t in times]
    assert made.spent == pytest.approx(planned, rel=1e-9, abs=1e-14)
    assert made.spent[-1] == pytest.approx(alpha, rel=1e-9)
    assert made.error < 1e-12


@settings(max_examples=15)
@given(st.integers(2, 8), st.sampled_from([0.01, 0.05]), st.sampled_from([1, 2]))
def test_the_shape_of_obrien_and_fleming_falls_and_pococks_stays(looks, alpha, sides):
    times = [look / looks for look in range(1, looks + 1)]
    falling = shaped_boundaries(times, alpha=alpha, sides=sides).upper
    level = shaped_boundaries(times, alpha=alpha, sides=sides, shape=POCOCK).upper
    assert all(before > after for before, after in itertools.pairwise(falling))
    assert max(level) - min(level) < 1e-12
    spending = spending_boundaries(times, alpha=alpha, sides=sides).upper
    assert all(before > after for before, after in itertools.pairwise(spending))


@settings(max_examples=15)
@given(LOOKS.filter(lambda times: len(times) > 1), st.floats(0.001, 0.02), st.floats(1.1, 3))
def test_more_alpha_gives_lower_boundaries(times, alpha, factor):
    strict = spending_boundaries(times, alpha=alpha, sides=1).upper
    loose = spending_boundaries(times, alpha=alpha * factor, sides=1).upper
    assert all(one <= other for one, other in zip(loose, strict, strict=True))
    assert loose[-1] < strict[-1]


def test_a_boundary_moved_by_a_little_no_longer_spends_alpha():
    made = spending_boundaries(EVEN["k3"], alpha=0.025, sides=1)
    moved = Boundaries(
        made.fractions, (made.upper[0], made.upper[1] - 1e-4, made.upper[2]), made.lower, 0.025, 1, ()
    )
    assert abs(spent_by(moved)[-1] - 0.025) > 1e-7


def test_futility_that_binds_lowers_the_boundary_and_futility_that_does_not_leaves_it():
    times, floor = EVEN["k3"], [0.0, 0.5]
    plain = spending_boundaries(times, alpha=0.025, sides=1)
    free = spending_boundaries(times, alpha=0.025, sides=1, lower=floor)
    binding = spending_boundaries(times, alpha=0.025, sides=1, lower=floor, binding=True)
    assert free.upper == plain.upper
    assert free.futility
    assert not plain.futility
    assert binding.upper[2] < plain.upper[2]
    assert binding.spent[-1] == pytest.approx(0.025, abs=1e-12)


def test_looks_elsewhere_than_planned_spend_what_was_planned():
    made = spending_boundaries([0.55, 1], alpha=0.05, spent_at=[0.5, 1])
    assert made.spent[0] == pytest.approx(2 * spent("obrien_fleming", 0.5, level=0.025), rel=1e-10)
    assert made.spent[1] == pytest.approx(0.05, rel=1e-10)


def test_a_single_look_is_the_fixed_test():
    made = spending_boundaries([1], alpha=0.05)
    assert made.nominal[0] == pytest.approx(0.05, abs=1e-14)
    assert made.lower == (-made.upper[0],)


def test_a_look_too_early_to_spend_anything_cannot_stop():
    made = spending_boundaries([0.01, 1], alpha=0.05)
    assert made.upper[0] == math.inf
    assert made.nominal == pytest.approx((0, 0.05), abs=1e-12)


@pytest.mark.parametrize(
    "times", [[], [0.5], [0.5, 0.5, 1], [0.7, 0.5, 1], [0, 1], [-0.5, 1], [0.5, 1.2], [math.nan, 1]]
)
def test_information_that_does_not_rise_to_one_is_refused(times):
    with pytest.raises(ValueError, match="information rises"):
        spending_boundaries(times, alpha=0.05)


def test_impossible_tests_are_refused():
    with pytest.raises(ValueError, match="one-sided test"):
        spending_boundaries([0.5, 1], alpha=0.05, sides=2, lower=[0])
    with pytest.raises(ValueError, match="2 futility boundaries for 1"):
        spending_boundaries([0.5, 1], alpha=0.05, sides=1, lower=[0, 1])
    with pytest.raises(ValueError, match="less than a half"):
        spending_boundaries([0.5, 1], alpha=0.6, sides=1)
    with pytest.raises(ValueError, match="3 sides"):
        shaped_boundaries([0.5, 1], alpha=0.05, sides=3)
    with pytest.raises(ValueError, match="2 looks"):
        spending_boundaries([0.5, 1], alpha=0.05, spent_at=[0.5])
    with pytest.raises(ValueError, match="a power lies"):
        beta_spending_boundaries([0.5, 1], alpha=0.05, power=0.04)


def test_five_looks_take_less_than_twenty_milliseconds():
    spending_boundaries(EVEN["k5"], alpha=0.05)
    began = time.process_time()
    for _ in range(5):
        spending_boundaries(EVEN["k5"], alpha=0.05)
    assert (time.process_time() - began) / 5 < 0.02


def test_boundaries_read_as_a_statistician_would_say_them():
    made = spending_boundaries([0.5, 1], alpha=0.05)
    assert made.summary() == (
        "Lan-DeMets spending of O'Brien-Fleming type, two-sided alpha 0.05: "
        "50% z 2.9626 (p 0.003051), 100% z 1.9686 (p 0.049)"
    )
    assert list(made.to_frame()["fractions"]) == [0.5, 1.0]
