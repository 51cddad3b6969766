"""The normal law behind formulas, against the draws it stands for."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from equipoise.design import Truth, draw
from equipoise.design.moments import law_of, left_out

SCORE = "madrs.total"
VISITS = ("D7", "D28")


def stated(data: dict[str, Any]) -> None:
    scenario = data["simulation"]["scenarios"][0]
    scenario["dropout"] = {"per_28_days": {"drug": 0.05, "control": 0.2}, "mechanism": "mcar"}
    scenario["missed_forms"] = 0.02
    scenario["expectancy"] = {
        "right": {"drug": 0.9, "control": 0.7},
        "bias": {SCORE: -3},
        "bias_sd": {SCORE: 1},
    }


@pytest.mark.parametrize(("arm", "place"), [("drug", 0), ("control", 1)])
def test_means_spreads_and_retention_are_those_of_the_draws(
    ready: Callable[..., Truth], arm: str, place: int
) -> None:
    big = ready(stated, participants=400)
    found = law_of(big, SCORE, VISITS, arm=arm)
    batch = draw(big, range(20), seed=1)
    scored = batch.scores[SCORE]
    columns = [scored.visits.index(visit) for visit in ("BASE", *VISITS)]
    mine = batch.arm == place
    values = scored.values[:, :, columns][mine]
    n = len(values)
    error = np.sqrt(np.diag(found.covariance) / n)
    # The ends of the scale and rounding move a mean by tenths of a point.
    assert np.abs(values.mean(axis=0) - found.mean).max() < 0.3 + 4 * error.max()
    assert np.cov(values.T) == pytest.approx(found.covariance, rel=0.15, abs=3.0)
    recorded = scored.recorded[:, :, columns[1:]][mine].mean(axis=0)
    assert recorded == pytest.approx(found.retention, abs=4 * np.sqrt(0.25 / n))


def test_what_the_law_leaves_out_is_said(ready: Callable[..., Truth]) -> None:
    assert list(left_out(ready(), SCORE)) == ["rounding of scores and the ends of the scale"]

    def edit(data: dict[str, Any]) -> None:
        stated(data)
        scenario = data["simulation"]["scenarios"][0]
        scenario["dropout"] |= {
            "mechanism": "mnar",
            "odds_ratio_per_point": 1.1,
            "disappointment": 2.0,
            "score": SCORE,
        }
        scenario["expectancy"]["disappointment"] = {SCORE: 2.0}
        scenario["outcomes"][SCORE]["clustering"] = {"site": 0.05}
        scenario["intercurrent_events"] = {
            "antidepressant": {"probability": 0.1, "from_day": 3, "to_day": 20}
        }
        scenario["dispensing_error"] = 0.01

    said = " ".join(left_out(ready(edit), SCORE))
    for word in (
        "leaving depends",
        "disappointment makes",
        "alike",
        "had the control",
        "intercurrent",
        "dispensing",
    ):
        assert word in said


@pytest.mark.parametrize(("score", "visit"), [("pcl5.total", "D7"), (SCORE, "BASE"), ("spfi.burnout", "D28")])
def test_a_law_that_is_not_stated_is_refused(ready: Callable[..., Truth], score: str, visit: str) -> None:
    with pytest.raises(ValueError, match=r"no scheduled visit|states no course"):
        law_of(ready(), score, (visit,), arm="drug")
