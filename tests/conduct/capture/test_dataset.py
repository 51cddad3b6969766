"""What was collected leaves as a dataset that the planned analysis reads, without what anybody must not see."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from equipoise import records
from equipoise.cli import analyze, export
from equipoise.conduct.audit.models import Event
from equipoise.conduct.capture import dataset, services
from equipoise.conduct.capture.results import Given

FRONTLINE = Path(__file__).parents[3] / "protocols" / "frontline.yaml"
Open = Callable[..., Any]


@pytest.mark.both_stores
def test_filled_forms_become_records_without_hidden_ones(
    desk: Open, participant: str, staff: Any, at: datetime, tmp_path: Path
) -> None:
    services.record_visit(
        participant=participant, visit="PREP1", status="held", date=date(2026, 11, 20), at=at, by=staff.team
    )
    madrs = desk("madrs", "PREP1")
    madrs.save(**{line.item: "2" for line in madrs.page.items})
    services.complete(form=madrs.form, at=at, by=madrs.by)
    expectancy = desk("expectancy", "PREP1")
    expectancy.save(**{line.item: "1" for line in expectancy.page.items[:1]})
    event = desk("adverse_events", by=staff.team)
    event.save(
        term="Headache 🤕", onset_at="2026-11-20T22:30", severity="mild", serious="0", valence="unwelcome"
    )
    for name in ("sertraline", "lithium"):
        desk("medications").save(name=name)
    vitals = desk("vitals", "SCR", by=staff.coordinator)
    given = [Given("systolic", missing_reason="not_done"), Given("diastolic", text="80"), Given("heart_rate")]
    services.save(form=vitals.form, given=given, at=at, by=vitals.by)

    folder = tmp_path / "records"
    written = dataset.export(folder, at=at)
    found = records.read(folder)
    assert found.equals(written)
    assert set(found.values["form"]) == {"madrs", "adverse_events", "medications", "vitals"}
    assert found.medications[["row", "name"]].to_numpy().tolist() == [[1, "sertraline"], [2, "lithium"]]
    total = found.values[found.values["item"] == "total"].iloc[0]
    assert (total["number"], total["origin"], total["evaluator"]) == (20.0, "derived", "cora")
    assert found.adverse_events.iloc[0]["onset_at"] == "2026-11-21T06:30:00Z"
    assert found.visits[["visit", "date"]].to_numpy().tolist() == [["PREP1", "2026-11-20"], ["SCR", None]]
    assert set(found.values["missing_reason"].dropna()) == {"not_done"}
    assert found.manifest.simulated is False
    event_row = Event.objects.using("default").order_by("-id").first()
    assert event_row is not None
    assert event_row.action == "data.exported"
    # The chain names the export, and the export names nothing that counts what is hidden.
    assert found.manifest.chain_head is None
    assert event_row.reason.endswith(sha256((folder / "manifest.json").read_bytes()).hexdigest())


def test_the_commands_export_and_analyze_the_study_blinded(
    desk: Open, begun: Path, participant: str, tmp_path: Path, at: datetime
) -> None:
    for visit in ("PREP1", "D28"):
        one = desk("madrs", visit)
        one.save(**{line.item: "3" for line in one.page.items})
        services.complete(form=one.form, at=at, by=one.by)
    folder, result = tmp_path / "records", tmp_path / "result"
    exported = CliRunner().invoke(export.command, ["--home", str(begun), "--out", str(folder)])
    assert exported.exit_code == 0, exported
    analyzed = CliRunner().invoke(
        analyze.command, [str(FRONTLINE), "--data", str(folder), "--out", str(result)]
    )
    assert analyzed.exit_code == 0, analyzed.exception
    assert (result / "report.html").stat().st_size > 0


def test_an_export_of_nothing_is_an_empty_dataset(begun: Path, tmp_path: Path, at: datetime) -> None:
    found = dataset.export(tmp_path / "records", at=datetime(2026, 11, 23, tzinfo=UTC))
    assert found.summary() == "0 participants, 0 visits and 0 values, collected"
