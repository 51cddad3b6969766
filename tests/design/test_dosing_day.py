"""Readings on a dosing day, effects, and what the flagship's blood pressures come to."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.design import simulate
from equipoise.design.dosing_day import effect_code
from equipoise.protocol import Resolved

GOLDEN = Path(__file__).parents[1] / "golden" / "simulation" / "blood_pressure.csv"
PARTICIPANTS = 500


def _dosing_vitals(resolved: Resolved, **options: Any) -> Any:
    simulated = simulate(resolved, **options)
    arms = simulated.allocation.table.set_index("participant")["arm"]
    rows = simulated.records.values.query("form == 'vitals' and visit == 'DOSE'")
    return rows.assign(arm=arms[rows["participant"]].to_numpy())


def test_the_flagship_s_highest_readings_are_the_published_ones(frontline: Resolved) -> None:
    rows = _dosing_vitals(frontline, participants=PARTICIPANTS)
    highest = rows[rows["arm"] == "psilocybin"].groupby(["item", "participant"])["number"].max()
    with GOLDEN.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found = highest[row["item"]]
            sd = float(row["sd"])
            assert abs(found.mean() - float(row["mean"])) < 4 * sd / np.sqrt(len(found)) + float(
                row["tolerance"]
            )
            assert abs(found.std() - sd) < 4 * sd / np.sqrt(2 * len(found)) + float(row["tolerance"])


def test_nobody_is_dosed_above_the_limit_before_the_dose(frontline: Resolved) -> None:
    rows = _dosing_vitals(frontline, participants=200)
    first = rows[rows["row"] == 1]
    assert first[first["item"] == "systolic"]["number"].max() == 140
    assert first[first["item"] == "diastolic"]["number"].max() == 90


def test_there_is_a_reading_for_each_minute_of_the_schedule(trial: Resolved) -> None:
    rows = _dosing_vitals(trial)
    counts = rows.groupby(["participant", "item"])["row"].apply(list)
    assert all(found == [1, 2, 3, 4] for found in counts)
    instants = rows[(rows["participant"] == "SIM-001") & (rows["item"] == "measured_at")]["date"]
    minutes = np.array(instants.str[:-1].tolist(), dtype="datetime64[m]").astype(np.int64)
    assert (minutes - minutes[0]).tolist() == [0, 60, 120, 240]


def test_a_scenario_without_signs_has_people_at_rest(trial: Resolved) -> None:
    rows = _dosing_vitals(trial, participants=300)
    means = rows[rows["item"] == "systolic"].groupby("row")["number"].mean()
    assert means.max() - means.min() < 4 * 4 / np.sqrt(300)
    assert 115 < means.mean() < 125


@pytest.mark.parametrize(
    ("term", "code"),
    [("Visual perceptual change", "visual"), ("Euphoria", "euphoria"), ("Headache", None)],
)
def test_terms_that_the_effects_log_knows_are_logged(term: str, code: str | None) -> None:
    codes = {"visual": "Visual change", "euphoria": "Euphoria", "anxiety": "Anxiety"}
    assert effect_code(term, codes) == code


def test_effects_are_numbered_rows_of_the_log(frontline: Resolved) -> None:
    rows = simulate(frontline).records.values.query("form == 'effects' and item == 'effect'")
    for _, numbers in rows.groupby("participant")["row"]:
        assert numbers.tolist() == list(range(1, len(numbers) + 1))
    assert set(rows["code"]) <= {"visual", "euphoria", "anxiety"}
