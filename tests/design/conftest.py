"""A small trial that tests bend to their purpose, and the flagship."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from equipoise import protocol
from equipoise.design import Truth, truth_of
from equipoise.protocol import Resolved

PROTOCOLS = Path(__file__).parents[2] / "protocols"

YES_NO = {"0": "No", "1": "Yes"}
SMALL: dict[str, Any] = {
    "equipoise": 1,
    "trial": {"id": "SMALL", "title": "A small trial"},
    "interventions": [
        {"id": "drug25", "label": "Drug 25 mg", "substance": "drug", "dose_mg": 25},
        {"id": "drug1", "label": "Drug 1 mg", "substance": "drug", "dose_mg": 1},
    ],
    "epochs": ["screening", "treatment", "open_label"],
    "arms": [
        {"id": "drug", "role": "experimental", "elements": {"treatment": "drug25"}},
        {"id": "control", "role": "control", "elements": {"treatment": "drug1", "open_label": "drug25"}},
    ],
    "anchors": {"dose": {"visit": "DOSE"}, "open_dose": {"visit": "OPEN"}},
    "events": [{"id": "told", "text": "Told", "visit": "D28", "tells": ["participant"]}],
    "allocation": {"method": "permuted_blocks", "ratio": {"drug": 1, "control": 1}, "block_sizes": [4]},
    "visits": [
        {
            "id": "SCR",
            "epoch": "screening",
            "anchor": "dose",
            "planned_anchor": True,
            "day": -20,
            "window_days": [-5, 5],
            "forms": ["madrs", "intake"],
        },
        {
            "id": "BASE",
            "epoch": "screening",
            "anchor": "dose",
            "planned_anchor": True,
            "day": -7,
            "window_days": [-2, 2],
            "baseline": True,
            "session": "prep",
            "forms": ["madrs", "pcl5"],
        },
        {
            "id": "DOSE",
            "epoch": "treatment",
            "anchor": "dose",
            "day": 0,
            "session": "dosing",
            "forms": ["dose_given", "vitals"],
        },
        {
            "id": "D7",
            "epoch": "treatment",
            "anchor": "dose",
            "day": 7,
            "window_days": [-2, 2],
            "forms": ["madrs"],
        },
        {
            "id": "INT",
            "epoch": "treatment",
            "anchor": "dose",
            "day": 14,
            "window_days": [-2, 2],
            "session": "integration",
            "forms": [],
        },
        {
            "id": "D28",
            "epoch": "treatment",
            "anchor": "dose",
            "day": 28,
            "window_days": [-3, 3],
            "forms": ["guess", "madrs", "pcl5"],
        },
        {
            "id": "OPEN",
            "epoch": "open_label",
            "anchor": "dose",
            "day": 42,
            "window_days": [-5, 5],
            "arms": ["control"],
            "offered": True,
            "session": "dosing",
            "forms": ["dose_given", "vitals"],
        },
        {
            "id": "D84",
            "epoch": "treatment",
            "anchor": "dose",
            "day": 84,
            "window_days": [-7, 7],
            "forms": ["madrs", "pcl5"],
        },
    ],
    "logs": ["adverse_events", "medications", "elsewhere"],
    "sessions": [
        {"id": "prep", "label": "Preparation", "kind": "preparation", "duration_hours": 2},
        {"id": "integration", "label": "Integration", "kind": "integration", "duration_hours": 1.5},
        {
            "id": "dosing",
            "label": "Dosing",
            "kind": "dosing",
            "duration_hours": 7,
            "vitals": {"form": "vitals", "minutes": [0, 60, 120, 240]},
            "before_dose": [{"id": "bp", "text": "At most 140/90", "rule": "vitals.systolic <= 140"}],
        },
    ],
    "forms": [
        {"id": "madrs", "instrument": "madrs", "filled_by": "rater"},
        {"id": "pcl5", "instrument": "pcl5", "filled_by": "participant"},
        {"id": "guess", "instrument": "treatment_guess", "filled_by": "participant"},
        {
            "id": "intake",
            "label": "Intake",
            "filled_by": "coordinator",
            "items": [
                {"id": "age", "label": "Age", "type": "number", "range": [18, 90], "decimals": 0},
                {
                    "id": "used_before",
                    "label": "Used before",
                    "type": "code",
                    "codes": {"never": "Never", "ever": "Ever"},
                },
                {"id": "ill", "label": "Ill", "type": "code", "codes": YES_NO},
                {"id": "one", "label": "One", "type": "code", "codes": YES_NO},
                {"id": "two", "label": "Two", "type": "code", "codes": YES_NO},
                {"id": "remark", "label": "Remark", "type": "text", "required": False},
            ],
        },
        {"id": "vitals", "standard": "vitals", "filled_by": "session_monitor"},
        {"id": "dose_given", "standard": "dose_given", "filled_by": "session_monitor"},
        {"id": "adverse_events", "standard": "adverse_events", "filled_by": "investigator"},
        {"id": "medications", "standard": "medications", "filled_by": "coordinator"},
        {"id": "elsewhere", "standard": "outside_treatment", "filled_by": "coordinator"},
    ],
    "eligibility": [
        {"id": "I1", "kind": "inclusion", "text": "MADRS above 21", "rule": "madrs.total@SCR > 21"},
        {"id": "I2", "kind": "inclusion", "text": "Adult under 70", "rule": "18 <= intake.age@SCR < 70"},
        {"id": "E1", "kind": "exclusion", "text": "Ill", "rule": 'intake.ill@SCR == "1"'},
        {
            "id": "I3",
            "kind": "inclusion",
            "text": "One of two",
            "rule": 'intake.one@SCR == "1" or intake.two@SCR == "1"',
        },
    ],
    "intercurrent_events": [
        {
            "id": "antidepressant",
            "text": "New antidepressant",
            "detect": {
                "form": "medications",
                "when": 'medication_class == "antidepressant"',
                "date": "start_date",
            },
        },
        {
            "id": "psychedelic",
            "text": "Psychedelic elsewhere",
            "detect": {"form": "elsewhere", "when": 'kind == "psychedelic"', "date": "start_date"},
        },
    ],
    "deviations": [{"id": "late_consent", "text": "Consent late", "importance": "important"}],
    "estimands": [
        {
            "id": "primary",
            "role": "primary",
            "population": "all_randomized",
            "treatment": {"experimental": "drug", "reference": "control"},
            "variable": {"score": "madrs.total", "type": "change", "baseline": "BASE", "visit": "D28"},
            "summary": "difference_in_means",
            "estimator": {"name": "t_change"},
            "missing": "complete_cases",
        }
    ],
    "simulation": {
        "seed": 7,
        "scenarios": [
            {
                "id": "truth",
                "label": "A truth",
                "participants": 24,
                "accrual": {"start_date": "2030-01-01", "per_month": 4},
                "characteristics": {"intake.age": {"mean": 40, "sd": 12}},
                "outcomes": {
                    "madrs.total": {
                        "baseline": {"mean": 28, "sd": 6},
                        "response": {"D7": -6, "D28": -8, "D84": -8},
                        "effect": {"drug": {"D7": -8, "D28": -8, "D84": -4}},
                        "sd": {"drug": 7, "control": 9},
                        "correlation": {"baseline": {"drug": 0.3, "control": 0.5}, "visits": 0.8},
                    },
                    "pcl5.total": {
                        "baseline": {"mean": 34, "sd": 13},
                        "response": {"D28": -6},
                        "sd": 13,
                        "correlation": {"baseline": 0.5, "visits": 0.7},
                    },
                },
                "between_outcomes": 0.4,
            }
        ],
    },
}
Edit = Callable[[dict[str, Any]], object]


def _small(edit: Edit | None = None) -> Resolved:
    """Return the small trial, changed by a function of its data."""
    data = copy.deepcopy(SMALL)
    if edit is not None:
        edit(data)
    return protocol.resolve(protocol.load(json.dumps(data), name="small.yaml"))


def _with_scenario(**changes: Any) -> Edit:
    """Return an edit that sets fields of the scenario."""
    return lambda data: data["simulation"]["scenarios"][0].update(copy.deepcopy(changes))


def _truth(edit: Edit | None = None, *, participants: int | None = None) -> Truth:
    """Return the small trial's scenario, ready to be drawn."""
    resolved = _small(edit)
    return truth_of(resolved, resolved.protocol.scenario(), participants=participants)


@pytest.fixture(scope="session")
def small() -> Callable[..., Resolved]:
    """Build the small trial, changed by a function of its data."""
    return _small


@pytest.fixture(scope="session")
def scenario_with() -> Callable[..., Edit]:
    """Build an edit that sets fields of the small trial's scenario."""
    return _with_scenario


@pytest.fixture(scope="session")
def ready() -> Callable[..., Truth]:
    """Build the small trial's scenario, ready to be drawn."""
    return _truth


@pytest.fixture(scope="session")
def trial() -> Resolved:
    """The small trial."""
    return _small()


@pytest.fixture(scope="session")
def frontline() -> Resolved:
    """The flagship."""
    path = PROTOCOLS / "frontline.yaml"
    return protocol.resolve(protocol.load(path.read_bytes(), name=path.name))


@pytest.fixture(scope="session")
def dose_response() -> Resolved:
    """Three arms, strata, twelve sites."""
    path = PROTOCOLS / "dose-response.yaml"
    return protocol.resolve(protocol.load(path.read_bytes(), name=path.name))
