"""Laws that every fit obeys, whatever the data."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.statistics import mmrm

SEEDS = st.integers(0, 10_000)
NESTED = [
    ("cs", "csh"),
    ("cs", "toep"),
    ("ar1", "ar1h"),
    ("ar1", "toep"),
    ("ar1", "ad"),
    ("ad", "adh"),
    ("toep", "toeph"),
    ("csh", "toeph"),
    ("ar1h", "adh"),
    ("adh", "us"),
    ("toeph", "us"),
]


def _numbers(fit):
    return fit.coefficients.drop(columns="term").to_numpy()


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_complete_data_give_the_sum_of_squares_over_n_minus_q(seed, invented, fit_trial):
    data = invented(seed=seed, gaps="none", n=30)
    fit = fit_trial(data)
    y = data.pivot(index="id", columns="visit", values="y").to_numpy()
    first = data[data["visit"] == "V0"]
    x = np.column_stack([np.ones(30), first["arm"] == "active", first["base"]]).astype(float)
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    assert fit.covariance["all"].to_numpy() == pytest.approx(residual.T @ residual / 27, rel=1e-10, abs=1e-10)
    assert fit.differences("arm", "visit")["df"].to_numpy() == pytest.approx(27, rel=1e-9)
    assert fit.differences("visit")["df"].to_numpy() == pytest.approx(27, rel=1e-9)
    assert fit.status.iterations == 0


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_the_order_of_rows_changes_no_digit(seed, invented, fit_trial):
    data = invented(seed=seed)
    shuffled = data.sample(frac=1, random_state=seed)
    for options in ({}, {"covariance": "ar1h", "group": "arm"}, {"weights": "weight", "covariance": "cs"}):
        first, second = fit_trial(data, **options), fit_trial(shuffled, **options)
        assert (_numbers(first) == _numbers(second)).all()
        assert first.minus2_log_likelihood == second.minus2_log_likelihood


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_names_of_visits_do_not_matter_to_unstructured_fits(seed, invented, fit_trial):
    data = invented(seed=seed)
    names = dict(
        zip(
            ["V0", "V1", "V2", "V3"],
            np.random.default_rng(seed).permutation(["a", "b", "c", "d"]),
            strict=True,
        )
    )
    renamed = data.assign(visit=data["visit"].map(names))
    first = fit_trial(data).differences("arm", "visit")
    second = fit_trial(renamed).differences("arm", "visit").set_index("visit").loc[list(names.values())]
    numbers = ["estimate", "std_error", "df", "p_value"]
    assert second[numbers].to_numpy() == pytest.approx(first[numbers].to_numpy(), rel=1e-9)


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS, size=st.sampled_from([1e6, 1e-6, 1e150, 1e-300]))
def test_units_of_outcome_and_covariate_change_nothing_else(seed, size, invented, fit_trial):
    data = invented(seed=seed)
    first = fit_trial(data).differences("arm", "visit")
    for column in ("y", "base"):
        second = fit_trial(data.assign(**{column: data[column] * size})).differences("arm", "visit")
        unit = size if column == "y" else 1.0
        assert (second["estimate"] / unit).to_numpy() == pytest.approx(first["estimate"].to_numpy(), rel=1e-8)
        assert (second["std_error"] / unit).to_numpy() == pytest.approx(
            first["std_error"].to_numpy(), rel=1e-8
        )
        assert second["df"].to_numpy() == pytest.approx(first["df"].to_numpy(), rel=1e-8)


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS, column=st.sampled_from(["y", "base"]), weighted=st.booleans())
def test_a_shift_by_a_billion_changes_only_what_rounding_explains(
    seed, column, weighted, invented, fit_trial
):
    options = {"weights": "weight"} if weighted else {}
    data = invented(seed=seed)
    # What the shifted data still say: the shift rounds them, and it is the rounded data that must agree.
    moved = data[column] + 1e9
    rounded = data.assign(**{column: moved - 1e9})
    first = fit_trial(rounded, **options).differences("arm", "visit")
    second = fit_trial(data.assign(**{column: moved}), **options).differences("arm", "visit")
    for name in ("estimate", "std_error", "df", "p_value"):
        assert second[name].to_numpy() == pytest.approx(first[name].to_numpy(), rel=1e-9, abs=1e-10)


@settings(max_examples=3, deadline=None)
@given(seed=SEEDS)
def test_a_structure_within_another_never_fits_better(seed, invented, fit_trial):
    data = invented(seed=seed)
    value = {
        name: fit_trial(data, covariance=name, df="satterthwaite").minus2_log_likelihood
        for name in {name for pair in NESTED for name in pair}
    }
    for inner, outer in NESTED:
        assert value[outer] <= value[inner] + 1e-6, (inner, outer)


def test_each_group_alone_is_the_grouped_fit_of_separate_models(invented, fit_trial):
    data = invented(seed=1)
    both = fit_trial(data, "y ~ visit * arm", group="arm", method="ml", df="satterthwaite")
    parts = [
        fit_trial(data[data["arm"] == arm], "y ~ visit", method="ml", df="satterthwaite")
        for arm in ("active", "control")
    ]
    assert both.minus2_log_likelihood == pytest.approx(sum(p.minus2_log_likelihood for p in parts), rel=1e-10)
    for arm, part in zip(("active", "control"), parts, strict=True):
        assert both.covariance[arm].to_numpy() == pytest.approx(part.covariance["all"].to_numpy(), rel=1e-7)


def test_the_number_of_threads_changes_no_digit(invented, tmp_path):
    path = tmp_path / "trial.csv"
    pd.DataFrame(invented(seed=2, n=400, visits=6)).to_csv(path, index=False)
    model = {"formula": "y ~ visit * arm + visit * base", "subject": "id", "visit": "visit"}
    here = mmrm.fit(pd.read_csv(path), **model).coefficients.drop(columns="term").to_numpy().ravel()
    code = (
        "import pandas as pd; from equipoise.statistics import mmrm\n"
        f"fit = mmrm.fit(pd.read_csv({str(path)!r}), **{model!r})\n"
        "print(*[float(v).hex() for v in fit.coefficients.drop(columns='term').to_numpy().ravel()])"
    )
    other = "2" if os.environ.get("OPENBLAS_NUM_THREADS") == "1" else "1"
    there = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "OPENBLAS_NUM_THREADS": other},
        check=True,
        capture_output=True,
        text=True,
    )
    assert there.stdout.split() == [float(value).hex() for value in here]


def test_a_registry_row_stands_for_every_structure():
    assert set(mmrm.STRUCTURES) == {"us", "cs", "csh", "ar1", "ar1h", "ad", "adh", "toep", "toeph", "sp_exp"}
