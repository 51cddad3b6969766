"""Data written under the tables of an older release are whole after the upgrade, and nothing serves before it."""

from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from tests.conduct.capture.conftest import AT, FRONTLINE, STAFF, Desk, begin
from tests.conduct.consenting import enrolled

from equipoise.conduct.allocator import services as allocator
from equipoise.conduct.allocator import verification
from equipoise.conduct.allocator.services import listing
from equipoise.conduct.audit.tables import append_only
from equipoise.conduct.capture import services
from equipoise.conduct.config import checks, settings
from equipoise.conduct.config.operations import serving, upgrading, verifying
from equipoise.conduct.config.settings import Settings, SettingsError
from equipoise.conduct.enrollment.services import randomizing
from equipoise.conduct.stores import ownership, triggers
from equipoise.conduct.stores.names import ALIASES

OLDER = {"accounts": "0001", "allocator": "0001", "capture": "0001"}
"""App to the last migration of the older release; what came since makes tables of its own."""


@pytest.fixture
def older(study: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A study with a list, somebody enrolled and answers, under the tables of an older release."""
    found = settings.read(study)
    with pytest.MonkeyPatch.context() as patch:
        # That release sealed arms with the store's key itself.
        patch.setattr(listing, "begin", lambda **_: None)
        begin(FRONTLINE.read_text(encoding="utf-8"))
        allocator.draw_list(version=1, at=AT, by="system", length=6)
    randomizing.publish_commitments(at=AT, by="system")
    one = enrolled("SEA", at=AT, by=STAFF.coordinator)
    day = date(2026, 12, 14)
    services.plan_anchor(participant=one, anchor="dose", date=day, at=AT, by=STAFF.coordinator)
    form = services.open_form(participant=one, visit="log", form="medications", at=AT, by=STAFF.coordinator)
    Desk(form, STAFF.coordinator).save(medication="Ibuprofen")
    # What came since made tables of its own, which hold nothing yet.
    with ownership.as_owner(found.keys):
        for alias in ALIASES.values():
            for app, last in OLDER.items():
                call_command("migrate", app, last, database=alias, verbosity=0)
    return found


@pytest.mark.both_stores
def test_older_data_are_upgraded_whole_and_protected(older: Settings) -> None:
    said = "\n".join(str(one) for one in checks.problems(older))
    for waiting in ("accounts.0002_entry_link", "allocator.0002_sealing_key", "capture.0003_event_reached"):
        assert waiting in said
    assert f"`equipoise upgrade --home {older.home}`" in said
    with pytest.raises(SettingsError, match="not applied"):
        serving.serve(older, host="127.0.0.1", port=1)
    assert Client().get("/health/").status_code == 503
    upgrading.upgrade(older)
    assert checks.problems(older) == []
    assert Client().get("/health/").status_code == 200
    assert verifying.verify(older).problems == ()
    assert verification.check() == []
    # What came is as protected as what was there.
    assert {"assigned_kit", "event_reached"} <= append_only("default")
    assert triggers.check("default", append_only("default")) == []


@pytest.mark.both_stores
def test_an_upgrade_that_is_called_again_changes_nothing(older: Settings) -> None:
    upgrading.upgrade(older)
    upgrading.upgrade(older)
    assert checks.problems(older) == []
    assert verifying.verify(older).problems == ()
