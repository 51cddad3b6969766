"""What is said before a study is served."""

import gc
import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.conduct.conftest import PROTOCOL

from equipoise.conduct.config import settings
from equipoise.conduct.config.operations import serving
from equipoise.conduct.studies import services

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


def served(study: Path, file: Path) -> settings.Settings:
    return replace(settings.read(study), protocol_file=str(file))


def test_a_protocol_file_edited_after_it_was_stored_is_named_with_the_parts_that_differ(
    study: Path, tmp_path: Path
) -> None:
    file = tmp_path / "frontline.yaml"
    text = PROTOCOL.read_text(encoding="utf-8")
    services.add_version(text=text, name="frontline.yaml", at=AT, by="system")
    file.write_text(text, encoding="utf-8")
    assert serving.edited(served(study, file)) == []
    file.write_text(text.replace("window_days: [-14, 14]", "window_days: [-21, 21]"), encoding="utf-8")
    (problem,) = serving.edited(served(study, file))
    assert "build" in problem.message
    assert "version 1" in problem.hint


def test_a_protocol_file_that_is_gone_is_nobodys_concern(study: Path, tmp_path: Path) -> None:
    assert serving.edited(served(study, tmp_path / "gone.yaml")) == []
    assert serving.edited(settings.read(study)) == []


def test_an_address_where_somebody_listens_already_is_named(study: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(settings.SettingsError, match=f"nobody can listen at 127.0.0.1:{port}: Address"):
            serving.serve(settings.read(study), host="127.0.0.1", port=port)


def test_a_process_that_serves_looks_for_garbage_among_what_is_made_from_then_on(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = [
        (serving.anchoring, "keep_sending"),
        (serving.alerting, "keep_sending"),
        (serving.breaking, "keep_sending"),
        (serving.guarding, "keep_sending"),
        (serving.applications, "keep_up"),
        (serving.reconciling, "keep_reconciling"),
        (serving.logs, "take_threads"),
    ]
    for module, name in works:
        monkeypatch.setattr(module, name, lambda *_: None)
    before = len(gc.get_objects())
    try:
        serving.options(settings.read(study), host="127.0.0.1", port=0)["post_worker_init"](None)
        assert len(gc.get_objects()) < before / 10
        assert gc.isenabled()
    finally:
        gc.unfreeze()
