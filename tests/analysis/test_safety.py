"""Adverse events."""

from typing import Any

from equipoise.analysis.safety import adverse_events_table


def eventful(six: Any) -> Any:
    six.event("P1", "Headache", 0).event("P1", "Headache", 2, severity="severe", related=0)
    six.event("P2", "Euphoria", 0, valence="welcome").event("P4", "Headache", 3, serious=1)
    six.event("P4", "Visual change", 36).event("P5", "Visual change", 36, aesi="perception")
    for who in ("P4", "P5"):
        six.visit(who, "OL", 35).add(
            "exposures", participant=who, dose_number=2, taken_at="2030-02-14T10:00:00Z"
        )
    return six


def rows(table: Any, name: str, **wanted: Any) -> list[Any]:
    return [row for row in table[name] if all(row[key] == value for key, value in wanted.items())]


def test_terms_count_participants_by_worst_severity_and_events_by_how_they_felt(six: Any) -> None:
    table = adverse_events_table(eventful(six).evidence)
    (row,) = rows(table, "by_term", term="Headache", arm="active", period="randomized")
    assert [row["participants"], row["events"], row["n"], row["percent"]] == [1, 2, 3, 100 / 3]
    assert [row["mild"], row["moderate"], row["severe"], row["unwelcome"]] == [0, 0, 1, 2]


def test_welcome_effects_are_kept(six: Any) -> None:
    (row,) = rows(adverse_events_table(eventful(six).evidence), "by_term", term="Euphoria", arm="active")
    assert [row["welcome"], row["unwelcome"], row["participants"]] == [1, 0, 1]


def test_every_arm_shows_every_term_of_its_period(six: Any) -> None:
    (row,) = rows(adverse_events_table(eventful(six).evidence), "by_term", term="Euphoria", arm="control")
    assert [row["participants"], row["percent"]] == [0, 0.0]


def test_events_after_an_open_label_dose_stand_apart_among_those_who_took_it(six: Any) -> None:
    table = adverse_events_table(eventful(six).evidence)
    (row,) = rows(table, "by_term", period="open_label")
    assert [row["term"], row["arm"], row["participants"], row["n"]] == ["Visual change", "control", 2, 2]
    assert not rows(table, "by_term", term="Visual change", period="randomized")


def test_overall_counts_every_category(six: Any) -> None:
    table = adverse_events_table(eventful(six).evidence)
    found = {
        (row["category"], row["arm"]): row["participants"]
        for row in rows(table, "overall", period="randomized")
    }
    assert [found[name, "active"] for name in ("any", "related", "severe", "serious", "aesi")] == [
        2,
        2,
        1,
        0,
        0,
    ]
    assert found["serious", "control"] == 1


def test_events_of_special_interest_are_found_by_mark_and_by_term(six: Any) -> None:
    (row,) = rows(adverse_events_table(eventful(six).evidence), "aesi", period="open_label")
    assert [row["id"], row["term"], row["participants"]] == ["perception", "Changed perception", 2]


def test_stopping_for_an_event_is_counted(six: Any) -> None:
    six.add(
        "dispositions", participant="P1", stage="treatment", status="discontinued", reason="adverse_event"
    )
    (row,) = rows(adverse_events_table(six.evidence), "overall", category="discontinued", arm="active")
    assert row["participants"] == 1


def test_safety_counts_by_what_was_received_and_leaves_out_who_received_nothing(six: Any) -> None:
    six.assigned[0]["actual_intervention"] = "dummy"
    six.person("P7", "active", dosed=False).event("P7", "Nausea", -1)
    table = adverse_events_table(eventful(six).evidence)
    assert [row["n"] for row in rows(table, "overall", category="any", period="randomized")] == [2, 4]
    assert not rows(table, "by_term", term="Nausea")
    assert table["not_counted"] == 1


def test_where_nothing_says_who_was_dosed_everybody_randomized_is_counted(six: Any) -> None:
    del six.rows["exposures"]
    six.rows["dispositions"] = [row for row in six.rows["dispositions"] if row["stage"] != "treatment"]
    table = adverse_events_table(six.event("P1", "Nausea", 1).evidence)
    (row,) = rows(table, "by_term", term="Nausea", arm="active")
    assert [row["participants"], row["n"], table["not_counted"]] == [1, 3, 0]


def test_the_blinded_table_is_pooled_until_unblinding_and_silent_on_the_dosing_day(six: Any) -> None:
    table = adverse_events_table(eventful(six).pooled)
    assert {(row["term"], row["arm"], row["participants"]) for row in table["by_term"]} == {
        ("Headache", None, 2)
    }
    assert not table["dosing_day_by_term"]
    (row,) = rows(table, "overall", category="any")
    assert [row["participants"], row["period"]] == [3, "randomized"]


def test_a_trial_that_asks_nobody_has_no_table(study: Any) -> None:
    madrs = {"id": "madrs", "instrument": "madrs", "filled_by": "rater"}
    bare = study(logs=[], forms=[madrs], visits=VISITS, intercurrent_events=[], sessions=[], aesi=[])
    assert adverse_events_table(bare.pooled) is None


VISITS = [
    {
        "id": "BASE",
        "epoch": "screening",
        "anchor": "dose",
        "planned_anchor": True,
        "day": -7,
        "baseline": True,
        "forms": ["madrs"],
    },
    {"id": "DOSE", "epoch": "treatment", "anchor": "dose", "day": 0},
    {"id": "D28", "epoch": "follow_up", "anchor": "dose", "day": 28, "forms": ["madrs"]},
    {"id": "OL", "epoch": "open_label", "anchor": "dose", "day": 35, "arms": ["control"]},
]
