"""Patterns of missing values."""

import pytest

from equipoise.report.blocks import Table
from equipoise.report.folder import Written
from equipoise.report.sections import missing_data
from equipoise.report.trial import open_trial


def patterns(data):
    trial = open_trial(Written(tuple(data["results"]), data["tables"], data["manifest"], data["protocol"]))
    blocks = missing_data.section(trial).blocks
    return [one for one in blocks if isinstance(one, Table) and one.id.startswith("table-patterns")]


@pytest.fixture
def data(written, modeled):
    return modeled.added(written.frontline(per_arm=3))


def test_patterns_are_told_in_words_with_counts_by_arm(data):
    (table,) = patterns(data)
    assert [(line.header, line.cells) for line in table.lines] == [
        ("Complete", ()),
        ("All visits", ("12 (80%)", "12 (80%)")),
        ("Stopped", ()),
        ("Up to day 7, none after", ("2 (13%)", "2 (13%)")),
        ("With a gap", ()),
        ("Up to day 28, without day 7", ("1 (7%)", "1 (7%)")),
    ]
    assert "15" in table.heads[0]


def test_patterns_are_ordered_by_how_long_people_were_seen(data):
    rows = data["tables"]["missing_patterns"]
    rows[:] = [rows[0] | {"pattern": one, "n": 1} for one in ("...", ".O.", "O..", "OO.", "..O", "OOO")]
    (table,) = patterns(data)
    assert [line.header for line in table.lines if not line.heading] == [
        "All visits",
        "Up to day 7, none after",
        "Up to day 1, none after",
        "Up to day 28, without day 1 and day 7",
        "Up to day 7, without day 1",
        "None",
    ]


def test_estimands_with_patterns_of_their_own_have_a_table_each(data, modeled):
    data["tables"]["missing_patterns"] += modeled.patterns("burnout", ["psilocybin", "niacin"])
    captions = [table.caption for table in patterns(data)]
    assert captions[1].endswith("(SPFI burnout sum change at day 28)")


def test_a_blinded_report_pools_patterns(written, modeled):
    data = written.frontline(blinded=True)
    data["tables"]["missing_patterns"] = modeled.patterns("primary", [None])
    (table,) = patterns(data)
    assert table.heads[0].startswith("All participants")
    assert table.lines[1].cells == ("12 (80%)",)
