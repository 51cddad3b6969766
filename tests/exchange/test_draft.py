"""Draft forms as YAML: what is written reads back as the same forms."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import source
from equipoise.exchange import draft
from equipoise.protocol.schedule import Form, Item
from equipoise.source import UNREADABLE

TEXTS = st.text(min_size=1, max_size=20).filter(
    lambda text: not UNREADABLE.search(text) and text.isprintable()
)


def read_back(text: str) -> tuple[Form, ...]:
    data = source.read(text, name="draft.yaml").data
    return tuple(Form.model_validate(_tuples(one)) for one in data["forms"])


def _tuples(value: object) -> object:
    if isinstance(value, dict):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


@settings(max_examples=30, deadline=None)
@given(TEXTS, st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=3))
def test_any_text_reads_back_as_it_was(label: str, codes: dict[str, str]) -> None:
    item = Item(id="one", label=label, type="code", codes=codes, required=False)
    form = Form(id="form", label=label, filled_by="coordinator", items=(item,))
    assert read_back(draft.write([form], heading=["A draft"])) == (form,)


@pytest.mark.parametrize(
    "text", ["no", "Yes", "null", "1e3", "0o17", "12:30", "1", "~", "a: b", "# x", "it's", '"']
)
def test_texts_that_yaml_takes_for_something_else_stay_texts(text: str) -> None:
    item = Item(id="one", label=text, type="number", range=(0.0, 2.5), decimals=1)
    form = Form(id="form", filled_by=("rater", "coordinator"), items=(item,))
    assert read_back(draft.write([form])) == (form,)
