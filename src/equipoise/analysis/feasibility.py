"""What a protocol plans that no data could be analyzed by: said before any data are looked at.

Holds the conditions under which an estimand has a meaning at all, for protocols built in memory; one read
from a file has passed `protocol.check`, which says the same with lines. Refuses anything that depends on
data.
"""

from collections.abc import Iterator

from equipoise.analysis.registry import ESTIMATORS
from equipoise.errors import Problem, ProtocolError
from equipoise.protocol import Resolved
from equipoise.protocol.estimator_options import faults
from equipoise.protocol.estimators import BINARY, COMPOSITE, COMPOSITE_VALUES
from equipoise.protocol.plan import Estimand


def check(resolved: Resolved) -> list[Problem]:
    """Return everything in the planned analysis that cannot be carried out, whatever the data."""
    return [
        problem
        for estimand in resolved.protocol.estimands
        for problem in (*_problems(estimand), *_option_problems(resolved, estimand))
    ]


def require_feasible(resolved: Resolved) -> None:
    """Raise ProtocolError with every problem that `check` finds."""
    problems = check(resolved)
    if problems:
        raise ProtocolError("the planned analysis cannot be carried out", problems)


def _problems(estimand: Estimand) -> Iterator[Problem]:
    path = f"estimands.{estimand.id}"
    if estimand.estimator.name not in ESTIMATORS:
        known = ", ".join(ESTIMATORS)
        yield Problem(
            f"no estimator is called `{estimand.estimator.name}`", f"known: {known}", f"{path}.estimator"
        )
    if estimand.variable.type in BINARY:
        return
    composite = [one.event for one in estimand.intercurrent_events if one.strategy == "composite"]
    chosen = estimand.estimator.options.get(COMPOSITE)
    if composite and chosen not in COMPOSITE_VALUES:
        yield Problem(
            f"a composite strategy for {', '.join(composite)} needs a number that stands for a failure",
            f"give `options: {{{COMPOSITE}: worst}}` or `baseline`, or use a response variable",
            f"{path}.intercurrent_events",
        )
    if estimand.missing == "failure":
        yield Problem(
            "`failure` counts missing values as no response, and this variable is a number",
            "use complete_cases or missing_at_random",
            f"{path}.missing",
        )


def _option_problems(resolved: Resolved, estimand: Estimand) -> Iterator[Problem]:
    try:
        form, _ = resolved.locate(estimand.variable.score)
    except KeyError:
        form = ""
    for fault in faults(resolved.protocol, estimand, form=form):
        place = ".".join(str(one) for one in ("estimands", estimand.id, *fault.place))
        yield Problem(fault.message, fault.hint, place)
