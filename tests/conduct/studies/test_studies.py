"""A study keeps its protocol versions for ever as they were, and its sites' days in their own time."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from equipoise.conduct.audit.models import Event
from equipoise.conduct.studies import reads, services
from equipoise.conduct.studies.models import ProtocolVersion
from equipoise.errors import ProtocolError, RecordError
from equipoise.instruments import library as scales

FRONTLINE = Path(__file__).parents[3] / "protocols" / "frontline.yaml"
AT = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.fixture
def text() -> str:
    return FRONTLINE.read_text(encoding="utf-8")


@pytest.fixture
def begun(study: Path, text: str) -> str:
    if reads.latest() is None:
        services.add_version(text=text, name="frontline.yaml", at=AT, by="system")
    return text


def test_a_version_keeps_its_scales_when_the_package_changes_them(
    begun: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in Path(str(scales.FOLDER)).iterdir():
        if path.suffix == scales.SUFFIX:
            (tmp_path / path.name).write_text(
                path.read_text(encoding="utf-8").replace("6: extreme", "6: new")
            )
    monkeypatch.setattr(scales, "FOLDER", tmp_path)
    assert "6: new" in scales.text("madrs")
    reads._rebuilt.cache_clear()
    codes = reads.resolved(1).forms["madrs"].item("pessimistic_thoughts").codes
    assert codes is not None
    assert codes["6"] == "extreme"


def test_a_stored_version_has_the_hashes_it_was_stored_with(begun: str) -> None:
    held = reads.version(1)
    assert held is not None
    assert held.hashes == reads.resolved(1).hashes


def test_a_broken_protocol_is_refused_and_leaves_no_event(begun: str) -> None:
    events = Event.objects.using("default").count()
    with pytest.raises(ProtocolError):
        services.add_version(text=begun.replace("anchor: dose", "anchor: dos"), name="f", at=AT, by="system")
    assert Event.objects.using("default").count() == events


def test_the_same_file_is_no_new_version_and_another_trial_never(begun: str) -> None:
    with pytest.raises(RecordError, match="in force already"):
        services.add_version(text=begun, name="frontline.yaml", at=AT, by="system")
    with pytest.raises(RecordError, match="protocol of OTHER"):
        services.add_version(
            text=begun.replace("id: FRONTLINE", "id: OTHER"), name="f.yaml", at=AT, by="system"
        )
    assert ProtocolVersion.objects.count() == 1


def test_an_edited_file_is_noticed_and_the_study_goes_on_with_the_stored_version(begun: str) -> None:
    assert reads.edited(begun, name="frontline.yaml") == []
    changed = begun.replace("range: [0, 60]", "range: [0, 99]")
    [problem] = reads.edited(changed, name="frontline.yaml")
    assert "build" in problem.message
    assert reads.resolved(1).forms["screening"].item("frontline_months").range == (0, 60)
    assert "no longer be read" in reads.edited("equipoise: [", name="f")[0].message


def test_sites_count_days_in_their_own_time_and_names_may_be_written_in_any_script(begun: str) -> None:
    services.add_site(site="SEA", name="סיאטל 🌲", time_zone="America/Los_Angeles", at=AT, by="system")
    found = reads.site("SEA")
    assert found is not None
    assert found.name == "סיאטל 🌲"
    assert found.today(AT) == date(2026, 11, 22)
    assert reads.version_at("SEA", day=date(2026, 11, 22)) == 1
    assert reads.version_at("SEA", day=date(2026, 11, 21)) is None


def test_everything_wrong_with_a_site_is_said_at_once(begun: str) -> None:
    services.add_site(site="SEA", name="Seattle", time_zone="UTC", at=AT, by="system")
    with pytest.raises(RecordError) as caught:
        services.add_site(site="S EA", name=" ", time_zone="Mars/Base", at=AT, by="system")
    assert {problem.path for problem in caught.value.problems} == {"site", "name", "time_zone"}
    with pytest.raises(RecordError, match="already"):
        services.add_site(site="sea", name="Seattle", time_zone="UTC", at=AT, by="system")


def test_a_correction_of_a_site_needs_a_reason_and_keeps_the_place(begun: str) -> None:
    services.add_site(site="SEA", name="Seatle", time_zone="UTC", at=AT, by="system")
    with pytest.raises(RecordError, match="needs a reason"):
        services.correct_site(site="SEA", name="Seattle", time_zone="UTC", at=AT, by="system", reason="")
    services.correct_site(site="SEA", name="Seattle", time_zone="UTC", at=AT, by="system", reason="slip")
    assert [site.name for site in reads.sites() if site.site == "SEA"] == ["Seattle"]


def test_sites_adopt_versions_on_different_days(begun: str) -> None:
    services.add_site(site="SEA", name="Seattle", time_zone="UTC", at=AT, by="system")
    services.add_site(site="NYC", name="New York", time_zone="UTC", at=AT, by="system")
    amended = begun.replace("range: [0, 60]", "range: [0, 99]")
    assert services.add_version(text=amended, name="f.yaml", at=AT, by="system") == 2
    services.adopt_version(
        site="NYC", version=2, approved_on=None, effective_from=date(2026, 12, 1), at=AT, by="system"
    )
    assert reads.versions_at(date(2026, 12, 2)) | {"SEA": 1, "NYC": 2} == reads.versions_at(date(2026, 12, 2))
    with pytest.raises(RecordError, match="adopted version 2 already"):
        services.adopt_version(
            site="NYC", version=2, approved_on=None, effective_from=date(2026, 12, 1), at=AT, by="system"
        )
