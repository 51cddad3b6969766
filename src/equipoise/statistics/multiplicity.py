"""Several hypotheses under one error rate: fixed sequence, Holm, Hochberg and the graph of Bretz et al.

Holds p-values in, decisions out, in plain Python. Does not know where a p-value comes from. A hypothesis
whose p-value could not be computed (None) is never rejected and counts as if its p-value were 1.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from equipoise.errors import Problem, ProtocolError
from equipoise.statistics.p_value import format_p
from equipoise.statistics.tabulate import tabulate

# A p-value equal to its level is rejected; rounding must not decide it.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Decision:
    """What a procedure says of one hypothesis.

    p_value      as given; None = could not be computed
    adjusted_p   the smallest family-wise level at which it is rejected; None when not tested
    local_alpha  the level its p-value was compared with; 0 when no alpha reached it
    tested       False when no alpha reached it: its result is descriptive
    rejected     the null hypothesis is rejected at the family-wise level
    """

    hypothesis: str
    p_value: float | None
    adjusted_p: float | None
    local_alpha: float
    tested: bool
    rejected: bool


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions of one procedure, in the order the hypotheses were given.

    procedure  its name in words
    alpha      family-wise error rate, two-sided
    """

    procedure: str
    alpha: float
    decisions: tuple[Decision, ...]

    def __getitem__(self, hypothesis: str) -> Decision:
        """Return one hypothesis's decision; KeyError when it was not among them."""
        for decision in self.decisions:
            if decision.hypothesis == hypothesis:
                return decision
        raise KeyError(hypothesis)

    def __iter__(self) -> Iterator[Decision]:
        return iter(self.decisions)

    def __len__(self) -> int:
        return len(self.decisions)

    def summary(self) -> str:
        """Return one line: the procedure, then each hypothesis and what became of it."""
        verdicts = "; ".join(f"{d.hypothesis} {_verdict(d)}" for d in self.decisions)
        return f"{self.procedure} at {self.alpha:g}: {verdicts}"

    def to_frame(self) -> Any:
        """Return a pandas DataFrame, one row a hypothesis."""
        return tabulate([asdict(decision) for decision in self.decisions])


def fixed_sequence(p_values: Mapping[str, float | None], *, alpha: float) -> Decisions:
    """Test in the order given, each at the full alpha, until the first that is not rejected.

    p_values  by hypothesis, in testing order
    Hypotheses after the first failure are not tested.
    Raises  ValueError when a p-value or alpha is outside 0..1
    Source  Maurer, Hothorn and Lehmacher (1995); Westfall and Krishen (2001), J Stat Plan Inference 99:25-40
    Checked tests/golden/multiplicity
    """
    _require_probabilities(p_values, alpha)
    decisions, going, largest = [], True, 0.0
    for name, p in p_values.items():
        largest = max(largest, _or_one(p))
        rejected = going and _at_most(_or_one(p), alpha)
        adjusted = largest if going and p is not None else None
        decisions.append(
            Decision(
                hypothesis=name,
                p_value=p,
                adjusted_p=adjusted,
                local_alpha=alpha if going else 0.0,
                tested=going,
                rejected=rejected,
            )
        )
        going = rejected
    return Decisions("fixed sequence", alpha, tuple(decisions))


def holm(p_values: Mapping[str, float | None], *, alpha: float) -> Decisions:
    """Test from the smallest p-value up, the i-th of m at alpha / (m - i + 1), until the first failure.

    Controls the family-wise error rate whatever the dependence between the tests.
    Raises  ValueError when a p-value or alpha is outside 0..1
    Source  Holm (1979), Scand J Stat 6:65-70
    Checked tests/golden/multiplicity
    """
    _require_probabilities(p_values, alpha)
    order, m = _ranked(p_values), len(p_values)
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, name in enumerate(order):
        largest = max(largest, min(1.0, (m - rank) * _or_one(p_values[name])))
        adjusted[name] = largest
    count = sum(_at_most(value, alpha) for value in adjusted.values())
    levels = {name: alpha / (m - min(rank, count)) for rank, name in enumerate(order)}
    return _decide("Holm", p_values, alpha=alpha, adjusted=adjusted, levels=levels)


def hochberg(p_values: Mapping[str, float | None], *, alpha: float) -> Decisions:
    """Reject the k smallest p-values, k the largest rank with the k-th at most alpha / (m - k + 1).

    Controls the family-wise error rate when the tests are independent or positively dependent.
    Raises  ValueError when a p-value or alpha is outside 0..1
    Source  Hochberg (1988), Biometrika 75:800-802
    Checked tests/golden/multiplicity
    """
    _require_probabilities(p_values, alpha)
    order, m = _ranked(p_values), len(p_values)
    adjusted: dict[str, float] = {}
    smallest = 1.0
    for rank in reversed(range(m)):
        smallest = min(smallest, (m - rank) * _or_one(p_values[order[rank]]))
        adjusted[order[rank]] = smallest
    count = sum(_at_most(value, alpha) for value in adjusted.values())
    levels = {name: alpha / (m - max(rank, count - 1)) for rank, name in enumerate(order)}
    return _decide("Hochberg", p_values, alpha=alpha, adjusted=adjusted, levels=levels)


