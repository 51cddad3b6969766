"""What must hold whatever the order of rows, and whatever is missing."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import analysis, protocol

WHEN = analysis.Provenance(command="test", created_at="2031-01-01T00:00:00Z", versions={})


@pytest.fixture(scope="session")
def resolved(pocket_data: Any) -> Any:
    estimand = {
        **pocket_data["estimands"][0],
        "intercurrent_events": [{"event": "rescue", "strategy": "while_on_treatment"}],
        "estimator": {"name": "ancova", "covariates": ["madrs.total@BASE"]},
    }
    windows = [{"visit": "D28", "from_day": 14, "to_day": 42, "choose": "closest"}]
    data = {**pocket_data, "estimands": [estimand], "analysis_windows": windows}
    return protocol.resolve(protocol.load(json.dumps(data), name="pocket.yaml"))


def eventful(study: Any) -> Any:
    study.note("P1", "rescue", 10).event("P2", "Headache", 1).event("P5", "Headache", 0).event(
        "P5", "Nausea", 3
    )
    study.visit("P4", "OL", 35).visit("P3", "D28", 30, repeat=2).score(
        "P3", "D28", "madrs", "total", 9, repeat=2
    )
    study.score("P1", "D28", "guess", "guess", 1).score("P4", "D28", "guess", "guess", 9)
    return study.code("P1", "BASE", "demographics", "sex", "F").code("P4", "BASE", "demographics", "sex", "M")


@given(seed=st.integers(0, 2**32))
@settings(max_examples=5, deadline=None)
def test_the_order_of_rows_is_irrelevant(seed: int, resolved: Any, make_study: Any, filled: Any) -> None:
    study = eventful(filled(make_study(resolved)))
    before = analysis.analyze(resolved, study.records, study.allocation, provenance=WHEN)
    closed = analysis.analyze(resolved, study.records, provenance=WHEN)
    dice = random.Random(seed)  # noqa: S311 - shuffles, guards nothing
    for rows in (*study.rows.values(), study.assigned):
        dice.shuffle(rows)
    after = analysis.analyze(resolved, study.records, study.allocation, provenance=WHEN)
    assert after == before
    assert analysis.analyze(resolved, study.records, provenance=WHEN) == closed


@given(gone=st.sets(st.integers(0, 200)), empty=st.booleans())
@settings(max_examples=12, deadline=None)
def test_whatever_is_missing_every_estimand_has_a_row_and_every_number_is_finite(
    gone: set[int], empty: bool, resolved: Any, make_study: Any, filled: Any
) -> None:
    study = eventful(filled(make_study(resolved)))
    for table in ("values", "visits", "exposures", "dispositions", "adverse_events"):
        rows = study.rows[table]
        study.rows[table] = [] if empty else [row for place, row in enumerate(rows) if place not in gone]
    study.rows = {name: rows for name, rows in study.rows.items() if rows}
    for allocation in (study.allocation, None):
        done = analysis.analyze(resolved, study.records, allocation, provenance=WHEN)
        assert [result.estimand for result in done.results] == ["primary"]
        assert done.results[0].estimated or done.results[0].status != "ok"
        json.dumps([done.tables, [result.row() for result in done.results]], allow_nan=False)


def test_nobody_at_all_can_be_analyzed(resolved: Any, make_study: Any) -> None:
    study = make_study(resolved)
    for allocation in (study.allocation, None):
        done = analysis.analyze(resolved, study.records, allocation, provenance=WHEN)
        assert done.results[0].estimate is None
        assert done.tables["trial"]["n_randomized"] == 0


MODELS = {
    "mixed": {"name": "mmrm", "options": {"covariance": ["us", "cs"]}},
    "jumped": {"name": "mmrm-jr", "options": {"strategies": {"rescue": "cir"}}},
    "drawn": {"name": "mmrm-lmcf", "options": {"imputations": 4}},
    "shifted": {"name": "mmrm-delta", "options": {"deltas": {"from": 0, "to": 4, "by": 2}}},
    "followed": {
        "name": "retrieved-dropout",
        "options": {"stopping": ["rescue"], "fallback": "jr", "imputations": 4},
    },
}


@pytest.fixture(scope="session")
def modeled(pocket_data: Any) -> Any:
    """The pocket trial with one estimand for each kind of model over all visits."""
    first = pocket_data["estimands"][0]
    estimands = [
        {
            **first,
            "id": name,
            "role": "primary" if name == "mixed" else "sensitivity",
            **({} if name == "mixed" else {"sensitivity_of": "mixed"}),
            "intercurrent_events": [{"event": "rescue", "strategy": "treatment_policy"}],
            "estimator": {**estimator, "covariates": ["madrs.total@BASE"]},
            "missing": "missing_at_random",
            **(
                {"variance": "rubin" if name == "drawn" else "jackknife"}
                if "mmrm-" in estimator["name"]
                else {}
            ),
        }
        for name, estimator in MODELS.items()
    ]
    return protocol.resolve(
        protocol.load(json.dumps({**pocket_data, "estimands": estimands}), name="pocket.yaml")
    )


@given(
    gone=st.sets(st.integers(0, 59), max_size=45), stopped=st.sets(st.integers(0, 19)), seed=st.integers(0, 9)
)
@settings(max_examples=6, deadline=None)
def test_models_of_all_visits_give_a_finite_row_or_say_why_not(
    gone: set[int], stopped: set[int], seed: int, modeled: Any, make_study: Any, crowd: Any
) -> None:
    study = crowd(make_study(modeled))
    for place in sorted(stopped):
        study.note(f"C{place:02d}", "rescue", 10)
    scores = [row for row in study.rows["values"] if row["form"] == "madrs"]
    lost = [scores[place] for place in gone if place < len(scores)]
    study.rows["values"] = [row for row in study.rows["values"] if not any(row is one for one in lost)]
    done = analysis.analyze(modeled, study.records, study.allocation, provenance=WHEN)
    assert [result.estimand for result in done.results] == list(MODELS)
    for result in done.results:
        assert (result.status == "ok") == result.estimated == (result.std_error is not None)
    text = json.dumps([done.tables, [result.row() for result in done.results]], allow_nan=False)
    random.Random(seed).shuffle(study.rows["values"])  # noqa: S311 - shuffles, guards nothing
    again = analysis.analyze(modeled, study.records, study.allocation, provenance=WHEN)
    assert json.dumps([again.tables, [result.row() for result in again.results]], allow_nan=False) == text
