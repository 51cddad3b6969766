import pytest

from equipoise import instruments, records
from equipoise.records import table

PEOPLE = table("participants", {"participant": ["P1"], "status": "randomized"})
PLACE = {"participant": "P1", "visit": "D7", "repeat": 1, "row": 1}


def trial(*rows, **tables):
    """Return records with these rows of `values`, each completed by one participant, visit, repeat and row."""
    full = [{**PLACE, **row} for row in rows]
    names = {name for row in full for name in row}
    values = table("values", {name: [row.get(name) for row in full] for name in names})
    return records.with_tables(records.empty(), **{"participants": PEOPLE, "values": values, **tables})


def said(found, resolved):
    return [str(problem) for problem in records.check(found, resolved)]


def test_good_records_have_no_problems(small):
    rows = [
        {"form": "weight", "item": "kg", "number": 70.5},
        {"form": "cssrs_screen", "item": "wish_dead", "number": 1, "code": "1"},
        {"form": "about", "item": "sex", "code": "F", "visit": "BASE"},
        {"form": "about", "item": "born", "date": "1980", "visit": "BASE"},
        {"form": "about", "item": "remark", "missing_reason": "not asked", "visit": "BASE"},
        {"form": "medications", "item": "name", "text": "x", "visit": "log"},
        {"form": "madrs", "item": "total", "number": 30},
    ]
    assert said(trial(*rows), small) == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"form": "weigth", "item": "kg", "number": 70}, "form: `weigth` is no form of the protocol"),
        ({"form": "weight", "item": "lb", "number": 70}, "item: `lb` is neither an item nor a score of the form weight"),
        ({"form": "weight", "item": "kg", "number": 70, "visit": "D9"}, "visit: `D9` is no visit of the protocol"),
        ({"form": "weight", "item": "kg", "number": 70, "participant": "P9"}, "participant: `P9` is not in participants.csv"),
        ({"form": "weight", "item": "kg", "text": "70"}, "text: the answer to the number item kg stands under `text` (P1 at D7) (write it under `number`)"),
        ({"form": "weight", "item": "kg", "number": 70, "visit": "log"}, "visit: the form weight belongs to a visit (give the visit)"),
        ({"form": "medications", "item": "name", "text": "x"}, "visit: the form medications is tied to no visit (write `log` for the visit)"),
        ({"form": "about", "item": "sex", "code": "Q", "visit": "BASE"}, "code: `Q` is not a code of about.sex (P1 at BASE) (one of F, M)"),
        ({"form": "about", "item": "born", "date": "17:30", "visit": "BASE"}, "date: `17:30` is no partial date (P1 at BASE)"),
        ({"form": "cssrs_screen", "item": "wish_dead", "number": 2}, "number: 2 is not a code of cssrs_screen.wish_dead (P1 at D7) (one of 0, 1)"),
        ({"form": "cssrs_screen", "item": "wish_dead", "number": 1, "code": "0"}, "number: 1 is not the row's code (P1 at D7)"),
        ({"form": "madrs", "item": "total", "number": 61}, "number: 61 is outside madrs.total, 0 to 60"),
        ({"form": "madrs", "item": "total", "text": "61"}, "text: the answer to the score total stands under `text` (P1 at D7) (write it under `number`)"),
        ({"form": "about", "item": "remark", "text": "a\x00b", "visit": "BASE"}, "text: `a\x00b` has a character that no text file can hold"),
    ],
)  # fmt: skip
def test_what_no_rule_allows_is_an_error(small, row, problem):
    found = said(trial(row), small)
    assert any(one.startswith("values.csv:2") and one.endswith(problem) for one in found), found
    assert records.check(trial(row), small)[0].severity == "error"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"form": "weight", "item": "kg", "number": 300}, "number: 300 is outside the range of weight.kg (P1 at D7) (expected a number from 30 to 250)"),
        ({"form": "weight", "item": "kg", "number": 70.25}, "number: 70.25 has too many digits of weight.kg (P1 at D7) (expected a number from 30 to 250)"),
        ({"form": "weight", "item": "kg"}, "item: neither an answer nor a reason (P1 at D7)"),
        ({"form": "about", "item": "age", "number": 40}, "visit: the protocol does not plan the form about at D7"),
    ],
)  # fmt: skip
def test_what_a_person_should_look_at_is_a_warning(small, row, problem):
    assert said(trial(row), small) == [f"values.csv:2: warning: {problem}"]


