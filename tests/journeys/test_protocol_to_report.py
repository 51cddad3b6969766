"""From one protocol file to a report, as a new user and as a statistician walk it."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from equipoise import records

ROOT = Path(__file__).parents[2]
REFERENCE = Path(os.environ.get("EQUIPOISE_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
GOLDEN = ROOT / "tests" / "golden"


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "equipoise", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("demo")
    done = run("demo", "--without-web", "--no-serve", "--out", str(out))
    assert done.returncode == 0, done.stderr
    return out, done.stdout


def test_the_demo_says_in_five_lines_what_happened(demo: tuple[Path, str]) -> None:
    out, said = demo
    lines = said.splitlines()
    assert [line.split()[0] for line in lines] == [
        "Checked",
        "Simulated",
        "Analyzed",
        "Published",
        "Reported",
    ]
    assert "no person took part" in lines[1]
    assert str(out / "report.html") in lines[4]


def test_the_demo_leaves_report_results_and_manifest(demo: tuple[Path, str]) -> None:
    out, _ = demo
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert [results[0]["estimand"], results[0]["role"], results[0]["visit"]] == ["primary", "primary", "D28"]
    assert results[0]["comparison"] == {"arm": "psilocybin", "reference": "niacin"}
    assert (out / "manifest.json").is_file()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Simulated data" in page
    assert "NCT05163496" in page


def test_the_demo_uses_its_trial_again_and_says_the_same(demo: tuple[Path, str]) -> None:
    out, said = demo
    before = (out / "trial" / "records" / "values.csv").stat().st_mtime_ns
    again = run("demo", "--without-web", "--no-serve", "--out", str(out))
    assert again.stdout == said
    assert (out / "trial" / "records" / "values.csv").stat().st_mtime_ns == before


def test_the_report_can_be_written_again_without_data(demo: tuple[Path, str]) -> None:
    out, _ = demo
    page = (out / "report.html").read_bytes()
    assert run("report", str(out)).returncode == 0
    assert (out / "report.html").read_bytes() == page


def test_without_an_allocation_the_report_is_blinded(demo: tuple[Path, str], tmp_path: Path) -> None:
    out, _ = demo
    done = run("analyze", "protocols/frontline.yaml", "--data", str(out / "trial"), "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert all(row["estimate"] is None for row in results)
    assert "linded" in (tmp_path / "report.html").read_text(encoding="utf-8")


def reference(file: str) -> Path:
    path = REFERENCE / file
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{path} is missing; CI needs it")
        pytest.skip(f"{path} is not on this machine (set EQUIPOISE_REFERENCE_DATA)")
    return path


def test_the_real_depression_trial_gives_the_reference_numbers(tmp_path: Path) -> None:
    data = reference("antidepressant_trial.csv")
    done = run("analyze", "protocols/antidepressant.yaml", "--data", str(data), "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    results = {
        row["estimand"]: row for row in json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    }
    primary = results["primary"]
    assert (primary["role"], primary["estimator"], primary["visit"]) == ("primary", "mmrm", "v7")
    assert primary["comparison"] == {"arm": "drug", "reference": "placebo"}
    sas = {
        row["quantity"].removeprefix("DRUG-PLACEBO visit 7 "): row
        for row in golden("mmrm_antidepressant")
        if "visit 7" in row["quantity"]
    }
    assert set(sas) == {"estimate", "std_error", "df", "p_value"}
    for name, row in sas.items():
        assert primary[name] == pytest.approx(float(row["value"]), rel=float(row["tolerance_relative"])), name
    ancova = {row["quantity"].removeprefix("difference."): row for row in golden("antidepressant_ancova")}
    assert results["complete_cases"]["sensitivity_of"] == "primary"
    for name in ("n", "estimate", "std_error", "df", "ci_low", "ci_high"):
        row = ancova[name]
        found = results["complete_cases"][name]
        assert found == pytest.approx(float(row["value"]), abs=float(row["tolerance"])), name
    assert results["complete_cases"]["p_value"] is None


def golden(folder: str) -> list[dict[str, str]]:
    with (GOLDEN / folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_demo_draws_its_trial_anew_when_the_old_one_cannot_be_read(
    demo: tuple[Path, str], tmp_path: Path
) -> None:
    out, said = demo
    old = tmp_path / "demo"
    shutil.copytree(out, old)
    (old / "trial" / "records" / "manifest.json").write_text("{}", encoding="utf-8")
    done = run("demo", "--without-web", "--no-serve", "--out", str(old))
    assert done.returncode == 0, done.stderr
    assert done.stdout.replace(str(old), str(out)) == said


def test_data_that_do_not_fit_the_protocol_are_refused_with_every_row(
    demo: tuple[Path, str], tmp_path: Path
) -> None:
    out, _ = demo
    found = records.read(out / "trial" / "records")
    visits = found.visits.copy()
    visits.loc[[3, 5], "participant"] = ["SIM-998", "SIM-999"]
    records.write(records.with_tables(found, visits=visits), tmp_path / "records")
    done = run(
        "analyze",
        "protocols/frontline.yaml",
        "--data",
        str(tmp_path / "records"),
        "--out",
        str(tmp_path / "out"),
    )
    assert done.returncode == 1
    assert "visits.csv:5:" in done.stderr
    assert "SIM-998" in done.stderr
    assert "visits.csv:7:" in done.stderr
    assert not (tmp_path / "out").exists()
