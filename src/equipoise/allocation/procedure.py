"""The procedures of lists: each turns draws into an endless sequence of arms.

Holds no seed and no strata: `below` is handed in, a keyed stream for a list, a generator for a simulation.
"""

from collections.abc import Iterator

from equipoise.allocation.plan import Plan
from equipoise.allocation.stream import Below


def sequence(plan: Plan, below: Below) -> Iterator[str]:
    """Yield arms without end by the plan's method.

    Raises  ValueError when the method is unknown; `Plan.check` says everything else
    Source  big stick: Soares and Wu (1983), Commun Stat Theory Methods 12:2017-2034;
            biased coin: Efron (1971), Biometrika 58:403-417
    """
    if plan.method == "complete":
        return _complete(plan, below)
    if plan.method == "permuted_blocks":
        return _permuted_blocks(plan, below)
    if plan.method == "big_stick":
        return _big_stick(plan, below)
    if plan.method == "efron":
        return _efron(plan, below)
    raise ValueError(f"unknown method {plan.method!r}")


def _complete(plan: Plan, below: Below) -> Iterator[str]:
    tickets = _tickets(plan)
    while True:
        yield tickets[below(len(tickets))]


def _permuted_blocks(plan: Plan, below: Below) -> Iterator[str]:
    sizes, unit = plan.block_sizes, plan.unit
    tickets = {size: _tickets(plan, times=size // unit) for size in sizes}
    while True:
        block = tickets[sizes[below(len(sizes))]].copy()
        # Fisher and Yates's shuffle, from the end.
        for last in range(len(block) - 1, 0, -1):
            other = below(last + 1)
            block[last], block[other] = block[other], block[last]
        yield from block


def _big_stick(plan: Plan, below: Below) -> Iterator[str]:
    first, second = plan.arms
    ahead = 0
    limit = plan.maximum_imbalance or 0
    while True:
        # At the limit nothing is left to chance, and nothing is drawn.
        takes_first = ahead < 0 if abs(ahead) == limit else below(2) == 0
        ahead += 1 if takes_first else -1
        yield first if takes_first else second


def _efron(plan: Plan, below: Below) -> Iterator[str]:
    first, second = plan.arms
    ahead = 0
    bias = plan.exact_bias
    while True:
        if ahead == 0:
            takes_first = below(2) == 0
        else:
            takes_behind = below(bias.denominator) < bias.numerator
            takes_first = takes_behind == (ahead < 0)
        ahead += 1 if takes_first else -1
        yield first if takes_first else second


def _tickets(plan: Plan, *, times: int = 1) -> list[str]:
    return [arm for arm in plan.arms for _ in range(plan.ratio[arm] * times)]
