import pytest

from equipoise import instruments, records
from equipoise.errors import ProtocolError
from equipoise.expressions import Name

PEOPLE = records.table("participants", {"participant": ["P1", "P2"], "status": "randomized"})


def answers(*rows):
    """Each row: participant, visit, form, item, and the answer under its column; repeat and row as given."""
    columns = {name: [] for name in ("participant", "visit", "form", "item")}
    other = {name: [] for name in ("repeat", "row", "number", "text", "code", "date")}
    for *place, given in rows:
        for name, cell in zip(columns, place, strict=True):
            columns[name].append(cell)
        for name, cells in other.items():
            cells.append(given.get(name, 1 if name in {"repeat", "row"} else None))
    values = records.table("values", {**columns, **other})
    return records.with_tables(records.empty(), participants=PEOPLE, values=values)


def madrs(visit, number, participant="P1"):
    return [
        (participant, visit, "madrs", item, {"number": number}) for item in instruments.load("madrs").item_ids
    ]


@pytest.fixture
def trial():
    return answers(
        *madrs("BASE", 4),
        *madrs("D7", 2),
        ("P1", "BASE", "about", "sex", {"code": "F"}),
        ("P1", "BASE", "about", "born", {"date": "1980-05"}),
        ("P1", "BASE", "about", "remark", {"text": "NA"}),
        ("P1", "D7", "weight", "kg", {"number": 70}),
        ("P1", "D7", "weight", "kg", {"number": 71, "repeat": 2}),
        ("P1", "D28", "weight", "kg", {"number": 72}),
        ("P2", "D7", "cssrs_since_last", "wish_dead", {"code": "1"}),
        ("P2", "D7", "treatment_guess", "guess", {"code": "9"}),
    )


@pytest.mark.parametrize(
    ("participant", "name", "value"),
    [
        ("P1", "madrs.total@BASE", 40.0),
        ("P1", "madrs.total@D7", 20.0),
        ("P1", "madrs.total@D28", None),
        ("P1", "madrs.total", 40.0),
        ("P1", "madrs.suicidal_thoughts@D7", 2.0),
        ("P1", "about.sex", "F"),
        ("P1", "sex", "F"),
        ("P1", "born@BASE", "1980-05"),
        ("P1", "remark", "NA"),
        ("P1", "weight.kg@D7", 71.0),
        ("P1", "weight.kg", None),
        ("P1", "weight.kg@DOSE", None),
        ("P2", "about.sex", None),
        ("P2", "cssrs_since_last.wish_dead", 1.0),
        ("P2", "treatment_guess.guess@D7", 9.0),
        ("nobody", "about.sex", None),
    ],
)
def test_a_name_finds_its_value(small, trial, participant, name, value):
    assert records.facts(trial, small)(participant)(Name(name)) == value


def test_a_name_nobody_collects_is_an_error(small, trial):
    with pytest.raises(KeyError):
        records.facts(trial, small)("P1")(Name("about.nothing"))


def test_rows_of_a_log_that_differ_are_missing(small):
    trial = answers(
        ("P1", "log", "medications", "name", {"text": "a", "row": 1}),
        ("P1", "log", "medications", "name", {"text": "b", "row": 2}),
        ("P2", "log", "medications", "name", {"text": "a", "row": 1}),
    )
    known = records.facts(trial, small)
    assert known("P1")(Name("medications.name")) is None
    assert known("P2")(Name("medications.name")) == "a"


def test_rules_are_evaluated_for_every_participant_with_unknown_kept(small, trial):
    assert records.evaluate(trial, small, "madrs.total@BASE > 21 and sex == 'F'") == {"P1": True, "P2": None}
    assert records.evaluate(trial, small, "madrs.total@D7 > 21 and sex == 'F'") == {"P1": False, "P2": None}
    assert records.evaluate(trial, small, "is_missing(sex)", participants=["P2"]) == {"P2": True}
    with pytest.raises(ProtocolError):
        records.evaluate(trial, small, "madrs.total >")
