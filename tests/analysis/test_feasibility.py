"""What no data could answer, in protocols built in memory, which `protocol.check` has not judged."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise import analysis
from equipoise.errors import ProtocolError

WHEN = analysis.Provenance(command="test", created_at="2031-01-01T00:00:00Z", versions={})


@pytest.fixture
def changed(pocket: Callable[..., Any]) -> Callable[..., Any]:
    """Return the pocket trial with an estimand changed past the check of a file."""

    def build(*, estimator: dict[str, Any] | None = None, **changes: Any) -> Any:
        resolved = pocket()
        primary = resolved.protocol.primary
        chosen = primary.estimator.model_copy(update=estimator or {})
        estimand = primary.model_copy(update={**changes, "estimator": chosen})
        plan = resolved.protocol.model_copy(update={"estimands": (estimand,)})
        return type(resolved)(plan, resolved.forms)

    return build


def test_a_protocol_from_a_file_is_feasible(pocket: Callable[..., Any]) -> None:
    assert analysis.check(pocket()) == []


def test_an_estimator_without_a_row_is_named(changed: Any) -> None:
    (problem,) = analysis.check(changed(estimator={"name": "guess"}))
    assert (problem.path, problem.message) == (
        "estimands.primary.estimator",
        "no estimator is called `guess`",
    )


def test_options_are_judged_as_in_a_file(changed: Any) -> None:
    options = {"covariance": "toeplitz", "visits": ["D28"]}
    found = {
        one.path: one.message
        for one in analysis.check(changed(estimator={"name": "mmrm", "options": options}))
    }
    assert found == {
        "estimands.primary.estimator.options.covariance": "`toeplitz` is not a choice",
        "estimands.primary.estimator.name": "mmrm needs several visits and has D28 alone",
    }


def test_silence_about_the_variance_is_refused(changed: Any) -> None:
    (problem,) = analysis.check(changed(estimator={"name": "mmrm-jr"}))
    assert "nothing says which variance mmrm-jr takes" in problem.message


def test_failure_of_a_number_is_refused(changed: Any) -> None:
    (problem,) = analysis.check(changed(missing="failure"))
    assert problem.path == "estimands.primary.missing"


def test_an_analysis_is_refused_with_every_problem(changed: Any, six: Any) -> None:
    planned = changed(estimator={"name": "mmrm-delta", "options": {"to": "nobody"}})
    with pytest.raises(ProtocolError) as refused:
        analysis.estimates(planned, six.records, six.allocation)
    assert len(refused.value.problems) == 3
