"""The rows of the table agree with the vocabulary."""

from typing import get_args

from equipoise.protocol.estimators import ESTIMATORS, OPTIONS, Summary, VariableType, reference_markdown
from equipoise.protocol.plan import Estimand, Variable


def test_every_row_speaks_the_words_of_the_vocabulary() -> None:
    assert get_args(Summary) == get_args(Estimand.model_fields["summary"].annotation)
    assert get_args(VariableType) == get_args(Variable.model_fields["type"].annotation)
    assumptions = set(get_args(Estimand.model_fields["missing"].annotation))
    for name, row in ESTIMATORS.items():
        assert row.text, name
        assert set(row.missing) <= assumptions, name


def test_every_summary_and_type_has_an_estimator() -> None:
    assert {summary for row in ESTIMATORS.values() for summary in row.summaries} == set(get_args(Summary))
    assert {kind for row in ESTIMATORS.values() for kind in row.types} == set(get_args(VariableType))


def test_every_option_is_documented_and_used() -> None:
    used = {option for row in ESTIMATORS.values() for option in row.options}
    assert used == set(OPTIONS)


def test_the_reference_lists_every_estimator_with_its_options_and_their_values() -> None:
    parts = reference_markdown().split("\n## ")[1:]
    assert [part.partition("\n")[0] for part in parts] == list(ESTIMATORS)
    for part, row in zip(parts, ESTIMATORS.values(), strict=True):
        assert row.assumes in part
        for option in row.options:
            assert f"\n| `{option}` |" in part
            assert all(f"`{value}`" in part for value in OPTIONS[option].values)
        assert all(f"`{variance}`" in part for variance in row.variances)
