"""Minimization: each participant comes into the arm that keeps the factors balanced, by a biased coin.

Holds one draw, many of them, and the check that draws are what seed and history give. Unlike a list, a draw
needs everybody drawn before. Nothing here prints an arm: reprs show the draw's number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from equipoise.allocation.list import AllocationList, Slot, kit_numbers
from equipoise.allocation.plan import MINIMIZATION, UNSTRATIFIED, Plan
from equipoise.allocation.stream import Stream
from equipoise.errors import Problem, ProtocolError

DRAW = "draw:"
"""What the name of a draw's stream begins with; its number follows."""

Levels = tuple[str, ...]
"""A participant's level of each factor, in the plan's order."""


@dataclass(frozen=True, slots=True, repr=False)
class Draw:
    """One draw, with all that somebody needs to draw it again.

    number     1, 2, ... in the order participants came
    levels     the participant's level of each factor, in the plan's order
    scores     imbalance that would follow from each ticket, in the order of tickets: the weighted sum over
               factors of the range of the tickets' numbers in the participant's level, or of their variance
               times the squared number of tickets, a whole number
    preferred  the ticket with the least score, drawn where several have it
    ticket     the ticket that the coin gave; an arm has as many tickets as its weight
    arm        the arm of that ticket
    """

    number: int
    levels: Levels
    scores: tuple[int, ...]
    preferred: int
    ticket: int
    arm: str

    def __repr__(self) -> str:
        return f"<Draw {self.number}>"


class Balance:
    """How many of each ticket every level holds so far. Mutable: `note` adds a participant."""

    def __init__(self, plan: Plan) -> None:
        self.tickets = tuple(arm for arm in plan.arms for _ in range(plan.ratio[arm]))
        self._weights = [plan.weights.get(factor.id, 1) for factor in plan.strata]
        self._spread = _range if plan.imbalance == "range" else _variance
        self._held: list[dict[str, list[int]]] = [
            {level: [0] * len(self.tickets) for level in factor.levels} for factor in plan.strata
        ]

    def scores(self, levels: Levels) -> tuple[int, ...]:
        """Return the imbalance that would follow from each ticket."""
        here = [held[level] for held, level in zip(self._held, levels, strict=True)]
        found = []
        for ticket in range(len(self.tickets)):
            score = 0
            for weight, numbers in zip(self._weights, here, strict=True):
                numbers[ticket] += 1
                score += weight * self._spread(numbers)
                numbers[ticket] -= 1
            found.append(score)
        return tuple(found)

    def note(self, levels: Levels, ticket: int) -> None:
        """Add a participant."""
        for held, level in zip(self._held, levels, strict=True):
            held[level][ticket] += 1


def _range(numbers: Sequence[int]) -> int:
    return max(numbers) - min(numbers)


def _variance(numbers: Sequence[int]) -> int:
    """Return the variance times the squared number of tickets: whole, and ordered as the variance is."""
    return len(numbers) * sum(number * number for number in numbers) - sum(numbers) ** 2


def draw(
    plan: Plan,
    *,
    levels: Mapping[str, str],
    earlier: Iterable[tuple[Levels, int]],
    seed: bytes,
    canonical: bytes,
) -> Draw:
    """Draw the next participant.

    levels     factor to level
    earlier    levels and ticket of everybody drawn before, in order
    seed       secret bytes, at least 16, from a token source
    canonical  canonical bytes of the protocol's arms and allocation sections
    Raises     ProtocolError with every problem of the plan; RecordError when a level is missing or unknown
    Source     Pocock and Simon (1975), Biometrics 31:103-115; docs/methods/allocation.md says how unequal
               ratios are kept
    """
    require_valid(plan)
    balance, number = Balance(plan), 1
    for before, ticket in earlier:
        balance.note(before, ticket)
        number += 1
    return _next(
        plan, balance, number, levels_of(plan, levels), Stream(seed, canonical=canonical, name=_name(number))
    )


def draw_all(
    plan: Plan, *, people: Iterable[Mapping[str, str]], seed: bytes, canonical: bytes
) -> tuple[Draw, ...]:
    """Draw participants one after the other, as `draw` would.

    people   factor to level, of each in order
    Raises   ProtocolError with every problem of the plan; RecordError when a level is missing or unknown
    """
    require_valid(plan)
    balance, found = Balance(plan), []
    for number, person in enumerate(people, 1):
        stream = Stream(seed, canonical=canonical, name=_name(number))
        drawn = _next(plan, balance, number, levels_of(plan, person), stream)
        balance.note(drawn.levels, drawn.ticket)
        found.append(drawn)
    return tuple(found)


def check(plan: Plan, draws: Iterable[Draw], *, seed: bytes, canonical: bytes) -> list[Problem]:
    """Return a problem for each draw that seed and history do not give; arms are not shown.

    draws   in order; each is compared given those before it as they stand
    """
    balance, problems = Balance(plan), []
    for number, drawn in enumerate(draws, 1):
        stream = Stream(seed, canonical=canonical, name=_name(number))
        if _next(plan, balance, number, drawn.levels, stream) != drawn:
            problems.append(
                Problem(
                    f"draw {drawn.number} is not what seed and history give", "stop and investigate", "draw"
                )
            )
        balance.note(drawn.levels, drawn.ticket)
    return problems


def as_list(plan: Plan, draws: Sequence[Draw], *, seed: bytes, canonical: bytes) -> AllocationList:
    """Return draws as slots: position = number of the draw, stratum = combination of levels."""
    kits = kit_numbers(plan, seed=seed, canonical=canonical, length=len(draws), strata=(UNSTRATIFIED,))
    ids = [factor.id for factor in plan.strata]
    return AllocationList(
        tuple(
            Slot(
                stratum=plan.stratum(dict(zip(ids, one.levels, strict=True))),
                position=one.number,
                arm=one.arm,
                kit=kits[UNSTRATIFIED, one.number],
            )
            for one in draws
        )
    )


def levels_of(plan: Plan, levels: Mapping[str, str]) -> Levels:
    """Return levels in the plan's order; RecordError with everything missing or unknown."""
    plan.stratum(levels)
    return tuple(levels[factor.id] for factor in plan.strata)


def require_valid(plan: Plan) -> None:
    """Raise ProtocolError with everything wrong with the plan, or when it is no minimization."""
    problems = [problem for problem in plan.check() if problem.severity == "error"]
    if plan.method != MINIMIZATION:
        problems.append(Problem(f"the method is {plan.method}", "draw a list", "method"))
    if problems:
        raise ProtocolError("Nobody can be drawn by minimization", problems)


def _name(number: int) -> str:
    return f"{DRAW}{number}"


def _next(plan: Plan, balance: Balance, number: int, levels: Levels, stream: Stream) -> Draw:
    scores = balance.scores(levels)
    least = min(scores)
    tied = [ticket for ticket, score in enumerate(scores) if score == least]
    preferred = tied[stream.below(len(tied))]
    bias = plan.exact_bias
    ticket = preferred
    if stream.below(bias.denominator) >= bias.numerator:
        others = [one for one in range(len(scores)) if one != preferred]
        ticket = others[stream.below(len(others))]
    return Draw(number, levels, scores, preferred, ticket, balance.tickets[ticket])
