"""Tests that the cross-check would notice a difference, without R."""

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def compare():
    spec = importlib.util.spec_from_file_location("cross_compare", Path(__file__).with_name("compare.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["cross_compare"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("quantity", "factor", "verdict"),
    [("difference SE", 1.0, 0), ("difference SE", 1.001, 1), ("coefficient", 1.001, 1), ("-2 log likelihood", 0.9999, 1)],
)  # fmt: skip
def test_a_number_that_differs_is_noticed(compare, capsys, quantity, factor, verdict):
    case = compare.Case("simulated", compare.CROSSED, "cs", engine="lmer")
    data = {"simulated": compare.simulated()}
    found = compare.ours(case, data["simulated"])
    changed = {key: value * (factor if key[0] == quantity else 1) for key, value in found.items()}
    assert compare.report([case], data, {case.name: changed}) == verdict
    assert ("TOO FEW" in capsys.readouterr().out) == bool(verdict)


def test_without_r_nothing_passes_for_compared(compare, capsys, monkeypatch):
    monkeypatch.setattr(compare.shutil, "which", lambda name: None)
    assert compare.main() == compare.NO_R
    assert "R is not here" in capsys.readouterr().err
