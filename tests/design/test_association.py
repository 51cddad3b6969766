"""The correlation of two recorded scores, against an integral that knows nothing of Hermite polynomials."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.design.association import coefficients, factor, latent_for, recorded
from equipoise.design.lattice import Lattice

SCALE = Lattice(0.0, 60.0)
GRID = np.linspace(-9, 9, 40_001)


def _by_integration(first: tuple[float, float], second: tuple[float, float], latent: float) -> float:
    """The covariance as the integral over Z1 of (Y1(z) - E Y1)(E[Y2 | z] - E Y2), a sum over a fine grid."""
    density = np.exp(-(GRID**2) / 2) / np.sqrt(2 * np.pi) * (GRID[1] - GRID[0])
    value = SCALE.record(first[0] + first[1] * GRID) - SCALE.moments(*first)[0]
    rest = second[1] * np.sqrt(1 - latent**2)
    given_first = np.array([SCALE.moments(second[0] + second[1] * latent * z, rest)[0] for z in GRID[::50]])
    expected = np.interp(GRID, GRID[::50], given_first) - SCALE.moments(*second)[0]
    return float((density * value * expected).sum())


@pytest.mark.parametrize("latent", [-0.7, -0.2, 0.17, 0.72, 0.9])
@pytest.mark.parametrize("second", [(4.577, 8.994), (18.9, 10.7), (58.0, 6.0)])
def test_recorded_covariance_agrees_with_numerical_integration(
    second: tuple[float, float], latent: float
) -> None:
    cells = coefficients(SCALE, mean=np.array([27.7, second[0]]), sd=np.array([5.3, second[1]]))
    found = recorded(np.array([latent]), cells[:1] * cells[1:])[0]
    assert found == pytest.approx(_by_integration((27.7, 5.3), second, latent), abs=0.003)


@given(latent=st.floats(-0.9, 0.9), mean=st.floats(5, 55), sd=st.floats(2, 15))
@settings(max_examples=40, deadline=None)
def test_the_inverse_finds_the_latent_correlation_back(latent: float, mean: float, sd: float) -> None:
    cells = coefficients(SCALE, mean=np.array([30.0, mean]), sd=np.array([6.0, sd]))
    products = cells[:1] * cells[1:]
    wanted = recorded(np.array([latent]), products)
    assert latent_for(wanted, products)[0] == pytest.approx(latent, abs=1e-8)


def test_clamping_weakens_a_correlation() -> None:
    cells = coefficients(SCALE, mean=np.array([27.7, 4.6]), sd=np.array([5.3, 9.0]))
    covariance = recorded(np.array([0.7]), cells[:1] * cells[1:])[0]
    sds = SCALE.moments(27.7, 5.3)[1] * SCALE.moments(4.6, 9.0)[1]
    assert 0.6 < covariance / sds < 0.7


def test_a_covariance_that_no_correlation_gives_is_refused() -> None:
    cells = coefficients(SCALE, mean=np.array([30.0, -20.0]), sd=np.array([6.0, 10.0]))
    sds = SCALE.moments(30.0, 6.0)[1] * SCALE.moments(-20.0, 10.0)[1]
    with pytest.raises(ValueError, match="correlated that strongly"):
        latent_for(np.array([0.95 * sds]), cells[:1] * cells[1:])


@given(visits=st.floats(0.05, 0.95), size=st.integers(1, 7))
@settings(max_examples=30, deadline=None)
def test_the_factor_multiplies_back_to_the_matrix(visits: float, size: int) -> None:
    days = np.arange(size)
    matrix = visits ** np.abs(days[:, None] - days)
    lower = factor(matrix)
    assert np.allclose(lower @ lower.T, matrix, atol=1e-12)
    assert np.allclose(lower, np.linalg.cholesky(matrix), atol=1e-10)


def test_correlations_that_exclude_each_other_are_refused() -> None:
    matrix = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    with pytest.raises(ValueError, match="exclude each other"):
        factor(matrix)
