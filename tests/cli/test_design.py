"""`equipoise design` leaves what the contract says, and refuses what cannot be rehearsed with every
reason."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from equipoise import source
from equipoise.cli.design import command
from equipoise.cli.report import command as report_command
from equipoise.cli.workers import duration
from equipoise.errors import ProtocolError

PROTOCOLS = Path(__file__).parents[2] / "protocols"
FLAGSHIP = PROTOCOLS / "frontline.yaml"
PROMISED = ("scenario", "estimand", "role", "n", "replicates", "power", "power_mcse", "bias", "rmse", "coverage", "converged")  # fmt: skip


def run(*arguments, file=FLAGSHIP):
    return CliRunner().invoke(command, [str(file), "--workers", "1", *map(str, arguments)])


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    out = tmp_path_factory.mktemp("rehearsal")
    return out, run("--replicates", 64, "--scenario", "null", "--out", out)


def rows_in(out):
    return json.loads((out / "operating_characteristics.json").read_text())


def test_what_is_promised_is_left(rehearsed):
    out, result = rehearsed
    assert result.exit_code == 0, result.output
    rows = rows_in(out)
    assert rows[0]["role"] == "primary"
    assert {row["scenario"] for row in rows} == {"null"}
    for row in rows:
        assert set(PROMISED) <= set(row)
        assert (row["n"], row["replicates"]) == (30, 64)
        assert 0 <= row["power"] <= 1
        assert row["power_mcse"] > 0
    assert rows[0]["type_1_error"] == rows[0]["power"]
    gated = {row["estimand"]: row for row in rows}
    assert gated["ptsd"]["power"] <= gated["burnout"]["power"] <= gated["primary"]["power"]
    rehearsal = json.loads((out / "rehearsal.json").read_text())
    assert rehearsal["cells"][0]["enrollment"]["duration_months"] > 0


def test_a_report_is_left_and_can_be_written_again_from_the_files(rehearsed):
    out, result = rehearsed
    page = out / "design.html"
    assert f"Report: {page}" in result.output
    before = page.read_bytes()
    page.unlink()
    again = CliRunner().invoke(report_command, [str(out)])
    assert again.exit_code == 0, again.output
    assert page.read_bytes() == before
    assert b"With no effect at all" in before
    assert not (out / "sequential.json").exists()


def test_the_table_shows_errors_and_the_type_1_error(rehearsed):
    _, result = rehearsed
    assert "Type I error of primary" in result.output
    assert "±" in result.output
    assert "Simulated data: no person took part." in result.output


def test_the_same_command_computes_nothing_again(rehearsed, monkeypatch):
    out, _ = rehearsed
    before = rows_in(out)
    monkeypatch.setattr("equipoise.design.engine.compute", lambda *_: pytest.fail("computed again"))
    assert run("--replicates", 64, "--scenario", "null", "--out", out).exit_code == 0
    assert rows_in(out) == before


def test_designs_are_compared_and_a_size_is_found(rehearsed, tmp_path):
    out, _ = rehearsed
    arguments = (
        "--scenario",
        "back-2024",
        "--only",
        "primary",
        "--replicates",
        128,
        "--cache",
        out / "cache",
    )
    result = run(*arguments, "--n", 10, "--n", 30, "--find-n", 0.5, "--no-curves", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "n = 30 gains" in (tmp_path / "design.html").read_text(encoding="utf-8")
    rehearsal = json.loads((tmp_path / "rehearsal.json").read_text())
    first, second = rehearsal["comparisons"]
    assert (first["difference"], first["difference_mcse"]) == (0.0, 0.0)
    assert second["difference"] > 0
    (found,) = rehearsal["search"]
    assert found["low"] <= found["n"] <= found["high"]
    assert {row["design"] for row in rows_in(tmp_path)} == {"n = 10", "n = 30"}


def test_two_participants_are_a_trial_without_an_answer(tmp_path):
    result = run(
        "--replicates",
        32,
        "--scenario",
        "null",
        "--only",
        "primary",
        "--n",
        2,
        "--no-curves",
        "--out",
        tmp_path,
    )
    assert result.exit_code == 0, result.output
    (row,) = rows_in(tmp_path)
    assert (row["converged"], row["power"], row["bias"]) == (0.0, 0.0, None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scenario", "nobody"), "there is no scenario `nobody`"),
        (("--grid", "nothing"), "there is no grid `nothing`"),
        (("--only", "nothing"), "there is no estimand `nothing`"),
    ],
)
def test_unknown_names_are_refused_with_those_there_are(arguments, said, tmp_path):
    result = run("--replicates", 10, *arguments, "--out", tmp_path)
    assert isinstance(result.exception, ProtocolError)
    assert said in str(result.exception)
    assert "there are" in str(result.exception)


def test_a_number_and_a_precision_exclude_each_other(tmp_path):
    result = run("--replicates", 10, "--precision", 0.1, "--out", tmp_path)
    assert result.exit_code == 2


def changed(tmp_path, change) -> Path:
    data = source.read(FLAGSHIP.read_text(), name="frontline").data
    change(data["simulation"])
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(data, default=str))
    return path


def of_null(simulation):
    return next(one for one in simulation["scenarios"] if one["id"] == "null")


def everybody_leaves(scenario):
    scenario["dropout"]["per_28_days"] = 1.0


def correlations_clash(scenario):
    scenario["outcomes"]["madrs.total"]["correlation"] = {"baseline": 0.99, "visits": 0.0}


def means_leave_the_range(scenario):
    scenario["outcomes"]["madrs.total"]["response"] = {"D28": -40}


def nobody_follows_the_primary(scenario):
    del scenario["outcomes"]["madrs.total"]
    scenario["dropout"] = {"per_28_days": 0.01, "mechanism": "mcar"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (everybody_leaves, "everybody leaves"),
        (correlations_clash, "exclude each other"),
        (means_leave_the_range, "outside 0 to 60"),
        (nobody_follows_the_primary, "no scenario has the outcome of `primary`"),
    ],
)
def test_what_cannot_be_rehearsed_is_refused_with_the_reason(change, said, tmp_path):
    file = changed(tmp_path, lambda simulation: change(of_null(simulation)))
    result = run("--replicates", 10, "--scenario", "null", "--out", tmp_path / "out", file=file)
    assert isinstance(result.exception, ProtocolError), result.output
    assert said in str(result.exception)


def test_a_grid_of_ten_million_cells_says_how_long_it_takes_and_begins_nothing(tmp_path):
    def grown(simulation):
        steps = [round(0.001 * step, 3) for step in range(1, 3201)]
        vary = {"participants": list(range(4, 3204)), "missed_forms": steps[:900], "late_visits": steps[:4]}
        simulation["grid"] = [{"id": "huge", "scenario": "null", "vary": vary}]

    result = run(
        *("--replicates", 1000, "--only", "primary", "--grid", "huge", "--out", tmp_path / "out"),
        file=changed(tmp_path, grown),
    )
    assert result.exit_code == 2, result.exception
    assert "11,520,000 cells x 1,000 trials would take about" in result.output
    assert "days" in result.output
    assert "--yes" in result.output
    assert not (tmp_path / "out" / "operating_characteristics.json").exists()


def test_every_impossible_cell_of_a_grid_is_named(tmp_path):
    def grown(simulation):
        vary = {"outcomes.madrs.total.effect_scale": [1, 5, 6]}
        simulation["grid"] = [{"id": "steep", "scenario": "back-2024", "vary": vary}]

    result = run("--replicates", 10, "--grid", "steep", "--out", tmp_path, file=changed(tmp_path, grown))
    assert isinstance(result.exception, ProtocolError), result.output
    told = str(result.exception)
    assert ("steep.1" in told, "steep.2" in told, "steep.3" in told) == (False, True, True)


def test_a_size_and_a_grid_over_sizes_contradict_each_other(tmp_path):
    def grown(simulation):
        simulation["grid"] = [{"id": "sizes", "scenario": "null", "vary": {"participants": [20, 30]}}]

    file = changed(tmp_path, grown)
    result = run("--replicates", 10, "--grid", "sizes", "--n", 40, "--out", tmp_path, file=file)
    assert result.exit_code == 2
    assert "contradict" in result.output


@pytest.mark.parametrize(
    ("seconds", "said"), [(40, "40 s"), (600, "10 min"), (12_600, "3.5 h"), (10**6, "12 days")]
)
def test_durations_read_as_people_say_them(seconds, said):
    assert duration(seconds) == said
