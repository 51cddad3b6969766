"""Every word of ours on a page can be translated: shown by a language in which each translated text stands in brackets."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import trans_real
from tests.conduct.pages.conftest import HERE, World, text_of

from equipoise.conduct.capture import words
from equipoise.conduct.studies import reads as studies
from equipoise.protocol.answer import MISSING_REASONS

APPS = Path(__file__).parents[3] / "src" / "equipoise" / "conduct"
TEMPLATES = sorted([*APPS.rglob("templates/**/*.html"), *APPS.rglob("jinja2/**/*.html")])
CODE = re.compile(r"{%\s*blocktranslate.*?{%\s*endblocktranslate\s*%}|{%.*?%}|{{.*?}}|{#.*?#}", re.S)
SPOKEN = re.compile(r'\s(?:aria-label|placeholder|title|alt|data-label)="([^"]*)"')
WORD = re.compile(r"[^\W\d_]{2,}")
NAMES = {"Equipoise", "Enter", "UTC", "English", "Español"}
"""What is the same in every language."""


def words_of_a_template(text: str) -> set[str]:
    """Return the words that stand in a template for everybody, outside of what is translated."""
    bare = CODE.sub("", text)
    spoken = " ".join(SPOKEN.findall(bare))
    return set(WORD.findall(f"{re.sub(r'<[^>]*>', ' ', bare)} {spoken}")) - NAMES


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_template_says_nothing_of_its_own(path: Path) -> None:
    assert words_of_a_template(path.read_text(encoding="utf-8")) == set()


def test_a_planted_word_would_be_found() -> None:
    planted = '<p title="Spoken">{% translate "Fine" %} Written {{ value }}</p>'
    assert words_of_a_template(planted) == {"Spoken", "Written"}


def test_reasons_for_missing_answers_are_those_of_the_protocol() -> None:
    assert {name: str(text) for name, text in words.MISSING.items()} == MISSING_REASONS


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language in which what is translated stands in brackets."""
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        plain = getattr(trans_real, name)

        def bracket(*given: Any, plain: Any = plain) -> str:
            text = str(plain(*given))
            return f"⟦{text}⟧" if WORD.search(text) and "⟦" not in text else text

        monkeypatch.setattr(translation._trans, name, bracket, raising=False)


def test_no_page_says_a_word_that_cannot_be_translated(world: World, bracketed: None) -> None:
    form = world.opened("madrs", "PREP1")
    world.save(form, suicidal_thoughts="5", reduced_sleep="1")
    world.save(form, reduced_sleep="2")
    done = world.fill(world.opened("demographics", "SCR"))
    world.post("monitor", f"/forms/{done}/verify/")
    world.post("monitor", f"/forms/{form}/query/", about="reduced_sleep:0", text="Why so?")
    event = world.opened("adverse_events")
    data = protocol_words() | set(
        WORD.findall("Why so Seattle New York America Los Angeles FRONTLINE SEA NYC en")
    )
    data |= {word for one in world.people.made.values() for word in WORD.findall(f"{one.name} {one.person}")}
    paths = [
        ("coordinator", "/"),
        ("coordinator", "/participants/"),
        ("coordinator", "/participants/new/"),
        ("coordinator", f"/participants/{HERE}/"),
        ("coordinator", f"/participants/{HERE}/?visit=SCR&repeat=1"),
        ("coordinator", f"/forms/{form}/"),
        ("coordinator", f"/forms/{event}/"),
        ("coordinator", f"/forms/{form}/history/reduced_sleep/0/"),
        ("coordinator", "/queries/"),
        ("coordinator", f"/queries/{world.query}/"),
        ("coordinator", "/alerts/"),
        ("monitor", f"/forms/{form}/"),
        ("investigator", f"/forms/{done}/sign/"),
        ("monitor", "/audit/"),
    ]
    for who, path in paths:
        left = untranslated(world.client(who).get(path), data)
        assert left == set(), path
    wrong = world.client("coordinator").post(
        f"/forms/{form}/", {"a:apparent_sadness:0": "1", "complete": "1"}
    )
    assert "⟦7 answers are missing⟧" in text_of(wrong)


def untranslated(answer: Any, data: set[str]) -> set[str]:
    """Return the words of a page that stand outside of brackets and come from no data."""
    page = re.sub(r"<script\b.*?</script>", "", text_of(answer), flags=re.S)
    spoken = " ".join(re.findall(r'\s(?:aria-label|placeholder|title|data-label)="([^"]*)"', page))
    shown = re.sub(r"<[^>]*>", " ", page) + spoken
    while re.search(r"⟦[^⟦⟧]*⟧", shown):
        shown = re.sub(r"⟦[^⟦⟧]*⟧", " ", shown)
    codes = set(
        WORD.findall(" ".join(re.findall(r'title="([a-z_]+\.[a-z_]+|form-[a-z2-7]{13}|p-[a-z-]+)"', page)))
    )
    return set(WORD.findall(shown)) - data - NAMES - codes


def protocol_words() -> set[str]:
    """Return every word of the study's protocol with all it refers to: its author's, and not ours."""
    resolved = studies.resolved(1)
    texts = [resolved.protocol.trial.title, *(visit.name for visit in resolved.protocol.visits)]
    texts += [visit.id for visit in resolved.protocol.visits] + list(resolved.protocol.anchors)
    texts += [rule.instruction for rule in resolved.protocol.safety_rules]
    for form in resolved.forms.values():
        texts.append(form.label)
        for item in form.all_items():
            texts += [item.label, item.hint or "", item.unit or "", *(item.codes or {}).values()]
        if form.instrument is not None:
            for score in form.instrument.scores:
                texts += [score.label, *(band.label for band in score.bands)]
            texts += [text for one in form.instrument.items for text in (one.low_label, one.high_label)]
    return set(WORD.findall(" ".join(texts)))