def graph(
    p_values: Mapping[str, float | None],
    *,
    weights: Mapping[str, float],
    transitions: Mapping[str, Mapping[str, float]],
    alpha: float,
) -> Decisions:
    """Test along a graph: a rejected hypothesis passes its share of alpha on along its arrows.

    weights      by hypothesis, share of alpha at the start; left out = 0; they add up to at most 1
    transitions  from, to, share passed on; left out = 0; each row adds up to at most 1
    Raises       ProtocolError with every problem of the graph;
                 ValueError when a p-value or alpha is outside 0..1
    Source       Bretz, Maurer, Brannath and Posch (2009), Stat Med 28:586-604
    Checked      tests/golden/multiplicity
    """
    _require_probabilities(p_values, alpha)
    problems = check_graph(list(p_values), weights=weights, transitions=transitions)
    if problems:
        raise ProtocolError("The multiplicity graph is not valid", problems)
    share = {name: float(weights.get(name, 0)) for name in p_values}
    arrows = {a: {b: float(transitions.get(a, {}).get(b, 0)) for b in p_values if b != a} for a in p_values}
    adjusted: dict[str, float] = {}
    levels: dict[str, float] = {}
    largest = 0.0
    while share:
        name = min(share, key=lambda h: _ratio(_or_one(p_values[h]), share[h]))
        largest = max(largest, _ratio(_or_one(p_values[name]), share[name]))
        adjusted[name] = largest
        if not _at_most(largest, alpha):
            levels = {**{h: w * alpha for h, w in share.items()}, **levels}
        levels.setdefault(name, share[name] * alpha)
        share, arrows = _without(name, share, arrows)
    return _decide("graph", p_values, alpha=alpha, adjusted=adjusted, levels=levels)


def check_graph(
    hypotheses: Sequence[str], *, weights: Mapping[str, float], transitions: Mapping[str, Mapping[str, float]]
) -> list[Problem]:
    """Return every problem of a graph: unknown names, shares outside 0..1, sums above 1, loops."""
    return [
        *_weight_problems(hypotheses, weights, path="weights"),
        *(
            Problem(f"{a!r} is not among the hypotheses", path="transitions")
            for a in transitions
            if a not in hypotheses
        ),
        *(
            Problem("a hypothesis cannot pass alpha to itself", path=f"transitions.{a}.{a}")
            for a, row in transitions.items()
            if row.get(a, 0) != 0
        ),
        *(
            p
            for a, row in transitions.items()
            for p in _weight_problems(hypotheses, row, path=f"transitions.{a}")
        ),
    ]


def _weight_problems(hypotheses: Sequence[str], row: Mapping[str, float], *, path: str) -> Iterator[Problem]:
    for name, value in row.items():
        if name not in hypotheses:
            yield Problem(f"{name!r} is not among the hypotheses", path=f"{path}.{name}")
        if not 0 <= value <= 1:
            yield Problem(f"{value} is not a share between 0 and 1", path=f"{path}.{name}")
    if sum(row.values()) > 1 + ROUNDING:
        yield Problem(f"the shares add up to {sum(row.values()):g}, above 1", path=path)


def _without(
    gone: str, share: Mapping[str, float], arrows: Mapping[str, Mapping[str, float]]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Remove one hypothesis: its share goes along its arrows, and arrows through it are joined."""
    left = [h for h in share if h != gone]
    passed = {h: share[h] + share[gone] * arrows[gone][h] for h in left}
    joined: dict[str, dict[str, float]] = {}
    for a in left:
        back = arrows[a][gone] * arrows[gone][a]
        through = {b: arrows[a][b] + arrows[a][gone] * arrows[gone][b] for b in left if b != a}
        joined[a] = {b: value / (1 - back) if back < 1 - ROUNDING else 0.0 for b, value in through.items()}
    return passed, joined


def _decide(
    procedure: str,
    p_values: Mapping[str, float | None],
    *,
    alpha: float,
    adjusted: Mapping[str, float],
    levels: Mapping[str, float],
) -> Decisions:
    decisions = []
    for name, p in p_values.items():
        tested = levels[name] > 0
        rejected = p is not None and tested and _at_most(adjusted[name], alpha)
        decisions.append(
            Decision(
                hypothesis=name,
                p_value=p,
                adjusted_p=adjusted[name] if tested and p is not None else None,
                local_alpha=levels[name],
                tested=tested,
                rejected=rejected,
            )
        )
    return Decisions(procedure, alpha, tuple(decisions))


def _require_probabilities(p_values: Mapping[str, float | None], alpha: float) -> None:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha lies between 0 and 1, not {alpha}")
    wrong = [f"{name}: {p}" for name, p in p_values.items() if p is not None and not 0 <= p <= 1]
    if wrong:
        raise ValueError(f"p-values lie between 0 and 1: {', '.join(wrong)}")


def _ranked(p_values: Mapping[str, float | None]) -> list[str]:
    return sorted(p_values, key=lambda name: _or_one(p_values[name]))


def _or_one(p: float | None) -> float:
    return 1.0 if p is None else p


def _at_most(p: float, level: float) -> bool:
    return p <= level * (1 + ROUNDING)


def _ratio(p: float, share: float) -> float:
    return min(1.0, p / share) if share > 0 else 1.0


def _verdict(decision: Decision) -> str:
    if not decision.tested:
        return "not tested"
    p = "no p-value" if decision.p_value is None else format_p(decision.p_value)
    return f"{'rejected' if decision.rejected else 'not rejected'} ({p})"
