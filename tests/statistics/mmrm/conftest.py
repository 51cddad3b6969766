"""What the tests of `equipoise.statistics.mmrm` share: reference data and the comparison with golden rows."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from equipoise.statistics import mmrm

TESTS = Path(__file__).parents[2]
GOLDEN = TESTS / "golden"


def _reference(name):
    folder = Path(os.environ.get("EQUIPOISE_REFERENCE_DATA", TESTS.parent / ".." / "shared" / "data"))
    path = folder / name
    if not path.exists():
        message = f"the reference data are not at {path}; set EQUIPOISE_REFERENCE_DATA"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    return pd.read_csv(path)


@pytest.fixture(scope="session")
def fev():
    data = _reference("fev_data.csv")
    return data.assign(SEX=pd.Categorical(data["SEX"], categories=["Male", "Female"]))


@pytest.fixture(scope="session")
def antidepressant():
    data = _reference("antidepressant_trial.csv")
    therapy = pd.Categorical(data["THERAPY"], categories=["PLACEBO", "DRUG"])
    return data.assign(THERAPY=therapy, VISIT=data["VISIT"].astype(str))


@pytest.fixture(scope="session")
def growth():
    data = pd.read_csv(GOLDEN / "mmrm_growth" / "growth.csv")
    return data.assign(Sex=pd.Categorical(data["Sex"], categories=["Male", "Female"]))


@pytest.fixture(scope="session")
def growth_with_gaps(growth):
    gaps = pd.read_csv(GOLDEN / "mmrm_growth" / "gaps.csv")
    keys = set(zip(gaps["Subject"], gaps["age"], strict=True))
    kept = [key not in keys for key in zip(growth["Subject"], growth["age"], strict=True)]
    left = growth[kept]
    return left.assign(fage=left["age"].map("{:02d}".format))


@pytest.fixture(scope="session")
def sleep():
    data = pd.read_csv(GOLDEN / "two_sample" / "sleep.csv")
    return pd.DataFrame(
        {
            "extra": data["extra"],
            "drug": "drug " + data["group"].astype(str),
            "person": data.groupby("group").cumcount(),
        }
    )


@pytest.fixture(scope="session")
def invented():
    """Return a maker of trials: 60 participants, 4 visits, two arms, monotone or scattered gaps."""

    def make(*, seed, gaps="scattered", n=60, visits=4):
        rng = np.random.default_rng(seed)
        lower = np.tril(rng.uniform(-0.5, 0.8, (visits, visits)), -1) + np.diag(rng.uniform(0.8, 3, visits))
        base = rng.normal(20, 4, n)
        arm = np.arange(n) % 2
        y = (
            base[:, None] * 0.3
            + arm[:, None] * np.linspace(0, 2, visits)
            + rng.standard_normal((n, visits)) @ lower.T
        )
        present = np.ones((n, visits), dtype=bool)
        if gaps == "scattered":
            present = rng.uniform(size=(n, visits)) > 0.2
        elif gaps == "monotone":
            present = np.arange(visits) < rng.integers(1, 2 * visits, n)[:, None]
        who, when = np.nonzero(present)
        return pd.DataFrame(
            {
                "id": [f"P{i:03d}" for i in who],
                "visit": [f"V{a}" for a in when],
                "day": when * 7.0 + rng.integers(-2, 3, who.size),
                "arm": np.where(arm[who] == 1, "active", "control"),
                "base": base[who],
                "weight": rng.uniform(0.5, 2, who.size),
                "y": y[who, when],
            }
        )

    return make


@pytest.fixture(scope="session")
def quantity():
    """Return a reader of one quantity of a fit by the name golden files give it."""
    return _quantity


def _quantity(fit, name):
    words = name.split()
    if words[0] in ("minus2_log_likelihood", "aic", "bic"):
        return getattr(fit, words[0])
    if words[0] == "parameter":
        table = fit.parameters
        label = " ".join(words[2:])
        return float(table[(table["group"] == words[1]) & (table["parameter"] == label)]["estimate"].iloc[0])
    if name.startswith("type 3 "):
        table = fit.anova(3).set_index("term")
        return float(table.loc[words[2], words[3]])
    if words[0] == "residual":
        table = fit.residuals(words[1])
        return float(
            table[(table["USUBJID"] == words[2]) & (table["AVISIT"] == words[3])]["residual"].iloc[0]
        )
    if words[0] in ("predicted", "prediction"):
        table = fit.predict()
        column = "estimate" if words[0] == "predicted" else "std_error"
        return float(table[(table["USUBJID"] == words[-2]) & (table["AVISIT"] == words[-1])][column].iloc[0])
    return _of_contrast(fit, name, words)


def _of_contrast(fit, name, words):
    if name.startswith(("LS mean std_error", "LS mean equal", "LS mean observed")):
        table = fit.lsmeans("Sex", weights=words[-2]).set_index("Sex")
        return float(table.loc[words[-1], "std_error" if "std_error" in words else "estimate"])
    if name.startswith("joint"):
        kept = [
            term for term in fit.terms if (":" in term if words[1] == "interaction" else term[:4] == "fage")
        ]
        return getattr(
            fit.contrast(np.array([[float(t == term) for t in fit.terms] for term in kept])), words[2]
        )
    if words[0] in ("LS", "ARMCD", "TRT-PBO", "DRUG-PLACEBO"):
        return _of_margins(fit, words)
    plain = {term.replace("[T.", "").replace("]", ""): term for term in fit.terms}
    return float(fit.coefficients.set_index("term").loc[plain[words[0]], words[1]])


def _of_margins(fit, words):
    if words[0] == "LS":
        table = fit.lsmeans("ARMCD", "AVISIT").set_index(["ARMCD", "AVISIT"])
        return float(table.loc[(words[2], words[4]), "estimate"])
    if words[0] == "ARMCD":
        return float(fit.differences("ARMCD")[words[-1]].iloc[0])
    arm, visit = ("ARMCD", "AVISIT") if words[0] == "TRT-PBO" else ("THERAPY", "VISIT")
    return float(fit.differences(arm, visit).set_index(visit).loc[words[2], words[3]])


@pytest.fixture(scope="session")
def agrees_with_golden():
    """Return a comparison: (fit, rows) checks each row's quantity."""

    def compare(fit, rows):
        assert rows
        for row in rows:
            value, found = float(row["value"]), _quantity(fit, row["quantity"])
            if row["tolerance_relative"] == "upper bound":
                assert found <= value + 1e-6, row
                assert found == pytest.approx(value, rel=1e-4), row
            else:
                assert found == pytest.approx(value, rel=float(row["tolerance_relative"]) + 1e-12), row
        return len(rows)

    return compare


@pytest.fixture(scope="session")
def fit_trial():
    """Return a fit of an invented trial: arm and baseline crossed with visit."""

    def run(data, formula="y ~ visit * arm + visit * base", **options):
        return mmrm.fit(data, formula=formula, subject="id", visit="visit", **options)

    return run