def test_other_tables_are_checked_against_people_and_protocol(small):
    found = said(
        trial(
            visits=table("visits", {"participant": ["P2"], "visit": "D9", "repeat": 1, "date": "2022-13-01"}),
            sessions=table("sessions", {"participant": ["P1"], "session": "yoga", "visit": "D9"}),
            intercurrent_events=table("intercurrent_events", {"participant": ["P1"], "event": "other"}),
            deviations=table("deviations", {"participant": ["P1"], "deviation": "other"}),
            dispositions=table("dispositions", {"participant": ["P1"], "stage": "study", "status": "took"}),
            adverse_events=table(
                "adverse_events", {"participant": ["P1"], "row": 1, "term": "x", "aesi": "rare"}
            ),
        ),
        small,
    )
    assert sorted(found) == [
        "adverse_events.csv:2: warning: aesi: `rare` is no event of special interest of the protocol",
        "deviations.csv:2: warning: deviation: `other` is no deviation the protocol lists",
        "dispositions.csv:2: status: `took` cannot follow `study` (one of completed, lost_to_follow_up, withdrew, died)",
        "intercurrent_events.csv:2: event: `other` is no intercurrent event of the protocol",
        "sessions.csv:2: session: `yoga` is no session of the protocol",
        "sessions.csv:2: visit: `D9` is no visit of the protocol",
        "visits.csv:2: participant: `P2` is not in participants.csv",
        "visits.csv:2: visit: `D9` is no visit of the protocol",
        "visits.csv:2:4: date: `2022-13-01` is not a date written like 2022-03-05",
    ]


def test_rows_with_one_key_are_errors(small):
    row = {"form": "weight", "item": "kg", "number": 70}
    assert any("repeats row 2" in one for one in said(trial(row, row), small))


def test_a_recorded_total_is_compared_with_its_items(small):
    items = [{"form": "madrs", "item": one, "number": 3} for one in instruments.load("madrs").item_ids]
    total = {"form": "madrs", "item": "total", "number": 29}
    assert said(trial(*items, {**total, "number": 30}), small) == []
    assert said(trial(*items, total), small) == [
        "values.csv:12: warning: number: madrs.total of P1 at D7 is 29, its answers give 30 (find out which is wrong)"
    ]


CHECKS = """, checks: [
      {id: fits, rule: "madrs_change == madrs.total - madrs.total@BASE", message: The change is not the difference},
      {id: small, rule: "madrs_change@D7 <= about.age", message: A rule over another form}]"""


@pytest.fixture(scope="module")
def ruled(make_trial):
    return make_trial(checks=CHECKS)


def changed(number, **more):
    return trial(
        {"form": "madrs_change", "item": "madrs_change", "number": number},
        {"form": "madrs", "item": "total", "number": 20},
        {"form": "madrs", "item": "total", "number": 30, "visit": "BASE"},
        *[{"form": "about", "item": "age", "number": age, "visit": "BASE"} for age in more.values()],
    )


def test_a_broken_edit_check_is_a_warning_with_the_protocols_words(ruled):
    assert said(changed(-10), ruled) == []
    rule = "edit check fits: madrs_change == madrs.total - madrs.total@BASE"
    words = "madrs_change of P1 at D7: The change is not the difference"
    assert said(changed(-9), ruled) == [f"warning: madrs_change: {words} ({rule})"]


def test_an_edit_check_reaches_other_forms_and_stays_silent_when_unknown(ruled):
    assert len(said(changed(30, age=40), ruled)) == 1
    assert len(said(changed(60, age=40), ruled)) == 2


def test_checking_twelve_thousand_values_reports_each_wrong_one(small):
    """One problem a wrong row, however many there are."""
    people = [f"P{number}" for number in range(1200)]
    items = instruments.load("madrs").item_ids
    values = table(
        "values",
        {
            "participant": [one for one in people for _ in items],
            "visit": "D7",
            "repeat": 1,
            "form": "madrs",
            "item": [item for _ in people for item in items],
            "row": 1,
            "number": [7 if item == items[0] else 3 for _ in people for item in items],
        },
    )
    everybody = table("participants", {"participant": people, "status": "randomized"})
    found = records.check(records.with_tables(records.empty(), participants=everybody, values=values), small)
    assert len(found) == len(people)
