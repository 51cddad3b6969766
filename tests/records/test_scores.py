import functools
import math
import random

import numpy as np
import pytest

from equipoise import instruments, records
from equipoise.errors import RecordError
from equipoise.records import scoring

FORMS = 300


def random_answer(item, dice):
    if item.type == "text" or dice.random() < 0.08:
        return None
    if item.type == "code":
        return dice.choice(list(item.codes))
    low, high = item.range
    return dice.randint(int(low), int(high))


@functools.cache
def random_forms(name):
    """Return filled forms of a scale, half of them complete, and the scores of each."""
    instrument, dice = instruments.load(name), random.Random(20241205)  # noqa: S311 - guards nothing
    found = []
    for _ in range(FORMS):
        answers = {item.id: random_answer(item, dice) for item in instrument.items}
        if dice.random() < 0.5:
            for item in instrument.items:
                while answers[item.id] is None and item.type != "text":
                    answers[item.id] = random_answer(item, dice)
        found.append(answers)
    return found, [instrument.score(one) for one in found]


@pytest.mark.parametrize("name", instruments.names())
def test_scores_of_columns_are_those_of_single_forms(name):
    instrument = instruments.load(name)
    forms, expected = random_forms(name)
    columns = {
        item.id: np.array([np.nan if one[item.id] is None else one[item.id] for one in forms], dtype=float)
        for item in instrument.items
    }
    found = scoring.score(instrument, columns, forms=len(forms))
    assert list(found) == list(instrument.score_ids)
    for score, values in found.items():
        wanted = [math.nan if one[score] is None else one[score] for one in expected]
        np.testing.assert_allclose(values, wanted, rtol=1e-14, err_msg=f"{name}.{score}")
        assert np.isnan(values).any() or not np.isnan(wanted).any()


@pytest.mark.parametrize("name", [name for name in instruments.names() if instruments.load(name).scores])
def test_random_forms_reach_known_and_missing_scores(name):
    """The comparison above would prove nothing on forms that are all complete or all unusable."""
    _, expected = random_forms(name)
    primary = instruments.load(name).primary.id
    found = [one[primary] for one in expected]
    assert None in found
    assert len({value for value in found if value is not None}) > 1


def filled(instrument, answers, *, participant="P1", visit="D7", repeat=1):
    return [
        {
            "participant": participant,
            "visit": visit,
            "repeat": repeat,
            "form": instrument,
            "item": item,
            "row": 1,
            "number": value,
        }
        for item, value in answers.items()
    ]


def with_values(rows, **tables):
    columns = {name: [row.get(name) for row in rows] for name in rows[0]}
    return records.with_tables(records.empty(), values=records.table("values", columns), **tables)


def rows_of(frame):
    return [tuple(row) for row in frame.itertuples(index=False)]


def test_scores_stand_beside_participant_visit_and_day(small):
    madrs = instruments.load("madrs")
    rows = filled("madrs", dict.fromkeys(madrs.item_ids, 3)) + filled(
        "weight", {"kg": 71.5}, participant="0012"
    )
    visits = records.table("visits", {"participant": ["P1"], "visit": ["D7"], "repeat": [1], "day": [8]})
    found = records.scores(with_values(rows, visits=visits), small)
    assert list(found.columns) == ["participant", "visit", "repeat", "day", "form", "score", "value"]
    kg, total = rows_of(found)
    assert total == ("P1", "D7", 1, 8.0, "madrs", "total", 30.0)
    assert kg[:3] == ("0012", "D7", 1)
    assert math.isnan(kg[3])
    assert kg[4:] == ("weight", "kg", 71.5)


def test_a_score_recorded_without_its_items_is_taken_as_it_is(small):
    found = records.scores(with_values(filled("madrs", {"total": 27})), small)
    assert found["value"].tolist() == [27.0]


def test_codes_that_are_numbers_are_scored_as_numbers(small):
    answers = dict.fromkeys(instruments.load("madrs").item_ids, None)
    rows = [{**row, "code": "2"} for row in filled("madrs", answers)]
    assert records.scores(with_values(rows), small)["value"].tolist() == [20.0]


def test_a_score_that_cannot_be_known_has_no_row(small):
    answers = dict.fromkeys(instruments.load("madrs").item_ids[1:], 3)
    assert records.scores(with_values(filled("madrs", answers)), small).empty


def test_named_scores_and_single_items_can_be_asked_for(small):
    madrs = instruments.load("madrs")
    rows = filled("madrs", dict.fromkeys(madrs.item_ids, 4)) + filled("weight", {"kg": 70})
    found = records.scores(with_values(rows), small, names=["madrs.suicidal_thoughts"])
    assert found[["score", "value"]].to_numpy().tolist() == [["suicidal_thoughts", 4.0]]
    assert records.scores(with_values(rows), small, names=["madrs.total"])["value"].tolist() == [40.0]
    with pytest.raises(KeyError):
        records.scores(with_values(rows), small, names=["madrs.nothing"])


def test_impossible_and_double_answers_are_refused_together(small):
    madrs = instruments.load("madrs")
    first = madrs.item_ids[0]
    rows = filled("madrs", {**dict.fromkeys(madrs.item_ids, 3), first: 7}) + filled("madrs", {first: 2})
    with pytest.raises(RecordError) as refused:
        records.scores(with_values(rows), small)
    said = "\n".join(str(problem) for problem in refused.value.problems)
    assert f"values.csv:2: number: madrs.{first} of P1 at D7 is 7, which is not possible" in said
    assert f"values.csv:12: number: madrs.{first} of P1 at D7 is answered twice" in said


def test_logs_and_rows_beyond_the_first_are_no_scores(small):
    rows = [*filled("weight", {"kg": 70}, visit="log"), {**filled("weight", {"kg": 71})[0], "row": 2}]
    assert records.scores(with_values(rows), small).empty


def test_row_order_is_irrelevant(small):
    madrs = instruments.load("madrs")
    rows = [
        row
        for number in range(4)
        for row in filled("madrs", dict.fromkeys(madrs.item_ids, number), participant=f"P{number}")
    ]
    shuffled = [rows[place] for place in np.random.default_rng(1).permutation(len(rows))]
    assert sorted(rows_of(records.scores(with_values(rows), small).drop(columns="day"))) == sorted(
        rows_of(records.scores(with_values(shuffled), small).drop(columns="day"))
    )


def test_records_of_nobody_have_no_scores(small):
    assert records.scores(records.empty(), small).empty
