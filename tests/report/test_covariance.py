"""How visits hang together: the picture, its numbers and what was tried."""

import pytest

from equipoise.report import covariance, models
from equipoise.report.blocks import Figure, Prose, Table
from equipoise.report.folder import Written
from equipoise.report.trial import open_trial


@pytest.fixture
def data(written, modeled):
    return modeled.added(written.frontline(per_arm=3))


def blocks(data):
    trial = open_trial(Written(tuple(data["results"]), data["tables"], data["manifest"], data["protocol"]))
    return covariance.blocks(trial, models.models(trial)[0], name="covariance-1")


def one(found, kind):
    return next(block for block in found if isinstance(block, kind))


def test_the_title_states_the_range_and_the_structure(data):
    assert one(blocks(data), Figure).title == (
        "Correlations between visits run from −.08 to .71 (heterogeneous Toeplitz covariance)"
    )


def test_what_was_tried_first_is_said_with_the_reason(data):
    assert one(blocks(data), Prose).text == (
        "Tried first, as the protocol orders: unstructured (the Hessian is singular). Used: heterogeneous Toeplitz."
    )


def test_nothing_is_said_of_a_structure_that_was_the_first(data):
    data["tables"]["covariance"][0]["tried"] = [{"structure": "us", "converged": True}]
    assert not [block for block in blocks(data) if isinstance(block, Prose)]


def test_every_number_stands_in_a_table_too(data):
    table = one(blocks(data), Table)
    assert table.folded
    assert {line.header: line.cells for line in table.lines}["Day 28"] == ("−.08", ".71", "1", "7.30")


def test_each_arm_has_a_matrix_where_each_has_a_covariance(data, modeled):
    rows = [modeled.covariance("primary", arm) for arm in ("psilocybin", "niacin")]
    data["tables"]["covariance"] = rows
    drawing = one(blocks(data), Figure).drawings[0]
    assert "Psilocybin 25 mg" in drawing
    assert "Niacin 100 mg" in drawing


@pytest.mark.parametrize(
    "broken",
    [
        {"correlation": [[1.0]]},
        {"correlation": [[1.0], 3, None]},
        {"correlation": None},
        {"visits": None, "visit_labels": None},
    ],
)
def test_what_is_no_matrix_is_not_drawn(data, broken):
    data["tables"]["covariance"][0] |= broken
    assert blocks(data) == []


def test_numbers_that_are_absent_are_dashes(data):
    row = data["tables"]["covariance"][0]
    row["sd"], row["correlation"] = None, [[None] * 3] * 3
    found = blocks(data)
    assert one(found, Figure).title.startswith("Correlations between visits are unknown")
    assert one(found, Table).lines[2].cells == ("–", "–", "1", "–")
