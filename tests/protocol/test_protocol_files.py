"""The protocols that ship: what they promise about themselves is true."""

import csv
import math
import os
from pathlib import Path

import pytest

from equipoise import design
from equipoise.protocol import Resolved, load, resolve
from equipoise.protocol.part import value_of

PROTOCOLS = Path(__file__).parents[2] / "protocols"
DATA = Path(os.environ.get("EQUIPOISE_REFERENCE_DATA", "../shared/data")) / "antidepressant_trial.csv"
Z_80, Z_TWO_SIDED = 0.8416212335729143, 1.959963984540054
"""Normal quantiles of 0.8 and 0.975."""


def read(name: str) -> Resolved:
    return resolve(load((PROTOCOLS / name).read_bytes(), name=name))


@pytest.fixture(scope="module")
def dose_response() -> Resolved:
    return read("dose-response.yaml")


@pytest.fixture(scope="module")
def antidepressant() -> Resolved:
    return read("antidepressant.yaml")


def test_the_dose_response_trial_follows_the_guidance(dose_response: Resolved) -> None:
    protocol = dose_response.protocol
    assert [one.dose_mg for one in protocol.interventions] == [25, 10, 1]
    assert [stratum.id for stratum in protocol.allocation.strata or ()] == ["prior_use", "site"]
    assert "expectancy" in protocol.allocation.gates
    assert protocol.form("madrs").central
    assert not any(event.visit for event in protocol.events if event.planned)
    assert protocol.visit("M12").day == 364
    assert [dose.assignment for dose in protocol.retreatment] == ["original"]
    dosing = next(session for session in protocol.sessions if session.kind == "dosing")
    assert {one.role: one.within_minutes for one in dosing.staff} == {
        "lead_session_monitor": None,
        "assistant_session_monitor": None,
        "on_call_physician": 15,
    }
    assert dose_response.forms["effects"].item("valence").codes


def test_everybody_who_judges_guesses_the_dose_at_the_primary_visit(dose_response: Resolved) -> None:
    protocol = dose_response.protocol
    asked = protocol.visit(protocol.primary.variable.visit).forms
    guessers = {
        role
        for name in asked
        if protocol.form(name).instrument == "treatment_guess"
        for role in protocol.form(name).fillers
    }
    assert guessers == {"participant", "rater", "session_monitor", "investigator"}
    for name in ("guess", "guess_rater", "guess_staff"):
        assert set(dose_response.forms[name].arms.values()) == {"high", "middle", "low"}


def test_its_sample_size_follows_from_the_numbers_it_cites(dose_response: Resolved) -> None:
    """SD of change from published standard errors; n from the normal approximation; then those lost."""
    size = dose_response.protocol.sample_size
    assert size is not None
    assert size.sd is not None
    assert size.effect is not None
    assert round(1.86 / math.sqrt(2 / 79), 1) == size.sd
    assert round(1.02 / math.sqrt(1 / 296 + 1 / 143), 1) == 10.0
    per_arm = math.ceil(2 * ((Z_80 + Z_TWO_SIDED) * size.sd / size.effect) ** 2)
    assert per_arm == 149
    assert value_of(size.n) == 3 * math.ceil(per_arm / (1 - (size.dropout or 0)))


@pytest.mark.parametrize(
    ("scenario", "participants", "found"),
    [("phase-3", None, 528), ("goodwin-2022", 60, 60), ("null", 60, 60)],
)
def test_every_scenario_of_it_can_be_rehearsed(
    dose_response: Resolved, scenario: str, participants: int | None, found: int
) -> None:
    assert dose_response.protocol.scenario(scenario).participants is None
    simulated = design.simulate(dose_response, scenario=scenario, participants=participants, seed=1)
    randomized = simulated.records.participants["randomized_date"]
    assert (randomized.notna() & (randomized.astype(str) != "")).sum() == found


def test_the_real_trial_maps_every_column_of_its_data(antidepressant: Resolved) -> None:
    if not DATA.is_file() and os.environ.get("CI") != "true":
        pytest.skip(f"the reference data are not here: {DATA}")
    with DATA.open(encoding="utf-8", newline="") as file:
        columns = set(next(csv.reader(file)))
    mapping = antidepressant.protocol.import_map
    assert mapping is not None
    used = {mapping.participant, mapping.visit, mapping.arm, mapping.site, mapping.day}
    assert used | set(mapping.values.values()) | set(mapping.baseline.values()) == columns


def test_the_real_trials_primary_is_a_mixed_model_at_week_6(antidepressant: Resolved) -> None:
    primary = antidepressant.protocol.primary
    assert (primary.variable.visit, primary.estimator.name) == ("v7", "mmrm")
    assert primary.estimator.covariates == ("hamd17.total@v3",)
    assert (primary.treatment.experimental, primary.treatment.reference) == ("drug", "placebo")
    assert antidepressant.protocol.sample_size is not None
    assert antidepressant.protocol.sample_size.justification is None
