"""Tests of the optimum and of Kenward-Roger against a slow computation that shares no code and no formula.

A matrix for every participant, other parameters, numerical derivatives: the definitions, not the algorithm.
"""

import itertools

import numpy as np
import pytest
from scipy.optimize import minimize

VISITS = 3
STRUCTURES = ["us", "cs", "csh", "ar1", "ar1h", "ad", "adh", "toep", "toeph", "sp_exp"]


def _correlation(name, rho, days):
    steps = np.abs(np.subtract.outer(range(VISITS), range(VISITS)))
    if name == "cs":
        return np.where(steps == 0, 1.0, rho[0])
    if name == "ar1":
        return rho[0] ** steps.astype(float)
    if name == "toep":
        return np.concatenate([[1.0], rho])[steps]
    if name == "sp_exp":
        return np.exp(-np.abs(days[:, :, None] - days[:, None, :]) / rho[0])
    return np.array([[np.prod(rho[min(a, b) : max(a, b)]) for b in range(VISITS)] for a in range(VISITS)])


def _sigma(name, theta, days):
    """Return the covariance for the parameters that fits report."""
    if name == "us":
        lower = np.zeros((VISITS, VISITS))
        lower[np.tril_indices(VISITS)] = theta
        return lower + lower.T - np.diag(np.diag(lower))
    family = name.removesuffix("h")
    count = VISITS if name != family else 1
    variances = np.broadcast_to(theta[:count], (VISITS,))
    rho = theta[count:] / (theta[0] if name in ("cs", "toep") else 1)
    return np.sqrt(np.outer(variances, variances)) * _correlation(family, rho, days)


def _theta(name, free):
    """Return parameters from unconstrained numbers: log Cholesky, log variances, partial correlations."""
    if name == "us":
        lower = np.zeros((VISITS, VISITS))
        lower[np.tril_indices(VISITS)] = free
        lower[np.diag_indices(VISITS)] = np.exp(np.diag(lower))
        return (lower @ lower.T)[np.tril_indices(VISITS)]
    family = name.removesuffix("h")
    count = VISITS if name != family else 1
    variances, rest = np.exp(free[:count]), np.tanh(free[count:])
    if family == "sp_exp":
        rest = np.exp(free[count:])
    if family == "cs":
        low = -1 / (VISITS - 1)
        rest = low + (1 - low) * (rest + 1) / 2
    if family == "toep":
        rest = np.array([rest[0], rest[1] * (1 - rest[0] ** 2) + rest[0] ** 2])
    return np.concatenate([variances, rest * (variances[0] if name in ("cs", "toep") else 1)])


class Direct:
    """A trial by participant, those of one group with equally many visits stacked.

    A stack is (x, y, visits, days, weights, group), its first axis the participants.
    """

    def __init__(self, data, name, *, group=None, weights=None, restricted=True):
        self.name, self.restricted = name, restricted
        self.groups = sorted(data[group].unique()) if group else ["all"]
        stacks = {}
        for _, rows in data.sort_values("visit").groupby("id"):
            visit = rows["visit"].str[1:].astype(int).to_numpy()
            arm = (rows["arm"] == "control").to_numpy(dtype=float)
            dummies = np.array([[float(a == b) for b in range(1, VISITS)] for a in visit])
            x = np.column_stack([np.ones(len(rows)), dummies, arm, rows["base"], dummies * arm[:, None]])
            w = rows[weights].to_numpy() if weights else np.ones(len(rows))
            days = np.zeros(VISITS)
            days[visit] = rows["day"]
            number = self.groups.index(rows[group].iloc[0]) if group else 0
            stacks.setdefault((len(rows), number), []).append((x, rows["y"].to_numpy(), visit, days, w))
        self.stacks = [(*map(np.array, zip(*people, strict=True)), key[1]) for key, people in stacks.items()]
        sizes = {"us": 6, "ad": 3, "toep": 3, "csh": 4, "ar1h": 4, "adh": 5, "toeph": 5}
        self.size = sizes.get(name, 2)

    def v(self, theta, stack):
        """Return the covariance of what each participant has."""
        _, _, visit, days, w, number = stack
        own = theta[number * self.size : (number + 1) * self.size]
        whole = np.broadcast_to(_sigma(self.name, own, days), (len(days), VISITS, VISITS))
        seen = whole[np.arange(len(days))[:, None, None], visit[:, :, None], visit[:, None, :]]
        return seen / np.sqrt(w[:, :, None] * w[:, None, :])

    def solve(self, theta):
        """Return -2 log likelihood, b and its covariance."""
        xvx, xvy, yvy, log_v, n = 0, 0, 0, 0, 0
        for stack in self.stacks:
            x, y, *_ = stack
            inverse = np.linalg.inv(self.v(theta, stack))
            weighted = x.swapaxes(1, 2) @ inverse
            xvx, xvy = xvx + (weighted @ x).sum(axis=0), xvy + (weighted @ y[:, :, None]).sum(axis=0)[:, 0]
            yvy, n = yvy + np.einsum("ia,iab,ib", y, inverse, y), n + y.size
            log_v -= np.linalg.slogdet(inverse)[1].sum()
        b = np.linalg.solve(xvx, xvy)
        value = log_v + yvy - b @ xvy
        rows = n
        if self.restricted:
            value, rows = value + np.linalg.slogdet(xvx)[1], n - b.size
        return value + rows * np.log(2 * np.pi), b, np.linalg.inv(xvx)

    def maximize(self):
        start = np.zeros((len(self.groups), self.size))
        variances = np.log(np.var(np.concatenate([stack[1].ravel() for stack in self.stacks])) / 2)
        start[:, : VISITS if self.name.endswith("h") else 1] = variances
        if self.name == "us":
            start[:] = [variances / 2, 0, variances / 2, 0, 0, variances / 2]
        if self.name == "sp_exp":
            start[:, 1] = 2.0

        def natural(free):
            return np.concatenate([_theta(self.name, own) for own in free.reshape(len(self.groups), -1)])

        best = minimize(
            lambda free: self.solve(natural(free))[0], start.ravel(), method="BFGS", jac="3-point"
        )
        return natural(best.x)

    def kenward_roger(self, theta, contrast):
        """Return standard errors, linear and with second derivatives, and df, from the definitions."""
        step = 5e-4 * np.maximum(np.abs(theta), 0.5)
        axes = np.diag(step)
        k = theta.size
        hessian = np.empty((k, k))
        for i, j in itertools.product(range(k), repeat=2):
            signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            corners = [s * r * self.solve(theta + s * axes[i] + r * axes[j])[0] for s, r in signs]
            hessian[i, j] = sum(corners) / (4 * step[i] * step[j])
        w = 2 * np.linalg.inv(hessian)
        phi = self.solve(theta)[2]
        p, q, r = self._sums(theta, axes, step)
        linear, curved, gradient = np.zeros_like(phi), np.zeros_like(phi), np.empty(k)
        for i, j in itertools.product(range(k), repeat=2):
            linear += w[i, j] * (q[i, j] - p[i] @ phi @ p[j])
            curved += w[i, j] * r[i, j] / 4
        for i in range(k):
            gradient[i] = contrast @ phi @ p[i] @ phi @ contrast
        errors = [
            np.sqrt(contrast @ (phi + 2 * phi @ part @ phi) @ contrast) for part in (linear, linear - curved)
        ]
        return *errors, 2 * (contrast @ phi @ contrast) ** 2 / (gradient @ w @ gradient)

    def _sums(self, theta, axes, step):
        k, size = theta.size, self.stacks[0][0].shape[2]
        p, q, r = np.zeros((k, size, size)), np.zeros((k, k, size, size)), np.zeros((k, k, size, size))
        for stack in self.stacks:
            inverse = np.linalg.inv(self.v(theta, stack))
            z = inverse @ stack[0]
            across = z.swapaxes(1, 2)
            d = [
                (self.v(theta + a, stack) - self.v(theta - a, stack)) / (2 * s)
                for a, s in zip(axes, step, strict=True)
            ]
            for i, j in itertools.product(range(k), repeat=2):
                signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
                corners = [s * c * self.v(theta + s * axes[i] + c * axes[j], stack) for s, c in signs]
                q[i, j] += (across @ d[i] @ inverse @ d[j] @ z).sum(axis=0)
                r[i, j] += (across @ (sum(corners) / (4 * step[i] * step[j])) @ z).sum(axis=0)
            for i in range(k):
                p[i] += (across @ d[i] @ z).sum(axis=0)
        return p, q, r


