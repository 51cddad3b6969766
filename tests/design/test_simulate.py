"""One simulated trial as a whole: it can be written, read, analyzed, repeated, and says that it is invented."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from equipoise import allocation, analysis, protocol, records
from equipoise.design import Simulated, draw, simulate, truth_of
from equipoise.errors import ProtocolError, RecordError
from equipoise.protocol import Resolved

GOLDEN = Path(__file__).parents[1] / "golden" / "simulation"
EVERYTHING = {
    "dropout": {"per_28_days": 0.1, "mechanism": "mar", "score": "madrs.total", "odds_ratio_per_point": 1.05},
    "missed_forms": 0.05,
    "late_visits": 0.1,
    "expectancy": {"right": {"drug": 0.9, "control": 0.7}, "do_not_know": 0.1},
    "crossover": {"uptake": 0.7, "like": "drug"},
    "attendance": 0.9,
    "intercurrent_events": {
        "antidepressant": {"probability": 0.3, "from_day": 5, "to_day": 60},
        "psychedelic": {"probability": 0.3, "from_day": 5, "to_day": 60},
    },
    "dispensing_error": 0.1,
    "screening": {"failure": 0.4, "reasons": {"I1": 0.5, "E1": 0.2}},
    "adverse_events": [
        {
            "term": "Headache",
            "probability": {"drug": 0.8, "control": 0.2},
            "onset_hours": [1, 5],
            "duration_hours": [1, 9],
            "severity": {"mild": 0.6, "moderate": 0.4},
            "serious": 0.1,
        }
    ],
    "deviations": {"late_consent": 0.2},
}


@pytest.fixture(scope="module")
def full(small: Any, scenario_with: Any) -> tuple[Resolved, Simulated]:
    """The small trial with everything that can happen, 300 participants."""
    resolved = small(scenario_with(**EVERYTHING))
    return resolved, simulate(resolved, participants=300)


def _equal(one: Simulated, other: Simulated) -> bool:
    return one.records.equals(other.records) and one.allocation.table.equals(other.allocation.table)


def test_every_protocol_s_scenarios_survive_the_way_to_disk_and_back(
    frontline: Resolved, dose_response: Resolved, tmp_path: Path
) -> None:
    for resolved, participants in ((frontline, 10), (dose_response, 20)):
        simulation = resolved.protocol.simulation
        assert simulation is not None
        for scenario in simulation.scenarios:
            simulated = simulate(resolved, scenario=scenario.id, participants=participants)
            folder = records.write(simulated.records, tmp_path / scenario.id)
            assert records.read(folder).equals(simulated.records)


def test_records_keep_to_the_protocol(
    full: tuple[Resolved, Simulated], frontline: Resolved, dose_response: Resolved
) -> None:
    drawn = [
        full,
        (frontline, simulate(frontline)),
        (dose_response, simulate(dose_response, participants=20)),
    ]
    for resolved, simulated in drawn:
        found = [str(one) for one in records.check(simulated.records, resolved)]
        # The small trial lists no deviation for what is always looked for.
        assert [one for one in found if "is no deviation the protocol lists" not in one] == []


def test_it_says_that_it_is_invented_and_by_which_draw(trial: Resolved) -> None:
    simulated = simulate(trial, seed=99, replicate=3)
    manifest = simulated.records.manifest
    assert (manifest.simulated, manifest.seed, manifest.scenario) == (True, 99, "truth")
    assert (simulated.scenario, simulated.seed, simulated.replicate) == ("truth", 99, 3)
    assert set(simulated.records.values["origin"]) == {"simulated"}
    assert simulated.records.participants["participant"].str.fullmatch(r"SIM-\d{3,}").all()


def test_the_same_call_gives_the_same_trial_and_another_replicate_another(trial: Resolved) -> None:
    assert _equal(simulate(trial, replicate=2), simulate(trial, replicate=2))
    assert not _equal(simulate(trial, replicate=2), simulate(trial, replicate=3))
    assert not _equal(simulate(trial, seed=1), simulate(trial, seed=2))


def test_the_first_participants_of_a_larger_trial_are_those_of_a_smaller_one(
    small: Any, scenario_with: Any
) -> None:
    resolved = small(scenario_with(**{**EVERYTHING, "dispensing_error": 0}))
    few, many = (simulate(resolved, participants=n) for n in (20, 45))
    assert many.allocation.table[:20].equals(few.allocation.table)
    last = few.records.participants["participant"].iloc[-1]
    for name in records.TABLES:
        there = many.records.table(name)
        kept = there[there["participant"] <= last].reset_index(drop=True)
        assert kept.equals(few.records.table(name)), name


def test_nothing_that_only_some_see_changes_anything_else(small: Any, scenario_with: Any) -> None:
    plain = simulate(small(scenario_with()), participants=40)
    with_events = simulate(
        small(scenario_with(adverse_events=EVERYTHING["adverse_events"], late_visits=0.3)), participants=40
    )
    totals = [one.records.values.query("form == 'madrs'")["number"].tolist() for one in (plain, with_events)]
    assert totals[0] == totals[1]


def test_arms_already_drawn_are_used(trial: Resolved) -> None:
    rows = [
        {"participant": f"X-{n}", "arm": arm, "kit": f"K{n}"}
        for n, arm in enumerate(["drug"] * 3 + ["control"] * 5)
    ]
    given = allocation.from_rows(rows)
    simulated = simulate(trial, allocation=given)
    assert simulated.allocation is given
    assert simulated.records.exposures["participant"].tolist() == [f"X-{n}" for n in range(8)]
    assert simulated.records.exposures["kit"].tolist() == [f"K{n}" for n in range(8)]


def test_its_own_allocation_given_back_makes_the_same_records(
    full: tuple[Resolved, Simulated], trial: Resolved
) -> None:
    first = simulate(trial)
    assert simulate(trial, allocation=first.allocation).records.equals(first.records)


def test_an_allocation_of_another_trial_is_refused(trial: Resolved) -> None:
    with pytest.raises(RecordError, match="does not belong"):
        simulate(trial, allocation=allocation.from_rows([{"participant": "X-1", "arm": "other"}]))


def test_an_unknown_scenario_is_refused_with_the_known_ones(trial: Resolved) -> None:
    with pytest.raises(ProtocolError, match="there are truth"):
        simulate(trial, scenario="trut")


def test_a_protocol_without_scenarios_is_refused(small: Any) -> None:
    with pytest.raises(ProtocolError, match="no scenario"):
        simulate(small(lambda data: data.pop("simulation")))


def test_two_participants_are_enough(trial: Resolved, frontline: Resolved) -> None:
    for resolved in (trial, frontline):
        assert len(simulate(resolved, participants=2).allocation) == 2


def test_a_trial_without_dosing_sessions_logs_and_events_is_simulated(small: Any) -> None:
    def bare(data: dict[str, Any]) -> None:
        data["sessions"], data["logs"], data["intercurrent_events"] = [], [], []
        data["visits"] = [
            {k: v for k, v in one.items() if k != "session"} for one in data["visits"] if one["id"] != "OPEN"
        ]
        data["anchors"].pop("open_dose")
        data["forms"] = [
            one for one in data["forms"] if one["id"] not in {"adverse_events", "medications", "elsewhere"}
        ]

    simulated = simulate(small(bare), participants=10)
    assert len(simulated.records.exposures) == 0
    assert simulated.allocation.table["actual_intervention"].notna().all()


def test_two_planned_doses_have_two_kits(small: Any) -> None:
    def twice(data: dict[str, Any]) -> None:
        data["visits"][4].update(session="dosing", forms=["dose_given"])

    doses = simulate(small(twice), participants=6).records.exposures
    assert doses["dose_number"].tolist() == [1, 2] * 6
    for _, kits in doses.groupby("participant")["kit"]:
        assert kits.tolist()[1] == f"{kits.tolist()[0]}-2"


def test_the_open_label_dose_is_taken_after_being_told_by_those_offered_it(
    full: tuple[Resolved, Simulated],
) -> None:
    _, simulated = full
    arms = simulated.allocation.table.set_index("participant")
    doses = simulated.records.exposures
    second = doses[doses["dose_number"] == 2].set_index("participant")
    assert set(arms["arm"][second.index]) == {"control"}
    assert (second["taken_at"] > arms["unblinded_at"][second.index]).all()
    assert second["kit"].isna().all()
    rows = simulated.records.dispositions.query("stage == 'open_label'")
    took = set(rows.query("status == 'took'")["participant"])
    assert took == set(second.index)
    share = len(took) / len(rows)
    assert abs(share - 0.7) < 4 * np.sqrt(0.21 / len(rows))


def test_a_repeated_masked_dose_has_a_kit_and_shows_nowhere_but_as_a_dose(
    small: Any, scenario_with: Any
) -> None:
    def masked(data: dict[str, Any]) -> None:
        data["visits"][6].pop("arms")
        data["arms"][0]["elements"]["open_label"] = "drug25"
        data["arms"][1]["elements"]["open_label"] = "drug1"
        data["events"] = []
        scenario_with(crossover={"uptake": 0.5})(data)

    simulated = simulate(small(masked), participants=60)
    doses = simulated.records.exposures
    second = doses[doses["dose_number"] == 2]
    assert 10 < len(second) < 50
    first = doses[doses["dose_number"] == 1].set_index("participant")["kit"]
    assert (second["kit"] == first[second["participant"]].to_numpy() + "-2").all()
    assert "open_label" not in set(simulated.records.dispositions["stage"])
    arms = simulated.allocation.table.set_index("participant")["arm"]
    assert set(arms[second["participant"]]) == {"drug", "control"}
    assert simulated.allocation.table["unblinded_at"].isna().all()


def test_amounts_stay_hidden_and_kits_are_those_assigned_but_for_errors(
    full: tuple[Resolved, Simulated],
) -> None:
    _, simulated = full
    assert simulated.records.exposures["amount_mg_taken"].isna().all()
    arms = simulated.allocation.table.set_index("participant")
    first = simulated.records.exposures.query("dose_number == 1").set_index("participant")
    wrong = first.index[first["kit"] != arms["kit"][first.index]]
    rows = simulated.records.deviations
    assert set(wrong) == set(rows[rows["deviation"] == "wrong_kit"]["participant"])
    given = arms["actual_intervention"][first.index]
    planned = arms["arm"][first.index].map({"drug": "drug25", "control": "drug1"})
    assert set(first.index[given != planned]) == set(wrong)
    assert 0 < len(wrong) < 80


def test_the_protocol_s_rules_find_the_intercurrent_events(full: tuple[Resolved, Simulated]) -> None:
    _, simulated = full
    recorded = simulated.records.intercurrent_events
    drugs = simulated.records.medications
    assert drugs["medication_class"].eq("antidepressant").all()
    assert sorted(drugs["participant"]) == sorted(
        recorded[recorded["event"] == "antidepressant"]["participant"]
    )
    logged = simulated.records.values.query("visit == 'log' and form == 'elsewhere' and item == 'kind'")
    assert logged["code"].eq("psychedelic").all()
    assert sorted(logged["participant"]) == sorted(
        recorded[recorded["event"] == "psychedelic"]["participant"]
    )
    assert recorded["day"].between(5, 60).all()


def test_adverse_events_follow_a_dose_within_their_hours(full: tuple[Resolved, Simulated]) -> None:
    _, simulated = full
    events = simulated.records.adverse_events
    taken = simulated.records.exposures.query("dose_number == 1").set_index("participant")["taken_at"]
    first = events[events["onset_day"] <= 1]
    hours = (
        pd.to_datetime(first["onset_at"]) - pd.to_datetime(taken[first["participant"]].to_numpy())
    ).dt.total_seconds() / 3600
    assert hours.between(1 - 1 / 60, 5).all()
    assert events["duration_hours"].between(1 - 1 / 60, 9).all()
    assert set(events["severity"]) == {"mild", "moderate"}
    assert 0 < events["serious"].mean() < 0.25


def test_missed_forms_say_so_item_by_item(full: tuple[Resolved, Simulated]) -> None:
    _, simulated = full
    rows = simulated.records.values
    missed = rows[rows["missing_reason"].notna()]
    assert set(missed["missing_reason"]) == {"not_done"}
    assert missed[["number", "text", "code", "date"]].isna().all(axis=None)
    madrs = missed[missed["form"] == "madrs"].groupby(["participant", "visit"]).size()
    assert set(madrs) == {10}
    held = rows[(rows["form"] == "madrs") & ~rows["visit"].isin(["SCR", "BASE"])]
    share = held["missing_reason"].notna().mean()
    assert abs(share - 0.05) < 4 * np.sqrt(0.05 * 0.95 / (len(held) / 10))


def test_deviations_are_visits_outside_their_windows_and_what_the_scenario_adds(
    full: tuple[Resolved, Simulated],
) -> None:
    resolved, simulated = full
    windows = {
        visit.id: (visit.day + visit.window_days[0], visit.day + visit.window_days[1])
        for visit in resolved.protocol.visits
        if visit.day is not None and visit.window_days is not None
    }
    visits = simulated.records.visits
    outside = {
        (row.participant, row.date)
        for row in visits.itertuples()
        if row.visit in windows
        and row.day == row.day
        and not windows[row.visit][0] <= row.day <= windows[row.visit][1]
    }
    rows = simulated.records.deviations
    late = rows[rows["deviation"] == "visit_out_of_window"]
    assert set(zip(late["participant"], late["date"], strict=True)) == outside
    assert len(outside) > 0
    consent = rows[rows["deviation"] == "late_consent"]
    assert set(consent["importance"]) == {"important"}
    assert abs(len(consent) / 300 - 0.2) < 4 * np.sqrt(0.16 / 300)


def test_dates_of_a_participant_never_run_backward(full: tuple[Resolved, Simulated]) -> None:
    _, simulated = full
    for _, dates in simulated.records.visits.groupby("participant")["date"]:
        assert dates.is_monotonic_increasing
    people = simulated.records.participants
    randomized = people[people["randomized_date"].notna()]
    assert (randomized["consent_date"] <= randomized["randomized_date"]).all()


def test_every_participant_s_way_ends_in_one_status(full: tuple[Resolved, Simulated]) -> None:
    _, simulated = full
    people = simulated.records.participants.set_index("participant")["status"]
    ends = simulated.records.dispositions.query("stage == 'study'").set_index("participant")["status"]
    assert ends.to_dict() == people[people != "screen_failure"].to_dict()
    failed = simulated.records.dispositions.query("status == 'failed'")
    assert set(failed["participant"]) == set(people.index[people == "screen_failure"])
    assert set(failed["reason"]) == {"I1", "E1", "declined"}


def test_strata_and_sites_of_the_list_are_those_of_the_records(dose_response: Resolved) -> None:
    simulated = simulate(dose_response, participants=120)
    stratum = dose_response.protocol.allocation.strata[0]
    form, item = (stratum.item or "").partition("@")[0].split(".")
    rows = simulated.records.values
    history = rows[(rows["form"] == form) & (rows["item"] == item)].set_index("participant")["code"]
    sites = simulated.records.participants.set_index("participant")["site"]
    for row in simulated.allocation.table.itertuples():
        assert row.stratum == f"prior_use={history[row.participant]};site={sites[row.participant]}"


def test_guesses_name_arms_and_are_surer_farther_from_a_coin_toss(full: tuple[Resolved, Simulated]) -> None:
    _, simulated = full
    rows = simulated.records.values.query("form == 'guess'")
    answers = rows.pivot_table(index="participant", columns="item", values="number")
    assert set(answers["guess"].dropna()) == {1, 2, 9}
    arms = simulated.allocation.table.set_index("participant")["arm"]
    known = answers[answers["guess"] != 9]["guess"].dropna()
    right = known.map({1.0: "drug", 2.0: "control"}) == arms[known.index]
    assert 0.6 < right.mean() < 0.95


def test_the_planned_analysis_runs_on_what_was_simulated(full: tuple[Resolved, Simulated]) -> None:
    resolved, simulated = full
    provenance = analysis.Provenance(command="test", created_at="2030-01-01T00:00:00Z")
    found = analysis.analyze(resolved, simulated.records, simulated.allocation, provenance=provenance)
    assert found.results[0].estimate == pytest.approx(-8, abs=4 * (found.results[0].std_error or 0))
    blinded = analysis.analyze(resolved, simulated.records, provenance=provenance)
    assert blinded.tables["flow"]["randomized"] == 300


def test_another_platform_reproduces_the_committed_totals() -> None:
    path = GOLDEN / "protocol.yaml"
    resolved = protocol.resolve(protocol.load(path.read_bytes(), name=path.name))
    with (GOLDEN / "expected.csv").open(encoding="utf-8", newline="") as stream:
        expected = {row["quantity"]: row["value"] for row in csv.DictReader(stream)}
    assert golden_rows(simulate(resolved)) == expected


def golden_rows(simulated: Simulated) -> dict[str, str]:
    """Return what is committed: arms, kits, totals, guesses and dates, as text."""
    found = {}
    for row in simulated.allocation.table.itertuples():
        found[f"{row.participant} arm"] = row.arm
        found[f"{row.participant} kit"] = row.kit
    values = simulated.records.values
    totals = values[values["form"].isin(["madrs", "pcl5"]) & values["number"].notna()]
    for (who, visit, form), total in totals.groupby(["participant", "visit", "form"])["number"].sum().items():
        found[f"{who} {visit} {form}"] = f"{total:g}"
    for row in values[values["item"].isin(["guess", "age", "suicidal_thoughts", "systolic"])].itertuples():
        if row.number == row.number:
            found[f"{row.participant} {row.visit} {row.item} {row.row}"] = f"{row.number:g}"
    for row in simulated.records.visits.itertuples():
        found[f"{row.participant} {row.visit} date"] = row.date
    for row in simulated.records.adverse_events.itertuples():
        found[f"{row.participant} event {row.row}"] = f"{row.term} {row.onset_at}"
    return found


def test_a_session_is_led_by_the_participant_s_facilitator(frontline: Resolved) -> None:
    scenario = frontline.protocol.scenario().model_copy(update={"facilitators": 3})
    truth = truth_of(frontline, scenario, participants=12)
    led = draw(truth, [0], seed=frontline.protocol.simulation.seed).facilitator  # type: ignore[union-attr]
    assert led is not None
    simulation = frontline.protocol.simulation.model_copy(update={"scenarios": (scenario,)})  # type: ignore[union-attr]
    protocol = frontline.protocol.model_copy(update={"simulation": simulation})
    simulated = simulate(replace(frontline, protocol=protocol), participants=12)
    rows = simulated.records.values
    rows = rows[(rows["form"] == "session_held") & (rows["item"] == "facilitator")]
    names = dict(zip(rows["participant"], rows["text"], strict=True))
    ids = simulated.allocation.participants
    assert [names[one] for one in ids] == [f"facilitator {number + 1}" for number in led[0]]


def test_records_of_a_strained_trial_hold_the_batch_s_scores_and_arrivals(dose_response: Resolved) -> None:
    simulated = simulate(dose_response, scenario="strained", participants=15, replicate=3)
    truth = truth_of(dose_response, dose_response.protocol.scenario("strained"), participants=15)
    batch = draw(truth, [2, 3], seed=simulated.seed)
    ids = simulated.allocation.participants
    rows = simulated.records.values
    rows = rows[(rows["form"] == "madrs") & rows["participant"].isin(ids)]
    totals = rows.groupby(["participant", "visit", "repeat"])["number"].sum(min_count=10).dropna()
    scored, places = batch.scores["madrs.total"], truth.courses["madrs.total"].places
    assert totals.to_dict() == {
        (ids[row], visit, truth.timeline.places[place].repeat): scored.values[1, row, at]
        for at, (visit, place) in enumerate(zip(scored.visits, places, strict=True))
        for row in np.flatnonzero(scored.recorded[1, :, at])
    }
    people = simulated.records.participants.set_index("participant").loc[list(ids)]
    days = pd.to_datetime(people["consent_date"]) - pd.Timestamp(truth.scenario.accrual.start_date)
    planned = np.floor(batch.arrival[1])
    jitter = days.dt.days.to_numpy() - planned
    first = truth.timeline.places[0].visit.window_days
    assert first is not None
    assert np.all((jitter >= first[0]) & (jitter <= first[1] + 7))
    assert len(people) + batch.screened[1].sum() == len(simulated.records.participants)


def test_a_cell_of_a_grid_is_simulated_by_its_id(dose_response: Resolved) -> None:
    simulated = simulate(dose_response, scenario="size-and-effect.1", participants=12)
    base = simulate(dose_response, scenario="phase-3", participants=12)
    assert simulated.records.manifest.scenario == "size-and-effect.1"
    # Half the effect, and the same arms by the same chance.
    assert simulated.allocation.table["arm"].tolist() == base.allocation.table["arm"].tolist()
