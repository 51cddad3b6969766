import numpy as np
import pytest

from equipoise.statistics import imputation
from equipoise.statistics.imputation.result import Status


@pytest.fixture(scope="module")
def found(invented):
    return imputation.analyze(invented(arms=3), arm=2, visit=1)


def test_a_result_has_a_line_a_visit_and_its_convention(found):
    text = found.summary()
    assert text.startswith("visit 2: ")
    assert found.convention in text
    assert "converged (37 of 37 fits)" in text


def test_its_table_has_differences_and_means_of_every_arm(found):
    table = found.to_frame()
    assert table["quantity"].tolist() == ["difference", "mean", "mean", "mean"]
    assert table["arm"].tolist() == [2, 0, 1, 2]
    assert table["visit"].tolist() == [1] * 4
    assert table["estimate"][0] == pytest.approx(table["estimate"][3] - table["estimate"][1])


def test_imputed_outcomes_are_counted_by_arm_and_visit(found, invented):
    trial = invented(arms=3)
    assert found.n_imputed == trial.missing[:, 1].sum()
    assert found.imputed[0, 1] == np.isnan(trial.outcome[trial.arm == 0, 1]).sum()


def test_a_status_says_what_failed():
    assert str(Status(3)) == "converged (3 of 3 fits)"
    failed = Status(3, 2, {"no maximum": 2})
    assert not failed.ok
    assert str(failed) == "incomplete (1 of 3 fits): no maximum (2)"
