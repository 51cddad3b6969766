"""Two worlds that differ in what is hidden only give the same bytes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from equipoise import analysis
from equipoise.analysis.blinded import hidden_forms, hidden_visits, visible

WHEN = analysis.Provenance(command="test", created_at="2031-01-01T00:00:00Z", versions={})
HANDLED = [
    {"event": "opened", "strategy": "treatment_policy"},
    {"event": "rescue", "strategy": "hypothetical"},
]
GUESSED_RIGHT = [
    {
        "id": "sure",
        "text": "Guessed with certainty",
        "importance": "minor",
        "rule": "guess.certainty@D28 >= 5",
    },
    {"id": "late", "text": "Visit outside its window", "importance": "minor"},
]
PEOPLE = ("P1", "P2", "P3", "P4", "P5", "P6")
Change = Callable[[Any], Any]


def told_arm(study: Any, controls: tuple[str, ...]) -> None:
    """What happens to whoever learns to have been a control."""
    for who in controls:
        study.visit(who, "OL", 35).visit(who, "OL7", 42).score(who, "OL7", "madrs", "total", 7)
        study.add(
            "exposures", participant=who, dose_number=2, taken_at="2030-02-14T10:00:00Z", kit=f"OL-{who}"
        )
        study.add("sessions", participant=who, session="dosing", visit="OL", attended=1)
        study.add("dispositions", participant=who, stage="open_label", status="took")
        study.add("intercurrent_events", participant=who, event="opened", date="2030-02-14", day=35)
        study.event(who, "Visual change", 35)


def other_arms(study: Any) -> None:
    told_arm(study, ("P1", "P2"))


def other_kits(study: Any) -> None:
    for row in study.rows["exposures"]:
        row["kit"] = f"X{row['kit']}"


def other_amounts(study: Any) -> None:
    for row in study.rows["exposures"]:
        row["amount_mg_taken"] = 25.0


def other_guesses(study: Any) -> None:
    for who in PEOPLE:
        study.score(who, "D28", "guess", "guess", 1).score(who, "D28", "guess", "certainty", 5)
    study.add("deviations", participant="P1", deviation="sure", importance="minor")


def other_expectancy(study: Any) -> None:
    study.score("P1", "BASE", "expectancy", "positive", 9)


def another_hidden_item(study: Any) -> None:
    study.score("P1", "D7", "stress", "secret", 8)


def other_readings_on_the_dosing_day(study: Any) -> None:
    study.score("P1", "DOSE", "vitals", "systolic", 190)


def later_effects(study: Any) -> None:
    study.event("P1", "Flashback", 40)


CHANGES: tuple[Change, ...] = (
    other_arms,
    other_kits,
    other_amounts,
    other_guesses,
    other_expectancy,
    another_hidden_item,
    other_readings_on_the_dosing_day,
    later_effects,
)


@pytest.fixture
def world(study: Callable[..., Any], filled: Callable[..., Any]) -> Callable[..., Any]:
    """A trial in which the controls were told, and whatever is changed of what nobody blinded may know."""

    def build(*changes: Change) -> Any:
        made = filled(study(deviations=GUESSED_RIGHT, estimand={"intercurrent_events": HANDLED}))
        made.event("P1", "Headache", 2).event("P4", "Nausea", 0).note("P2", "rescue", 4)
        made.score("P1", "D7", "stress", "level", 6).person("P7", "active", BASE=30, D28=20, D56=18)
        if other_arms not in changes:
            told_arm(made, ("P4", "P5", "P6"))
        for change in changes:
            change(made)
        return made

    return build


def written(study: Any, folder: Path) -> dict[str, bytes]:
    analysis.analyze(study.resolved, study.records, provenance=WHEN).write(folder)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_worlds_that_differ_in_everything_hidden_give_the_same_bytes(
    world: Callable[..., Any], tmp_path: Path
) -> None:
    assert written(world(), tmp_path / "a") == written(world(*CHANGES), tmp_path / "b")


def test_each_hidden_difference_would_show_without_the_guard(
    world: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded = written(world(), tmp_path / "guarded")
    for change in CHANGES:
        assert written(world(change), tmp_path / change.__name__) == guarded, change.__name__
    monkeypatch.setattr("equipoise.analysis.evidence.visible", lambda records, resolved: records)
    bare = written(world(), tmp_path / "bare")
    for change in CHANGES:
        assert written(world(change), tmp_path / f"bare {change.__name__}") != bare, change.__name__


def test_what_is_not_hidden_does_change_the_bytes(world: Callable[..., Any], tmp_path: Path) -> None:
    seen = world().score("P7", "D7", "stress", "level", 3)
    assert written(world(), tmp_path / "a") != written(seen, tmp_path / "b")


def test_nobody_is_named(world: Callable[..., Any], tmp_path: Path) -> None:
    content = b"".join(written(world(*CHANGES), tmp_path).values()).decode()
    assert not [who for who in (*PEOPLE, "P7") if f'"{who}"' in content]


def test_only_pooled_tables_are_left(world: Callable[..., Any]) -> None:
    study = world(*CHANGES)
    tables = analysis.analyze(study.resolved, study.records, provenance=WHEN).tables
    open_tables = analysis.analyze(study.resolved, study.records, study.allocation, provenance=WHEN).tables
    gone = {"individuals", "blinding", "blinding_indices", "certainty", "expectancy"}
    assert set(open_tables) - set(tables) == gone
    arms = {
        row["arm"]
        for name in ("descriptives", "responders", "sessions", "deviations", "missing")
        for row in tables[name]
    }
    assert arms == {None}
    assert tables["trial"]["blinded"] is True
    assert {row["visit"] for row in tables["descriptives"]} == {"BASE", "D7", "D28", "D56"}


def test_concealed_values_stay_out_of_a_blinded_folder(world: Callable[..., Any], tmp_path: Path) -> None:
    study = world()
    closed = json.loads(written(study, tmp_path / "a")["protocol.json"])
    assert closed["allocation"]["block_sizes"]["value"] is None
    analysis.analyze(study.resolved, study.records, study.allocation, provenance=WHEN).write(tmp_path / "b")
    opened = json.loads((tmp_path / "b" / "protocol.json").read_text())
    assert opened["allocation"]["block_sizes"]["value"] == [2, 4]


def test_hidden_parts_are_those_of_the_statistician_and_of_some_arms(six: Any) -> None:
    assert hidden_forms(six.resolved) == {"guess", "expectancy"}
    assert hidden_visits(six.resolved) == {"OL", "OL7"}


def test_a_hidden_log_is_removed_with_its_table(
    study: Callable[..., Any], filled: Callable[..., Any], pocket_data: Any
) -> None:
    forms = [
        {**form, "hidden_from": ["statistician"], "until": "lock"} if form["id"] == "adverse_events" else form
        for form in pocket_data["forms"]
    ]
    chosen = filled(study(forms=forms)).event("P1", "Headache", 2)
    assert len(visible(chosen.records, chosen.resolved).adverse_events) == 0
    assert "adverse_events" not in analysis.analyze(chosen.resolved, chosen.records, provenance=WHEN).tables
