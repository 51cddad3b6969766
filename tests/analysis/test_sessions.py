"""Sessions attended."""

from typing import Any

from equipoise.analysis.sessions import sessions_table


def test_sessions_are_counted_by_kind_and_arm_without_offered_ones(six: Any) -> None:
    for who in ("P1", "P2", "P3", "P4", "P5"):
        six.add("sessions", participant=who, session="dosing", visit="DOSE", attended=1)
        six.add("sessions", participant=who, session="talk", visit="BASE", attended=float(who != "P2"))
    six.add("sessions", participant="P4", session="dosing", visit="OL", attended=1)
    rows = {(row["session"], row["arm"]): row for row in sessions_table(six.evidence)}
    shown = ("label", "kind", "planned", "attended", "participants", "all_attended")
    assert [rows["dosing", "control"][key] for key in shown] == ["Dosing day", "dosing", 1, 2, 3, 2]
    assert [rows["talk", "active"][key] for key in shown] == ["Preparation", "preparation", 1, 2, 3, 2]


def test_without_an_allocation_they_are_counted_together(six: Any) -> None:
    six.add("sessions", participant="P1", session="talk", visit="BASE", attended=1)
    rows = sessions_table(six.pooled)
    assert [(row["session"], row["arm"], row["attended"]) for row in rows] == [
        ("dosing", None, 0),
        ("talk", None, 1),
    ]