FORMULA = "y ~ visit + arm + base + visit:arm"


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_optimum_is_that_of_a_slow_direct_search(name, invented, fit_trial):
    options = {"group": "arm"} if name == "ar1" else {"weights": "weight"} if name == "toeph" else {}
    method = "ml" if name == "adh" else "reml"
    data = invented(seed=8, n=40, visits=VISITS)
    # What a person has at every visit gives a correlation that distance explains.
    data = data.assign(y=data["y"] + 2 * np.sin(data["id"].str[1:].astype(int)))
    fit = fit_trial(
        data,
        FORMULA,
        covariance=name,
        method=method,
        df="satterthwaite",
        coordinates="day" if name == "sp_exp" else None,
        **options,
    )
    direct = Direct(data, name, restricted=method == "reml", **options)
    theta = direct.maximize()
    value, b, phi = direct.solve(theta)
    assert fit.minus2_log_likelihood <= value + 1e-8
    assert fit.minus2_log_likelihood == pytest.approx(value, rel=1e-6)
    ours = fit.coefficients
    assert ours["estimate"].to_numpy() == pytest.approx(b, rel=1e-6, abs=1e-6)
    assert ours["std_error"].to_numpy() == pytest.approx(np.sqrt(np.diag(phi)), rel=1e-6)
    assert direct.solve(fit.parameters["estimate"].to_numpy())[0] == pytest.approx(
        fit.minus2_log_likelihood, rel=1e-12
    )


@pytest.mark.parametrize(
    ("name", "options"),
    [("us", {}), ("us", {"weights": "weight"}), ("csh", {}), ("ad", {"group": "arm"}), ("sp_exp", {})],
)
def test_kenward_roger_is_its_definition(name, options, invented, fit_trial):
    data = invented(seed=8, n=30, visits=VISITS)
    rules = {"kenward-roger": 0, "kenward-roger-second-order": 1}
    fits = {
        rule: fit_trial(
            data,
            FORMULA,
            covariance=name,
            df=rule,
            coordinates="day" if name == "sp_exp" else None,
            **options,
        )
        for rule in rules
    }
    direct = Direct(data, name, **options)
    theta = fits["kenward-roger"].parameters["estimate"].to_numpy()
    contrast = np.zeros(1 + (VISITS - 1) + 2 + (VISITS - 1))
    contrast[[VISITS, -1]] = 1
    *errors, df = direct.kenward_roger(theta, contrast)
    for rule, number in rules.items():
        ours = fits[rule].differences("arm", "visit", reference="active").iloc[-1]
        assert ours["std_error"] == pytest.approx(errors[number], rel=1e-5)
        assert ours["df"] == pytest.approx(df, rel=1e-5)
