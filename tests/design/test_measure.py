"""What can be simulated as one number, and the way between steps and points."""

from typing import Any

import numpy as np
import pytest

from equipoise.design.measure import measure_of
from equipoise.protocol import Resolved


def test_a_sum_is_its_own_steps(frontline: Resolved) -> None:
    measure = measure_of(frontline, "madrs.total")
    assert (measure.lattice.low, measure.lattice.high) == (0, 60)
    assert measure.points(27.0) == 27
    assert measure.worse


def test_a_mean_has_the_steps_of_its_sum(frontline: Resolved) -> None:
    measure = measure_of(frontline, "spfi.fulfillment")
    assert (measure.lattice.low, measure.lattice.high) == (0, 24)
    assert measure.points(7.0) == 7 / 6
    assert measure.steps(3.0) == 18
    assert measure.step_lengths(0.5) == 3
    assert not measure.worse


def test_a_percentage_has_the_steps_of_its_sum(frontline: Resolved) -> None:
    measure = measure_of(frontline, "meq30.total_percent")
    assert measure.points(np.array([0.0, 75.0, 150.0])).tolist() == [0, 50, 100]
    assert measure.steps(measure.points(33.0)) == pytest.approx(33)


def test_a_number_item_has_the_steps_of_its_last_digit(frontline: Resolved) -> None:
    measure = measure_of(frontline, "screening.frontline_months")
    assert (measure.lattice.low, measure.lattice.high) == (0, 600)
    assert measure.points(123.0) == 12.3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("meq30.complete", "no sum or mean"),
        ("cssrs_since.intensity", "not always asked"),
        ("screening.profession", "not a number"),
        ("madrs.nothing", "no form collects"),
    ],
)
def test_what_is_no_sum_in_disguise_is_refused(frontline: Resolved, name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        measure_of(frontline, name)


def test_a_number_without_range_is_unbounded(small: Any) -> None:
    def free(data: dict[str, Any]) -> None:
        item = {"id": "weight", "label": "Weight", "type": "number"}
        data["forms"][3]["items"].append(item)

    measure = measure_of(small(free), "intake.weight")
    assert np.isinf([measure.lattice.low, measure.lattice.high]).all()
    assert measure.points(701.0) == 70.1
