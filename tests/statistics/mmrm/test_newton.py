"""The search itself, where a whole fit cannot easily be brought."""

import numpy as np
import pytest

from equipoise.statistics.mmrm.newton import _determined


def test_a_curvature_beyond_the_machines_numbers_determines_nothing_and_stops_nobody() -> None:
    curved, beyond = np.eye(2), np.array([[np.inf, 0.0], [0.0, 1.0]])
    hessian = np.stack([curved, beyond, np.full((2, 2), np.nan), np.zeros((2, 2))])
    assert _determined(hessian, np.ones((4, 2))).tolist() == [True, False, False, False]


def test_a_matrix_no_decomposition_ends_for_is_never_decomposed() -> None:
    hessian = np.random.default_rng(1).normal(size=(200, 6, 6))
    hessian = hessian + hessian.transpose(0, 2, 1)
    hessian[:, 1, 4] = hessian[:, 4, 1] = np.inf
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.eigvalsh(hessian)
    assert not _determined(hessian, np.ones((200, 6))).any()
