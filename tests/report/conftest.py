"""Fixtures of the report's tests: made-up analyses and a reader of HTML."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FIXTURES = Path(__file__).parent / "fixtures"


def load(name: str) -> ModuleType:
    """Return a module of the fixtures folder, which is no package."""
    full = f"equipoise_report_fixtures_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, FIXTURES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        spec.loader.exec_module(module)
    return sys.modules[full]


@pytest.fixture(scope="session")
def written() -> ModuleType:
    """Return the maker of analyses."""
    return load("written")


@pytest.fixture(scope="session")
def modeled() -> ModuleType:
    """Return what a model of all visits adds to an analysis."""
    return load("modeled")


@pytest.fixture(scope="session")
def rehearsed() -> ModuleType:
    """Return the maker of rehearsals."""
    return load("rehearsed")


@pytest.fixture(scope="session")
def page() -> ModuleType:
    """Return the reader of HTML."""
    return load("page")
