"""Commands of the web system say what is missing where it is not installed."""

import importlib
import types

import pytest
from click.testing import CliRunner

from equipoise.cli import equipoise


@pytest.mark.parametrize("command", ["init", "serve", "user", "verify", "backup"])
def test_without_the_web_system_a_command_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def absent(name: str) -> types.ModuleType:
        raise ModuleNotFoundError("No module named 'django'", name="django.db")

    monkeypatch.setattr(importlib, "import_module", absent)
    done = CliRunner().invoke(equipoise, [command, "--help"])
    assert done.exit_code == 1
    assert f"`{command}` needs the web system (pip install 'equipoise[web]')" in done.output


def test_a_module_of_ours_that_is_missing_is_no_missing_web_system(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> types.ModuleType:
        raise ModuleNotFoundError("No module named 'equipoise.gone'", name="equipoise.gone")

    monkeypatch.setattr(importlib, "import_module", absent)
    assert isinstance(CliRunner().invoke(equipoise, ["init"]).exception, ModuleNotFoundError)
