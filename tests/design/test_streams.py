"""Numbers that stay the same whatever else changes."""

import ast
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.design.streams import BLOCK, Streams

FOUR_STANDARD_ERRORS = 4


def _streams(*replicates: int, seed: int = 7, scenario: str = "truth") -> Streams:
    return Streams(seed, scenario, replicates or (0,))


@given(replicate=st.integers(0, 3 * BLOCK), others=st.lists(st.integers(0, 3 * BLOCK), max_size=6))
@settings(max_examples=30, deadline=None)
def test_a_replicate_has_the_same_numbers_alone_and_in_any_batch(replicate: int, others: list[int]) -> None:
    alone = _streams(replicate).uniform("x", 5)[0]
    batch = _streams(*others, replicate, *others).uniform("x", 5)
    assert np.array_equal(batch[len(others)], alone)


@given(few=st.integers(1, 40), more=st.integers(0, 40))
@settings(max_examples=20, deadline=None)
def test_the_first_participants_have_the_same_numbers_among_more(few: int, more: int) -> None:
    streams = _streams(3, BLOCK)
    assert np.array_equal(streams.uniform("x", few), streams.uniform("x", few + more)[:, :few])
    assert np.array_equal(streams.table("x", few, columns=3), streams.table("x", few + more, columns=3)[:few])


def test_numbers_do_not_depend_on_the_order_in_which_purposes_are_drawn() -> None:
    first, second = _streams(), _streams()
    x, y = first.uniform("x", 9), first.uniform("y", 9)
    assert np.array_equal(second.uniform("y", 9), y)
    assert np.array_equal(second.uniform("x", 9), x)


@pytest.mark.parametrize(
    "other",
    [_streams(seed=8), _streams(scenario="other"), _streams(1), _streams(BLOCK)],
    ids=["seed", "scenario", "replicate", "block"],
)
def test_seed_scenario_and_replicate_each_change_the_numbers(other: Streams) -> None:
    assert not np.any(_streams().uniform("x", 50) == other.uniform("x", 50))
    assert not np.any(_streams().table("x", 50, columns=2) == other.table("x", 50, columns=2))


def test_purposes_do_not_share_numbers() -> None:
    drawn = [_streams().uniform(purpose, 50) for purpose in ("x", "y", "x/1", "x\x1f1")]
    assert all(not np.any(one == two) for one, two in pairwise(drawn))


def test_the_lines_in_the_documentation_draw_the_same_numbers() -> None:
    page = (Path(__file__).parents[2] / "docs" / "methods" / "simulation.md").read_text(encoding="utf-8")
    lines = page.partition("```python\n")[2].partition("```")[0]
    shown: dict[str, Any] = {}
    exec(lines, shown)  # noqa: S102 - the page's own lines
    for replicate in (0, 31, 69):
        drawn = _streams(replicate).uniform("outcome/madrs.total/D28", 9)[0]
        expected = shown["uniform"](7, "truth", "outcome/madrs.total/D28", replicate, 9)
        assert np.array_equal(drawn, expected)


def test_uniform_numbers_lie_strictly_between_0_and_1_and_are_uniform() -> None:
    drawn = _streams(*range(40)).uniform("x", 500)
    assert drawn.min() > 0
    assert drawn.max() < 1
    assert abs(drawn.mean() - 0.5) < FOUR_STANDARD_ERRORS * np.sqrt(1 / 12 / drawn.size)
    assert np.all(np.isfinite(_streams(*range(40)).normal("x", 500)))


def test_seeds_of_other_generators_differ_by_purpose_and_replicate() -> None:
    seeds = {_streams().seed_of(purpose, replicate) for purpose in "xy" for replicate in (0, 1, BLOCK)}
    assert len(seeds) == 6
    assert all(len(seed) == 32 for seed in seeds)


FORBIDDEN = {"dot", "matmul", "einsum", "linalg", "vdot", "inner", "tensordot", "cov", "corrcoef"}
"""Ways to a matrix product, whose last digits differ between machines."""
IMPURE = {"now", "today", "utcnow", "environ", "getenv", "default_rng", "seed", "urandom", "time_ns"}
"""Ways to a clock, the environment or a generator that nobody keyed."""


def _offences(source: str) -> list[str]:
    tree = ast.parse(source)
    products = ["@" for node in ast.walk(tree) if isinstance(node, ast.MatMult)]
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    reached = {part.attr for call in calls for part in ast.walk(call) if isinstance(part, ast.Attribute)}
    return products + sorted(reached & (FORBIDDEN | IMPURE))


DESIGN = Path(__file__).parents[2] / "src" / "equipoise" / "design"
DOORS = ("simulate", "batch", "true_value", "priors", "check")
"""Modules through which everything that is drawn comes."""


def _imported(module: str) -> set[str]:
    """Return the modules of the package that a module imports."""
    tree = ast.parse((DESIGN / f"{module}.py").read_text("utf-8"))
    named = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    inner = {(node.module or "").removeprefix("equipoise.design.") for node in named}
    whole = {one.name for node in named if node.module == "equipoise.design" for one in node.names}
    return {one for one in inner | whole if (DESIGN / f"{one}.py").exists()}


def _drawing() -> set[str]:
    """Return every module that what is drawn passes through."""
    found, waiting = set[str](), list(DOORS)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += _imported(module)
    return found


def test_nothing_that_draws_multiplies_matrices_or_reads_a_clock() -> None:
    modules = sorted(_drawing())
    assert {"accrual", "association", "course", "influence", "outcome", "lattice", "streams"} <= set(modules)
    offences = {name: _offences((DESIGN / f"{name}.py").read_text("utf-8")) for name in modules}
    assert {name: found for name, found in offences.items() if found} == {}


@pytest.mark.parametrize(
    "planted", ["a @ b", "np.dot(a, b)", "np.linalg.cholesky(a)", "datetime.now()", "np.random.default_rng()"]
)
def test_a_planted_product_or_clock_is_noticed(planted: str) -> None:
    assert _offences(planted)
