"""What a scenario states comes out of the latent normals it is turned into, exactly."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.design import association, draw, truth_of
from equipoise.design.course import value_at
from equipoise.design.timeline import timeline_of
from equipoise.protocol import Resolved

SUMMARIES = Path(__file__).parents[1] / "golden" / "simulation" / "published.csv"
AFTER_ROUNDING = 0.1
"""What issue and paper print has two decimals; a simulated truth must match to this."""


def _published() -> list[dict[str, str]]:
    with SUMMARIES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _moments(frontline: Resolved, row: dict[str, str]) -> tuple[float, float]:
    """Return mean and SD, without any draw, of a score at a visit or of its change from baseline."""
    truth = truth_of(frontline, frontline.protocol.scenario("back-2024"))
    course = truth.courses[row["score"]]
    arm = [one.id for one in truth.arms].index(row["arm"])
    lattice = course.measure.lattice
    start = float(course.start[0][arm]), float(course.start[1][arm])
    visits = [truth.timeline.places[place].visit.id for place in course.places]
    if row["what"] == "baseline":
        return lattice.moments(*start)
    at = visits.index("D28")
    after = float(course.mean[0, arm, at]), float(course.sd[0, arm, at])
    if row["what"] == "value":
        return lattice.moments(*after)
    means, sds = np.array([start, after]).T
    cells = association.coefficients(lattice, mean=means, sd=sds)
    latent = course.factor[arm, course.rows[course.later.index(at)], 0]
    covariance = association.recorded(np.array([latent]), cells[:1] * cells[1:])[0]
    first, second = lattice.moments(*start), lattice.moments(*after)
    return second[0] - first[0], float(np.sqrt(first[1] ** 2 + second[1] ** 2 - 2 * covariance))


@pytest.mark.parametrize(
    "row", _published(), ids=lambda row: "-".join((row["score"], row["arm"], row["what"]))
)
def test_back_2024_has_the_published_means_and_standard_deviations(
    frontline: Resolved, row: dict[str, str]
) -> None:
    mean, sd = _moments(frontline, row)
    assert mean == pytest.approx(float(row["mean"]), abs=AFTER_ROUNDING)
    assert sd == pytest.approx(float(row["sd"]), abs=AFTER_ROUNDING)


def test_drawn_changes_have_the_published_moments_within_four_standard_errors(frontline: Resolved) -> None:
    truth = truth_of(frontline, frontline.protocol.scenario("back-2024"), participants=1000)
    batch = draw(truth, range(8), seed=1)
    for row in _published():
        scored = batch.scores[row["score"]]
        after = scored.values[:, :, scored.visits.index("D28")]
        before = scored.values[:, :, scored.visits.index("PREP1")]
        drawn = {"baseline": before, "value": after, "change": after - before}[row["what"]]
        values = drawn[batch.received == [arm.id for arm in truth.arms].index(row["arm"])]
        mean, sd = _moments(frontline, row)
        assert abs(values.mean() - mean) < 4 * sd / np.sqrt(values.size)
        kurtosis = ((values - values.mean()) ** 4).mean() / values.var() ** 2
        assert abs(values.std() - sd) < 4 * sd * np.sqrt((kurtosis - 1) / 4 / values.size)


def test_a_curve_is_zero_at_the_dose_straight_between_visits_and_then_constant(trial: Resolved) -> None:
    timeline = timeline_of(trial.protocol)
    days = np.array([-7, 0, 7, 14, 28, 56, 84, 200])
    found = value_at({"D7": -7.0, "D28": -14.0, "D84": 0.0}, timeline, days=days)
    assert found.tolist() == pytest.approx([0, 0, -7, -7 - 7 / 3, -14, -7, 0, 0])


def test_after_the_later_dose_the_effect_is_that_of_the_arm_it_is_like(
    ready: Any, scenario_with: Any
) -> None:
    truth = ready(scenario_with(crossover={"uptake": 1, "like": "drug"}))
    course = truth.courses["madrs.total"]
    control = [arm.id for arm in truth.arms].index("control")
    planned, crossed = course.expected[:, control]
    assert planned[:-1].tolist() == crossed[:-1].tolist()
    assert planned[-1] == 28 - 8
    # D84 is 42 days after the open dose; the drug's effect runs from -8 at day 28 to -4 at day 84.
    assert crossed[-1] == pytest.approx(28 - 8 - 7)


def test_a_repeated_dose_starts_the_own_effect_again(ready: Any, scenario_with: Any) -> None:
    def repeated(data: dict[str, Any]) -> None:
        scenario_with(crossover={"uptake": 1})(data)
        data["visits"][6].pop("arms")

    course = ready(repeated).courses["madrs.total"]
    assert course.expected[0, 0, -1] == 28 - 8 - 4
    assert course.expected[1, 0, -1] == pytest.approx(28 - 8 - 7)


def test_later_visits_correlate_as_a_power_of_the_days_between_them(ready: Any) -> None:
    course = ready().courses["madrs.total"]
    for factor in course.factor:
        matrix = factor @ factor.T
        assert matrix[2, 1] == pytest.approx(0.8 ** (21 / 28))
        assert matrix[3, 1] == pytest.approx(0.8 ** (77 / 28))


def test_latent_moments_are_taken_as_stated(ready: Any) -> None:
    def latent(data: dict[str, Any]) -> None:
        data["simulation"]["scenarios"][0]["outcomes"]["madrs.total"]["moments"] = "latent"

    course = ready(latent).courses["madrs.total"]
    assert course.mean.tolist() == course.expected.tolist()
    assert course.factor[:, 1:, 0] == pytest.approx(np.array([[0.3] * 3, [0.5] * 3]))
