"""What the client's code is written from the description with: what nobody could call is refused."""

import copy
import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DESCRIPTION = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8"))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "docs")
    return importlib.import_module("client_calls")


@pytest.fixture
def written(calls: ModuleType) -> ModuleType:
    return importlib.import_module("typed_client")


def test_two_calls_of_one_name_are_refused(calls: ModuleType) -> None:
    document: dict[str, Any] = copy.deepcopy(DESCRIPTION)
    document["paths"]["/api/v1/others"] = {"get": {**document["paths"]["/api/v1/people"]["get"]}}
    with pytest.raises(ValueError, match="two calls of People are called list"):
        list(calls.calls_of(document))


@pytest.mark.parametrize("name", ["from", "two-words"])
def test_a_name_that_nobody_could_write_is_refused(calls: ModuleType, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        calls.parameter(name, {"type": "string"}, is_required=True)


def test_every_name_given_to_a_call_is_of_an_operation(calls: ModuleType, written: ModuleType) -> None:
    known = {one["operationId"] for at in DESCRIPTION["paths"].values() for one in at.values()}
    assert calls.NAMES.keys() - known == set()
    assert written.UNSHOWN.keys() - DESCRIPTION["components"]["schemas"].keys() == set()


def test_a_module_that_is_no_longer_written_is_named(
    written: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written, "PACKAGE", tmp_path)
    kept, left = (tmp_path / "areas" / name for name in ("people.py", "gone.py"))
    kept.parent.mkdir()
    for path in (kept, left):
        path.write_text("")
    assert written.stale({kept: ""}) == [left]
