"""Deviations recorded and found."""

from collections.abc import Callable
from typing import Any

from equipoise.analysis.deviations import deviations_table

PLANNED = [
    {
        "id": "young",
        "text": "Younger than allowed",
        "importance": "important",
        "rule": "demographics.age@BASE < 30",
    },
    {"id": "late", "text": "Visit outside its window", "importance": "minor"},
]


def counted(rows: list[dict[str, Any]]) -> dict[tuple[str, str | None], int]:
    return {(row["deviation"], row["arm"]): row["participants"] for row in rows}


def test_records_and_rules_are_counted_once_a_participant(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    chosen = filled(study(deviations=PLANNED)).score("P1", "BASE", "demographics", "age", 29)
    chosen.score("P4", "BASE", "demographics", "age", 40)
    for who, kind in (("P1", "young"), ("P4", "late"), ("P4", "late"), ("P5", "late"), ("P6", "flood")):
        chosen.add("deviations", participant=who, deviation=kind, importance="important")
    rows = deviations_table(chosen.evidence)
    assert counted(rows) == {
        ("young", "active"): 1,
        ("young", "control"): 0,
        ("late", "active"): 0,
        ("late", "control"): 2,
        ("flood", "active"): 0,
        ("flood", "control"): 1,
    }
    assert [row["text"] for row in rows[:3:2]] == ["Younger than allowed", "Visit outside its window"]
    assert counted(deviations_table(chosen.pooled)) == {
        ("young", None): 1,
        ("late", None): 2,
        ("flood", None): 1,
    }
