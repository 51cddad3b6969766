"""Filled forms: what is modeled, what is plausible, and what stays unasked."""

from typing import Any

import pytest

from equipoise import instruments
from equipoise.design import simulate

ALL_SCALES = [name for name in instruments.names() if name != "treatment_guess"]


def _with_forms(data: dict[str, Any], *names: str) -> None:
    for name in names:
        if all(form["id"] != name for form in data["forms"]):
            data["forms"].append({"id": name, "instrument": name, "filled_by": "participant"})
            data["visits"][5]["forms"].append(name)


def test_every_scale_of_the_library_is_filled_so_that_it_can_be_scored(small: Any) -> None:
    simulated = simulate(small(lambda data: _with_forms(data, *ALL_SCALES)), participants=12)
    rows = simulated.records.values.query("visit == 'D28'")
    for name in ALL_SCALES:
        scale = instruments.load(name)
        for _, answers in rows[rows["form"] == name].groupby("participant"):
            given = dict(zip(answers["item"], answers["number"], strict=True))
            numbers = {item: value for item, value in given.items() if value == value}
            assert [str(one) for one in scale.check(numbers)] == [], name
            assert scale.missing(given | {item: 0 for item in given if given[item] != given[item]}) == (), (
                name
            )


def test_nobody_raises_an_alert_that_no_scenario_asked_for(small: Any) -> None:
    simulated = simulate(small(lambda data: _with_forms(data, "cssrs_since_last", "phq9")), participants=60)
    rows = simulated.records.values
    for name in ("cssrs_since_last", "phq9"):
        scale = instruments.load(name)
        for _, answers in rows[rows["form"] == name].groupby("participant"):
            found = scale.score(dict(zip(answers["item"], answers["number"], strict=True)))
            for alert in scale.alerts:
                value = found.get(alert.of)
                if value is None:
                    value = answers.set_index("item")["number"].get(alert.of, 0)
                assert value < alert.at_least, alert.id


def test_a_characteristic_of_a_scale_s_score_and_of_an_item_are_both_kept(small: Any) -> None:
    def edit(data: dict[str, Any]) -> None:
        _with_forms(data, "phq9", "gad7")
        data["simulation"]["scenarios"][0]["characteristics"].update(
            {"phq9.total": {"mean": 12, "sd": 3}, f"gad7.{item}": {"probabilities": {"3": 1.0}}}
        )

    item = instruments.load("gad7").item_ids[0]
    rows = simulate(small(edit), participants=200).records.values
    totals = rows[rows["form"] == "phq9"].groupby("participant")["number"].sum()
    assert totals.mean() == pytest.approx(12, abs=4 * 3 / 200**0.5)
    assert set(rows[(rows["form"] == "gad7") & (rows["item"] == item)]["number"]) == {3}


def test_items_of_a_form_s_own_follow_their_types_and_rules(small: Any) -> None:
    def edit(data: dict[str, Any]) -> None:
        items = [
            {"id": "asked", "label": "Asked", "type": "code", "codes": {"0": "No", "1": "Yes"}},
            {
                "id": "more",
                "label": "More",
                "type": "number",
                "range": [0, 9],
                "decimals": 0,
                "show_if": 'asked == "1"',
            },
            {"id": "why", "label": "Why", "type": "text", "show_if": 'asked == "1"'},
            {"id": "day", "label": "Day", "type": "date"},
            {"id": "month", "label": "Month", "type": "partial_date"},
            {"id": "hour", "label": "Hour", "type": "time"},
            {"id": "moment", "label": "Moment", "type": "instant"},
            {"id": "aside", "label": "Aside", "type": "text", "required": False},
        ]
        data["forms"].append({"id": "extra", "label": "Extra", "filled_by": "coordinator", "items": items})
        data["visits"][5]["forms"].append("extra")

    simulated = simulate(small(edit), participants=60)
    rows = simulated.records.values.query("form == 'extra'")
    asked = rows[rows["item"] == "asked"].set_index("participant")["code"]
    for item in ("more", "why"):
        assert set(rows[rows["item"] == item]["participant"]) == set(asked.index[asked == "1"])
    assert len(set(asked)) == 2
    assert "aside" not in set(rows["item"])
    dates = simulated.records.visits.query("visit == 'D28'").set_index("participant")["date"]
    for item, expected in (("day", dates), ("month", dates), ("moment", dates + "T17:03:00Z")):
        found = rows[rows["item"] == item].set_index("participant")["date"]
        assert found.to_dict() == expected.to_dict(), item
    assert set(rows[rows["item"] == "hour"]["date"]) == {"12:00"}


def test_a_number_item_can_be_an_outcome(small: Any) -> None:
    def edit(data: dict[str, Any]) -> None:
        item = {"id": "pain", "label": "Pain", "type": "number", "range": [0, 10], "decimals": 1}
        data["forms"].append({"id": "diary", "label": "Diary", "filled_by": "participant", "items": [item]})
        for visit in (data["visits"][1], data["visits"][5]):
            visit["forms"].append("diary")
        outcome = {
            "baseline": {"mean": 6, "sd": 1},
            "response": {"D28": -1},
            "effect": {"drug": {"D28": -2}},
            "sd": 1.5,
        }
        data["simulation"]["scenarios"][0]["outcomes"]["diary.pain"] = outcome

    simulated = simulate(small(edit), participants=400)
    arms = simulated.allocation.table.set_index("participant")["arm"]
    rows = simulated.records.values.query("item == 'pain' and visit == 'D28'").set_index("participant")[
        "number"
    ]
    for arm, mean in (("drug", 3), ("control", 5)):
        found = rows[arms[rows.index].to_numpy() == arm]
        assert abs(found.mean() - mean) < 4 * 1.5 / len(found) ** 0.5
        assert ((found * 10) % 1).round(9).isin([0, 1]).all()
