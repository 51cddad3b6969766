"""A blinded analysis lets no arm in and no arm's name out."""

import json

import pytest

from equipoise.errors import IntegrityError
from equipoise.report.folder import Written
from equipoise.report.withholding import withhold


@pytest.fixture
def blinded(written):
    data = written.frontline(blinded=True, per_arm=3)
    return Written(tuple(data["results"]), data["tables"], data["manifest"], data["protocol"])


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("descriptives", {"arm": "niacin", "mean": 3}),
        ("baseline", {"variable": "age", "by_arm": {"niacin": {"mean": 3}}}),
        ("estimands", {"id": "x", "intercurrent_events": [{"event": "e", "n_by_arm": {"niacin": 1}}]}),
        ("flow", {"arms": [{"arm": "niacin", "allocated": 15}]}),
        ("adverse_events", {"by_term": [{"term": "Headache", "arm": "niacin"}]}),
    ],
)
def test_a_row_of_an_arm_in_any_table_stops_the_report(blinded, table, row):
    tables = {**blinded.tables, table: [row] if isinstance(blinded.tables[table], list) else row}
    with pytest.raises(IntegrityError, match="by arm"):
        withhold(Written(blinded.results, tables, blinded.manifest, blinded.protocol))


def test_an_estimate_stops_the_report(blinded):
    with pytest.raises(IntegrityError, match="an estimate of a comparison"):
        withhold(
            Written(
                ({"estimand": "primary", "estimate": -12.0},),
                blinded.tables,
                blinded.manifest,
                blinded.protocol,
            )
        )


@pytest.mark.parametrize("table", ["by_visit", "covariance", "missing_patterns", "tipping_point"])
def test_a_planted_row_of_an_arm_of_a_model_stops_the_report(blinded, modeled, written, table):
    planted = modeled.added(written.frontline(per_arm=3))["tables"][table]
    for row in planted:
        row["arm"] = "niacin"
    tables = {**blinded.tables, table: planted}
    with pytest.raises(IntegrityError, match="by arm"):
        withhold(Written((), tables, blinded.manifest, blinded.protocol))


@pytest.mark.parametrize("table", ["by_visit", "sensitivity", "tipping_point"])
def test_an_estimate_of_a_model_stops_the_report_though_no_row_names_an_arm(blinded, modeled, written, table):
    planted = modeled.added(written.frontline(per_arm=3))["tables"][table]
    for row in planted:
        row["arm"] = None
    tables = {**blinded.tables, table: planted}
    with pytest.raises(IntegrityError, match="an estimate of a comparison"):
        withhold(Written((), tables, blinded.manifest, blinded.protocol))


def test_a_pooled_covariance_is_dropped_and_pooled_patterns_stay(blinded, modeled):
    tables = {
        **blinded.tables,
        "covariance": [modeled.covariance("primary", None)],
        "missing_patterns": modeled.patterns("primary", [None]),
    }
    kept = withhold(Written((), tables, blinded.manifest, blinded.protocol)).tables
    assert "covariance" not in kept
    assert len(kept["missing_patterns"]) == 3


def test_pooled_columns_pass_under_their_usual_names(blinded):
    rows = [{"score": "madrs.total", "arm": arm, "mean": 3.0} for arm in (None, "all", "")]
    withhold(Written((), {**blinded.tables, "descriptives": rows}, blinded.manifest, blinded.protocol))


def test_empty_results_of_a_blinded_analysis_are_dropped_with_their_comparison(blinded):
    row = {
        "estimand": "primary",
        "estimate": None,
        "comparison": {"arm": "psilocybin", "reference": "niacin"},
    }
    assert withhold(Written((row,), blinded.tables, blinded.manifest, blinded.protocol)).results == ()


def test_no_name_of_an_arm_is_left_anywhere_but_in_the_title(blinded):
    kept = withhold(blinded)
    text = json.dumps(
        [kept.results, kept.tables, kept.manifest, {**kept.protocol, "allocation": None}]
    ).lower()
    assert "niacin" not in text
    assert "psilocybin" not in text


def test_only_whole_words_are_withheld(blinded):
    tables = {
        **blinded.tables,
        "deviations": [{"deviation": "a", "text": "Niacinamide, niacin; NIACIN 100 MG.", "arm": None}],
    }
    kept = withhold(Written((), tables, blinded.manifest, blinded.protocol))
    assert kept.tables["deviations"][0]["text"] == "Niacinamide, [withheld]; [withheld]."


def test_guesses_and_single_courses_are_dropped_even_if_they_come(blinded):
    tables = {
        **blinded.tables,
        "blinding": [{"guess": "x", "count": 3}],
        "individuals": [{"score": "madrs.total"}],
    }
    kept = withhold(Written((), tables, blinded.manifest, blinded.protocol))
    assert "blinding" not in kept.tables
    assert "individuals" not in kept.tables


def test_an_id_that_no_label_speaks_is_an_ordinary_word(blinded):
    arms = [
        {"id": "high", "label": "25 mg"},
        {"id": "low", "label": "1 mg"},
        {"id": "waitlist", "label": None},
    ]
    text = "High blood pressure on 25 mg, low on 1 MG, none on waitlist"
    tables = {
        **blinded.tables,
        "trial": {**blinded.tables["trial"], "arms": arms},
        "deviations": [{"deviation": "a", "text": text, "arm": None}],
    }
    kept = withhold(Written((), tables, blinded.manifest, {**blinded.protocol, "arms": arms}))
    assert kept.tables["deviations"][0]["text"] == (
        "High blood pressure on [withheld], low on [withheld], none on [withheld]"
    )
