"""How predictable a plan is, and how balanced: the price of each procedure.

Holds the convergence strategy (guess the arm that is behind its share, a fair coin when none is) against each
procedure: exact for two arms of equal weight, by simulation for everything else. Looks at one stratum.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice

import numpy as np
import pandas as pd

from equipoise.allocation.plan import FAIR, MINIMIZATION, Plan
from equipoise.allocation.procedure import sequence
from equipoise.errors import ProtocolError

DEFAULT_REPEATS = 2000

State = tuple[int, int, int]
"""Size of the current block (0 outside blocks), then how often each arm was taken in it, or is ahead."""
START: State = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Quality:
    """A plan's predictability and balance over `n` participants of one stratum.

    n                   participants
    correct_guess_rate  expected share of allocations that the convergence strategy guesses right
    certain_rate        expected share of allocations that the procedure left no choice; None when simulated
    imbalance           root mean square of the final imbalance: difference between the arms that are furthest
                        apart, each count divided by its weight
    std_error           Monte Carlo standard error of correct_guess_rate; 0 when exact
    repeats             sequences simulated; 0 when exact
    """

    n: int
    correct_guess_rate: float
    certain_rate: float | None
    imbalance: float
    std_error: float
    repeats: int

    def summary(self) -> str:
        """Return the line a statistician would say aloud."""
        how = "exact" if self.repeats == 0 else f"{self.repeats} simulated sequences"
        return (
            f"{100 * self.correct_guess_rate:.1f}% of {self.n} allocations guessed right by somebody who "
            f"knows all earlier ones; final imbalance {self.imbalance:.1f} (root mean square); {how}"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row, a column a field."""
        return pd.DataFrame([asdict(self)])


def exact_quality(plan: Plan, *, n: int) -> Quality:
    """Return the quality of a plan with two arms of equal weight, from the law of the procedure.

    n       participants, 1 or more
    Raises  ProtocolError with every problem of the plan; ValueError when the arms are not two equal ones
    Source  convergence strategy: Blackwell and Hodges (1957), Ann Math Stat 28:449-460
    Checked tests/golden/randomization
    """
    _require_valid(plan, n)
    if len(plan.ratio) != 2 or len(set(plan.ratio.values())) != 1:
        raise ValueError("the exact law is known for two arms of equal weight; use simulated_quality")
    law: dict[State, float] = {START: 1.0}
    guessed = certain = 0.0
    for _ in range(n):
        following: dict[State, float] = defaultdict(float)
        for probability, first, (size, one, two) in _chances(plan, law):
            guessed += probability * (FAIR if one == two else first if one < two else 1 - first)
            certain += probability * (first in (0.0, 1.0))
            following[_settle(size, one + 1, two)] += probability * first
            following[_settle(size, one, two + 1)] += probability * (1 - first)
        law = {state: probability for state, probability in following.items() if probability > 0}
    square = sum(probability * (one - two) ** 2 for (_, one, two), probability in law.items())
    return Quality(n, guessed / n, certain / n, math.sqrt(square), std_error=0.0, repeats=0)


def simulated_quality(
    plan: Plan, *, n: int, rng: np.random.Generator, repeats: int = DEFAULT_REPEATS
) -> Quality:
    """Return the quality of any plan from simulated sequences.

    n        participants, 1 or more
    rng      the only source of chance
    repeats  sequences, 2 or more
    Raises   ProtocolError with every problem of the plan; ValueError when repeats are fewer than 2
    """
    _require_valid(plan, n)
    if repeats <= 1:
        raise ValueError("a standard error needs two sequences or more")
    rates = np.empty(repeats)
    squares = np.empty(repeats)
    for index in range(repeats):
        arms = islice(sequence(plan, lambda k: int(rng.integers(k))), n)
        rates[index], squares[index] = _score(plan, arms, n=n)
    return Quality(
        n=n,
        correct_guess_rate=float(rates.mean()),
        certain_rate=None,
        imbalance=math.sqrt(float(squares.mean())),
        std_error=float(rates.std(ddof=1)) / math.sqrt(repeats),
        repeats=repeats,
    )


def _require_valid(plan: Plan, n: int) -> None:
    if n < 1:
        raise ValueError(f"quality over {n} participants")
    if plan.method == MINIMIZATION:
        raise ValueError("minimization depends on who comes: rehearse it with `simulate`")
    errors = [problem for problem in plan.check() if problem.severity == "error"]
    if errors:
        raise ProtocolError("The plan's quality cannot be computed", errors)


def _chances(plan: Plan, law: Mapping[State, float]) -> Iterator[tuple[float, float, State]]:
    """Yield (probability of the state, chance of the first arm in it, state), blocks being opened here."""
    for state, probability in law.items():
        if plan.method != "permuted_blocks":
            yield probability, _coin(plan, ahead=state[1] - state[2]), state
        elif state == START:
            for size in plan.block_sizes:
                yield probability / len(plan.block_sizes), FAIR, (size, 0, 0)
        else:
            size, one, two = state
            yield probability, (size // 2 - one) / (size - one - two), state


def _coin(plan: Plan, *, ahead: int) -> float:
    """Return the chance of the first arm when it is ahead by so many."""
    if plan.method == "complete" or ahead == 0:
        return FAIR
    if plan.method == "big_stick":
        return FAIR if abs(ahead) < (plan.maximum_imbalance or 0) else float(ahead < 0)
    bias = plan.bias or FAIR
    return bias if ahead < 0 else 1 - bias


def _settle(size: int, one: int, two: int) -> State:
    """Close a full block; outside blocks keep only which arm is ahead and by how many."""
    if size:
        return START if one + two == size else (size, one, two)
    common = min(one, two)
    return 0, one - common, two - common


def _score(plan: Plan, arms: Iterator[str], *, n: int) -> tuple[float, float]:
    """Return the share guessed right and the squared final imbalance of one sequence."""
    whole = math.lcm(*plan.ratio.values())
    step = {arm: whole // weight for arm, weight in plan.ratio.items()}
    standing = dict.fromkeys(plan.ratio, 0)
    right = 0.0
    for arm in arms:
        behind = min(standing.values())
        # A tie is broken by a fair coin, whose expectation stands in for it.
        if standing[arm] == behind:
            right += 1 / sum(value == behind for value in standing.values())
        standing[arm] += step[arm]
    imbalance = (max(standing.values()) - min(standing.values())) / whole
    return right / n, imbalance**2
