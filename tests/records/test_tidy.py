import pytest

from equipoise import records
from equipoise.errors import IntegrityError, RecordError

PEOPLE = [
    {
        "participant": "P1",
        "status": "randomized",
        "consent_date": "2022-02-20",
        "randomized_date": "2022-03-01",
    },
    {"participant": "P2", "status": "screen_failure", "consent_date": "2022-02-21"},
]


def answers(form, visit, row=1, **items):
    """Rows of `values` of one filled form; an item's answer goes under the column its name is paired with."""
    return [
        {
            "participant": "P1",
            "visit": visit,
            "repeat": 1,
            "form": form,
            "item": item,
            "row": row,
            column: answer,
        }
        for item, (column, answer) in items.items()
    ]


TRIAL = {
    "participants": PEOPLE,
    "visits": [
        {"participant": "P1", "visit": "BASE", "repeat": 1, "date": "2022-03-02"},
        {"participant": "P1", "visit": "DOSE", "repeat": 1, "date": "2022-03-09"},
        {"participant": "P1", "visit": "D7", "repeat": 1},
    ],
    "values": [
        *answers("dose_given", "DOSE", taken_at=("date", "2022-03-09T15:00:00Z"), kit=("text", "K017")),
        *answers("attendance", "DOSE", attended=("code", "1"), duration_hours=("number", 8.5)),
        *answers(
            "adverse_events",
            "log",
            term=("text", "Headache"),
            onset_at=("date", "2022-03-10T15:30:00Z"),
            resolved_at=("date", "2022-03-10T21:00:00Z"),
            severity=("code", "mild"),
            serious=("code", "0"),
            related=("code", "1"),
            valence=("code", "unwelcome"),
            outcome=("code", "resolved"),
        ),
        *answers("adverse_events", "log", 2, term=("text", "Joy"), valence=("code", "welcome")),
        *answers("medications", "log", name=("text", "ibuprofen"), start_date=("date", "2022-03")),
        *answers("deviations", "log", deviation=("text", "late"), importance=("code", "minor")),
        *answers(
            "disposition",
            "log",
            stage=("code", "study"),
            status=("code", "lost_to_follow_up"),
            date=("date", "2022-04-01"),
        ),
    ],
}


def rows_of(frame, *names):
    plain = frame[list(names)].astype(object)
    return plain.where(plain.notna(), None).to_numpy().tolist()


def test_rows_become_records_with_the_tables_of_standard_forms(small):
    found = records.tidy(TRIAL, small)
    assert rows_of(found.visits, "visit", "day") == [["BASE", -7], ["DOSE", 0], ["D7", None]]
    assert rows_of(found.exposures, "dose_number", "taken_at", "amount_mg_taken", "kit") == [
        [1, "2022-03-09T15:00:00Z", None, "K017"]
    ]
    assert rows_of(found.sessions, "session", "visit", "date", "attended", "duration_hours") == [
        ["dosing", "DOSE", "2022-03-09", 1.0, 8.5]
    ]
    names = ("row", "term", "onset_day", "duration_hours", "severity", "serious", "related", "valence")
    assert rows_of(found.adverse_events, *names) == [
        [1, "Headache", 1.0, 5.5, "mild", 0.0, 1.0, "unwelcome"],
        [2, "Joy", None, None, None, None, None, "welcome"],
    ]
    assert rows_of(found.medications, "name", "start_date", "end_date") == [["ibuprofen", "2022-03", None]]
    assert rows_of(found.deviations, "deviation", "importance") == [["late", "minor"]]
    assert rows_of(found.dispositions, "stage", "status", "date", "day") == [
        ["randomization", "randomized", "2022-03-01", -8.0],
        ["treatment", "received", "2022-03-09", 0.0],
        ["study", "lost_to_follow_up", "2022-04-01", 23.0],
    ]
    assert found.manifest.protocol["id"] == "SMALL"


def test_tidy_records_survive_the_disk(small, folder):
    found = records.tidy(TRIAL, small)
    assert records.read(records.write(found, folder)).equals(found)


def test_a_table_that_is_given_is_not_made_again(small):
    given = {**TRIAL, "medications": [{"participant": "P1", "row": 1, "name": "aspirin"}]}
    assert rows_of(records.tidy(given, small).medications, "name") == [["aspirin"]]


def refused(rows, resolved, kind=RecordError):
    with pytest.raises(kind) as found:
        records.tidy(rows, resolved)
    return [str(problem) for problem in found.value.problems]


def test_every_malformed_cell_is_listed(small):
    people = [{"participant": 12, "status": "gone", "consent_date": "2022-02-30", "age": 40}, {}]
    said = refused(
        {
            "participants": people,
            "arms": [],
            "visits": [{"participant": "1", "visit": "D7", "repeat": 1.5, "day": "8"}],
        },
        small,
    )
    assert [problem.split(" (")[0] for problem in said] == [
        "arms: there is no table `arms`",
        "participants:1: age: the table has no such column",
        "participants:1: participant: 12 is not text",
        "participants:1: consent_date: is not a date written like 2022-03-05",
        "participants:1: status: is not one of: " + ", ".join(records.STATUSES),
        "participants:2: participant: is missing and may never be",
        "participants:2: status: is missing and may never be",
        "visits:1: repeat: 1.5 is not a whole number",
        "visits:1: day: '8' is not a number",
    ]  # fmt: skip


def test_rows_that_do_not_fit_the_protocol_are_refused(small):
    said = refused({"participants": PEOPLE, "values": answers("weight", "D9", kg=("number", 70))}, small)
    assert said == ["values.csv:2: visit: `D9` is no visit of the protocol"]


def test_an_adverse_event_without_a_term_is_refused(small):
    rows = answers("adverse_events", "log", severity=("code", "mild"))
    assert refused({"participants": PEOPLE, "values": rows}, small) == [
        "adverse_events:1: term: is missing and may never be"
    ]


@pytest.mark.parametrize("column", ["arm", "actual_intervention", "unblinded_at"])
def test_a_row_that_tells_an_arm_is_refused(small, column):
    refused({"participants": [{**PEOPLE[0], column: "psilocybin"}]}, small, IntegrityError)


def test_a_warning_alone_does_not_stop_tidy(small):
    rows = answers("weight", "D7", kg=("number", 300))
    assert len(records.tidy({"participants": PEOPLE, "values": rows}, small).values) == 1
