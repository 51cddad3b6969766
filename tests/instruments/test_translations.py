"""What comes with Equipoise speaks every language that its pages speak."""

import pytest

from equipoise import instruments
from equipoise.instruments import Instrument
from equipoise.protocol import standard

LANGUAGES = ("es",)


def words_of(scale: Instrument) -> set[str]:
    """Return what pages show of a scale. Its short label is a name and stays."""
    texts = [scale.title, *(score.label for score in scale.scores)]
    texts += [band.label for score in scale.scores for band in score.bands]
    for item in scale.items:
        texts += [item.label, item.low_label, item.high_label, *item.codes.values()]
    return set(filter(None, texts))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", instruments.names())
def test_a_scale_is_translated_whole(name: str, language: str) -> None:
    scale = instruments.load(name)
    assert words_of(scale) - set(scale.translations[language]) == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", standard.names())
def test_a_standard_form_is_translated_whole(name: str, language: str) -> None:
    form = standard.load(name)
    texts = [form.label]
    for item in form.items:
        texts += [item.label, item.hint or "", *(item.codes or {}).values()]
    assert set(filter(None, texts)) - set(form.translations[language]) == set()
