"""The flagship trial, simulated: tables that must agree with each other and with the results."""

from pathlib import Path
from typing import Any

import pytest

from equipoise import analysis, design, protocol
from equipoise.analysis.blinded import visible

ROOT = Path(__file__).parents[2]
WHEN = analysis.Provenance(command="test", created_at="2026-11-23T00:00:00Z", versions={})
ARMS = ("psilocybin", "niacin")


@pytest.fixture(scope="module")
def trial() -> Any:
    file = ROOT / "protocols" / "frontline.yaml"
    resolved = protocol.resolve(protocol.load(file.read_bytes(), name=file.name))
    return resolved, design.simulate(resolved)


@pytest.fixture(scope="module")
def done(trial: Any) -> Any:
    resolved, drawn = trial
    return analysis.analyze(resolved, drawn.records, drawn.allocation, provenance=WHEN)


def test_every_estimand_has_an_estimate(done: Any) -> None:
    assert [result.status for result in done.results] == ["ok"] * len(done.results)


def test_arms_add_up_to_everybody_randomized(done: Any) -> None:
    flow = done.tables["flow"]
    assert (
        sum(arm["allocated"] for arm in flow["arms"])
        == flow["randomized"]
        == done.tables["trial"]["n_randomized"]
    )
    assert flow["screened"] == flow["randomized"] + sum(row["n"] for row in flow["excluded"])


def test_the_primary_estimate_is_the_difference_of_the_described_changes(done: Any) -> None:
    rows = {
        row["arm"]: row
        for row in done.tables["descriptives"]
        if (row["score"], row["visit"]) == ("madrs.total", "D28")
    }
    primary = done.results[0]
    assert primary.estimate == pytest.approx(
        rows["psilocybin"]["change_mean"] - rows["niacin"]["change_mean"]
    )
    assert [primary.n_arm, primary.n_reference] == [rows[arm]["change_n"] for arm in ARMS]
    assert [group.sd for group in primary.groups] == pytest.approx([rows[arm]["change_sd"] for arm in ARMS])


def test_the_flow_ends_with_whoever_each_estimand_used(done: Any) -> None:
    for result in done.results:
        arms = done.tables["flow"]["arms"]
        used = {
            arm["arm"]: one["n"]
            for arm in arms
            for one in arm["analyzed"]
            if one["estimand"] == result.estimand
        }
        assert used == {"psilocybin": result.n_arm, "niacin": result.n_reference}


def test_observed_and_missing_add_up(done: Any) -> None:
    described = {(row["score"], row["visit"], row["arm"]): row["n"] for row in done.tables["descriptives"]}
    for row in done.tables["missing"]:
        assert row["observed"] == described[row["score"], row["visit"], row["arm"]]


def test_responders_agree_with_the_estimand(done: Any) -> None:
    rows = {
        (row["kind"], row["arm"]): row
        for row in done.tables["responders"]
        if (row["score"], row["visit"]) == ("madrs.total", "D28")
    }
    response = next(result for result in done.results if result.estimand == "response")
    assert [group.count for group in response.groups] == [rows["response", arm]["count"] for arm in ARMS]


def test_after_day_28_nothing_is_a_randomized_comparison(done: Any) -> None:
    said = {row["visit"]: row["randomized_comparison"] for row in done.tables["descriptives"]}
    assert [visit for visit, fair in said.items() if not fair] == ["W8", "W12", "W24"]


def test_the_published_result_stands_beside_ours(done: Any) -> None:
    first = done.tables["published"][0]
    assert first["ours"]["estimate"] == done.results[0].estimate != first["estimate"]


def test_the_blinded_analysis_does_not_depend_on_anything_hidden(trial: Any, tmp_path: Path) -> None:
    resolved, drawn = trial
    stripped = visible(drawn.records, resolved)
    assert len(stripped.values) < len(drawn.records.values)
    folders = [
        analysis.analyze(resolved, records, provenance=WHEN).write(tmp_path / name)
        for name, records in (("whole", drawn.records), ("stripped", stripped))
    ]
    whole, again = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert whole == again
    content = b"".join(whole.values()).decode()
    assert not [who for who in drawn.records.participants["participant"] if who in content]


def test_three_arms_give_every_table_three_columns() -> None:
    file = ROOT / "protocols" / "dose-response.yaml"
    resolved = protocol.resolve(protocol.load(file.read_bytes(), name=file.name))
    arms = {arm.id for arm in resolved.protocol.arms}
    drawn = design.simulate(resolved, participants=90)
    done = analysis.analyze(resolved, drawn.records, drawn.allocation, provenance=WHEN)
    assert len(arms) == 3
    for table in ("descriptives", "responders", "missing", "deviations"):
        assert {row["arm"] for row in done.tables[table]} == arms
    assert [arm["arm"] for arm in done.tables["flow"]["arms"]] == [arm.id for arm in resolved.protocol.arms]
    plain = {"Bang", "James"}
    weighted = {f"{method}, weighted by certainty" for method in plain}
    assert {row["method"] for row in done.tables["blinding_indices"]} == plain | weighted
    assert {row["estimand"] for row in done.tables["by_visit"]} > {"primary", "middle_dose"}
    assert [row["estimand"] for row in done.tables["tipping_point"]] == ["worse"]
    assert all(result.status == "ok" for result in done.results)
